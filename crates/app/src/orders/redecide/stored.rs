//! Orders as a decision reads them before it locks anything: reading a document takes time that the database's
//! one writer has not got. After the locks it is asked whether they are still what was read.

use std::sync::Arc;

use punchgate_domain::purchase_order::PurchaseOrder;
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    order::{self, OrderRow},
};

use super::Relationships;
use crate::{directory::Relationship, orders::content};

/// An order with what its document says.
pub(in crate::orders) struct Stored {
    pub row: OrderRow,
    pub relationship: Arc<Relationship>,
    pub content: PurchaseOrder,
}

impl Stored {
    /// One order; none if it is gone or its relationship is not among these.
    pub(in crate::orders) async fn read(
        tx: &mut Tx,
        supplier: &str,
        id: &str,
        relationships: &Relationships,
    ) -> StorageResult<Option<Self>> {
        let Some(row) = order::get(tx, supplier, id).await? else {
            return Ok(None);
        };
        let Some(relationship) = relationships.get(&row.relationship_id) else {
            return Ok(None);
        };
        let content = content::of_document(tx, supplier, &row.document_id).await?;
        Ok(Some(Self {
            relationship: Arc::clone(relationship),
            row,
            content,
        }))
    }

    /// Whether the locked row is still about what was read: its next version says something else, and on another
    /// credit account nothing is locked. The caller reads and locks again.
    pub(super) fn is_still(&self, locked: &OrderRow) -> StorageResult<()> {
        let same = self.row.version == locked.version
            && self.row.document_id == locked.document_id
            && self.row.credit_account_id == locked.credit_account_id;
        if same {
            return Ok(());
        }
        Err(StorageError::Retry(format!(
            "order {} changed while its decision waited",
            locked.order_id
        )))
    }
}
