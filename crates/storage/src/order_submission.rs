//! What was asked of an order's sink: under which reference, for which version, when, and what came of it.

use crate::{StorageResult, Tx};

/// A reference under which a sink was asked to create an order.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SubmissionRow {
    /// Whose.
    pub supplier_id: String,
    /// Order.
    pub order_id: String,
    /// Number, from 1.
    pub attempt: i64,
    /// The version that was sent, or that it was changed to since.
    pub version: i64,
    /// The key under which the sink knows it.
    pub reference: String,
    /// When a request may last have been sent.
    pub asked_at: i64,
    /// `asked` (nobody saw the outcome), `absent`, `rejected` or `created`.
    pub outcome: String,
    /// When the sink was told of the version that it has now; none if it has had no other.
    pub changed_at: Option<i64>,
}

/// All of an order, first to last.
pub async fn of_order(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<Vec<SubmissionRow>> {
    fetch_all!(
        tx,
        SubmissionRow,
        "select supplier_id, order_id, attempt, version, reference, asked_at, outcome, changed_at \
         from order_submission where supplier_id = $1 and order_id = $2 order by attempt",
        supplier,
        order,
    )
}

/// Writes one, new or changed.
pub async fn put(tx: &mut Tx, row: &SubmissionRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into order_submission (supplier_id, order_id, attempt, version, reference, asked_at, outcome, \
         changed_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (supplier_id, order_id, attempt) do update set \
         version = excluded.version, asked_at = excluded.asked_at, outcome = excluded.outcome, \
         changed_at = excluded.changed_at",
        row.supplier_id.as_str(),
        row.order_id.as_str(),
        row.attempt,
        row.version,
        row.reference.as_str(),
        row.asked_at,
        row.outcome.as_str(),
        row.changed_at,
    )?;
    Ok(())
}
