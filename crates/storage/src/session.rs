//! Punchout sessions: found by start link, by return address, by time.
//!
//! The start link is redeemed by one conditional update: however many browsers come at once, one wins. Every
//! other change names the version that it was decided on.

use crate::{StorageResult, Tx, list::ListQuery};

macro_rules! session_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, session_id, relationship_id, operation, state, buyer_cookie, return_url, start_hash, \
             start_expires_at, browser_hash, return_hash, redeemed_at, storefront_connector_id, storefront_session, \
             customer_external_id, setup, original_snapshot_id, cart_snapshot_id, document_id, message_document_id, \
             expires_at, opened_at, ended_at, version",
            $after
        )
    };
}

/// A session.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SessionRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id; the shop knows it by this key, too.
    pub session_id: String,
    /// With whom.
    pub relationship_id: String,
    /// `create`, `edit`, `inspect`.
    pub operation: String,
    /// Where it stands.
    pub state: String,
    /// What the buyer's cookie is found by; the cookie itself is in `setup`, byte for byte.
    pub buyer_cookie: String,
    /// Where the cart is posted to.
    pub return_url: Option<String>,
    /// SHA-256 of the start link's token.
    pub start_hash: Vec<u8>,
    /// The start link may be redeemed until just before this.
    pub start_expires_at: i64,
    /// SHA-256 of what only the redeeming browser knows.
    pub browser_hash: Option<Vec<u8>>,
    /// SHA-256 of the return address's token; made when the link is redeemed.
    pub return_hash: Option<Vec<u8>>,
    /// When the link was redeemed.
    pub redeemed_at: Option<i64>,
    /// The shop.
    pub storefront_connector_id: String,
    /// The shop's id of the session.
    pub storefront_session: Option<String>,
    /// The customer, as ERP and shop call it.
    pub customer_external_id: Option<String>,
    /// What the setup request said, JSON.
    pub setup: String,
    /// The cart as an edit began.
    pub original_snapshot_id: Option<String>,
    /// The cart that went back.
    pub cart_snapshot_id: Option<String>,
    /// The archived setup request.
    pub document_id: String,
    /// The archived message that ended it.
    pub message_document_id: Option<String>,
    /// It is over from here on: the start link's end, then the session's.
    pub expires_at: i64,
    /// When.
    pub opened_at: i64,
    /// When it was returned, cancelled or expired.
    pub ended_at: Option<i64>,
    /// Counts every change.
    pub version: i64,
}

/// A start link that is to be redeemed.
#[derive(Debug, Clone)]
pub struct Redemption<'a> {
    /// Whose.
    pub supplier: &'a str,
    /// SHA-256 of the start link's token.
    pub start_hash: &'a [u8],
    /// SHA-256 of what only this browser knows.
    pub browser_hash: &'a [u8],
    /// SHA-256 of the return address's token.
    pub return_hash: &'a [u8],
    /// When.
    pub now: i64,
    /// Until when the shopper may shop.
    pub expires_at: i64,
}

/// What a list of sessions is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct SessionFilter {
    /// Relationship.
    pub relationship: Option<String>,
    /// State.
    pub state: Option<String>,
    /// Operation.
    pub operation: Option<String>,
    /// The key of a buyer cookie, or a session id.
    pub search: Option<String>,
    /// Opened at or after this.
    pub from: Option<i64>,
}

/// Stores new sessions.
pub async fn insert_many(tx: &mut Tx, rows: &[SessionRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        session_columns!("insert into session (", ")"),
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.session_id.as_str(),
            row.relationship_id.as_str(),
            row.operation.as_str(),
            row.state.as_str(),
            row.buyer_cookie.as_str(),
            row.return_url.as_deref(),
            row.start_hash.as_slice(),
            row.start_expires_at,
            row.browser_hash.as_deref(),
            row.return_hash.as_deref(),
            row.redeemed_at,
            row.storefront_connector_id.as_str(),
            row.storefront_session.as_deref(),
            row.customer_external_id.as_deref(),
            row.setup.as_str(),
            row.original_snapshot_id.as_deref(),
            row.cart_snapshot_id.as_deref(),
            row.document_id.as_str(),
            row.message_document_id.as_deref(),
            row.expires_at,
            row.opened_at,
            row.ended_at,
            row.version,
        ]
    )?;
    Ok(())
}

/// One session.
pub async fn get(tx: &mut Tx, supplier: &str, session: &str) -> StorageResult<Option<SessionRow>> {
    fetch_optional!(
        tx,
        SessionRow,
        session_columns!(
            "select ",
            " from session where supplier_id = $1 and session_id = $2"
        ),
        supplier,
        session,
    )
}

/// The session of a start link.
pub async fn by_start(tx: &mut Tx, supplier: &str, hash: &[u8]) -> StorageResult<Option<SessionRow>> {
    fetch_optional!(
        tx,
        SessionRow,
        session_columns!(
            "select ",
            " from session where supplier_id = $1 and start_hash = $2"
        ),
        supplier,
        hash,
    )
}

/// The session of a return address.
pub async fn by_return(tx: &mut Tx, supplier: &str, hash: &[u8]) -> StorageResult<Option<SessionRow>> {
    fetch_optional!(
        tx,
        SessionRow,
        session_columns!(
            "select ",
            " from session where supplier_id = $1 and return_hash = $2"
        ),
        supplier,
        hash,
    )
}

/// Redeems a start link; `false` where it is unknown, too old or redeemed before. Of any number of calls at
/// once, one gets `true`.
pub async fn redeem(tx: &mut Tx, redemption: &Redemption<'_>) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update session set state = 'shopping', redeemed_at = $1, browser_hash = $2, return_hash = $3, \
         expires_at = $4, version = version + 1 where supplier_id = $5 and start_hash = $6 and state = 'opened' \
         and redeemed_at is null and start_expires_at > $1",
        redemption.now,
        redemption.browser_hash,
        redemption.return_hash,
        redemption.expires_at,
        redemption.supplier,
        redemption.start_hash,
    )?;
    Ok(count == 1)
}

/// Notes the shop's id of a session that is being shopped in.
pub async fn set_storefront_session(
    tx: &mut Tx,
    supplier: &str,
    session: &str,
    shop_session: &str,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update session set storefront_session = $1, version = version + 1 where supplier_id = $2 \
         and session_id = $3 and state = 'shopping'",
        shop_session,
        supplier,
        session,
    )?;
    Ok(count == 1)
}

/// How a session ends.
#[derive(Debug, Clone)]
pub struct Ending<'a> {
    /// Whose.
    pub supplier: &'a str,
    /// Which.
    pub session: &'a str,
    /// The state that it must still have.
    pub from: &'a str,
    /// `returned`, `cancelled` or `expired`.
    pub to: &'a str,
    /// The cart that goes back.
    pub cart_snapshot: Option<&'a str>,
    /// The message that goes back.
    pub message: Option<&'a str>,
    /// When.
    pub at: i64,
}

/// Ends a session; `false` if it has left the state meanwhile: somebody else has ended it.
pub async fn end(tx: &mut Tx, ending: &Ending<'_>) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update session set state = $1, cart_snapshot_id = $2, message_document_id = $3, ended_at = $4, \
         version = version + 1 where supplier_id = $5 and session_id = $6 and state = $7",
        ending.to,
        ending.cart_snapshot,
        ending.message,
        ending.at,
        ending.supplier,
        ending.session,
        ending.from,
    )?;
    Ok(count == 1)
}

/// Sessions of a supplier in a state whose time is over, the longest overdue first.
pub async fn overdue(
    tx: &mut Tx,
    supplier: &str,
    state: &str,
    now: i64,
    limit: i64,
) -> StorageResult<Vec<SessionRow>> {
    fetch_all!(
        tx,
        SessionRow,
        session_columns!(
            "select ",
            " from session where supplier_id = $1 and state = $2 and expires_at <= $3 \
             order by expires_at, session_id limit $4"
        ),
        supplier,
        state,
        now,
        limit,
    )
}

/// A list, newest first.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    filter: &SessionFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<SessionRow>> {
    let list = ListQuery::of(
        session_columns!("select ", " from session"),
        supplier,
        "opened_at desc, session_id desc",
        limit,
    )
    .equal("relationship_id", filter.relationship.as_deref())
    .equal("state", filter.state.as_deref())
    .equal("operation", filter.operation.as_deref())
    .any_equal(&["buyer_cookie", "session_id"], filter.search.as_deref())
    .from("opened_at", filter.from)
    .after("opened_at", "session_id", after);
    fetch_list!(tx, SessionRow, list)
}
