//! What became of orders: acknowledgements, states, shipments, invoices, credit memos, payments.
//!
//! **Invariant:** quantities come from lines, never from a headline status.

use async_trait::async_trait;
use jiff::civil::Date;
use punchgate_domain::{
    Instant,
    money::{Currency, StatedAmount},
    purchase_order::Address,
    quantity::{Quantity, Unit},
};

use crate::{
    ConnectorResult, Context,
    orders::PlacedState,
    page::{Cursor, Page},
};

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DocumentKind {
    /// The supplier commits to quantity, price and date.
    Acknowledgement,
    /// The order's state moved.
    Status,
    /// Goods left.
    Shipment,
    /// Money is asked for.
    Invoice,
    /// Money is given back.
    CreditMemo,
    /// Money came in.
    Payment,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::Acknowledgement,
        Self::Status,
        Self::Shipment,
        Self::Invoice,
        Self::CreditMemo,
        Self::Payment,
    ];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acknowledgement => "acknowledgement",
            Self::Status => "status",
            Self::Shipment => "shipment",
            Self::Invoice => "invoice",
            Self::CreditMemo => "credit_memo",
            Self::Payment => "payment",
        }
    }

    /// Reads the stable text.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// A document of the ERP; never changed, a correction is another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErpDocument {
    /// Unique over all kinds.
    pub document_id: String,
    /// The number that people use.
    pub number: Option<String>,
    /// The sink's key of the order.
    pub order_id: Option<String>,
    /// Our key of the order.
    pub reference: Option<String>,
    /// The buyer's number.
    pub purchase_order_number: Option<String>,
    /// The ERP's key of the customer.
    pub customer: String,
    /// When it was issued.
    pub issued_at: Instant,
    /// What it says.
    pub content: DocumentContent,
}

/// What a document says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DocumentContent {
    /// An order acknowledgement.
    Acknowledgement(Acknowledgement),
    /// A state of the order.
    Status {
        /// The state.
        state: PlacedState,
        /// For people.
        message: Option<String>,
    },
    /// A shipment.
    Shipment(Shipment),
    /// An invoice.
    Invoice(Invoice),
    /// A credit memo; its amounts are positive.
    CreditMemo {
        /// As an invoice.
        memo: Invoice,
        /// The invoice that it corrects.
        invoice_document_id: Option<String>,
    },
    /// A payment.
    Payment(Payment),
}

impl DocumentContent {
    /// Its kind.
    pub fn kind(&self) -> DocumentKind {
        match self {
            Self::Acknowledgement(_) => DocumentKind::Acknowledgement,
            Self::Status { .. } => DocumentKind::Status,
            Self::Shipment(_) => DocumentKind::Shipment,
            Self::Invoice(_) => DocumentKind::Invoice,
            Self::CreditMemo { .. } => DocumentKind::CreditMemo,
            Self::Payment(_) => DocumentKind::Payment,
        }
    }
}

/// An order acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Of the whole order.
    pub outcome: AcknowledgementOutcome,
    /// For people.
    pub message: Option<String>,
    /// Several lines with one line number split it.
    pub lines: Vec<AcknowledgementLine>,
}

/// What an acknowledgement says of the whole order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcknowledgementOutcome {
    /// As ordered.
    Accepted,
    /// With changes, on the lines.
    Changed,
    /// Not at all.
    Rejected,
}

/// A line of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcknowledgementLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// What becomes of it.
    pub status: AcknowledgementStatus,
    /// The price, where it is another.
    pub unit_price: Option<StatedAmount>,
    /// When it will arrive.
    pub delivery_date: Option<Date>,
    /// For people.
    pub message: Option<String>,
}

/// What an acknowledgement says of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AcknowledgementStatus {
    /// Will come.
    Accepted,
    /// Will come later.
    Backordered,
    /// Will not come.
    Rejected,
}

/// A shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipment {
    /// When the goods left.
    pub shipped_at: Instant,
    /// By whom.
    pub carrier: Option<String>,
    /// Tracking numbers.
    pub tracking_numbers: Vec<String>,
    /// Where to track.
    pub tracking_url: Option<String>,
    /// When it will arrive.
    pub delivery_date: Option<Date>,
    /// Where to.
    pub ship_to: Option<Address>,
    /// What is in it.
    pub lines: Vec<ShipmentLine>,
}

/// A line of a shipment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShipmentLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// Lot.
    pub lot: Option<String>,
    /// Serial numbers.
    pub serial_numbers: Vec<String>,
}

/// An invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Its date.
    pub invoice_date: Date,
    /// When it is due.
    pub due_date: Date,
    /// Of every amount.
    pub currency: Currency,
    /// Sum of the lines.
    pub net: StatedAmount,
    /// Tax.
    pub tax: Option<StatedAmount>,
    /// Freight.
    pub shipping: Option<StatedAmount>,
    /// What is to be paid.
    pub total: StatedAmount,
    /// The lines.
    pub lines: Vec<InvoiceLine>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvoiceLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// Net price of one unit (or of `price_basis` units).
    pub unit_price: StatedAmount,
    /// Where the price stands for more than one unit.
    pub price_basis: Option<Quantity>,
    /// Net amount of the line.
    pub net: StatedAmount,
    /// Tax of the line.
    pub tax: Option<StatedAmount>,
    /// Description.
    pub description: Option<String>,
    /// Of a collective invoice: the sink's key of the order.
    pub order_id: Option<String>,
    /// Of a collective invoice: our key of the order.
    pub reference: Option<String>,
}

/// A payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// How much.
    pub amount: StatedAmount,
    /// When it came in.
    pub paid_at: Instant,
    /// On which invoices.
    pub allocations: Vec<Allocation>,
}

/// Part of a payment on one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// The invoice.
    pub invoice_document_id: String,
    /// How much.
    pub amount: StatedAmount,
}

/// The ERP's documents.
#[async_trait]
pub trait Documents: Send + Sync {
    /// What was issued since the cursor; without one, everything. No kinds means every kind. A document may
    /// come again. [`ErrorKind::Conflict`](crate::ErrorKind::Conflict) says that the cursor is void: all is read anew.
    async fn pull_documents(
        &self,
        ctx: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>>;
}
