//! What a sink told of orders that nobody here knows yet: the sink was quicker than its own answer.

use crate::{StorageResult, Tx};

/// What one document does to one order, by the sink's id.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WaitingDocumentRow {
    /// Whose.
    pub supplier_id: String,
    /// The sink.
    pub connector_id: String,
    /// The sink's id of the order.
    pub sink_order_id: String,
    /// The archived document.
    pub document_id: String,
    /// What it does, JSON.
    pub effect: String,
    /// For the order's history.
    pub detail: String,
    /// When.
    pub recorded_at: i64,
}

/// Notes documents; one that is noted stays as it is.
pub async fn insert_many(tx: &mut Tx, rows: &[WaitingDocumentRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into waiting_document (supplier_id, connector_id, sink_order_id, document_id, effect, detail, \
         recorded_at)",
        "on conflict (supplier_id, connector_id, sink_order_id, document_id) do nothing",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.connector_id.as_str(),
            row.sink_order_id.as_str(),
            row.document_id.as_str(),
            row.effect.as_str(),
            row.detail.as_str(),
            row.recorded_at,
        ]
    )?;
    Ok(())
}

/// Whether anything waits.
pub async fn any(tx: &mut Tx, supplier: &str, connector: &str) -> StorageResult<bool> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select recorded_at from waiting_document where supplier_id = $1 and connector_id = $2 limit 1",
        supplier,
        connector,
    )?;
    Ok(row.is_some())
}

/// Documents whose order is known by now, the oldest first.
pub async fn known_by_now(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    limit: i64,
) -> StorageResult<Vec<WaitingDocumentRow>> {
    fetch_all!(
        tx,
        WaitingDocumentRow,
        "select w.supplier_id, w.connector_id, w.sink_order_id, w.document_id, w.effect, w.detail, w.recorded_at \
         from waiting_document w where w.supplier_id = $1 and w.connector_id = $2 \
         and exists (select 1 from purchase_order p where p.supplier_id = w.supplier_id \
         and p.sink_connector_id = w.connector_id and p.sink_order_id = w.sink_order_id) \
         order by w.recorded_at, w.document_id limit $3",
        supplier,
        connector,
        limit,
    )
}

/// When the oldest order was received of which the sink may know more than we do; none: there is no such order.
pub async fn oldest_under_way(tx: &mut Tx, supplier: &str) -> StorageResult<Option<i64>> {
    let row: Option<(Option<i64>,)> = fetch_optional!(
        tx,
        (Option<i64>,),
        "select cast(min(received_at) as bigint) from purchase_order where supplier_id = $1 \
         and state in ('approved', 'submitting', 'unknown') and sink <> 'none'",
        supplier,
    )?;
    Ok(row.and_then(|(received_at,)| received_at))
}

/// One has found its order.
pub async fn forget(tx: &mut Tx, row: &WaitingDocumentRow) -> StorageResult<()> {
    execute!(
        tx,
        "delete from waiting_document where supplier_id = $1 and connector_id = $2 and sink_order_id = $3 \
         and document_id = $4",
        row.supplier_id.as_str(),
        row.connector_id.as_str(),
        row.sink_order_id.as_str(),
        row.document_id.as_str(),
    )?;
    Ok(())
}

/// No order can come any more for documents recorded before this instant.
pub async fn forget_before(tx: &mut Tx, supplier: &str, connector: &str, before: i64) -> StorageResult<()> {
    execute!(
        tx,
        "delete from waiting_document where supplier_id = $1 and connector_id = $2 and recorded_at < $3",
        supplier,
        connector,
        before,
    )?;
    Ok(())
}
