//! Orders for whoever reads them: lists, one order with its lines, versions, history and decision.

use punchgate_domain::{
    ids::{RelationshipId, SupplierId},
    order::progress::Progress,
    purchase_order::PurchaseOrder,
};
use punchgate_storage::{
    StorageResult,
    order::{self, OrderEventRow, OrderVersionRow},
    order_change,
};

use super::{content, documents, review::DecisionRecord, worded};
use crate::{
    Surroundings,
    credit::Wording,
    directory::{Directory, DirectoryError},
};

pub use punchgate_storage::{
    order::{OrderFilter, OrderRow},
    order_change::OrderChangeRow as Change,
};

pub use super::documents::OrderDocument;
pub use super::review::{DecisionRecord as Decision, ReasonRecord as Reason};

/// An order in full.
#[derive(Debug, Clone)]
pub struct OrderView {
    /// As it stands.
    pub row: OrderRow,
    /// What it says.
    pub content: PurchaseOrder,
    /// The last decision.
    pub decision: Option<DecisionRecord>,
    /// Versions, first to last.
    pub versions: Vec<OrderVersionRow>,
    /// History, first to last.
    pub history: Vec<OrderEventRow>,
    /// What the ERP has issued about it, the first issued first.
    pub documents: Vec<OrderDocument>,
    /// How far it is by these documents.
    pub progress: Progress,
    /// The change that is on its way to the sink.
    pub change: Option<Change>,
}

/// A page of orders, newest first; what stands against them in the words of today.
pub async fn list(
    surroundings: &Surroundings,
    directory: &Directory,
    supplier: &SupplierId,
    filter: &OrderFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<OrderRow>> {
    let wording = wording(directory, supplier).await?;
    let now = surroundings.now();
    let mut tx = surroundings.db.read().await?;
    let mut rows = order::list(&mut tx, supplier.as_str(), filter, after, limit).await?;
    worded::decisions(&mut tx, supplier, wording.as_ref(), &mut rows, now).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// The supplier's texts; none for one that cannot be used any more.
async fn wording(directory: &Directory, supplier: &SupplierId) -> StorageResult<Option<Wording>> {
    match directory.supplier(supplier).await {
        Ok(supplier) => Ok(Some(Wording::of(&supplier))),
        Err(DirectoryError::Storage(error)) => Err(error),
        Err(_) => Ok(None),
    }
}

/// One order in full; `directory` knows what its buyer calls units.
pub async fn get(
    surroundings: &Surroundings,
    directory: &Directory,
    supplier: &SupplierId,
    id: &str,
) -> StorageResult<Option<OrderView>> {
    let wording = wording(directory, supplier).await?;
    let mut tx = surroundings.db.read().await?;
    let Some(mut row) = order::get(&mut tx, supplier.as_str(), id).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let (rows, now) = (std::slice::from_mut(&mut row), surroundings.now());
    let mut decisions = worded::decisions(&mut tx, supplier, wording.as_ref(), rows, now).await?;
    let content = content::of_document(&mut tx, supplier.as_str(), &row.document_id).await?;
    let versions = order::versions(&mut tx, supplier.as_str(), id).await?;
    let history = order::events(&mut tx, supplier.as_str(), id).await?;
    let told = documents::of_order(&mut tx, &row).await?;
    let change = order_change::of_order(&mut tx, supplier.as_str(), id).await?;
    tx.rollback().await?;
    let relationship = RelationshipId::new(row.relationship_id.clone());
    let relationship = match directory.relationship(supplier, &relationship).await {
        Ok(relationship) => Some(relationship),
        Err(DirectoryError::Storage(error)) => return Err(error),
        // Of one that cannot be used any more the units are read as they stand.
        Err(_) => None,
    };
    let mappings = relationship.as_deref().map(|known| &known.mappings);
    let progress = told.progress(&content, mappings);
    let decision = decisions.pop().flatten();
    Ok(Some(OrderView {
        row,
        content,
        decision,
        versions,
        history,
        documents: told.documents,
        progress,
        change,
    }))
}
