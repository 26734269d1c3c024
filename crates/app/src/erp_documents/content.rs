//! What documents of ERPs say, in the one shape in which they are stored, archived and shown: JSON of our own, whatever
//! the ERP speaks. Amounts and quantities are decimal texts as they were stated.

use punchgate_connector::{
    documents::{
        Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, DocumentContent,
        ErpDocument, Invoice, InvoiceLine, Payment, Shipment, ShipmentLine,
    },
    orders::PlacedState,
};
use punchgate_domain::{money::StatedAmount, purchase_order::Address};
use serde::{Deserialize, Serialize};

/// The version of this shape; a later one reads the ones before.
const VERSION: u32 = 1;

/// A document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredDocument {
    v: u32,
    /// The ERP's key of the order, as the head of the document has it.
    pub order_id: Option<String>,
    /// Our key of the order, as the head has it.
    pub reference: Option<String>,
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
}

/// What a document says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// The supplier commits to quantity, price and date.
    Acknowledgement {
        /// `accepted`, `changed` or `rejected`.
        outcome: String,
        /// For people.
        message: Option<String>,
        /// Lines.
        lines: Vec<AcknowledgedLine>,
    },
    /// The order's state moved.
    Status {
        /// `draft`, `open`, `on_hold`, `completed` or `cancelled`.
        state: String,
        /// The ERP's code of the hold.
        hold_code: Option<String>,
        /// For people: of the hold, or of the document.
        message: Option<String>,
    },
    /// Goods left.
    Shipment {
        /// When.
        shipped_at: String,
        /// By whom.
        carrier: Option<String>,
        /// Tracking numbers.
        tracking_numbers: Vec<String>,
        /// Where to track.
        tracking_url: Option<String>,
        /// When it will arrive.
        delivery_date: Option<String>,
        /// Where to.
        ship_to: Option<Place>,
        /// Lines.
        lines: Vec<ShippedLine>,
    },
    /// Money is asked for.
    Invoice(Bill),
    /// Money is given back; amounts are positive.
    CreditMemo {
        /// The ERP's key of the invoice that it corrects.
        invoice_document_id: Option<String>,
        /// As an invoice.
        #[serde(flatten)]
        bill: Bill,
    },
    /// Money came in.
    Payment {
        /// How much.
        amount: Amount,
        /// When.
        paid_at: String,
        /// On which invoices.
        allocations: Vec<AllocatedAmount>,
    },
}

/// An amount as stated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Amount {
    /// Decimal text.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// A line of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcknowledgedLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: String,
    /// In which unit.
    pub unit: String,
    /// `accepted`, `backordered` or `rejected`.
    pub status: String,
    /// The price, where it is another.
    pub unit_price: Option<Amount>,
    /// When it will arrive.
    pub delivery_date: Option<String>,
    /// For people.
    pub message: Option<String>,
}

/// A line of a shipment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippedLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: String,
    /// In which unit.
    pub unit: String,
    /// Lot.
    pub lot: Option<String>,
    /// Serial numbers.
    pub serial_numbers: Vec<String>,
}

/// What an invoice or credit memo says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bill {
    /// Its date.
    pub invoice_date: String,
    /// When it is due.
    pub due_date: String,
    /// Sum of the lines.
    pub net: Amount,
    /// Tax.
    pub tax: Option<Amount>,
    /// Freight.
    pub shipping: Option<Amount>,
    /// What is to be paid.
    pub total: Amount,
    /// Lines.
    pub lines: Vec<BilledLine>,
}

/// A line of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BilledLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: String,
    /// In which unit.
    pub unit: String,
    /// Net price of one unit, or of `price_basis` units.
    pub unit_price: Amount,
    /// Where the price stands for more than one unit.
    pub price_basis: Option<String>,
    /// Net amount.
    pub net: Amount,
    /// Tax.
    pub tax: Option<Amount>,
    /// Description.
    pub description: Option<String>,
    /// Of a collective invoice: the ERP's key of the order.
    pub order_id: Option<String>,
    /// Of a collective invoice: our key of the order.
    pub reference: Option<String>,
}

/// Part of a payment on one invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllocatedAmount {
    /// The ERP's key of the invoice.
    pub invoice_document_id: String,
    /// How much.
    #[serde(flatten)]
    pub amount: Amount,
}

/// Where goods went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its id, if it has one.
    pub id: Option<String>,
    /// Name.
    pub name: String,
    /// Who receives it.
    pub deliver_to: Vec<String>,
    /// Street.
    pub street: Vec<String>,
    /// City.
    pub city: String,
    /// State.
    pub state: Option<String>,
    /// Postal code.
    pub postal_code: Option<String>,
    /// Country.
    pub country_code: Option<String>,
}

impl StoredDocument {
    /// A document as it is stored.
    pub fn of(document: &ErpDocument) -> Self {
        Self {
            v: VERSION,
            order_id: document.order_id.clone(),
            reference: document.reference.clone(),
            content: Content::of(&document.content),
        }
    }
}

impl Content {
    fn of(content: &DocumentContent) -> Self {
        match content {
            DocumentContent::Acknowledgement(said) => acknowledgement(said),
            DocumentContent::Status { state, message } => status(state, message.as_ref()),
            DocumentContent::Shipment(shipped) => shipment(shipped),
            DocumentContent::Invoice(invoice) => Self::Invoice(bill(invoice)),
            DocumentContent::CreditMemo {
                memo,
                invoice_document_id,
            } => Self::CreditMemo {
                invoice_document_id: invoice_document_id.clone(),
                bill: bill(memo),
            },
            DocumentContent::Payment(paid) => payment(paid),
        }
    }

    /// What the document comes to, where it has a total.
    pub fn total(&self) -> Option<&Amount> {
        match self {
            Self::Invoice(bill) | Self::CreditMemo { bill, .. } => Some(&bill.total),
            Self::Payment { amount, .. } => Some(amount),
            Self::Acknowledgement { .. } | Self::Status { .. } | Self::Shipment { .. } => None,
        }
    }

    /// The ERP's keys of the invoices that it settles, wholly or in part.
    pub fn settles(&self) -> Vec<&str> {
        match self {
            Self::CreditMemo {
                invoice_document_id, ..
            } => invoice_document_id.iter().map(String::as_str).collect(),
            Self::Payment { allocations, .. } => {
                let invoices = allocations.iter().map(|one| one.invoice_document_id.as_str());
                invoices.collect()
            }
            _ => Vec::new(),
        }
    }
}

fn amount(stated: &StatedAmount) -> Amount {
    Amount {
        amount: stated.text().to_owned(),
        currency: stated.currency().to_string(),
    }
}

fn optional(stated: Option<&StatedAmount>) -> Option<Amount> {
    stated.map(amount)
}

fn acknowledgement(said: &Acknowledgement) -> Content {
    Content::Acknowledgement {
        outcome: match said.outcome {
            AcknowledgementOutcome::Accepted => "accepted",
            AcknowledgementOutcome::Changed => "changed",
            AcknowledgementOutcome::Rejected => "rejected",
        }
        .to_owned(),
        message: said.message.clone(),
        lines: said.lines.iter().map(acknowledged).collect(),
    }
}

fn acknowledged(line: &AcknowledgementLine) -> AcknowledgedLine {
    AcknowledgedLine {
        line_number: line.line_number,
        part_id: line.part_id.clone(),
        quantity: line.quantity.text().to_owned(),
        unit: line.unit.as_str().to_owned(),
        status: match line.status {
            AcknowledgementStatus::Accepted => "accepted",
            AcknowledgementStatus::Backordered => "backordered",
            AcknowledgementStatus::Rejected => "rejected",
        }
        .to_owned(),
        unit_price: optional(line.unit_price.as_ref()),
        delivery_date: line.delivery_date.map(|date| date.to_string()),
        message: line.message.clone(),
    }
}

fn status(state: &PlacedState, message: Option<&String>) -> Content {
    let (name, hold) = match state {
        PlacedState::Draft => ("draft", None),
        PlacedState::Open => ("open", None),
        PlacedState::OnHold { code, message } => ("on_hold", Some((code, message))),
        PlacedState::Completed => ("completed", None),
        PlacedState::Cancelled => ("cancelled", None),
    };
    Content::Status {
        state: name.to_owned(),
        hold_code: hold.map(|(code, _)| code.clone()),
        message: message.or(hold.map(|(_, message)| message)).cloned(),
    }
}

fn shipment(shipped: &Shipment) -> Content {
    Content::Shipment {
        shipped_at: shipped.shipped_at.to_string(),
        carrier: shipped.carrier.clone(),
        tracking_numbers: shipped.tracking_numbers.clone(),
        tracking_url: shipped.tracking_url.clone(),
        delivery_date: shipped.delivery_date.map(|date| date.to_string()),
        ship_to: shipped.ship_to.as_ref().map(place),
        lines: shipped.lines.iter().map(shipped_line).collect(),
    }
}

fn shipped_line(line: &ShipmentLine) -> ShippedLine {
    ShippedLine {
        line_number: line.line_number,
        part_id: line.part_id.clone(),
        quantity: line.quantity.text().to_owned(),
        unit: line.unit.as_str().to_owned(),
        lot: line.lot.clone(),
        serial_numbers: line.serial_numbers.clone(),
    }
}

fn place(address: &Address) -> Place {
    Place {
        id: address.address_id.clone(),
        name: address.name.clone(),
        deliver_to: address.deliver_to.clone(),
        street: address.street.clone(),
        city: address.city.clone(),
        state: address.state.clone(),
        postal_code: address.postal_code.clone(),
        country_code: address.country_code.clone(),
    }
}

fn bill(invoice: &Invoice) -> Bill {
    Bill {
        invoice_date: invoice.invoice_date.to_string(),
        due_date: invoice.due_date.to_string(),
        net: amount(&invoice.net),
        tax: optional(invoice.tax.as_ref()),
        shipping: optional(invoice.shipping.as_ref()),
        total: amount(&invoice.total),
        lines: invoice.lines.iter().map(billed_line).collect(),
    }
}

fn billed_line(line: &InvoiceLine) -> BilledLine {
    BilledLine {
        line_number: line.line_number,
        part_id: line.part_id.clone(),
        quantity: line.quantity.text().to_owned(),
        unit: line.unit.as_str().to_owned(),
        unit_price: amount(&line.unit_price),
        price_basis: line.price_basis.as_ref().map(|basis| basis.text().to_owned()),
        net: amount(&line.net),
        tax: optional(line.tax.as_ref()),
        description: line.description.clone(),
        order_id: line.order_id.clone(),
        reference: line.reference.clone(),
    }
}

fn payment(paid: &Payment) -> Content {
    Content::Payment {
        amount: amount(&paid.amount),
        paid_at: paid.paid_at.to_string(),
        allocations: paid
            .allocations
            .iter()
            .map(|one| AllocatedAmount {
                invoice_document_id: one.invoice_document_id.clone(),
                amount: amount(&one.amount),
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests;
