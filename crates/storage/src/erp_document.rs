//! Documents of ERPs: acknowledgements, states, shipments, invoices, credit memos, payments; which orders they are
//! about, which invoices they settle.

mod links;

pub use links::{
    OrderLinkRow, SettlesRow, forget_links, insert_order_links, insert_settles, link_sink_order, order_links,
};

use crate::{StorageResult, Tx, list::ListQuery};

macro_rules! head_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, erp_document_id, connector_id, scope, document_id, kind, number, purchase_order_number, \
             customer_external_id, (select min(c.customer_id) from customer c where c.supplier_id = \
             erp_document.supplier_id and c.connector_id = erp_document.connector_id and c.external_id = \
             erp_document.customer_external_id) as customer_id, issued_at, \
             currency, total, first_seen_at, updated_at",
            $after
        )
    };
}

/// A document without what it says.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ErpDocumentHead {
    /// Whose.
    pub supplier_id: String,
    /// Our id.
    pub erp_document_id: String,
    /// The ERP.
    pub connector_id: String,
    /// Which part of it.
    pub scope: String,
    /// The ERP's key.
    pub document_id: String,
    /// `invoice`, `shipment` …
    pub kind: String,
    /// The number that people use.
    pub number: Option<String>,
    /// The buyer's number.
    pub purchase_order_number: Option<String>,
    /// The ERP's key of the customer.
    pub customer_external_id: String,
    /// Our key of the customer, if it is known here; read only.
    pub customer_id: Option<String>,
    /// When it was issued.
    pub issued_at: i64,
    /// Currency of the total.
    pub currency: Option<String>,
    /// The total as stated, where it has one.
    pub total: Option<String>,
    /// When it was first told.
    pub first_seen_at: i64,
    /// When it was last told otherwise.
    pub updated_at: i64,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ErpDocumentRow {
    /// Its head.
    #[sqlx(flatten)]
    pub head: ErpDocumentHead,
    /// What it says, JSON.
    pub content: String,
}

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct ErpDocumentFilter {
    /// Kind.
    pub kind: Option<String>,
    /// The ERP.
    pub connector: Option<String>,
    /// The ERP's key of the customer.
    pub customer: Option<String>,
    /// Our key of an order.
    pub order: Option<String>,
    /// The document's number.
    pub number: Option<String>,
    /// Issued at or after.
    pub since: Option<i64>,
    /// Issued before.
    pub until: Option<i64>,
}

/// Those that are stored of these keys of the ERP.
pub async fn known(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    document_ids: &[String],
) -> StorageResult<Vec<ErpDocumentRow>> {
    fetch_in!(
        tx,
        ErpDocumentRow,
        head_columns!(
            "select ",
            ", content from erp_document where supplier_id = $1 and connector_id = $2 and scope = $3 and document_id in ("
        ),
        ")",
        document_ids,
        supplier,
        connector,
        scope,
    )
}

/// Stores documents; one that is there keeps its id and when it was first told.
pub async fn put_many(tx: &mut Tx, rows: &[ErpDocumentRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into erp_document (supplier_id, erp_document_id, connector_id, scope, document_id, kind, number, \
         purchase_order_number, customer_external_id, issued_at, currency, total, content, first_seen_at, updated_at)",
        "on conflict (supplier_id, connector_id, scope, document_id) do update set kind = excluded.kind, \
         number = excluded.number, purchase_order_number = excluded.purchase_order_number, \
         customer_external_id = excluded.customer_external_id, issued_at = excluded.issued_at, \
         currency = excluded.currency, total = excluded.total, content = excluded.content, \
         updated_at = excluded.updated_at",
        rows,
        |row| [
            row.head.supplier_id.as_str(),
            row.head.erp_document_id.as_str(),
            row.head.connector_id.as_str(),
            row.head.scope.as_str(),
            row.head.document_id.as_str(),
            row.head.kind.as_str(),
            row.head.number.as_deref(),
            row.head.purchase_order_number.as_deref(),
            row.head.customer_external_id.as_str(),
            row.head.issued_at,
            row.head.currency.as_deref(),
            row.head.total.as_deref(),
            row.content.as_str(),
            row.head.first_seen_at,
            row.head.updated_at,
        ]
    )?;
    Ok(())
}

/// A list, the last issued first.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    filter: &ErpDocumentFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<ErpDocumentHead>> {
    let list = ListQuery::of(
        head_columns!("select ", " from erp_document"),
        supplier,
        "issued_at desc, erp_document_id desc",
        limit,
    )
    .equal("kind", filter.kind.as_deref())
    .equal("connector_id", filter.connector.as_deref())
    .equal("customer_external_id", filter.customer.as_deref())
    .equal("number", filter.number.as_deref())
    .among(
        "erp_document_id",
        "select o.erp_document_id from erp_document_order o where o.supplier_id = $1 and o.order_id",
        filter.order.as_deref(),
    )
    .from("issued_at", filter.since)
    .until("issued_at", filter.until)
    .after("issued_at", "erp_document_id", after);
    fetch_list!(tx, ErpDocumentHead, list)
}

/// One document.
pub async fn get(tx: &mut Tx, supplier: &str, id: &str) -> StorageResult<Option<ErpDocumentRow>> {
    fetch_optional!(
        tx,
        ErpDocumentRow,
        head_columns!(
            "select ",
            ", content from erp_document where supplier_id = $1 and erp_document_id = $2"
        ),
        supplier,
        id,
    )
}

/// The documents about an order, the first issued first; of one day those that were told first.
pub async fn of_order(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<Vec<ErpDocumentRow>> {
    fetch_all!(
        tx,
        ErpDocumentRow,
        head_columns!(
            "select ",
            ", content from erp_document where supplier_id = $1 and erp_document_id in (select o.erp_document_id \
             from erp_document_order o where o.supplier_id = $1 and o.order_id = $2) \
             order by issued_at, first_seen_at, erp_document_id"
        ),
        supplier,
        order,
    )
}

/// What an ERP has issued under any of these numbers of buyers, the first issued first.
pub async fn of_purchase_orders(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    numbers: &[String],
) -> StorageResult<Vec<ErpDocumentRow>> {
    fetch_in!(
        tx,
        ErpDocumentRow,
        head_columns!(
            "select ",
            ", content from erp_document where supplier_id = $1 and connector_id = $2 and purchase_order_number in ("
        ),
        ") order by issued_at, first_seen_at, erp_document_id",
        numbers,
        supplier,
        connector,
    )
}

/// The payments and credit memos that name any of these invoices.
pub async fn settling(
    tx: &mut Tx,
    supplier: &str,
    invoice_document_ids: &[String],
) -> StorageResult<Vec<ErpDocumentRow>> {
    fetch_in!(
        tx,
        ErpDocumentRow,
        head_columns!(
            "select ",
            ", content from erp_document where supplier_id = $1 and erp_document_id in (select s.erp_document_id \
             from erp_document_settles s where s.supplier_id = $1 and s.invoice_document_id in ("
        ),
        "))",
        invoice_document_ids,
        supplier,
    )
}
