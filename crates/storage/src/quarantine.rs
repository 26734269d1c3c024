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
    /// Its payloadID, if it was readable.
    pub payload_id: Option<String>,
    /// Its order number, if it was readable.
    pub order_number: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Its bytes, redacted.
    pub body: StoredBody,
    /// When.
    pub received_at: i64,
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
    /// payloadID.
    pub payload_id: Option<String>,
    /// Order number.
    pub order_number: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Length before compression.
    pub raw_length: i64,
    /// `waiting`, `admitted`, `discarded`.
    pub state: String,
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
         order_number, content_type, codec, raw_length, body, state, received_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'waiting', $13)",
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
        row.received_at,
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

/// A list, newest first.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    state: Option<&str>,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<QuarantineRow>> {
    let list = ListQuery::of(
        "select supplier_id, quarantine_id, reason, detail, claimed, remote_address, payload_id, order_number, \
         content_type, raw_length, state, decided_by, decided_at, received_at from quarantine",
        supplier,
        "received_at desc, quarantine_id desc",
        limit,
    )
    .equal("state", state)
    .after("received_at", "quarantine_id", after);
    fetch_list!(tx, QuarantineRow, list)
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

/// Records an operator's decision on a waiting one; `false` if it waits no longer.
pub async fn decide(
    tx: &mut Tx,
    supplier: &str,
    id: &str,
    state: &str,
    by: &str,
    now: i64,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update quarantine set state = $1, decided_by = $2, decided_at = $3 where supplier_id = $4 \
         and quarantine_id = $5 and state = 'waiting'",
        state,
        by,
        now,
        supplier,
        id,
    )?;
    Ok(count == 1)
}
