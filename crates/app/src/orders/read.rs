//! Orders for whoever reads them: lists, one order with its lines, versions, history and decision.

use punchgate_domain::{ids::SupplierId, purchase_order::PurchaseOrder};
use punchgate_storage::{
    StorageResult,
    order::{self, OrderEventRow, OrderVersionRow},
};

use super::{content, review::DecisionRecord};
use crate::Surroundings;

pub use punchgate_storage::order::{OrderFilter, OrderRow};

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
}

/// A page of orders, newest first.
pub async fn list(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    filter: &OrderFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<OrderRow>> {
    let mut tx = surroundings.db.read().await?;
    let rows = order::list(&mut tx, supplier.as_str(), filter, after, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// One order in full.
pub async fn get(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
) -> StorageResult<Option<OrderView>> {
    let mut tx = surroundings.db.read().await?;
    let Some(row) = order::get(&mut tx, supplier.as_str(), id).await? else {
        tx.rollback().await?;
        return Ok(None);
    };
    let content = content::of_document(&mut tx, supplier.as_str(), &row.document_id).await?;
    let versions = order::versions(&mut tx, supplier.as_str(), id).await?;
    let history = order::events(&mut tx, supplier.as_str(), id).await?;
    tx.rollback().await?;
    let decision = row
        .decision
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    Ok(Some(OrderView {
        row,
        content,
        decision,
        versions,
        history,
    }))
}
