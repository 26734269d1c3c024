//! An order as a case: what it is, what happened around it in order of time, what a person can do about it.
//!
//! **Invariant:** what is offered here is asked once more when it is done; here it only keeps people from what would be
//! refused.

use std::sync::Arc;

use punchgate_domain::{
    ids::{RelationshipId, SupplierId},
    money::{Currency, Money},
    order::OrderState,
    policy::{OrderSink, PcardPolicy, Unmapped},
};
use punchgate_storage::{
    StorageResult, Tx,
    cart_snapshot::{self, CartSnapshotRow},
    customer::{self, CustomerRow},
    document::{self, DocumentFilter, DocumentRow},
    order::OrderEventRow,
};

use super::{
    confirm,
    load::customer_address,
    mapped::unmapped,
    operator::waits_for_person,
    read::{self, OrderDocument, OrderView},
};
use crate::{
    Surroundings,
    clock::micros,
    directory::{Directory, DirectoryError, Relationship},
    punchout::read::{self as sessions, SessionView},
};

/// Documents of an order that are shown with it: an order has a few.
const DOCUMENTS: u32 = 50;
/// What confirmations are called in the archive.
const CONFIRMATION: &str = "ConfirmationRequest";

/// An order with all that belongs to it.
#[derive(Debug)]
pub struct Case {
    /// The order.
    pub view: OrderView,
    /// With whom; none for a relationship that cannot be used any more.
    pub relationship: Option<Arc<Relationship>>,
    /// Who buys, as far as that is known.
    pub customer: Option<CustomerRow>,
    /// Its archived documents, the newest first.
    pub documents: Vec<DocumentRow>,
    /// What happened, first to last.
    pub timeline: Vec<Moment>,
    /// What of it no mapping knows, where it waits for that.
    pub unmapped: Vec<Unmapped>,
    /// What a person can do about it now.
    pub deeds: Vec<Deed>,
}

/// Something that happened.
#[derive(Debug)]
pub struct Moment {
    /// When, in microseconds.
    pub at: i64,
    /// What.
    pub what: Happening,
}

/// What happened.
#[derive(Debug)]
pub enum Happening {
    /// The buyer's suite asked for a session.
    Setup {
        /// What was to be done there: `create`, `edit`, `inspect`.
        operation: String,
        /// Who shops, as far as the suite said so.
        shopper: Option<String>,
        /// The archived request.
        document: String,
    },
    /// The shopper came to the shop.
    Shopping {
        /// Who, as far as the suite said so.
        shopper: Option<String>,
    },
    /// The cart went back to the buyer's suite.
    CartReturned {
        /// The sum of its lines.
        total: Option<Money>,
        /// The archived message.
        document: Option<String>,
    },
    /// A step of the order's own history.
    Step(OrderEventRow),
    /// The ERP told of a document about it.
    Issued(Box<OrderDocument>),
    /// A confirmation was made for the buyer.
    Confirmation(Box<DocumentRow>),
}

/// What a person can do about an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    /// Prices, total and what needs a person are in order.
    Confirm,
    /// Its address is a customer's, from now on.
    MapCustomer,
    /// What the buyer calls a unit, a place or a user is this, from now on.
    MapWord,
    /// A card was charged or authorised for it.
    Funds,
    /// It was entered in the supplier's system by hand.
    TakeOver,
    /// The newest version is told to the sink.
    CarryOver,
    /// The newest version was entered in the sink by hand.
    CarriedOverByHand,
    /// The cause of a rejection is mended.
    Reopen,
    /// A withdrawn order is cancelled in the sink.
    CancelAtSink,
    /// The buyer is told what the sink has committed to.
    SendConfirmation,
    /// It will not be delivered.
    Decline,
}

impl Deed {
    /// All of them with the word that stands in an address, in the order in which they are offered.
    pub const ALL: [(Self, &'static str); 11] = [
        (Self::MapCustomer, "map-customer"),
        (Self::MapWord, "map-word"),
        (Self::Confirm, "confirm"),
        (Self::Funds, "funds"),
        (Self::TakeOver, "take-over"),
        (Self::CarryOver, "carry-over"),
        (Self::CarriedOverByHand, "carried-over-by-hand"),
        (Self::Reopen, "reopen"),
        (Self::CancelAtSink, "cancel-at-sink"),
        (Self::SendConfirmation, "send-confirmation"),
        (Self::Decline, "decline"),
    ];

    /// By its word.
    pub fn parse(word: &str) -> Option<Self> {
        let found = Self::ALL.iter().find(|(_, name)| *name == word);
        found.map(|(deed, _)| *deed)
    }
}

/// The case of an order; none where there is no such order.
pub async fn get(
    surroundings: &Surroundings,
    directory: &Directory,
    supplier: &SupplierId,
    id: &str,
) -> StorageResult<Option<Case>> {
    let Some(view) = read::get(surroundings, directory, supplier, id).await? else {
        return Ok(None);
    };
    let session = match &view.row.session_id {
        Some(session) => sessions::get(surroundings, supplier, session).await?,
        None => None,
    };
    let mut tx = surroundings.db.read().await?;
    let customer = match &view.row.customer_id {
        Some(customer) => customer::get(&mut tx, supplier.as_str(), customer).await?,
        None => None,
    };
    let cart = cart_of(&mut tx, supplier, &view).await?;
    let filter = DocumentFilter {
        order_id: Some(id.to_owned()),
        ..DocumentFilter::default()
    };
    let documents = document::list(&mut tx, supplier.as_str(), &filter, None, DOCUMENTS).await?;
    tx.rollback().await?;
    let relationship = RelationshipId::new(view.row.relationship_id.clone());
    let relationship = match directory.relationship(supplier, &relationship).await {
        Ok(relationship) => Some(relationship),
        Err(DirectoryError::Storage(error)) => return Err(error),
        // One that cannot be used any more has orders all the same.
        Err(_) => None,
    };
    let session = session.map(|(session, _)| session);
    Ok(Some(Case {
        timeline: timeline(&view, session, cart, &documents),
        unmapped: match &relationship {
            Some(relationship) if waits_for_word(&view) => {
                let mut words = unmapped(&view.content, relationship, |_| true);
                words.retain(Unmapped::can_be_mapped);
                words
            }
            _ => Vec::new(),
        },
        deeds: deeds(&view, relationship.as_deref()),
        view,
        relationship,
        customer,
        documents,
    }))
}

async fn cart_of(
    tx: &mut Tx,
    supplier: &SupplierId,
    view: &OrderView,
) -> StorageResult<Option<CartSnapshotRow>> {
    let ids: Vec<String> = view.row.cart_snapshot_id.iter().cloned().collect();
    if ids.is_empty() {
        return Ok(None);
    }
    Ok(cart_snapshot::many(tx, supplier.as_str(), &ids).await?.pop())
}

fn timeline(
    view: &OrderView,
    session: Option<SessionView>,
    cart: Option<CartSnapshotRow>,
    documents: &[DocumentRow],
) -> Vec<Moment> {
    let mut all = Vec::new();
    let mut add = |at: i64, what: Happening| all.push(Moment { at, what });
    let message = session
        .as_ref()
        .and_then(|session| session.message_document.clone());
    if let Some(session) = session {
        let shopper = session.shopper_name.or(session.shopper_unique_name);
        let setup = Happening::Setup {
            operation: session.operation,
            shopper: shopper.clone(),
            document: session.setup_document,
        };
        add(micros(session.opened_at), setup);
        if let Some(at) = session.redeemed_at {
            add(micros(at), Happening::Shopping { shopper });
        }
    }
    if let Some(cart) = cart {
        let currency = Currency::parse(&cart.currency).ok();
        let returned = Happening::CartReturned {
            total: currency.map(|currency| Money::from_minor(cart.total_minor, currency)),
            document: message,
        };
        add(cart.taken_at, returned);
    }
    for step in &view.history {
        add(step.happened_at, Happening::Step(step.clone()));
    }
    for document in &view.documents {
        let seen = document.listed.head.first_seen_at;
        add(seen, Happening::Issued(Box::new(document.clone())));
    }
    let sent = documents
        .iter()
        .filter(|row| row.direction == "out" && row.kind == CONFIRMATION);
    for row in sent {
        add(row.recorded_at, Happening::Confirmation(Box::new(row.clone())));
    }
    // Stable: the steps of one instant stay as they were written.
    all.sort_by_key(|moment| moment.at);
    all
}

/// Whether it waits for something that no mapping knows.
fn waits_for_word(view: &OrderView) -> bool {
    let reasons = view.decision.iter().flat_map(|decision| &decision.reasons);
    reasons
        .into_iter()
        .any(|reason| reason.code.starts_with("unmapped-"))
}

/// What can be done about an order as it stands. Of a relationship that cannot be used, its policies are not asked.
fn deeds(view: &OrderView, relationship: Option<&Relationship>) -> Vec<Deed> {
    let Ok(state) = OrderState::parse(&view.row.state) else {
        // A state of a newer program: that one knows.
        return Vec::new();
    };
    let can = |deed: &Deed| is_possible(*deed, state, view, relationship);
    Deed::ALL.iter().map(|(deed, _)| *deed).filter(can).collect()
}

fn is_possible(deed: Deed, state: OrderState, view: &OrderView, relationship: Option<&Relationship>) -> bool {
    let row = &view.row;
    let by_worker = row.sink_connector_id.is_some() && row.sink == OrderSink::Erp.as_str();
    let newest = view.versions.last().map_or(row.version, |last| last.version);
    let is_changed = matches!(state, OrderState::Accepted | OrderState::HeldByErp)
        && newest > row.version
        && view.change.is_none();
    match deed {
        Deed::MapCustomer => {
            let knows = relationship.is_some_and(|known| known.erp.is_some());
            let unknown = state == OrderState::Held && row.customer_id.is_none();
            unknown && knows && customer_address(&view.content).is_some()
        }
        Deed::MapWord => state == OrderState::Held && waits_for_word(view),
        Deed::Confirm => waits_for_person(state) && state != OrderState::Rejected,
        Deed::Funds => {
            let refuses = relationship.is_some_and(|known| known.policies.pcard == PcardPolicy::Refuse);
            state.may_be_decided_again() && !refuses
        }
        Deed::TakeOver => state.take_over().is_ok() && row.sink_connector_id.is_none(),
        Deed::CarryOver => is_changed && by_worker,
        Deed::CarriedOverByHand => is_changed,
        Deed::Reopen => state.reopen().is_ok(),
        Deed::CancelAtSink => {
            state == OrderState::Cancelled && row.sink_order_id.is_some() && row.sink_connector_id.is_some()
        }
        Deed::SendConfirmation => {
            state == OrderState::Accepted && relationship.is_some_and(confirm::takes_confirmations)
        }
        Deed::Decline => state.decline().is_ok(),
    }
}
