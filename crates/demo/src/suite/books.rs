//! What the suite remembers: requisitions, punchout sessions, orders, documents. Pure; no clock, no network.

use std::collections::VecDeque;

use jiff::Timestamp;
use punchgate_domain::{
    cart::{Cart, CartLine},
    money::StatedAmount,
    purchase_order::OrderOperation,
};
use punchgate_protocols::cxml::decode::{
    confirmation::Confirmation, message::OperationAllowed, setup::SetupOperation,
};

use super::{buyer::Buyer, check::Deviation};

/// How many documents are kept for the documents page.
const DOCUMENTS_KEPT: usize = 200;

/// Everything that changes.
#[derive(Debug)]
pub(crate) struct Books {
    next_number: u64,
    revision: u64,
    pub(crate) requisitions: Vec<Requisition>,
    pub(crate) orders: Vec<Order>,
    pub(crate) documents: VecDeque<Archived>,
}

/// A requisition: a cart that came back, until it becomes an order.
#[derive(Debug)]
pub(crate) struct Requisition {
    pub(crate) number: u64,
    pub(crate) buyer: &'static Buyer,
    pub(crate) created_at: Timestamp,
    pub(crate) cart: Option<Cart>,
    pub(crate) total: Option<StatedAmount>,
    pub(crate) allowed: OperationAllowed,
    pub(crate) sessions: Vec<PunchoutSession>,
    pub(crate) order: Option<u64>,
}

/// One punchout of a requisition, as the suite sees it.
#[derive(Debug)]
pub(crate) struct PunchoutSession {
    /// In the return address; unguessable.
    pub(crate) token: String,
    pub(crate) cookie: String,
    pub(crate) operation: SetupOperation,
    pub(crate) view: View,
    pub(crate) opened_at: Timestamp,
    pub(crate) answer: Option<Answer>,
    pub(crate) start_page: Option<String>,
    pub(crate) state: PunchoutState,
    pub(crate) deviations: Vec<Deviation>,
}

/// How the shop is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum View {
    /// In a tab of its own.
    Tab,
    /// In a frame on the suite's page.
    Frame,
}

/// How a punchout stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PunchoutState {
    /// The setup request was sent.
    Asked,
    /// The supplier refused, or gave no answer.
    Refused,
    /// The shopper is in the shop.
    Shopping,
    /// The cart came back.
    Returned,
    /// It came back without a change.
    Cancelled,
}

/// What the supplier answered on the same connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    /// HTTP status; none if there was no answer at all.
    pub(crate) http: Option<u16>,
    /// cXML Status; 0 if the answer was no cXML.
    pub(crate) code: u16,
    pub(crate) text: String,
    pub(crate) detail: String,
    pub(crate) duration_ms: i64,
}

/// A purchase order with every version sent.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) number: u64,
    pub(crate) buyer: &'static Buyer,
    pub(crate) requisition: u64,
    pub(crate) versions: Vec<Version>,
    pub(crate) confirmations: Vec<Received>,
}

/// One document of an order: new, changed or withdrawn.
#[derive(Debug)]
pub(crate) struct Version {
    pub(crate) operation: OrderOperation,
    pub(crate) payload_id: String,
    pub(crate) date: String,
    pub(crate) cart: Cart,
    /// Kept, so that the very same bytes can be sent again.
    pub(crate) bytes: Vec<u8>,
    pub(crate) sendings: Vec<Sending>,
}

/// One time that a version went out.
#[derive(Clone, Debug)]
pub(crate) struct Sending {
    pub(crate) at: Timestamp,
    pub(crate) answer: Option<Answer>,
    pub(crate) deviations: Vec<Deviation>,
}

/// A confirmation that came in.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) at: Timestamp,
    pub(crate) payload_id: String,
    pub(crate) confirmation: Confirmation,
    pub(crate) deviations: Vec<Deviation>,
}

/// A document for the documents page; secrets are masked.
#[derive(Clone, Debug)]
pub(crate) struct Archived {
    pub(crate) at: Timestamp,
    pub(crate) buyer: &'static str,
    pub(crate) outgoing: bool,
    pub(crate) kind: String,
    pub(crate) payload_id: String,
    pub(crate) outcome: String,
    pub(crate) text: String,
    pub(crate) deviations: Vec<Deviation>,
}

impl Books {
    /// Empty books whose numbers begin here.
    pub(crate) fn new(first_number: u64) -> Self {
        Self {
            next_number: first_number,
            revision: 0,
            requisitions: Vec::new(),
            orders: Vec::new(),
            documents: VecDeque::new(),
        }
    }

    /// Grows with every change.
    pub(crate) fn revision(&self) -> u64 {
        self.revision
    }

    fn next_number(&mut self) -> u64 {
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Opens a requisition.
    pub(crate) fn open_requisition(&mut self, buyer: &'static Buyer, now: Timestamp) -> u64 {
        let number = self.next_number();
        self.revision += 1;
        self.requisitions.push(Requisition {
            number,
            buyer,
            created_at: now,
            cart: None,
            total: None,
            allowed: OperationAllowed::Edit,
            sessions: Vec::new(),
            order: None,
        });
        number
    }

    pub(crate) fn requisition(&self, buyer: &Buyer, number: u64) -> Option<&Requisition> {
        self.requisitions
            .iter()
            .find(|it| it.number == number && it.buyer.id == buyer.id)
    }

    pub(crate) fn requisition_mut(&mut self, buyer: &Buyer, number: u64) -> Option<&mut Requisition> {
        self.revision += 1;
        self.requisitions
            .iter_mut()
            .find(|it| it.number == number && it.buyer.id == buyer.id)
    }

    /// The punchout with this token.
    pub(crate) fn session_mut(
        &mut self,
        buyer: &Buyer,
        requisition: u64,
        token: &str,
    ) -> Option<&mut PunchoutSession> {
        self.requisition_mut(buyer, requisition)?
            .sessions
            .iter_mut()
            .find(|it| it.token == token)
    }

    /// Makes an order of a requisition, once.
    pub(crate) fn open_order(&mut self, buyer: &'static Buyer, requisition: u64) -> Option<u64> {
        let known = self.requisition(buyer, requisition)?.order;
        if known.is_some() {
            return known;
        }
        let number = self.next_number();
        self.requisition_mut(buyer, requisition)?.order = Some(number);
        self.orders.push(Order {
            number,
            buyer,
            requisition,
            versions: Vec::new(),
            confirmations: Vec::new(),
        });
        Some(number)
    }

    pub(crate) fn order(&self, buyer: &Buyer, number: u64) -> Option<&Order> {
        self.orders
            .iter()
            .find(|it| it.number == number && it.buyer.id == buyer.id)
    }

    pub(crate) fn order_mut(&mut self, buyer: &Buyer, number: u64) -> Option<&mut Order> {
        self.revision += 1;
        self.orders
            .iter_mut()
            .find(|it| it.number == number && it.buyer.id == buyer.id)
    }

    pub(crate) fn archive(&mut self, document: Archived) {
        self.revision += 1;
        self.documents.push_front(document);
        self.documents.truncate(DOCUMENTS_KEPT);
    }
}

impl Requisition {
    /// Takes a cart or a cancellation that came back for one of its punchouts.
    pub(crate) fn take(&mut self, token: &str, back: CameBack, deviations: Vec<Deviation>) {
        let Some(session) = self.sessions.iter_mut().find(|it| it.token == token) else {
            return;
        };
        let inspected = session.operation == SetupOperation::Inspect;
        session.deviations.extend(deviations);
        match back {
            CameBack::Cancelled => session.state = PunchoutState::Cancelled,
            // The lines of an inspected cart are to be ignored.
            CameBack::Cart(_) if inspected => session.state = PunchoutState::Returned,
            CameBack::Cart(returned) => {
                let ReturnedCart { cart, total, allowed } = *returned;
                session.state = PunchoutState::Returned;
                // An empty list after an edit deletes the lines; after a create there is nothing to add.
                self.cart = Some(cart).filter(|cart| !cart.lines.is_empty());
                self.total = total;
                self.allowed = allowed;
            }
        }
    }

    pub(crate) fn lines(&self) -> &[CartLine] {
        self.cart.as_ref().map_or(&[], |cart| &cart.lines)
    }

    /// The punchout the shopper is in.
    pub(crate) fn open_session(&self) -> Option<&PunchoutSession> {
        self.sessions
            .last()
            .filter(|it| it.state == PunchoutState::Shopping)
    }
}

/// What a returned form held.
#[derive(Debug)]
pub(crate) enum CameBack {
    /// Status 204: change nothing.
    Cancelled,
    /// A cart, which replaces the lines.
    Cart(Box<ReturnedCart>),
}

/// A cart as it came back.
#[derive(Debug)]
pub(crate) struct ReturnedCart {
    pub(crate) cart: Cart,
    pub(crate) total: Option<StatedAmount>,
    pub(crate) allowed: OperationAllowed,
}

impl Order {
    /// The version in force.
    pub(crate) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    /// The order's number as it stands in documents.
    pub(crate) fn id(&self) -> String {
        order_id(self.number)
    }
}

/// A purchase order's number as documents write it.
pub(crate) fn order_id(number: u64) -> String {
    format!("PO{number}")
}

/// The number out of `PO…`.
pub(crate) fn parse_order_id(text: &str) -> Option<u64> {
    text.trim().strip_prefix("PO")?.parse().ok()
}
