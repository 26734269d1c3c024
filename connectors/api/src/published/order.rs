//! Orders as both published protocols write them.

use punchgate_domain::{
    money::StatedAmount,
    purchase_order::{OrderLine, Payment},
};
use serde::{Deserialize, Serialize};

use super::{
    Mismatch,
    problem::WireFieldProblem,
    values::{WireAddress, WireAmount, WireCharge, WireContact, WireDecimal, instant, optional},
};
use crate::{
    ConnectorError, ErrorKind,
    error::FieldProblem,
    orders::{CancelOutcome, OrderChange, OrderKey, OrderSubmission, PlacedOrder, PlacedState, Refusal},
};

/// The longest reference.
pub const REFERENCE_LENGTH: usize = 64;

/// A submission.
#[derive(Debug, Serialize)]
pub struct WireSubmission<'a> {
    reference: &'a str,
    purchase_order_number: &'a str,
    customer: &'a str,
    order_date: String,
    requested_delivery: Option<String>,
    currency: String,
    lines: Vec<WireOrderLine<'a>>,
    total: WireAmount,
    tax: Option<WireCharge>,
    shipping: Option<WireCharge>,
    ship_to: Option<WireAddress>,
    bill_to: Option<WireAddress>,
    contact: Option<WireContact>,
    terms: Option<&'a str>,
    payment: &'static str,
    test: bool,
    comments: &'a [String],
}

#[derive(Debug, Serialize)]
struct WireOrderLine<'a> {
    line_number: u32,
    part_id: &'a str,
    auxiliary_id: Option<&'a str>,
    buyer_part_id: Option<&'a str>,
    quantity: WireDecimal,
    unit: &'a str,
    unit_price: WireAmount,
    price_basis: Option<WireDecimal>,
    price_basis_factor: Option<WireDecimal>,
    amount: WireAmount,
    description: &'a str,
    requested_delivery: Option<String>,
    comments: &'a [String],
}

impl<'a> WireSubmission<'a> {
    /// Writes a submission. What cannot be written exactly is not sent.
    pub fn of(operation: &'static str, submission: &'a OrderSubmission) -> Result<Self, ConnectorError> {
        let invalid = |problem: String| ConnectorError::new(ErrorKind::Invalid, operation, problem);
        let length = submission.reference.chars().count();
        if length == 0 || length > REFERENCE_LENGTH {
            return Err(invalid(format!(
                "the reference has {length} characters, 1 to {REFERENCE_LENGTH} are possible"
            )));
        }
        let order = &submission.order;
        let currency = order.total.currency();
        let mut lines = Vec::with_capacity(order.lines.len());
        let mut sum = rust_decimal::Decimal::ZERO;
        for line in &order.lines {
            let amount = line
                .amount()
                .ok_or_else(|| invalid(format!("the amount of line {} is out of range", line.line_number)))?;
            if line.unit_price.currency() != currency {
                return Err(invalid(format!(
                    "line {} is in {}, the order in {currency}",
                    line.line_number,
                    line.unit_price.currency()
                )));
            }
            sum = sum
                .checked_add(amount)
                .ok_or_else(|| invalid("the sum of the lines is out of range".to_owned()))?;
            lines.push(order_line(line, StatedAmount::from_decimal(amount, currency)));
        }
        Ok(Self {
            reference: &submission.reference,
            purchase_order_number: &order.order_number,
            customer: &submission.customer,
            order_date: order.order_date.date.to_string(),
            requested_delivery: order.requested_delivery.as_ref().map(|d| d.date.to_string()),
            currency: currency.to_string(),
            lines,
            total: WireAmount::from(&StatedAmount::from_decimal(sum, currency)),
            tax: order.tax.as_ref().map(WireCharge::from),
            shipping: order.shipping.as_ref().map(WireCharge::from),
            ship_to: order.ship_to.as_ref().map(WireAddress::from),
            bill_to: order.bill_to.as_ref().map(WireAddress::from),
            contact: (order.contacts.first())
                .map(|contact| WireContact::of(contact, submission.contact.clone())),
            terms: submission.terms.as_deref(),
            payment: match order.payment {
                Payment::Terms => "terms",
                Payment::Card(_) => "card",
            },
            test: submission.test,
            comments: &order.comments,
        })
    }
}

fn order_line(line: &OrderLine, amount: StatedAmount) -> WireOrderLine<'_> {
    WireOrderLine {
        line_number: line.line_number,
        part_id: &line.part_id,
        auxiliary_id: line.auxiliary_id.as_deref(),
        buyer_part_id: line.buyer_part_id.as_deref(),
        quantity: WireDecimal::from(&line.quantity),
        unit: line.unit.as_str(),
        unit_price: WireAmount::from(&line.unit_price),
        price_basis: line.price_basis.as_ref().map(WireDecimal::from),
        price_basis_factor: line.price_basis_factor.as_ref().map(WireDecimal::from),
        amount: WireAmount::from(&amount),
        description: &line.description,
        requested_delivery: line.requested_delivery.as_ref().map(|d| d.date.to_string()),
        comments: &line.comments,
    }
}

/// An order as it shall be from now on.
#[derive(Debug, Serialize)]
pub struct WireChange<'a> {
    order_id: &'a str,
    revision: u32,
    #[serde(flatten)]
    order: WireSubmission<'a>,
}

impl<'a> WireChange<'a> {
    /// Writes a change, under the rules of a submission.
    pub fn of(operation: &'static str, change: &'a OrderChange) -> Result<Self, ConnectorError> {
        Ok(Self {
            order_id: &change.order_id,
            revision: change.revision,
            order: WireSubmission::of(operation, &change.submission)?,
        })
    }
}

/// By what an order is looked for.
#[derive(Debug, Serialize)]
pub struct WireOrderKey<'a> {
    reference: &'a str,
    customer: &'a str,
    purchase_order_number: &'a str,
}

impl<'a> From<&'a OrderKey> for WireOrderKey<'a> {
    fn from(key: &'a OrderKey) -> Self {
        Self {
            reference: &key.reference,
            customer: &key.customer,
            purchase_order_number: &key.purchase_order_number,
        }
    }
}

/// The number under which a buyer sent an order.
#[derive(Debug, Serialize)]
pub struct WireOrderNumber<'a> {
    /// The ERP's key of the customer.
    pub customer: &'a str,
    /// The buyer's number.
    pub purchase_order_number: &'a str,
}

/// An order of the sink.
#[derive(Debug, Deserialize)]
pub struct WireOrder {
    order_id: String,
    order_number: String,
    reference: Option<String>,
    purchase_order_number: Option<String>,
    customer: String,
    state: String,
    hold: Option<WireOrderHold>,
    total: Option<WireAmount>,
    created_at: String,
    revision: Option<u32>,
}

/// Why the sink holds an order.
#[derive(Debug, Deserialize)]
pub struct WireOrderHold {
    code: String,
    message: String,
}

impl WireOrder {
    /// As a sink's order.
    pub fn placed(self) -> Result<PlacedOrder, Mismatch> {
        if self.reference.is_none() {
            return Err(Mismatch::new("reference", "is missing"));
        }
        self.placed_by_anybody()
    }

    /// As an order that perhaps others entered, who have a reference of their own or none.
    fn placed_by_anybody(self) -> Result<PlacedOrder, Mismatch> {
        Ok(PlacedOrder {
            state: placed_state(&self.state, self.hold)?,
            total: optional(self.total, "total", |amount| amount.stated())?,
            created_at: instant(&self.created_at, "created_at")?,
            order_id: self.order_id,
            order_number: self.order_number,
            reference: self.reference.unwrap_or_default(),
            purchase_order_number: self.purchase_order_number,
            customer: self.customer,
            revision: self.revision,
        })
    }

    /// As the order that was asked for; another reference is a mix-up on the other side.
    pub fn placed_for(self, reference: &str) -> Result<PlacedOrder, Mismatch> {
        asked_for("reference", self.reference.as_deref(), reference)?;
        self.placed()
    }

    /// As an order of the number that was asked for, whoever entered it.
    pub fn placed_under(self, asked: &WireOrderNumber<'_>) -> Result<PlacedOrder, Mismatch> {
        let number = self.purchase_order_number.as_deref();
        asked_for("customer", Some(&self.customer), asked.customer)?;
        asked_for("purchase_order_number", number, asked.purchase_order_number)?;
        self.placed_by_anybody()
    }
}

fn asked_for(field: &'static str, found: Option<&str>, asked: &str) -> Result<(), Mismatch> {
    match found {
        Some(found) if found == asked => Ok(()),
        Some(other) => Err(Mismatch::new(
            field,
            format!("'{other}' is not '{asked}', which was asked for"),
        )),
        None => Err(Mismatch::new(field, "is missing")),
    }
}

/// Reads the state of an order.
pub fn placed_state(state: &str, hold: Option<WireOrderHold>) -> Result<PlacedState, Mismatch> {
    match (state, hold) {
        ("draft", _) => Ok(PlacedState::Draft),
        ("open", _) => Ok(PlacedState::Open),
        ("completed", _) => Ok(PlacedState::Completed),
        ("cancelled", _) => Ok(PlacedState::Cancelled),
        ("on_hold", Some(hold)) => Ok(PlacedState::OnHold {
            code: hold.code,
            message: hold.message,
        }),
        ("on_hold", None) => Err(Mismatch::new("hold", "is missing, the state is on_hold")),
        (other, _) => Err(Mismatch::new(
            "state",
            format!("'{other}' is none of draft, open, on_hold, completed, cancelled"),
        )),
    }
}

/// What became of a submission; `O` is the protocol's order.
#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum WireSubmitOutcome<O> {
    /// It is there.
    Created {
        /// The order.
        order: O,
    },
    /// It was there.
    Existing {
        /// The order.
        order: O,
    },
    /// It is not there.
    Rejected(WireRefusal),
}

/// An order to be cancelled.
#[derive(Debug, Serialize)]
pub struct WireCancellation<'a> {
    /// The other side's key.
    pub order_id: &'a str,
    /// Ours.
    pub reference: &'a str,
    /// For people.
    pub reason: &'a str,
}

/// What became of a cancellation; `O` is the protocol's order.
#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum WireCancelOutcome<O> {
    /// It is cancelled, now or before.
    Cancelled {
        /// The order.
        order: O,
    },
    /// It is as it was.
    Refused {
        /// The other side's code.
        code: String,
        /// For people.
        message: String,
        /// The order.
        order: O,
    },
}

impl<O> WireCancelOutcome<O> {
    /// With the order as `read` has it.
    pub fn read(
        self,
        read: impl FnOnce(O) -> Result<PlacedOrder, Mismatch>,
    ) -> Result<CancelOutcome, Mismatch> {
        Ok(match self {
            Self::Cancelled { order } => CancelOutcome::Cancelled(read(order)?),
            Self::Refused { code, message, order } => CancelOutcome::Refused {
                code,
                message,
                order: read(order)?,
            },
        })
    }
}

/// Why an order was refused.
#[derive(Debug, Deserialize)]
pub struct WireRefusal {
    code: String,
    message: String,
    #[serde(default)]
    fields: Option<Vec<WireFieldProblem>>,
}

impl From<WireRefusal> for Refusal {
    fn from(wire: WireRefusal) -> Self {
        Self {
            code: wire.code,
            message: wire.message,
            fields: wire
                .fields
                .into_iter()
                .flatten()
                .map(FieldProblem::from)
                .collect(),
        }
    }
}
