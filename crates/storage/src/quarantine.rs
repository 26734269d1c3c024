//! Refused order requests, kept until an operator has looked: secrets and cards blanked, size- and
//! rate-capped by the caller.

use crate::{StorageResult, Tx, body::StoredBody, document::BodyRow, list::ListQuery};

/// A refused request to keep.
#[derive(Debug, Clone)]
pub struct NewQuarantine {
    /// Whose, or empty where the sender is unknown.
    pub supplier: String,
    /// Its id.
    pub id: String,
    /// Code of the error catalogue.
    pub reason: String,
    /// In words, with the place.
    pub detail: String,
    /// The identities that it claimed, JSON.
    pub claimed: String,
    /// From where.
    pub remote_address: String,
    /// `OrderRequest` …, or `unknown`.
    pub kind: String,
    /// `waiting` for what may be admitted, `noted` for what may not.
    pub state: &'static str,
    /// Its payloadID, if it was readable.
    pub payload_id: Option<String>,
    /// Its order number, if it was readable.
    pub order_number: Option<String>,
    /// Its BuyerCookie, if it has one.
    pub buyer_cookie: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Its bytes, redacted.
    pub body: StoredBody,
    /// The other parts of a multipart request, first to last.
    pub parts: Vec<NewQuarantinePart>,
    /// When.
    pub received_at: i64,
}

/// A further part of a multipart request.
#[derive(Debug, Clone)]
pub struct NewQuarantinePart {
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Its bytes.
    pub body: StoredBody,
}

/// A kept part.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct QuarantinePartRow {
    /// From 1.
    pub part_number: i64,
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Its bytes with their content type.
    #[sqlx(flatten)]
    pub body: BodyRow,
}

/// A kept request without its bytes.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct QuarantineRow {
    /// Whose, or empty.
    pub supplier_id: String,
    /// Its id.
    pub quarantine_id: String,
    /// Code.
    pub reason: String,
    /// In words.
    pub detail: String,
    /// Claimed identities, JSON.
    pub claimed: String,
    /// From where.
    pub remote_address: String,
    /// `OrderRequest` …, or `unknown`.
    pub kind: String,
    /// payloadID.
    pub payload_id: Option<String>,
    /// Order number.
    pub order_number: Option<String>,
    /// BuyerCookie.
    pub buyer_cookie: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Length before compression.
    pub raw_length: i64,
    /// `waiting`, `admitted`, `discarded`; `noted` for what is no order.
    pub state: String,
    /// As whose request it was admitted.
    pub admitted_as: Option<String>,
    /// By whom.
    pub decided_by: Option<String>,
    /// When decided.
    pub decided_at: Option<i64>,
    /// When received.
    pub received_at: i64,
}

/// Keeps a refused request.
pub async fn insert(tx: &mut Tx, row: &NewQuarantine) -> StorageResult<()> {
    execute!(
        tx,
        "insert into quarantine (supplier_id, quarantine_id, reason, detail, claimed, remote_address, payload_id, \
         order_number, content_type, codec, raw_length, body, state, received_at, kind, buyer_cookie) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)",
        row.supplier.as_str(),
        row.id.as_str(),
        row.reason.as_str(),
        row.detail.as_str(),
        row.claimed.as_str(),
        row.remote_address.as_str(),
        row.payload_id.as_deref(),
        row.order_number.as_deref(),
        row.content_type.as_str(),
        row.body.codec,
        row.body.raw_length,
        row.body.bytes.as_slice(),
        row.state,
        row.received_at,
        row.kind.as_str(),
        row.buyer_cookie.as_deref(),
    )?;
    let numbered: Vec<(i64, &NewQuarantinePart)> = (1..).zip(&row.parts).collect();
    insert_rows!(
        tx,
        "insert into quarantine_part (supplier_id, quarantine_id, part_number, content_id, content_type, codec, \
         raw_length, body)",
        "",
        numbered,
        |part| [
            row.supplier.as_str(),
            row.id.as_str(),
            part.0,
            part.1.content_id.as_deref(),
            part.1.content_type.as_str(),
            part.1.body.codec,
            part.1.body.raw_length,
            part.1.body.bytes.as_slice(),
        ]
    )?;
    Ok(())
}

/// How many were kept from an address since an instant: the rate cap.
pub async fn count_from(tx: &mut Tx, remote_address: &str, since: i64) -> StorageResult<i64> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select cast(count(*) as bigint) from quarantine where remote_address = $1 and received_at >= $2",
        remote_address,
        since,
    )?;
    Ok(row.map_or(0, |(count,)| count))
}

/// How many were kept since an instant, of anybody.
pub async fn count_since(tx: &mut Tx, since: i64) -> StorageResult<i64> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select cast(count(*) as bigint) from quarantine where received_at >= $1",
        since,
    )?;
    Ok(row.map_or(0, |(count,)| count))
}

/// What a list is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct QuarantineFilter {
    /// `waiting`, `admitted`, `discarded` or `noted`.
    pub state: Option<String>,
    /// An order number, payloadID, BuyerCookie or id, whole.
    pub search: Option<String>,
}

/// A list, newest first.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    filter: &QuarantineFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<QuarantineRow>> {
    let list = ListQuery::of(
        "select supplier_id, quarantine_id, reason, detail, claimed, remote_address, kind, payload_id, order_number, \
         buyer_cookie, content_type, raw_length, state, admitted_as, decided_by, decided_at, received_at from quarantine",
        supplier,
        "received_at desc, quarantine_id desc",
        limit,
    )
    .equal("state", filter.state.as_deref())
    .any_equal(&["order_number", "payload_id", "buyer_cookie", "quarantine_id"], filter.search.as_deref())
    .after("received_at", "quarantine_id", after);
    fetch_list!(tx, QuarantineRow, list)
}

/// One kept request without its bytes.
pub async fn get(tx: &mut Tx, supplier: &str, id: &str) -> StorageResult<Option<QuarantineRow>> {
    fetch_optional!(
        tx,
        QuarantineRow,
        "select supplier_id, quarantine_id, reason, detail, claimed, remote_address, kind, payload_id, order_number, \
         buyer_cookie, content_type, raw_length, state, admitted_as, decided_by, decided_at, received_at from quarantine \
         where supplier_id = $1 and quarantine_id = $2",
        supplier,
        id,
    )
}

/// The other parts of a kept multipart request, first to last.
pub async fn parts(tx: &mut Tx, supplier: &str, id: &str) -> StorageResult<Vec<QuarantinePartRow>> {
    fetch_all!(
        tx,
        QuarantinePartRow,
        "select part_number, content_id, codec, raw_length, body, content_type from quarantine_part \
         where supplier_id = $1 and quarantine_id = $2 order by part_number",
        supplier,
        id,
    )
}

/// The bytes of a kept request.
pub async fn body(tx: &mut Tx, supplier: &str, id: &str) -> StorageResult<Option<BodyRow>> {
    fetch_optional!(
        tx,
        BodyRow,
        "select codec, raw_length, body, content_type from quarantine where supplier_id = $1 and quarantine_id = $2",
        supplier,
        id,
    )
}

/// Who takes a request, as whose, and when.
#[derive(Debug, Clone, Copy)]
pub struct Taking<'a> {
    /// As which relationship's, SUPPLIER.RELATIONSHIP.
    pub relationship: &'a str,
    /// By whose word.
    pub by: &'a str,
    /// When.
    pub at: i64,
}

/// Gives a waiting request to a relationship before it is received, so that nobody else can have it; it waits on until
/// [`admitted`]. Who gave it first stays. `false` if it waits no longer, or is another's.
pub async fn give(tx: &mut Tx, supplier: &str, id: &str, taking: &Taking<'_>) -> StorageResult<bool> {
    take(tx, supplier, id, taking, None).await
}

/// A request was received as this relationship's. Where somebody put it back meanwhile, it is no longer waiting all
/// the same. `false` if it is neither this relationship's nor free to become so.
pub async fn admitted(tx: &mut Tx, supplier: &str, id: &str, taking: &Taking<'_>) -> StorageResult<bool> {
    take(tx, supplier, id, taking, Some("admitted")).await
}

async fn take(
    tx: &mut Tx,
    supplier: &str,
    id: &str,
    taking: &Taking<'_>,
    state: Option<&str>,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update quarantine set state = coalesce($1, state), admitted_as = $2, decided_by = coalesce(decided_by, $3), \
         decided_at = coalesce(decided_at, $4) \
         where supplier_id = $5 and quarantine_id = $6 and state in ('waiting', 'admitted') \
         and (admitted_as is null or admitted_as = $2)",
        state,
        taking.relationship,
        taking.by,
        taking.at,
        supplier,
        id,
    )?;
    Ok(count == 1)
}

/// A request that was given to this relationship and became no order of it is nobody's again. `false` if it is not
/// so given.
pub async fn put_back(tx: &mut Tx, supplier: &str, id: &str, relationship: &str) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update quarantine set admitted_as = null, decided_by = null, decided_at = null \
         where supplier_id = $1 and quarantine_id = $2 and state = 'waiting' and admitted_as = $3",
        supplier,
        id,
        relationship,
    )?;
    Ok(count == 1)
}

/// Sets a waiting one aside that was given to nobody; `false` if there is none.
pub async fn discard(tx: &mut Tx, supplier: &str, id: &str, by: &str, now: i64) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update quarantine set state = 'discarded', decided_by = $1, decided_at = $2 \
         where supplier_id = $3 and quarantine_id = $4 and state = 'waiting' and admitted_as is null",
        by,
        now,
        supplier,
        id,
    )?;
    Ok(count == 1)
}
