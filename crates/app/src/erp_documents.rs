//! Documents of ERPs for whoever reads them: acknowledgements, states, shipments, invoices, credit memos, payments, as
//! the ERP last told them. The feed of orders stores them.
//!
//! **Invariant:** what is open of an invoice is reckoned when it is asked for, and stored nowhere.

pub mod content;
mod settled;

use std::collections::{HashMap, HashSet};

use punchgate_connector::documents::DocumentKind;
use punchgate_domain::ids::SupplierId;
use punchgate_storage::{
    StorageError, StorageResult, Tx, customer,
    erp_document::{self, OrderLinkRow},
    history::{self, ChangeRow},
};

pub use punchgate_storage::erp_document::{ErpDocumentFilter, ErpDocumentHead, ErpDocumentRow};

pub use self::settled::Open;
use self::{content::StoredDocument, settled::Settlement};
use crate::Surroundings;

/// What histories call it.
pub(crate) const SUBJECT: &str = "erp_document";
/// Changes that are shown with a document.
const CHANGES: i64 = 100;

/// A document in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedDocument {
    /// Its head.
    pub head: ErpDocumentHead,
    /// What it calls the orders that it is about, and which these are here.
    pub orders: Vec<OrderLinkRow>,
    /// Of an invoice: what is still to be paid.
    pub open: Option<Open>,
}

/// A document in full.
#[derive(Debug, Clone)]
pub struct DocumentView {
    /// As in a list.
    pub listed: ListedDocument,
    /// What it says.
    pub content: serde_json::Value,
    /// Where it said something else before, the newest first.
    pub changes: Vec<ChangeRow>,
}

/// The kinds that there are.
pub fn kinds() -> [&'static str; 6] {
    DocumentKind::ALL.map(DocumentKind::as_str)
}

/// A page of documents, the last issued first. `customer` is our id; the documents of one that nobody knows are none.
pub async fn list(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    customer: Option<&str>,
    mut filter: ErpDocumentFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<ListedDocument>> {
    let supplier = supplier.as_str();
    let mut tx = surroundings.db.read().await?;
    if let Some(id) = customer {
        let row = customer::get(&mut tx, supplier, id).await?;
        let fits = |connector: &String| row.as_ref().is_some_and(|row| row.connector_id == *connector);
        let Some(row) = row
            .as_ref()
            .filter(|_| filter.connector.as_ref().is_none_or(fits))
        else {
            tx.rollback().await?;
            return Ok(Vec::new());
        };
        filter.connector = Some(row.connector_id.clone());
        filter.customer = Some(row.external_id.clone());
    }
    let heads = erp_document::list(&mut tx, supplier, &filter, after, limit).await?;
    let listed = listed(&mut tx, supplier, heads).await?;
    tx.rollback().await?;
    Ok(listed)
}

/// One document in full.
pub async fn get(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
) -> StorageResult<Option<DocumentView>> {
    let supplier = supplier.as_str();
    let mut tx = surroundings.db.read().await?;
    let Some(row) = erp_document::get(&mut tx, supplier, id).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let content = serde_json::from_str(&row.content)
        .map_err(|error| StorageError::corrupt("erp_document.content", error))?;
    let found = listed(&mut tx, supplier, vec![row.head]).await?.pop();
    let changes = history::of_subject(&mut tx, supplier, SUBJECT, id, CHANGES).await?;
    tx.rollback().await?;
    Ok(found.map(|listed| DocumentView {
        listed,
        content,
        changes,
    }))
}

/// With their orders, and what is open of the invoices among them.
pub(crate) async fn listed(
    tx: &mut Tx,
    supplier: &str,
    heads: Vec<ErpDocumentHead>,
) -> StorageResult<Vec<ListedDocument>> {
    let ids: Vec<String> = heads.iter().map(|head| head.erp_document_id.clone()).collect();
    let mut orders: HashMap<String, Vec<OrderLinkRow>> = HashMap::new();
    for link in erp_document::order_links(tx, supplier, &ids).await? {
        orders.entry(link.erp_document_id.clone()).or_default().push(link);
    }
    let invoices: Vec<String> = heads
        .iter()
        .filter(|head| head.kind == DocumentKind::Invoice.as_str())
        .map(|head| head.document_id.clone())
        .collect();
    let mut settling = erp_document::settling(tx, supplier, &invoices).await?;
    // One that settles several invoices is found by each part of a long list.
    let mut seen = HashSet::new();
    settling.retain(|row| seen.insert(row.head.erp_document_id.clone()));
    let settlements = settling.iter().map(Settlement::read);
    let settlements = settlements.collect::<StorageResult<Vec<_>>>()?;
    let listed = heads.into_iter().map(|head| ListedDocument {
        orders: orders.remove(&head.erp_document_id).unwrap_or_default(),
        open: settled::open(&head, &settlements),
        head,
    });
    Ok(listed.collect())
}

/// What a stored document says.
pub(crate) fn read(row: &ErpDocumentRow) -> StorageResult<StoredDocument> {
    let corrupt = |error| StorageError::corrupt("erp_document.content", error);
    // By way of a value: read at once, numbers of flattened parts would be none.
    let value: serde_json::Value = serde_json::from_str(&row.content).map_err(corrupt)?;
    serde_json::from_value(value).map_err(corrupt)
}
