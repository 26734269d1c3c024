//! What an order says, read again from the archived document: the archive is the one source of it.

use punchgate_domain::purchase_order::PurchaseOrder;
use punchgate_protocols::cxml::{Body, Limits, decode};
use punchgate_storage::{StorageError, StorageResult, Tx, document};

/// The purchase order of an archived document.
pub async fn of_document(tx: &mut Tx, supplier: &str, document_id: &str) -> StorageResult<PurchaseOrder> {
    let Some(row) = document::body(tx, supplier, document_id).await? else {
        return Err(StorageError::corrupt(
            "document",
            format!("{document_id} is not in the archive"),
        ));
    };
    let content_type = row.content_type.clone();
    let bytes = row.unpack()?;
    // It was within the limits of its day: they are not asked again.
    let limits = Limits::with_max_bytes(bytes.len());
    // The archive holds the root part of a multipart document: its type says nothing about these bytes.
    let content_type = Some(content_type.as_str()).filter(|kind| !kind.starts_with("multipart/"));
    match decode(&bytes, content_type, &limits) {
        Ok(read) => match read.body {
            Body::OrderRequest(order) => Ok(*order),
            other => Err(StorageError::corrupt(
                "document.body",
                format!("{document_id} is a {}", other.name()),
            )),
        },
        Err(refusal) => Err(StorageError::corrupt(
            "document.body",
            format!("{document_id}: {}", refusal.text),
        )),
    }
}
