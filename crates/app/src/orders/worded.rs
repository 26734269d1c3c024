//! Decisions as they are read: what was stored names holds, and what is said of those is found when somebody asks. For
//! the supplier's people: nothing of it goes to a buyer.

use std::collections::BTreeSet;

use punchgate_domain::{
    Instant,
    ids::{CustomerId, SupplierId},
};
use punchgate_storage::{StorageResult, Tx, order::OrderRow};

use super::review::DecisionRecord;
use crate::credit::{self, Wording};

/// The decisions on these orders with the words of the holds that they name; the reason that an order shows is put in the
/// same words. A fixed number of statements, and none where no hold is named.
pub(super) async fn decisions(
    tx: &mut Tx,
    supplier: &SupplierId,
    wording: Option<&Wording>,
    rows: &mut [OrderRow],
    now: Instant,
) -> StorageResult<Vec<Option<DecisionRecord>>> {
    let read = |row: &OrderRow| row.decision.as_deref().and_then(DecisionRecord::read);
    let mut decisions: Vec<Option<DecisionRecord>> = rows.iter().map(read).collect();
    let named = rows.iter().zip(&mut decisions).filter_map(|(row, decision)| {
        let mut reasons = decision.as_mut()?.reasons_mut();
        reasons.any(|reason| reason.hold.is_some()).then_some(row)
    });
    let customers: BTreeSet<CustomerId> = named.flat_map(parties).collect();
    if customers.is_empty() {
        return Ok(decisions);
    }
    let customers: Vec<CustomerId> = customers.into_iter().collect();
    let mut standings = credit::standings(tx, supplier, &customers, now).await?;
    if let Some(wording) = wording {
        standings.dress(wording, None, now);
    }
    for (row, decision) in rows.iter_mut().zip(&mut decisions) {
        let Some(decision) = decision else { continue };
        let stored = decision.sentence();
        for reason in decision.reasons_mut() {
            let said = reason
                .hold
                .as_deref()
                .and_then(|hold| standings.internal_text(hold));
            if let Some(said) = said {
                reason.text = format!("{}: {said}", reason.text);
            }
        }
        if row.state_reason == stored {
            row.state_reason = decision.sentence();
        }
    }
    Ok(decisions)
}

/// Who orders and who receives; who pays comes along with them.
fn parties(row: &OrderRow) -> Vec<CustomerId> {
    let ship_tos = row.ship_to_customer_ids.as_deref().unwrap_or_default();
    let all = row
        .customer_id
        .as_deref()
        .into_iter()
        .chain(ship_tos.split_whitespace());
    all.map(CustomerId::new).collect()
}
