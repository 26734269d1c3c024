//! What every change of a customer has in common: locks in one order, the expected version, the history, and
//! the request to the ERP.

use punchgate_domain::{Instant, ids::CustomerId};
use punchgate_protocols::cxml::card_number::holds_card_number;
use punchgate_storage::{
    StorageResult, Tx, credit_account,
    customer::{self, CustomerRow},
    history::ChangeRow,
    outbox::{self, NewEntry},
    sync::{self, AccountChangeRow},
};
use serde::{Deserialize, Serialize};

use super::AccountsError;
use crate::{
    Surroundings,
    clock::micros,
    sync::{Field, FieldValue},
};

/// Takes what was asked for here to the ERP.
pub const PUSH_ACCOUNT: &str = "push-account";

/// Who changes something, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    pub(crate) who: String,
    pub(crate) why: String,
}

impl Author {
    /// Both are required: the history is for people who ask later.
    pub fn new(who: impl Into<String>, why: impl Into<String>) -> Result<Self, AccountsError> {
        let author = Self {
            who: who.into().trim().to_owned(),
            why: why.into().trim().to_owned(),
        };
        if author.who.is_empty() {
            return Err(AccountsError::invalid(
                "who",
                "the name of the person or system that asks",
            ));
        }
        if author.why.is_empty() {
            return Err(AccountsError::invalid("reason", "a sentence that says why"));
        }
        if holds_card_number(&author.why) {
            return Err(AccountsError::invalid(
                "reason",
                "a sentence without the number of a card",
            ));
        }
        Ok(author)
    }

    /// Who.
    pub fn who(&self) -> &str {
        &self.who
    }

    /// Why.
    pub fn why(&self) -> &str {
        &self.why
    }

    /// The gateway itself.
    pub(crate) fn gateway(why: impl Into<String>) -> Self {
        Self {
            who: "gateway".to_owned(),
            why: why.into(),
        }
    }
}

/// Which account of an ERP is to be pushed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PushJob {
    /// The connector.
    pub connector: String,
    /// Company, sales area or credit segment.
    pub scope: String,
    /// The ERP's id.
    pub external_id: String,
}

/// Locks what a change of a customer touches (credit accounts in key order, then the customer), and sees that
/// it still is at the version that the caller has read.
pub(crate) async fn lock_expected(
    tx: &mut Tx,
    supplier: &str,
    id: &CustomerId,
    expected: Option<i64>,
) -> Result<CustomerRow, AccountsError> {
    let unknown = || AccountsError::UnknownCustomer(format!("customer {id}"));
    let ids = [id.as_str().to_owned()];
    let accounts = customer::accounts_touched_by(tx, supplier, &ids).await?;
    credit_account::lock_many(tx, supplier, &accounts).await?;
    let row = customer::lock(tx, supplier, id.as_str())
        .await?
        .ok_or_else(unknown)?;
    match expected {
        Some(expected) if expected != row.version => Err(AccountsError::VersionConflict {
            what: "the customer",
            expected,
            actual: row.version,
        }),
        _ => Ok(row),
    }
}

/// Counts the customer's version up; the row was locked by [`lock_expected`].
pub(crate) async fn advance(tx: &mut Tx, row: &CustomerRow, now: Instant) -> Result<i64, AccountsError> {
    let advanced =
        customer::advance(tx, &row.supplier_id, &row.customer_id, row.version, micros(now)).await?;
    if advanced {
        Ok(row.version + 1)
    } else {
        Err(AccountsError::VersionConflict {
            what: "the customer",
            expected: row.version,
            actual: row.version + 1,
        })
    }
}

/// A line of a customer's history.
pub(crate) fn history_line(
    surroundings: &Surroundings,
    row: &CustomerRow,
    field: &str,
    (from, to): (Option<String>, Option<String>),
    author: &Author,
    now: Instant,
) -> ChangeRow {
    ChangeRow {
        supplier_id: row.supplier_id.clone(),
        change_id: surroundings.new_id(),
        subject: "customer".to_owned(),
        subject_id: row.customer_id.clone(),
        field: field.to_owned(),
        from_value: from,
        to_value: to,
        who: author.who.clone(),
        why: author.why.clone(),
        changed_at: micros(now),
    }
}

/// Asks the ERP for a value of a field, and sees that somebody takes it there.
pub(crate) async fn ask_erp(
    tx: &mut Tx,
    row: &CustomerRow,
    field: &Field,
    value: &FieldValue,
    author: &Author,
    now: Instant,
) -> StorageResult<()> {
    let value_json = serde_json::to_string(value)
        .map_err(|error| punchgate_storage::StorageError::corrupt("account_change.value_json", error))?;
    let change = AccountChangeRow {
        supplier_id: row.supplier_id.clone(),
        connector_id: row.connector_id.clone(),
        scope: row.scope.clone(),
        external_id: row.external_id.clone(),
        field: field.key(),
        // A request that is gone leaves no number behind: counted from the present, none comes twice.
        revision: micros(now),
        value_json,
        state: "pending".to_owned(),
        detail: None,
        sent: None,
        requested_by: author.who.clone(),
        why: author.why.clone(),
        requested_at: micros(now),
        updated_at: micros(now),
    };
    sync::request_change(tx, &change).await?;
    enqueue_push(
        tx,
        &row.supplier_id,
        &row.connector_id,
        &row.scope,
        &row.external_id,
        now,
    )
    .await
}

/// Enqueues the push of an account; one waiting entry is enough.
pub(crate) async fn enqueue_push(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    external_id: &str,
    now: Instant,
) -> StorageResult<()> {
    let job = PushJob {
        connector: connector.to_owned(),
        scope: scope.to_owned(),
        external_id: external_id.to_owned(),
    };
    let payload = serde_json::to_string(&job)
        .map_err(|error| punchgate_storage::StorageError::corrupt("outbox.payload", error))?;
    let entry = NewEntry {
        supplier: supplier.to_owned(),
        stream: format!("push/{connector}/{scope}/{external_id}"),
        kind: PUSH_ACCOUNT,
        payload_version: 1,
        payload,
        not_before: micros(now),
        coalesce: true,
        connector: Some(connector.to_owned()),
        relationship: None,
    };
    outbox::enqueue(tx, &entry, micros(now)).await
}
