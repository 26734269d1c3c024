//! What documents of ERPs are tied to: orders by the keys that the ERP calls them, and invoices that are settled.

use crate::{StorageResult, Tx};

/// An order that a document is about.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderLinkRow {
    /// Whose.
    pub supplier_id: String,
    /// The document.
    pub erp_document_id: String,
    /// From 0.
    pub place: i64,
    /// The ERP.
    pub connector_id: String,
    /// Our key of the order, as the ERP has it.
    pub reference: Option<String>,
    /// The ERP's key of the order.
    pub sink_order_id: Option<String>,
    /// The order, if it is known here.
    pub order_id: Option<String>,
}

/// An invoice that a payment or a credit memo names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlesRow {
    /// Whose.
    pub supplier_id: String,
    /// The payment or credit memo.
    pub erp_document_id: String,
    /// The ERP.
    pub connector_id: String,
    /// Which part of it.
    pub scope: String,
    /// The ERP's key of the invoice.
    pub invoice_document_id: String,
}

/// Enters which orders documents are about.
pub async fn insert_order_links(tx: &mut Tx, rows: &[OrderLinkRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into erp_document_order (supplier_id, erp_document_id, place, connector_id, reference, sink_order_id, \
         order_id)",
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.erp_document_id.as_str(),
            row.place,
            row.connector_id.as_str(),
            row.reference.as_deref(),
            row.sink_order_id.as_deref(),
            row.order_id.as_deref(),
        ]
    )?;
    Ok(())
}

/// Enters which invoices are settled.
pub async fn insert_settles(tx: &mut Tx, rows: &[SettlesRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into erp_document_settles (supplier_id, erp_document_id, connector_id, scope, invoice_document_id)",
        "on conflict (supplier_id, erp_document_id, invoice_document_id) do nothing",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.erp_document_id.as_str(),
            row.connector_id.as_str(),
            row.scope.as_str(),
            row.invoice_document_id.as_str(),
        ]
    )?;
    Ok(())
}

/// What a document was tied to, before it says something else.
pub async fn forget_links(tx: &mut Tx, supplier: &str, id: &str) -> StorageResult<()> {
    execute!(
        tx,
        "delete from erp_document_order where supplier_id = $1 and erp_document_id = $2",
        supplier,
        id,
    )?;
    execute!(
        tx,
        "delete from erp_document_settles where supplier_id = $1 and erp_document_id = $2",
        supplier,
        id,
    )?;
    Ok(())
}

/// The ERP's key of an order has become known: the documents that came before that are about it.
pub async fn link_sink_order(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    sink_order: &str,
    order: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "update erp_document_order set order_id = $1 where supplier_id = $2 and connector_id = $3 \
         and sink_order_id = $4 and order_id is null",
        order,
        supplier,
        connector,
        sink_order,
    )?;
    Ok(())
}

/// Which orders these documents are about.
pub async fn order_links(tx: &mut Tx, supplier: &str, ids: &[String]) -> StorageResult<Vec<OrderLinkRow>> {
    fetch_in!(
        tx,
        OrderLinkRow,
        "select supplier_id, erp_document_id, place, connector_id, reference, sink_order_id, order_id \
         from erp_document_order where supplier_id = $1 and erp_document_id in (",
        ") order by erp_document_id, place",
        ids,
        supplier,
    )
}
