//! Accepted requests by payloadID: what tells a repeat from a new request, and what it was answered with.

use crate::{StorageResult, Tx};

/// An accepted request.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct RequestKeyRow {
    /// Whose.
    pub supplier_id: String,
    /// With whom.
    pub relationship_id: String,
    /// `production` or `test`.
    pub mode: String,
    /// `OrderRequest` …
    pub request_kind: String,
    /// The sender's id of the document.
    pub payload_id: String,
    /// Hash of the canonical content.
    pub content_hash: Vec<u8>,
    /// The archived document.
    pub document_id: String,
    /// The order.
    pub order_id: Option<String>,
    /// The facts of the answer, JSON, to be rendered again.
    pub answer: String,
    /// When.
    pub recorded_at: i64,
}

/// The accepted requests of one supplier with any of these payloadIDs.
pub async fn of_payloads(
    tx: &mut Tx,
    supplier: &str,
    request_kind: &str,
    payload_ids: &[String],
) -> StorageResult<Vec<RequestKeyRow>> {
    fetch_in!(
        tx,
        RequestKeyRow,
        "select supplier_id, relationship_id, mode, request_kind, payload_id, content_hash, document_id, order_id, \
         answer, recorded_at from request_key where supplier_id = $1 and request_kind = $2 and payload_id in (",
        ")",
        payload_ids,
        supplier,
        request_kind,
    )
}

/// Records accepted requests. A key that exists is [`crate::StorageError::Unique`].
pub async fn insert_many(tx: &mut Tx, rows: &[RequestKeyRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into request_key (supplier_id, relationship_id, mode, request_kind, payload_id, content_hash, \
         document_id, order_id, answer, recorded_at)",
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.relationship_id.as_str(),
            row.mode.as_str(),
            row.request_kind.as_str(),
            row.payload_id.as_str(),
            row.content_hash.as_slice(),
            row.document_id.as_str(),
            row.order_id.as_deref(),
            row.answer.as_str(),
            row.recorded_at,
        ]
    )?;
    Ok(())
}
