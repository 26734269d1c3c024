//! Holds that have run out: their orders are decided again.

use std::collections::BTreeMap;

use punchgate_domain::{Instant, hold::HoldSource, ids::CustomerId};
use punchgate_storage::{
    Lane, Tx,
    customer::CustomerRow,
    hold::{self, HoldRow},
};

use super::{
    AccountsError, Author,
    change::{advance, ask_erp, history_line, lock_expected},
    holding::value_of,
};
use crate::{
    Surroundings,
    accounts::crossing::run_again_if_crossed,
    clock::micros,
    credit::redecide_customers,
    sync::{Field, FieldValue},
};

/// Most holds of one sweep; the next one follows at once while there are more.
const MOST: i64 = 200;

/// Marks holds whose `until` has passed as ended and enqueues the re-decision of what waits for them; says how
/// many. The decision itself looks at `until`: nobody waits for this sweep to be freed, only to be looked at.
pub async fn holds_expired(surroundings: &Surroundings) -> Result<usize, AccountsError> {
    let mut ended = 0;
    loop {
        let now = surroundings.now();
        let mut tx = surroundings.db.read().await?;
        let due = hold::run_out(&mut tx, micros(now), MOST).await?;
        tx.rollback().await?;
        let found = due.len();
        let mut by_customer: BTreeMap<(String, String), Vec<HoldRow>> = BTreeMap::new();
        for row in due {
            let key = (row.supplier_id.clone(), row.customer_id.clone());
            by_customer.entry(key).or_default().push(row);
        }
        let mut now_ended = 0;
        for ((supplier, customer), _) in by_customer {
            let customer = CustomerId::new(customer);
            now_ended += run_again_if_crossed!(end_of_customer(surroundings, &supplier, &customer, now))?;
        }
        ended += now_ended;
        // Nothing ended although something was due: another gateway was quicker.
        if found < usize::try_from(MOST).unwrap_or(usize::MAX) || now_ended == 0 {
            return Ok(ended);
        }
    }
}

async fn end_of_customer(
    surroundings: &Surroundings,
    supplier: &str,
    id: &CustomerId,
    now: Instant,
) -> Result<usize, AccountsError> {
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let customer = lock_expected(&mut tx, supplier, id, None).await?;
    let standing = hold::standing_of(&mut tx, supplier, &[id.as_str().to_owned()]).await?;
    let ended = end_what_ran_out(surroundings, &mut tx, &customer, &standing, now).await?;
    if ended > 0 {
        advance(&mut tx, &customer, now).await?;
        redecide_customers(
            &mut tx,
            supplier,
            std::slice::from_ref(&customer.customer_id),
            now,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(ended)
}

/// Ends those of a locked customer's holds whose time is over and says how many.
pub(super) async fn end_what_ran_out(
    surroundings: &Surroundings,
    tx: &mut Tx,
    customer: &CustomerRow,
    standing: &[HoldRow],
    now: Instant,
) -> Result<usize, AccountsError> {
    let author = Author::gateway("its time ran out");
    let mut ended = 0;
    for row in standing {
        let Some(until) = run_out_at(row, now) else {
            continue;
        };
        let field = Field::Hold(row.external_id.clone());
        let was = FieldValue::Hold(Some(value_of(row))).to_string();
        // An ERP ends its own holds; one that we have put there is ours to take away.
        let ours_there = row.source != HoldSource::Erp.as_str() && row.push_state != "local";
        end(tx, row.clone(), until, &author, ours_there).await?;
        let line = history_line(
            surroundings,
            customer,
            &field.key(),
            (Some(was), None),
            &author,
            now,
        );
        crate::events::record(tx, &[line]).await?;
        if ours_there {
            ask_erp(tx, customer, &field, &FieldValue::Hold(None), &author, now).await?;
        }
        ended += 1;
    }
    Ok(ended)
}

/// When a hold ran out, if it did.
pub(super) fn run_out_at(row: &HoldRow, now: Instant) -> Option<i64> {
    row.until.filter(|until| *until <= micros(now))
}

async fn end(
    tx: &mut Tx,
    mut row: HoldRow,
    until: i64,
    author: &Author,
    ours_there: bool,
) -> Result<(), AccountsError> {
    row.released_at = Some(until);
    row.released_by = Some(author.who.clone());
    row.release_reason = Some(author.why.clone());
    if ours_there {
        "pending".clone_into(&mut row.push_state);
    }
    if hold::update(tx, &row).await? {
        Ok(())
    } else {
        Err(AccountsError::VersionConflict {
            what: "the hold",
            expected: row.version,
            actual: row.version + 1,
        })
    }
}
