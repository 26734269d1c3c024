//! Orders into an ERP, and what it tells of them afterwards.

use async_trait::async_trait;
use jiff::{Timestamp, civil};
use punchgate_domain::{
    cart::Charge,
    money::StatedAmount,
    purchase_order::Address,
    quantity::{Quantity, Unit},
};

use crate::{ConnectorError, Context};

/// Takes orders.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Creates an order. The caller has searched before and holds the order's lease.
    async fn submit(&self, context: &Context, draft: &OrderDraft) -> Result<SubmitOutcome, ConnectorError>;

    /// All orders with a reference; more than one if the system doubled it.
    async fn find(&self, context: &Context, reference: &str) -> Result<Vec<SinkOrder>, ConnectorError>;

    /// Cancels an order.
    async fn cancel(&self, context: &Context, id: &str, reason: &str) -> Result<SinkOrder, ConnectorError>;
}

/// Tells of documents.
#[async_trait]
pub trait Documents: Send + Sync {
    /// A page of documents since the cursor; all of them where there is none.
    async fn pull(&self, context: &Context, cursor: Option<&str>) -> Result<DocumentPage, ConnectorError>;
}

/// An order to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderDraft {
    /// Our reference: searched for before and after.
    pub reference: String,
    /// The customer as the system calls it.
    pub customer: String,
    /// The buyer's order number.
    pub purchase_order: String,
    /// Its date.
    pub order_date: civil::Date,
    /// Requested delivery.
    pub requested_delivery: Option<civil::Date>,
    /// `terms`, `card` …
    pub tender: String,
    /// Where to ship.
    pub ship_to: Option<Address>,
    /// Whom to bill.
    pub bill_to: Option<Address>,
    /// Total as stated.
    pub total: StatedAmount,
    /// Freight as stated.
    pub shipping: Option<Charge>,
    /// Tax as stated.
    pub tax: Option<Charge>,
    /// Comments of the buyer.
    pub comments: Vec<String>,
    /// Lines.
    pub lines: Vec<DraftLine>,
}

/// A line of an order to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// Part.
    pub part_id: String,
    /// Our line key.
    pub auxiliary_id: Option<String>,
    /// How many.
    pub quantity: Quantity,
    /// Unit.
    pub unit: Unit,
    /// Net price of one unit (or of `price_basis` units).
    pub unit_price: StatedAmount,
    /// Where the price stands for more than one unit.
    pub price_basis: Option<Quantity>,
    /// Description.
    pub description: String,
}

/// What came of a submission.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitOutcome {
    /// Created.
    Created(SinkOrder),
    /// It was there already.
    Existing(SinkOrder),
    /// Refused for what it says; there is none.
    Rejected {
        /// Code.
        code: String,
        /// Words.
        message: String,
    },
}

/// An order as the system has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkOrder {
    /// Its key.
    pub id: String,
    /// Its number for people.
    pub number: String,
    /// Our reference.
    pub reference: String,
    /// Where it stands.
    pub state: SinkOrderState,
    /// When it was created, by the system's clock.
    pub created_at: Timestamp,
}

/// Where an order stands in the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SinkOrderState {
    /// Open.
    Open,
    /// A draft.
    Draft,
    /// Held there.
    OnHold {
        /// Code.
        code: String,
        /// Words.
        message: String,
    },
    /// Done.
    Closed,
    /// Cancelled.
    Cancelled,
}

/// A page of documents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentPage {
    /// Documents.
    pub documents: Vec<SinkDocument>,
    /// To go on from; opaque.
    pub next_cursor: Option<String>,
    /// Whether more waits right now.
    pub more: bool,
}

/// A document of the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkDocument {
    /// Its id, unique per kind.
    pub id: String,
    /// What it is.
    pub kind: SinkDocumentKind,
    /// The system's order.
    pub order_id: String,
    /// Our reference, if the document carries it.
    pub reference: Option<String>,
    /// When.
    pub at: Timestamp,
    /// In words.
    pub message: Option<String>,
    /// Amount, for invoices, credit memos and payments.
    pub amount: Option<StatedAmount>,
    /// Lines with their own quantities.
    pub lines: Vec<SinkDocumentLine>,
}

/// What a document is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SinkDocumentKind {
    /// The order is confirmed, wholly or by lines.
    Acknowledgement,
    /// The order's state changed.
    Status,
    /// Goods left.
    Shipment,
    /// Invoice.
    Invoice,
    /// Credit memo.
    CreditMemo,
    /// Payment.
    Payment,
}

/// A line of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SinkDocumentLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// How many.
    pub quantity: Quantity,
    /// Unit.
    pub unit: Unit,
    /// What is confirmed, for acknowledgements.
    pub outcome: Option<LineOutcome>,
    /// Price, where it is stated.
    pub unit_price: Option<StatedAmount>,
    /// Delivery, where it is stated.
    pub delivery_on: Option<civil::Date>,
    /// In words.
    pub message: Option<String>,
}

/// What becomes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LineOutcome {
    /// As ordered.
    Accepted,
    /// With another price or date.
    Changed,
    /// Later.
    Backordered,
    /// Not at all.
    Rejected,
}
