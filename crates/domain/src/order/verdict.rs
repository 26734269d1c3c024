//! Credit, prices and what we cannot carry out, put together: the state that an order takes.

use std::fmt;

use rust_decimal::Decimal;

use super::OrderState;
use crate::{
    credit::{CreditDecision, CreditOutcome, Reason},
    order::{Confirmation, RedecisionGate},
    policy::{AgreementFinding, PriceAction, PriceFinding, TotalFinding, Unmapped, UnmappedPolicy},
    purchase_order::{OrderType, PurchaseOrder, Unreadable},
    quantity::Quantity,
};

/// What we cannot yet carry out by ourselves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NeedsPerson {
    /// A blanket order.
    Blanket,
    /// An order type that we do not know.
    UnknownType(String),
    /// A return on this line.
    Return {
        /// The buyer's line number.
        line_number: u32,
    },
    /// Several deliveries on this line.
    Schedule {
        /// The buyer's line number.
        line_number: u32,
        /// How many deliveries.
        deliveries: u32,
    },
    /// A line that orders nothing, or less than nothing, without being a return.
    Quantity {
        /// The buyer's line number.
        line_number: u32,
        /// As stated.
        quantity: Quantity,
    },
    /// A line at a price below zero: it would make room for others.
    NegativePrice {
        /// The buyer's line number.
        line_number: u32,
    },
    /// Tax or freight below zero: it would make room, too.
    NegativeCharge {
        /// Which.
        what: &'static str,
    },
    /// No line at all.
    NoLines,
    /// An amount, quantity or date that is missing or could not be read.
    Unreadable(Unreadable),
}

/// What of an order needs a person: it is stored and held, never submitted by itself.
pub fn needs_person(order: &PurchaseOrder) -> Vec<NeedsPerson> {
    let mut needs = Vec::new();
    match &order.order_type {
        OrderType::Regular | OrderType::Release => {}
        OrderType::Blanket => needs.push(NeedsPerson::Blanket),
        OrderType::Other(stated) => needs.push(NeedsPerson::UnknownType(stated.clone())),
    }
    if order.lines.is_empty() {
        needs.push(NeedsPerson::NoLines);
    }
    needs.extend(order.unreadable().into_iter().map(NeedsPerson::Unreadable));
    for (what, charge) in [("tax", &order.tax), ("freight", &order.shipping)] {
        if charge
            .as_ref()
            .is_some_and(|one| one.amount.value() < Decimal::ZERO)
        {
            needs.push(NeedsPerson::NegativeCharge { what });
        }
    }
    for line in &order.lines {
        let line_number = line.line_number;
        if line.is_return {
            needs.push(NeedsPerson::Return { line_number });
        } else if line.quantity.is_readable() && line.quantity.value() <= Decimal::ZERO {
            let quantity = line.quantity.clone();
            needs.push(NeedsPerson::Quantity {
                line_number,
                quantity,
            });
        }
        if line.unit_price.value() < Decimal::ZERO {
            needs.push(NeedsPerson::NegativePrice { line_number });
        }
        // One schedule line is only a date.
        if line.schedule_lines > 1 {
            needs.push(NeedsPerson::Schedule {
                line_number,
                deliveries: line.schedule_lines,
            });
        }
    }
    needs
}

/// Everything that an order is judged by.
#[derive(Clone, Debug)]
pub struct Review<'a> {
    /// The credit decision.
    pub credit: &'a CreditDecision,
    /// Prices against cart and contract.
    pub prices: &'a [PriceFinding],
    /// Total against the lines.
    pub total: Option<&'a TotalFinding>,
    /// What else was not agreed.
    pub agreement: &'a [AgreementFinding],
    /// What prices and total beyond the tolerance do, and whatever else was not agreed.
    pub price_action: PriceAction,
    /// What no mapping knows, and nobody has confirmed.
    pub unmapped: &'a [Unmapped],
    /// What that does.
    pub unmapped_policy: UnmappedPolicy,
    /// What we cannot carry out.
    pub needs: &'a [NeedsPerson],
    /// Whether an order that waited goes on by itself; open for a first decision.
    pub gate: &'a RedecisionGate,
    /// Whether a person has confirmed prices and total, for this very version. What we cannot carry out is
    /// never submitted, whoever confirms.
    pub confirmed: bool,
    /// Whether it came as a test document on a production relationship: stored, never submitted.
    pub test_document: bool,
}

/// One reason that stands against an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderReason {
    /// Of the credit decision.
    Credit(Reason),
    /// A price.
    Price(PriceFinding),
    /// The total.
    Total(TotalFinding),
    /// Terms, or a line from no catalogue.
    Agreement(AgreementFinding),
    /// What no mapping knows.
    Unmapped(Unmapped),
    /// What we cannot carry out.
    NeedsPerson(NeedsPerson),
    /// It waited too long to go on by itself.
    Confirm(Confirmation),
    /// A test document on a production relationship.
    TestDocument,
    /// Nobody knows which customer of the ERP this is; the text says what was looked for.
    UnknownCustomer(String),
}

/// What stands against an order beside credit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Besides {
    /// Whether something else holds it.
    pub holds: bool,
    /// Whether a person confirms first.
    pub confirms: bool,
}

/// The state that follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Approved, held, referred or declined.
    pub state: OrderState,
    /// What stands against it; none if approved.
    pub reasons: Vec<OrderReason>,
    /// What the supplier should know although it did not decide.
    pub warnings: Vec<OrderReason>,
    /// What of that stands beside credit.
    pub besides: Besides,
}

/// The state that follows from credit and what stands beside it. The strictest counts: declined, then held, then referred.
pub fn state_after(credit: &CreditOutcome, besides: Besides) -> OrderState {
    match credit {
        CreditOutcome::Decline(_) => OrderState::Declined,
        CreditOutcome::Hold(_) => OrderState::Held,
        _ if besides.holds => OrderState::Held,
        CreditOutcome::Approve if !besides.confirms => OrderState::Approved,
        CreditOutcome::Approve | CreditOutcome::Refer(_) => OrderState::Referred,
    }
}

/// Puts the parts together.
pub fn verdict(review: &Review<'_>) -> Verdict {
    let credit = review.credit.reasons().iter().cloned().map(OrderReason::Credit);
    let mut reasons: Vec<OrderReason> = credit.collect();
    let credit_warnings = review.credit.warnings.iter().cloned();
    let mut warnings: Vec<OrderReason> = credit_warnings.map(OrderReason::Credit).collect();
    let before = reasons.len();

    let prices = review.prices.iter().cloned().map(OrderReason::Price);
    let total = review.total.cloned().map(OrderReason::Total);
    let agreement = review.agreement.iter().cloned().map(OrderReason::Agreement);
    let differences = prices.chain(total).chain(agreement);
    match review.price_action {
        PriceAction::Hold if !review.confirmed => reasons.extend(differences),
        PriceAction::Hold | PriceAction::Warn => warnings.extend(differences),
        PriceAction::Accept => {}
    }
    for what in review.unmapped {
        match review.unmapped_policy {
            _ if what.is_required() => reasons.push(OrderReason::Unmapped(what.clone())),
            UnmappedPolicy::Hold => reasons.push(OrderReason::Unmapped(what.clone())),
            UnmappedPolicy::Warn => warnings.push(OrderReason::Unmapped(what.clone())),
            UnmappedPolicy::Pass => {}
        }
    }
    reasons.extend(review.needs.iter().cloned().map(OrderReason::NeedsPerson));
    if review.test_document {
        reasons.push(OrderReason::TestDocument);
    }
    let besides = Besides {
        holds: reasons.len() > before,
        confirms: matches!(review.gate, RedecisionGate::Confirm(_)),
    };
    let passes = review.credit.is_approved() && !besides.holds;
    if let (true, RedecisionGate::Confirm(causes)) = (passes, review.gate) {
        reasons.extend(causes.iter().copied().map(OrderReason::Confirm));
    }
    Verdict {
        state: state_after(&review.credit.outcome, besides),
        reasons,
        warnings,
        besides,
    }
}

impl OrderReason {
    /// A stable code for history, API and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Credit(reason) => reason.code(),
            Self::Price(_) => "price-differs",
            Self::Total(_) => "total-differs",
            Self::Agreement(finding) => finding.code(),
            Self::Unmapped(what) => what.code(),
            Self::NeedsPerson(_) => "needs-person",
            Self::Confirm(_) => "needs-confirmation",
            Self::TestDocument => "test-document",
            Self::UnknownCustomer(_) => "unknown-customer",
        }
    }
}

impl fmt::Display for OrderReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credit(reason) => reason.fmt(f),
            Self::Price(finding) => finding.fmt(f),
            Self::Total(finding) => finding.fmt(f),
            Self::Agreement(finding) => finding.fmt(f),
            Self::Unmapped(what) => what.fmt(f),
            Self::NeedsPerson(needs) => write!(f, "needs a person: {needs}"),
            Self::Confirm(cause) => write!(f, "a person confirms first: {cause}"),
            Self::TestDocument => {
                f.write_str("a test document on a production relationship is not submitted")
            }
            Self::UnknownCustomer(what) => f.write_str(what),
        }
    }
}

impl fmt::Display for NeedsPerson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blanket => f.write_str("a blanket order"),
            Self::UnknownType(stated) => write!(f, "order type '{stated}'"),
            Self::Return { line_number } => write!(f, "line {line_number} is a return"),
            Self::Schedule {
                line_number,
                deliveries,
            } => {
                write!(f, "line {line_number} is split into {deliveries} deliveries")
            }
            Self::Quantity {
                line_number,
                quantity,
            } => write!(
                f,
                "line {line_number} orders {}: nothing that could be delivered",
                quantity.text()
            ),
            Self::NegativePrice { line_number } => write!(f, "line {line_number} has a price below zero"),
            Self::NegativeCharge { what } => write!(f, "the {what} is below zero"),
            Self::NoLines => f.write_str("an order without lines"),
            Self::Unreadable(what) => what.fmt(f),
        }
    }
}
