//! Holds by a person's word: placed and released here, effective at once, and told to the ERP.

use punchgate_domain::{
    Instant,
    hold::{HoldSource, HoldTexts, PermissionSet},
    ids::{CustomerId, HoldId},
};
use punchgate_storage::{
    Lane, Tx,
    customer::CustomerRow,
    hold::{self, HoldRow},
};

use super::{
    Accounts, AccountsError, Author,
    change::{advance, ask_erp, history_line, lock_expected},
    expiry::{end_what_ran_out, run_out_at},
};
use crate::{
    Surroundings,
    accounts::crossing::run_again_if_crossed,
    clock::micros,
    credit::redecide_customers,
    sync::{Field, FieldValue, HoldValue},
};

/// Longest code of a hold: ERPs have short ones.
const CODE_CHARS: usize = 40;

/// A hold to place.
#[derive(Clone, Debug)]
pub struct PlaceHold {
    /// On whom.
    pub customer: CustomerId,
    /// The customer's version that the caller has read.
    pub expected_version: i64,
    /// Code of the reason: one of the operator's table if the ERP is to have it.
    pub code: String,
    /// What it takes away; nothing means that it only warns.
    pub removes: PermissionSet,
    /// What is said to whom.
    pub texts: HoldTexts,
    /// Until when, if it is to end by itself.
    pub until: Option<Instant>,
    /// Whether the ERP is told.
    pub push: bool,
    /// Who and why.
    pub author: Author,
}

/// A hold to release.
#[derive(Clone, Debug)]
pub struct ReleaseHold {
    /// Which.
    pub hold: HoldId,
    /// The hold's version that the caller has read.
    pub expected_version: i64,
    /// Who and why.
    pub author: Author,
}

/// A hold was placed or released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldChanged {
    /// Which.
    pub hold: HoldId,
    /// On whom.
    pub customer: CustomerId,
    /// The customer's version from now on.
    pub customer_version: i64,
    /// The rule that had placed what was released: it places nothing for this case again, until that is over.
    pub passes_over: Option<String>,
}

impl Accounts {
    /// Places a hold: in force with the commit, at checkout, in carts and for orders not yet in the ERP.
    pub async fn place_hold(
        &self,
        supplier: &str,
        request: &PlaceHold,
    ) -> Result<HoldChanged, AccountsError> {
        let code = request.code.trim();
        if code.is_empty() || code.chars().count() > CODE_CHARS || code.chars().any(char::is_control) {
            return Err(AccountsError::invalid(
                "code",
                format!("1 to {CODE_CHARS} printable characters"),
            ));
        }
        if request
            .until
            .is_some_and(|until| until <= self.surroundings.now())
        {
            return Err(AccountsError::invalid(
                "until",
                "an instant in the future, or none",
            ));
        }
        run_again_if_crossed!(self.place_hold_once(supplier, request, code))
    }

    async fn place_hold_once(
        &self,
        supplier: &str,
        request: &PlaceHold,
        code: &str,
    ) -> Result<HoldChanged, AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let now = self.surroundings.now();
        let expected = Some(request.expected_version);
        let customer = lock_expected(&mut tx, supplier, &request.customer, expected).await?;
        let standing =
            hold::standing_of(&mut tx, supplier, std::slice::from_ref(&customer.customer_id)).await?;
        // The sweep may not have come by yet: what has run out is ended first, here and in the ERP.
        end_what_ran_out(&self.surroundings, &mut tx, &customer, &standing, now).await?;
        let stands = |hold: &HoldRow| hold.code == code && run_out_at(hold, now).is_none();
        if standing.iter().any(stands) {
            return Err(AccountsError::InvalidTransition(format!(
                "a hold '{code}' is on this customer already: release it first"
            )));
        }
        let row = new_row(self.surroundings.new_id(), &customer, request, code, now);
        hold::insert_many(&mut tx, std::slice::from_ref(&row)).await?;
        let field = Field::Hold(row.external_id.clone());
        let value = FieldValue::Hold(Some(value_of(&row)));
        let line = history_line(
            &self.surroundings,
            &customer,
            &field.key(),
            (None, Some(value.to_string())),
            &request.author,
            now,
        );
        crate::events::record(&mut tx, &[line]).await?;
        if request.push {
            ask_erp(&mut tx, &customer, &field, &value, &request.author, now).await?;
        }
        let customer_version = advance(&mut tx, &customer, now).await?;
        redecide_customers(
            &mut tx,
            supplier,
            std::slice::from_ref(&customer.customer_id),
            now,
        )
        .await?;
        tx.commit().await?;
        tracing::info!(supplier, customer = %request.customer, code, "hold placed");
        Ok(HoldChanged {
            hold: HoldId::new(row.hold_id),
            customer: request.customer.clone(),
            customer_version,
            passes_over: None,
        })
    }

    /// Releases a hold, whoever placed it. Waiting orders are decided again; where the ERP has the hold, it is
    /// asked to let go of it, and if it refuses, the hold comes back with the ERP's words.
    pub async fn release_hold(
        &self,
        supplier: &str,
        request: &ReleaseHold,
    ) -> Result<HoldChanged, AccountsError> {
        run_again_if_crossed!(self.release_hold_once(supplier, request))
    }

    async fn release_hold_once(
        &self,
        supplier: &str,
        request: &ReleaseHold,
    ) -> Result<HoldChanged, AccountsError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        let now = self.surroundings.now();
        let found = get_hold(&mut tx, supplier, &request.hold).await?;
        let customer_id = CustomerId::new(found.customer_id);
        let customer = lock_expected(&mut tx, supplier, &customer_id, None).await?;
        // Read again under the lock.
        let row = get_hold(&mut tx, supplier, &request.hold).await?;
        if row.version != request.expected_version {
            return Err(AccountsError::VersionConflict {
                what: "the hold",
                expected: request.expected_version,
                actual: row.version,
            });
        }
        if row.released_at.is_some() {
            return Err(AccountsError::InvalidTransition(
                "the hold is released already".to_owned(),
            ));
        }
        let passes_over = row.rule_id.clone();
        end_hold(&self.surroundings, &mut tx, &customer, row, &request.author, now).await?;
        let customer_version = advance(&mut tx, &customer, now).await?;
        redecide_customers(
            &mut tx,
            supplier,
            std::slice::from_ref(&customer.customer_id),
            now,
        )
        .await?;
        tx.commit().await?;
        tracing::info!(supplier, customer = %customer_id, hold = %request.hold, "hold released");
        Ok(HoldChanged {
            hold: request.hold.clone(),
            customer: customer_id,
            customer_version,
            passes_over,
        })
    }
}

/// Marks a hold released, notes it, and asks the ERP where it has (or is about to have) the hold.
pub(super) async fn end_hold(
    surroundings: &Surroundings,
    tx: &mut Tx,
    customer: &CustomerRow,
    mut row: HoldRow,
    author: &Author,
    now: Instant,
) -> Result<(), AccountsError> {
    let in_erp =
        row.source == HoldSource::Erp.as_str() || matches!(row.push_state.as_str(), "pending" | "synced");
    let was = FieldValue::Hold(Some(value_of(&row))).to_string();
    let field = Field::Hold(row.external_id.clone());
    row.released_at = Some(micros(now));
    row.released_by = Some(author.who.clone());
    row.release_reason = Some(author.why.clone());
    if in_erp {
        "pending".clone_into(&mut row.push_state);
    }
    if !hold::update(tx, &row).await? {
        return Err(AccountsError::VersionConflict {
            what: "the hold",
            expected: row.version,
            actual: row.version + 1,
        });
    }
    let line = history_line(
        surroundings,
        customer,
        &field.key(),
        (Some(was), None),
        author,
        now,
    );
    crate::events::record(tx, &[line]).await?;
    if in_erp {
        ask_erp(tx, customer, &field, &FieldValue::Hold(None), author, now).await?;
    }
    Ok(())
}

async fn get_hold(tx: &mut Tx, supplier: &str, id: &HoldId) -> Result<HoldRow, AccountsError> {
    hold::get(tx, supplier, id.as_str())
        .await?
        .ok_or_else(|| AccountsError::NotFound {
            what: "hold",
            id: id.to_string(),
        })
}

fn new_row(id: String, customer: &CustomerRow, request: &PlaceHold, code: &str, now: Instant) -> HoldRow {
    let text = |text: &Option<String>| text.as_deref().map(str::trim).unwrap_or_default().to_owned();
    HoldRow {
        supplier_id: customer.supplier_id.clone(),
        hold_id: id.clone(),
        external_id: id,
        customer_id: customer.customer_id.clone(),
        source: HoldSource::Manual.as_str().to_owned(),
        code: code.to_owned(),
        removes: i64::from(request.removes.bits()),
        removes_told: 0,
        text_internal: text(&request.texts.internal),
        text_accounts_payable: text(&request.texts.accounts_payable),
        text_shopper: text(&request.texts.shopper),
        since: micros(now),
        until: request.until.map(micros),
        placed_by: request.author.who.clone(),
        place_reason: request.author.why.clone(),
        released_at: None,
        released_by: None,
        release_reason: None,
        push_state: if request.push { "pending" } else { "local" }.to_owned(),
        rule_id: None,
        version: 1,
    }
}

/// The hold as the ERP is told.
pub(crate) fn value_of(row: &HoldRow) -> HoldValue {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    HoldValue {
        code: row.code.clone(),
        removes: u8::try_from(row.removes).ok(),
        since: Some(row.since),
        internal: text(&row.text_internal),
        accounts_payable: text(&row.text_accounts_payable),
        shopper: text(&row.text_shopper),
        until: row.until,
    }
}
