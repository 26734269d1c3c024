//! The archive: every document in and out, found by order number, payloadID and BuyerCookie.

use crate::{StorageResult, Tx, body::StoredBody, list::ListQuery, order::OrderRow};

/// A document to archive. Its bytes are redacted and compressed before the transaction.
#[derive(Debug, Clone)]
pub struct NewDocument {
    /// Whose.
    pub supplier: String,
    /// Its id.
    pub id: String,
    /// `in` or `out`.
    pub direction: &'static str,
    /// `OrderRequest`, `PunchOutOrderMessage` …
    pub kind: String,
    /// With whom.
    pub relationship: Option<String>,
    /// `production` or `test`.
    pub mode: &'static str,
    /// Its payloadID.
    pub payload_id: Option<String>,
    /// Hash of its canonical content.
    pub content_hash: Option<Vec<u8>>,
    /// Where it stands.
    pub status: &'static str,
    /// cXML Status code that it was answered with, or that it carries.
    pub status_code: Option<i64>,
    /// In words.
    pub status_text: Option<String>,
    /// The order it belongs to.
    pub order_id: Option<String>,
    /// The buyer's order number.
    pub order_number: Option<String>,
    /// The session it belongs to.
    pub session_id: Option<String>,
    /// The buyer's cookie.
    pub buyer_cookie: Option<String>,
    /// The document that it answers.
    pub in_reply_to: Option<String>,
    /// That document's payloadID: who has it finds the answer, too.
    pub replies_to: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Its bytes.
    pub body: StoredBody,
    /// Findings of the reader, JSON.
    pub findings: Option<String>,
    /// When.
    pub recorded_at: i64,
}

/// A further part of a multipart document.
#[derive(Debug, Clone)]
pub struct NewPart {
    /// Whose.
    pub supplier: String,
    /// The document.
    pub document_id: String,
    /// From 1.
    pub number: i64,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Its bytes.
    pub body: StoredBody,
}

/// A document without its bytes.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct DocumentRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id.
    pub document_id: String,
    /// `in` or `out`.
    pub direction: String,
    /// Kind.
    pub kind: String,
    /// With whom.
    pub relationship_id: Option<String>,
    /// `production` or `test`.
    pub mode: String,
    /// Its payloadID.
    pub payload_id: Option<String>,
    /// Where it stands.
    pub status: String,
    /// cXML Status code.
    pub status_code: Option<i64>,
    /// In words.
    pub status_text: Option<String>,
    /// Order.
    pub order_id: Option<String>,
    /// The buyer's order number.
    pub order_number: Option<String>,
    /// Session.
    pub session_id: Option<String>,
    /// The buyer's cookie.
    pub buyer_cookie: Option<String>,
    /// The document that it answers.
    pub in_reply_to: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Length before compression.
    pub raw_length: i64,
    /// Findings, JSON.
    pub findings: Option<String>,
    /// When.
    pub recorded_at: i64,
}

/// The stored bytes of a document or part.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct BodyRow {
    /// Codec.
    pub codec: String,
    /// Length before compression.
    pub raw_length: i64,
    /// Bytes.
    pub body: Vec<u8>,
    /// Content type.
    pub content_type: String,
}

impl BodyRow {
    /// The bytes as they were received or sent.
    pub fn unpack(self) -> StorageResult<Vec<u8>> {
        crate::body::unpack(&self.codec, self.raw_length, self.body)
    }
}

/// How many there are of a supplier since an instant.
pub async fn count_since(tx: &mut Tx, supplier: &str, since: i64) -> StorageResult<i64> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select cast(count(*) as bigint) from document where supplier_id = $1 and recorded_at >= $2",
        supplier,
        since,
    )?;
    Ok(row.map_or(0, |(count,)| count))
}

/// What a list of documents is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct DocumentFilter {
    /// Direction.
    pub direction: Option<String>,
    /// Kind.
    pub kind: Option<String>,
    /// Relationship.
    pub relationship: Option<String>,
    /// Status.
    pub status: Option<String>,
    /// Order.
    pub order_id: Option<String>,
    /// Session.
    pub session_id: Option<String>,
    /// An order number, payloadID or BuyerCookie.
    pub search: Option<String>,
    /// Not before.
    pub from: Option<i64>,
    /// Before this instant.
    pub until: Option<i64>,
}

/// Archives documents.
pub async fn insert_many(tx: &mut Tx, documents: &[NewDocument]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into document (supplier_id, document_id, direction, kind, relationship_id, mode, payload_id, \
         content_hash, status, status_code, status_text, order_id, order_number, session_id, buyer_cookie, \
         in_reply_to, replies_to, content_type, codec, raw_length, body, findings, recorded_at)",
        "",
        documents,
        |row| [
            row.supplier.as_str(),
            row.id.as_str(),
            row.direction,
            row.kind.as_str(),
            row.relationship.as_deref(),
            row.mode,
            row.payload_id.as_deref(),
            row.content_hash.as_deref(),
            row.status,
            row.status_code,
            row.status_text.as_deref(),
            row.order_id.as_deref(),
            row.order_number.as_deref(),
            row.session_id.as_deref(),
            row.buyer_cookie.as_deref(),
            row.in_reply_to.as_deref(),
            row.replies_to.as_deref(),
            row.content_type.as_str(),
            row.body.codec,
            row.body.raw_length,
            row.body.bytes.as_slice(),
            row.findings.as_deref(),
            row.recorded_at,
        ]
    )?;
    Ok(())
}

/// Archives the further parts of multipart documents.
pub async fn insert_parts(tx: &mut Tx, parts: &[NewPart]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into document_part (supplier_id, document_id, part_number, content_id, content_type, codec, \
         raw_length, body)",
        "",
        parts,
        |row| [
            row.supplier.as_str(),
            row.document_id.as_str(),
            row.number,
            row.content_id.as_deref(),
            row.content_type.as_str(),
            row.body.codec,
            row.body.raw_length,
            row.body.bytes.as_slice(),
        ]
    )?;
    Ok(())
}

/// Records what became of a document on its way out.
pub async fn set_status(
    tx: &mut Tx,
    supplier: &str,
    document: &str,
    status: &str,
    code: Option<i64>,
    text: Option<&str>,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update document set status = $1, status_code = $2, status_text = $3 where supplier_id = $4 \
         and document_id = $5",
        status,
        code,
        text,
        supplier,
        document,
    )?;
    Ok(count == 1)
}

/// A document has found its order.
pub async fn attach_order(tx: &mut Tx, document: &str, order: &OrderRow) -> StorageResult<()> {
    execute!(
        tx,
        "update document set status = 'accepted', order_id = $1, order_number = $2, relationship_id = $3, mode = $4, \
         in_reply_to = $5 where supplier_id = $6 and document_id = $7 and order_id is null",
        order.order_id.as_str(),
        order.order_number.as_str(),
        order.relationship_id.as_str(),
        order.mode.as_str(),
        order.document_id.as_str(),
        order.supplier_id.as_str(),
        document,
    )?;
    Ok(())
}

/// A list, newest first.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    filter: &DocumentFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<DocumentRow>> {
    let list = ListQuery::of(
        "select supplier_id, document_id, direction, kind, relationship_id, mode, payload_id, status, status_code, \
         status_text, order_id, order_number, session_id, buyer_cookie, in_reply_to, content_type, raw_length, \
         findings, recorded_at from document",
        supplier,
        "recorded_at desc, document_id desc",
        limit,
    )
    .equal("direction", filter.direction.as_deref())
    .equal("kind", filter.kind.as_deref())
    .equal("relationship_id", filter.relationship.as_deref())
    .equal("status", filter.status.as_deref())
    .equal("order_id", filter.order_id.as_deref())
    .equal("session_id", filter.session_id.as_deref())
    .any_equal(&["order_number", "payload_id", "buyer_cookie", "document_id", "replies_to"], filter.search.as_deref())
    .from("recorded_at", filter.from)
    .until("recorded_at", filter.until)
    .after("recorded_at", "document_id", after);
    fetch_list!(tx, DocumentRow, list)
}

/// One document without its bytes.
pub async fn get(tx: &mut Tx, supplier: &str, document: &str) -> StorageResult<Option<DocumentRow>> {
    fetch_optional!(
        tx,
        DocumentRow,
        "select supplier_id, document_id, direction, kind, relationship_id, mode, payload_id, status, status_code, \
         status_text, order_id, order_number, session_id, buyer_cookie, in_reply_to, content_type, raw_length, \
         findings, recorded_at from document where supplier_id = $1 and document_id = $2",
        supplier,
        document,
    )
}

/// What answered a document, by both of its names: payloadIDs may repeat.
pub async fn answers_to(
    tx: &mut Tx,
    supplier: &str,
    (document, payload_id): (&str, &str),
    limit: i64,
) -> StorageResult<Vec<DocumentRow>> {
    fetch_all!(
        tx,
        DocumentRow,
        "select supplier_id, document_id, direction, kind, relationship_id, mode, payload_id, status, status_code, \
         status_text, order_id, order_number, session_id, buyer_cookie, in_reply_to, content_type, raw_length, \
         findings, recorded_at from document where supplier_id = $1 and replies_to = $2 and in_reply_to = $3 \
         order by recorded_at, document_id limit $4",
        supplier,
        payload_id,
        document,
        limit,
    )
}

/// The hash of what a document says, where its kind has one.
pub async fn content_hash(tx: &mut Tx, supplier: &str, document: &str) -> StorageResult<Option<Vec<u8>>> {
    let row: Option<(Option<Vec<u8>>,)> = fetch_optional!(
        tx,
        (Option<Vec<u8>>,),
        "select content_hash from document where supplier_id = $1 and document_id = $2",
        supplier,
        document,
    )?;
    Ok(row.and_then(|(hash,)| hash))
}

/// The bytes of a document.
pub async fn body(tx: &mut Tx, supplier: &str, document: &str) -> StorageResult<Option<BodyRow>> {
    fetch_optional!(
        tx,
        BodyRow,
        "select codec, raw_length, body, content_type from document where supplier_id = $1 and document_id = $2",
        supplier,
        document,
    )
}

/// The bytes of a further part.
pub async fn part(
    tx: &mut Tx,
    supplier: &str,
    document: &str,
    number: i64,
) -> StorageResult<Option<BodyRow>> {
    fetch_optional!(
        tx,
        BodyRow,
        "select codec, raw_length, body, content_type from document_part where supplier_id = $1 \
         and document_id = $2 and part_number = $3",
        supplier,
        document,
        number,
    )
}
