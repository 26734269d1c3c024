//! Sessions as the API shows them: no token, no hash, no address of the buyer's.

use punchgate_domain::{Instant, ids::SupplierId};
use punchgate_storage::{
    StorageResult, history,
    history::ChangeRow,
    session::{self, SessionFilter, SessionRow},
};

use super::setup::{Missing, SetupFacts, cookie_key};
use crate::{
    Surroundings,
    clock::{from_micros, micros},
};

/// Most changes that are shown.
const HISTORY_MOST: i64 = 100;

/// What a list of sessions is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct SessionQuery {
    /// Relationship.
    pub relationship: Option<String>,
    /// State.
    pub state: Option<String>,
    /// Operation.
    pub operation: Option<String>,
    /// A buyer cookie or a session id.
    pub search: Option<String>,
    /// Opened at or after this.
    pub from: Option<Instant>,
    /// Goes on after this session: when it was opened, and its id.
    pub after: Option<(Instant, String)>,
    /// At most so many.
    pub limit: u32,
}

/// A session.
#[derive(Debug, Clone)]
pub struct SessionView {
    /// Its id.
    pub id: String,
    /// With whom.
    pub relationship: String,
    /// `create`, `edit`, `inspect`.
    pub operation: String,
    /// `opened`, `shopping`, `returned`, `cancelled`, `expired`.
    pub state: String,
    /// The buyer's cookie, as it came.
    pub buyer_cookie: String,
    /// The shopper's unique name.
    pub shopper_unique_name: Option<String>,
    /// The shopper's name.
    pub shopper_name: Option<String>,
    /// The shopper's e-mail.
    pub shopper_email: Option<String>,
    /// The customer, as ERP and shop call it.
    pub customer: Option<String>,
    /// The shop.
    pub storefront: String,
    /// What could not be put into the cart again.
    pub missing: Vec<Missing>,
    /// When it was opened.
    pub opened_at: Instant,
    /// When a browser came.
    pub redeemed_at: Option<Instant>,
    /// Until when it may be used.
    pub expires_at: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// The cart that went back.
    pub cart_snapshot: Option<String>,
    /// The archived setup request.
    pub setup_document: String,
    /// The archived message that ended it.
    pub message_document: Option<String>,
    /// Counts every change.
    pub version: i64,
}

/// Sessions of a supplier, newest first.
pub async fn list(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    query: &SessionQuery,
) -> StorageResult<Vec<SessionView>> {
    let filter = SessionFilter {
        relationship: query.relationship.clone(),
        state: query.state.clone(),
        operation: query.operation.clone(),
        search: query.search.as_deref().map(cookie_key),
        from: query.from.map(micros),
    };
    let after = query.after.clone().map(|(at, id)| (micros(at), id));
    let mut tx = surroundings.db.read().await?;
    let rows = session::list(&mut tx, supplier.as_str(), &filter, after, query.limit).await?;
    tx.rollback().await?;
    rows.into_iter().map(SessionView::of).collect()
}

/// One session with its history, newest first.
pub async fn get(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    session_id: &str,
) -> StorageResult<Option<(SessionView, Vec<ChangeRow>)>> {
    let mut tx = surroundings.db.read().await?;
    let row = session::get(&mut tx, supplier.as_str(), session_id).await?;
    let changes =
        history::of_subject(&mut tx, supplier.as_str(), "session", session_id, HISTORY_MOST).await?;
    tx.rollback().await?;
    row.map(|row| Ok((SessionView::of(row)?, changes))).transpose()
}

impl SessionView {
    fn of(row: SessionRow) -> StorageResult<Self> {
        let facts = SetupFacts::read(&row)?;
        Ok(Self {
            buyer_cookie: facts.cookie.as_str().to_owned(),
            shopper_unique_name: facts.shopper.unique_name,
            shopper_name: facts.shopper.name,
            shopper_email: facts.shopper.email,
            missing: facts.missing,
            id: row.session_id,
            relationship: row.relationship_id,
            operation: row.operation,
            state: row.state,
            customer: row.customer_external_id,
            storefront: row.storefront_connector_id,
            opened_at: from_micros(row.opened_at),
            redeemed_at: row.redeemed_at.map(from_micros),
            expires_at: from_micros(row.expires_at),
            ended_at: row.ended_at.map(from_micros),
            cart_snapshot: row.cart_snapshot_id,
            setup_document: row.document_id,
            message_document: row.message_document_id,
            version: row.version,
        })
    }
}
