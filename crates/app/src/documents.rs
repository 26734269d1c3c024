//! The archive for whoever reads it.

use punchgate_domain::{catalogue::Problem, ids::SupplierId};
use punchgate_protocols::cxml::{Limits, check::check};
use punchgate_storage::{StorageResult, document, outbox};
use serde::Deserialize;

pub use punchgate_storage::document::{DocumentFilter, DocumentRow};

use crate::{
    Surroundings,
    accounts::Author,
    jobs::{JobDesk, JobError, JobId},
    orders::confirm::{self, ConfirmationJob},
};

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

/// What the reader found odd, as it is stored.
#[derive(Debug, Clone, Deserialize)]
pub struct Finding {
    /// What.
    pub text: String,
    /// Where.
    pub line: u32,
    /// Where in the line.
    pub column: u32,
    /// In which element.
    pub path: String,
}

/// What the reader found odd in a document.
pub fn findings(row: &DocumentRow) -> Vec<Finding> {
    let stored = row.findings.as_deref().map(serde_json::from_str);
    stored.and_then(Result::ok).unwrap_or_default()
}

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

/// The job that delivers a document; none for what nothing delivers.
pub async fn job_of(surroundings: &Surroundings, row: &DocumentRow) -> StorageResult<Option<JobId>> {
    let Some(order) = row.order_id.as_deref().filter(|_| row.direction == "out") else {
        return Ok(None);
    };
    let mut tx = surroundings.db.read().await?;
    let entries = outbox::of_stream(&mut tx, &row.supplier_id, &confirm::stream(order)).await?;
    tx.rollback().await?;
    let delivers = |payload: &str| {
        serde_json::from_str::<ConfirmationJob>(payload).is_ok_and(|job| job.document == row.document_id)
    };
    let entry = entries.iter().find(|entry| delivers(&entry.payload));
    Ok(entry.map(JobId::of))
}

/// Has a document delivered again at once, with the payloadID that it has. Only what goes out by itself and was not
/// taken yet can be; for the rest the answer says where it is moved.
pub async fn replay(
    surroundings: &Surroundings,
    desk: &JobDesk,
    supplier: &SupplierId,
    id: &str,
    author: &Author,
) -> Result<(), JobError> {
    let mut tx = surroundings.db.read().await?;
    let row = document::get(&mut tx, supplier.as_str(), id).await?;
    tx.rollback().await?;
    let refused = |problem, details| Err(JobError::Refused { problem, details });
    let Some(row) = row else {
        return refused(Problem::NotFound, format!("there is no document '{id}'"));
    };
    if let Some(job) = job_of(surroundings, &row).await? {
        // The buyer has it: sent once more, it would be another commitment.
        if row.status == "delivered" {
            let details = format!("document {id} is delivered: the buyer has it");
            return refused(Problem::InvalidTransition, details);
        }
        return desk.replay(supplier, &job, author).await;
    }
    refused(Problem::InvalidTransition, not_delivered(&row))
}

/// Why a document is not sent by a job, and what can be done about it.
fn not_delivered(row: &DocumentRow) -> String {
    let id = &row.document_id;
    match (row.direction.as_str(), row.status.as_str(), &row.order_id) {
        ("in", "refused", _) => format!(
            "document {id} came in and was refused: mend the cause, then admit the request (punchgate quarantine list), \
             or ask the sender to send it again"
        ),
        ("in", _, Some(order)) => format!(
            "document {id} came in and is part of order {order}: what waits there is tried again with \
             punchgate jobs list --order {order} and punchgate jobs replay"
        ),
        ("in", ..) => format!("document {id} came in and was answered: there is nothing to deliver"),
        _ => format!("document {id} was given out as an answer or to a browser: no job delivers it"),
    }
}
