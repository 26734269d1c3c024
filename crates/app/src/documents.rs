//! The archive for whoever reads it.

use punchgate_domain::ids::SupplierId;
use punchgate_protocols::cxml::{Limits, check::check};
use punchgate_storage::{StorageResult, document};

pub use punchgate_storage::document::{DocumentFilter, DocumentRow};

use crate::Surroundings;

/// Which way documents go.
pub const DIRECTIONS: [&str; 2] = ["in", "out"];

/// Where a document can stand: what became of one that came in, and how far one is that goes out.
pub const STATUSES: [&str; 15] = [
    "accepted",
    "changed",
    "cancelled",
    "repeated",
    "kept",
    "conflict",
    "refused",
    "unmatched",
    "answered",
    "queued",
    "sent",
    "retrying",
    "delivered",
    "failed",
    "received",
];

/// A document, read.
#[derive(Debug, Clone)]
pub struct Found {
    /// The document.
    pub row: DocumentRow,
    /// What it says; none for what is no cXML.
    pub read: Option<serde_json::Value>,
}

/// A page of documents, newest first.
pub async fn list(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    filter: &DocumentFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<DocumentRow>> {
    let mut tx = surroundings.db.read().await?;
    let rows = document::list(&mut tx, supplier.as_str(), filter, after, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// One document, read.
pub async fn get(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
) -> StorageResult<Option<Found>> {
    let mut tx = surroundings.db.read().await?;
    let row = document::get(&mut tx, supplier.as_str(), id).await?;
    let body = document::body(&mut tx, supplier.as_str(), id).await?;
    tx.rollback().await?;
    let (Some(row), Some(body)) = (row, body) else {
        return Ok(None);
    };
    let is_xml = row.content_type.contains("xml") || row.content_type.starts_with("multipart/");
    let read = if is_xml {
        let bytes = body.unpack()?;
        serde_json::to_value(check(&bytes, &Limits::with_max_bytes(bytes.len()))).ok()
    } else {
        None
    };
    Ok(Some(Found { row, read }))
}

/// One document's content type and bytes, as archived.
pub async fn raw(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    id: &str,
) -> StorageResult<Option<(String, Vec<u8>)>> {
    let mut tx = surroundings.db.read().await?;
    let body = document::body(&mut tx, supplier.as_str(), id).await?;
    tx.rollback().await?;
    body.map(|body| Ok((body.content_type.clone(), body.unpack()?)))
        .transpose()
}
