//! The versions of an order and the steps of its history: written once, never changed.

use crate::{StorageResult, Tx};

/// A version of an order.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OrderVersionRow {
    /// Whose.
    pub supplier_id: String,
    /// Order.
    pub order_id: String,
    /// From 1.
    pub version: i64,
    /// `new`, `update`, `delete`.
    pub operation: String,
    /// The document.
    pub document_id: String,
    /// Total in minor units.
    pub total_minor: i64,
    /// When.
    pub recorded_at: i64,
}

/// A step of an order's history.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OrderEventRow {
    /// Whose.
    pub supplier_id: String,
    /// Order.
    pub order_id: String,
    /// From 1.
    pub seq: i64,
    /// From which state.
    pub from_state: Option<String>,
    /// To which state.
    pub to_state: String,
    /// Why.
    pub cause: String,
    /// By whom.
    pub actor: String,
    /// In words.
    pub detail: Option<String>,
    /// Of a decision: the reckoning of the limit that it rests on, in words with its numbers.
    pub figures: Option<String>,
    /// Of a decision: all that credit was decided on, JSON.
    pub basis: Option<String>,
    /// When.
    pub happened_at: i64,
}

/// A decision of an order with what it rested on.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct DecisionRow {
    /// Order.
    pub order_id: String,
    /// The state that followed.
    pub to_state: String,
    /// What credit was decided on, JSON.
    pub basis: String,
    /// When.
    pub happened_at: i64,
}

/// Writes versions.
pub async fn insert_versions(tx: &mut Tx, rows: &[OrderVersionRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into order_version (supplier_id, order_id, version, operation, document_id, total_minor, \
         recorded_at)",
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.order_id.as_str(),
            row.version,
            row.operation.as_str(),
            row.document_id.as_str(),
            row.total_minor,
            row.recorded_at,
        ]
    )?;
    Ok(())
}

/// A version.
pub async fn version(
    tx: &mut Tx,
    supplier: &str,
    order: &str,
    version: i64,
) -> StorageResult<Option<OrderVersionRow>> {
    fetch_optional!(
        tx,
        OrderVersionRow,
        "select supplier_id, order_id, version, operation, document_id, total_minor, recorded_at \
         from order_version where supplier_id = $1 and order_id = $2 and version = $3",
        supplier,
        order,
        version,
    )
}

/// All versions, first to last.
pub async fn versions(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<Vec<OrderVersionRow>> {
    fetch_all!(
        tx,
        OrderVersionRow,
        "select supplier_id, order_id, version, operation, document_id, total_minor, recorded_at \
         from order_version where supplier_id = $1 and order_id = $2 order by version",
        supplier,
        order,
    )
}

/// Appends to the history; the numbers go on from [`super::last_numbers`].
pub async fn insert_events(tx: &mut Tx, rows: &[OrderEventRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into order_event (supplier_id, order_id, seq, from_state, to_state, cause, actor, detail, \
         figures, basis, happened_at)",
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.order_id.as_str(),
            row.seq,
            row.from_state.as_deref(),
            row.to_state.as_str(),
            row.cause.as_str(),
            row.actor.as_str(),
            row.detail.as_deref(),
            row.figures.as_deref(),
            row.basis.as_deref(),
            row.happened_at,
        ]
    )?;
    Ok(())
}

/// The history, first to last.
pub async fn events(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<Vec<OrderEventRow>> {
    fetch_all!(
        tx,
        OrderEventRow,
        "select supplier_id, order_id, seq, from_state, to_state, cause, actor, detail, figures, basis, \
         happened_at from order_event where supplier_id = $1 and order_id = $2 order by seq",
        supplier,
        order,
    )
}

/// Whether the order was ever approved.
pub async fn was_approved(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<bool> {
    let found: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select seq from order_event where supplier_id = $1 and order_id = $2 and to_state = 'approved' \
         order by seq limit 1",
        supplier,
        order,
    )?;
    Ok(found.is_some())
}

/// What these orders were decided on, order by order, first to last.
pub async fn decisions(tx: &mut Tx, supplier: &str, orders: &[String]) -> StorageResult<Vec<DecisionRow>> {
    fetch_in!(
        tx,
        DecisionRow,
        "select order_id, to_state, basis, happened_at from order_event \
         where supplier_id = $1 and basis is not null and order_id in (",
        ") order by order_id, seq",
        orders,
        supplier,
    )
}
