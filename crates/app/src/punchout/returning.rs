//! The shopper comes back from the shop: with the cart, or without one.
//!
//! The cart is read from the shop, judged, made fit for the suite, and stored as it goes out, together with the
//! message; only then is the browser handed the form that posts it. Coming again yields the very same message.
//! **Invariant:** what needs the shopper's consent is asked before anything is closed. Inspect never returns
//! lines; an edit never empties the buyer's requisition by accident; what is over posts nothing.

mod ending;
mod keys;
mod message;
mod prepare;

use std::sync::Arc;

use punchgate_connector::carts::CartMove;
use punchgate_domain::{
    cart::Cart,
    catalogue::Problem,
    session::{Operation, SessionState},
};
use punchgate_protocols::{cxml::dialect::EditCancel, form::FormField};
use punchgate_storage::{
    StorageError, cart_snapshot, document,
    session::{self, SessionRow},
};
use url::Url;

use super::{
    Parties, Punchout, Refusal,
    redeem::{shop_at, tell},
    setup::SetupFacts,
    snapshot,
    token::Link,
};
use crate::directory::Relationship;
use ending::Ended;

/// What the browser is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Post the message to the suite.
    Post(Box<PostBack>),
    /// Ask the shopper first; nothing has been closed or sent.
    Ask(Box<Question>),
    /// Nothing is posted; the page says why.
    Closed(Closing),
}

/// A form that posts a message to the suite.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostBack {
    /// The suite's address.
    pub action: String,
    /// The hidden field.
    pub field: FormField,
    /// Where a form of this page may lead: the suite's host and those it redirects to, as sources of a
    /// Content-Security-Policy.
    pub form_sources: Vec<String>,
    /// Whether a cart goes back; else the shopper gave up.
    pub with_cart: bool,
    /// Who trades here.
    pub parties: Parties,
}

/// What a shopper is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// About what.
    pub kind: QuestionKind,
    /// Consent to exactly this question; handed in with the answer.
    pub accept: String,
    /// What the supplier says of the account.
    pub credit: Option<String>,
    /// Lines that cannot go back, each with the reason.
    pub stopped: Vec<String>,
    /// Whether the cart was opened for editing: it can be left as it was.
    pub is_edit: bool,
    /// Who trades here.
    pub parties: Parties,
}

/// About what a shopper is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuestionKind {
    /// An edit took everything out: the buyer's lines would be deleted.
    Emptied,
    /// Something should be known before the cart goes back.
    Warned,
}

/// A session that ended without a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Closing {
    /// Why.
    pub reason: ClosingReason,
    /// Who trades here.
    pub parties: Parties,
}

/// Why nothing is posted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosingReason {
    /// The suite gave no address for the cart; it stays in the shop.
    NoReturnAddress,
    /// The suite wants nothing posted when a shopper gives up or has only looked.
    NothingToPost,
}

/// A session that a browser came back with.
#[derive(Debug)]
struct Visit {
    row: SessionRow,
    relationship: Arc<Relationship>,
    facts: SetupFacts,
    operation: Operation,
    shop_session: String,
}

impl Punchout {
    /// The shopper returns with the cart. `accept` is the consent to a [`Question`].
    pub async fn give_back(&self, link: &str, accept: &str) -> Result<Answer, Refusal> {
        let link = Link::parse(link).ok_or_else(unknown)?;
        let (row, relationship) = self.by_return(&link).await?;
        let given = Arc::clone(&relationship);
        self.give_back_as(row, relationship, accept)
            .await
            .map_err(|refusal| refusal.between(&given))
    }

    /// The shopper gives up.
    pub async fn cancel(&self, link: &str) -> Result<Answer, Refusal> {
        let link = Link::parse(link).ok_or_else(unknown)?;
        let (row, relationship) = self.by_return(&link).await?;
        let given = Arc::clone(&relationship);
        self.cancel_as(row, relationship)
            .await
            .map_err(|refusal| refusal.between(&given))
    }

    async fn give_back_as(
        &self,
        row: SessionRow,
        relationship: Arc<Relationship>,
        accept: &str,
    ) -> Result<Answer, Refusal> {
        if let Some(answer) = self.answered(&row, &relationship).await? {
            return Ok(answer);
        }
        let visit = self.visit(row, relationship)?;
        if visit.operation == Operation::Inspect {
            return self.end_without_cart(&visit, SessionState::Returned).await;
        }
        if visit.row.return_url.is_none() {
            return Ok(Answer::Closed(visit.closing(ClosingReason::NoReturnAddress)));
        }
        let original = self.original(&visit).await?;
        let cart = match self.lock_cart(&visit).await {
            Ok(cart) => cart,
            Err(refusal) if refusal.problem == Problem::SessionClosed => {
                return self.ended_by_another(&visit).await?.ok_or(refusal);
            }
            Err(refusal) => return Err(refusal),
        };
        let outcome = self.give_back_cart(&visit, cart, original.as_ref(), accept).await;
        if !matches!(outcome, Ok(Answer::Post(_))) {
            // Asked or refused: the shopper may change the cart again.
            self.move_cart(&visit, CartMove::Unlock).await;
        }
        outcome
    }

    /// Gives a cart back that nobody can change meanwhile.
    async fn give_back_cart(
        &self,
        visit: &Visit,
        cart: Cart,
        original: Option<&Cart>,
        accept: &str,
    ) -> Result<Answer, Refusal> {
        let prepared = self.prepare(visit, cart, original).await?;
        if let Some(question) = prepared.question(visit).filter(|asked| asked.accept != accept) {
            return Ok(Answer::Ask(Box::new(question)));
        }
        let message = message::with_cart(self.frame_ids(), visit, &prepared)?;
        self.end(visit, Ended::returned(message, prepared)).await
    }

    async fn cancel_as(&self, row: SessionRow, relationship: Arc<Relationship>) -> Result<Answer, Refusal> {
        if let Some(answer) = self.answered(&row, &relationship).await? {
            return Ok(answer);
        }
        let visit = self.visit(row, relationship)?;
        if visit.operation == Operation::Edit
            && visit.relationship.dialect.edit_cancel == EditCancel::OriginalLines
            && visit.row.return_url.is_some()
            && let Some(original) = self.original(&visit).await?
        {
            let message = message::original(self.frame_ids(), &visit, &original)?;
            return self.end(&visit, Ended::cancelled(Some(message))).await;
        }
        self.end_without_cart(&visit, SessionState::Cancelled).await
    }

    /// Nothing shall change in the suite: Status 204, or nothing is posted at all.
    async fn end_without_cart(&self, visit: &Visit, state: SessionState) -> Result<Answer, Refusal> {
        let posts =
            visit.row.return_url.is_some() && visit.relationship.dialect.edit_cancel != EditCancel::NoPost;
        let message = match posts {
            true => Some(message::no_change(self.frame_ids(), visit)?),
            false => None,
        };
        self.end(visit, Ended::without_cart(state, message)).await
    }

    /// What a session that has ended was answered with; nothing where it has not.
    async fn answered(
        &self,
        row: &SessionRow,
        relationship: &Relationship,
    ) -> Result<Option<Answer>, Refusal> {
        let state = SessionState::parse(&row.state).map_err(|e| StorageError::corrupt("session.state", e))?;
        if !matches!(state, SessionState::Returned | SessionState::Cancelled) {
            return Ok(None);
        }
        let Some(id) = &row.message_document_id else {
            return Ok(Some(Answer::Closed(Closing {
                reason: match row.return_url {
                    Some(_) => ClosingReason::NothingToPost,
                    None => ClosingReason::NoReturnAddress,
                },
                parties: Parties::of(relationship),
            })));
        };
        let mut tx = self.surroundings.db.read().await?;
        let body = document::body(&mut tx, &row.supplier_id, id).await?;
        tx.rollback().await?;
        let body = body.ok_or_else(|| StorageError::corrupt("session.message_document_id", id))?;
        let with_cart = row.cart_snapshot_id.is_some();
        post_back(row, relationship, &body.unpack()?, with_cart).map(Some)
    }

    /// The session of a return address.
    pub(super) async fn by_return(&self, link: &Link) -> Result<(SessionRow, Arc<Relationship>), Refusal> {
        let mut tx = self.surroundings.db.read().await?;
        let row = session::by_return(&mut tx, link.supplier.as_str(), &link.hash()).await?;
        tx.rollback().await?;
        let row = row.ok_or_else(unknown)?;
        tell(&row);
        let relationship = self.relationship_of(&row).await?;
        Ok((row, relationship))
    }

    fn visit(&self, row: SessionRow, relationship: Arc<Relationship>) -> Result<Visit, Refusal> {
        self.check_open(&row)?;
        if let Some(address) = &row.return_url {
            admit(address, &row, &relationship)?;
        }
        let operation = Operation::parse(&row.operation)
            .map_err(|error| StorageError::corrupt("session.operation", error))?;
        let shop_session = row
            .storefront_session
            .clone()
            .ok_or_else(|| Refusal::of(Problem::UpstreamUnavailable))?;
        Ok(Visit {
            facts: SetupFacts::read(&row)?,
            operation,
            shop_session,
            row,
            relationship,
        })
    }

    async fn original(&self, visit: &Visit) -> Result<Option<Cart>, Refusal> {
        let Some(id) = &visit.row.original_snapshot_id else {
            return Ok(None);
        };
        let mut tx = self.surroundings.db.read().await?;
        let rows = cart_snapshot::many(&mut tx, &visit.row.supplier_id, std::slice::from_ref(id)).await?;
        tx.rollback().await?;
        Ok(rows.first().map(snapshot::read).transpose()?)
    }

    async fn lock_cart(&self, visit: &Visit) -> Result<Cart, Refusal> {
        self.shop
            .move_cart(&shop_at(&visit.row), &visit.shop_session, CartMove::Lock)
            .await
            .map_err(|error| self.shop_trouble(&visit.row, &visit.relationship, &error))
    }

    /// Moves the cart where nothing depends on it: a shop that is away hinders nobody from leaving.
    async fn move_cart(&self, visit: &Visit, to: CartMove) {
        let moved = self
            .shop
            .move_cart(&shop_at(&visit.row), &visit.shop_session, to)
            .await;
        if let Err(error) = moved {
            tracing::warn!(%error, session = visit.row.session_id, to = to.target().as_str(),
                "the shop's cart could not be moved");
        }
    }
}

impl Visit {
    fn closing(&self, reason: ClosingReason) -> Closing {
        Closing {
            reason,
            parties: Parties::of(&self.relationship),
        }
    }
}

/// The form that posts a message.
fn post_back(
    row: &SessionRow,
    relationship: &Relationship,
    message: &[u8],
    with_cart: bool,
) -> Result<Answer, Refusal> {
    let Some(action) = row.return_url.clone() else {
        return Err(StorageError::corrupt("session.return_url", "a message without an address").into());
    };
    let admitted = admit(&action, row, relationship)?;
    Ok(Answer::Post(Box::new(PostBack {
        action,
        field: message::field(relationship, message),
        form_sources: form_sources(&admitted, relationship),
        with_cart,
        parties: Parties::of(relationship),
    })))
}

/// The rules may have changed since the session was opened: what is not allowed now is not posted to.
fn admit(address: &str, row: &SessionRow, relationship: &Relationship) -> Result<Url, Refusal> {
    relationship.return_hosts.admit(address).map_err(|refusal| {
        tracing::warn!(%refusal, session = row.session_id, "the return address is no longer allowed");
        Refusal::of(Problem::ReturnHostNotAllowed)
    })
}

fn form_sources(action: &Url, relationship: &Relationship) -> Vec<String> {
    let redirects = relationship.redirect_hosts.iter().map(|rule| rule.csp_source());
    std::iter::once(action.origin().ascii_serialization())
        .chain(redirects)
        .collect()
}

fn unknown() -> Refusal {
    Refusal::of(Problem::StartLinkUnknown)
}
