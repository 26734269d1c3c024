//! The append-only history of an order: from, to, cause, actor, time.

use std::fmt;

use super::OrderState;
use crate::{Instant, stored_name::UnknownName};

/// Who moved an order.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Actor {
    /// We, on receipt of a document.
    Gateway,
    /// The buyer's suite or shopper.
    Buyer,
    /// A person of the supplier.
    Operator(String),
    /// The ERP.
    Erp,
    /// The shop, where it is the order sink.
    Storefront,
    /// A job of ours, by its name.
    Job(String),
}

impl Actor {
    /// Reads what `Display` wrote.
    pub fn parse(text: &str) -> Result<Self, UnknownName> {
        match text.split_once(':') {
            None if text == "gateway" => Ok(Self::Gateway),
            None if text == "buyer" => Ok(Self::Buyer),
            None if text == "erp" => Ok(Self::Erp),
            None if text == "storefront" => Ok(Self::Storefront),
            Some(("operator", name)) => Ok(Self::Operator(name.to_owned())),
            Some(("job", name)) => Ok(Self::Job(name.to_owned())),
            _ => Err(UnknownName {
                what: "an actor",
                text: text.to_owned(),
                expected: &[
                    "gateway",
                    "buyer",
                    "erp",
                    "storefront",
                    "operator:NAME",
                    "job:NAME",
                ],
            }),
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Gateway => f.write_str("gateway"),
            Self::Buyer => f.write_str("buyer"),
            Self::Erp => f.write_str("erp"),
            Self::Storefront => f.write_str("storefront"),
            Self::Operator(name) => write!(f, "operator:{name}"),
            Self::Job(name) => write!(f, "job:{name}"),
        }
    }
}

stored_names! {
    /// Why an order moved.
    pub enum Cause("a cause of an order event") {
        /// A document of the buyer was stored.
        DocumentReceived = "document_received",
        /// The first decision.
        Decided = "decided",
        /// A decision after something changed.
        DecidedAgain = "decided_again",
        /// A person decided.
        PersonDecided = "person_decided",
        /// A worker took it to the sink.
        Claimed = "claimed",
        /// The sink answered.
        SinkAnswered = "sink_answered",
        /// The buyer withdrew it.
        BuyerCancelled = "buyer_cancelled",
        /// An operator withdrew it.
        OperatorCancelled = "operator_cancelled",
        /// A person mended the cause of a rejection.
        Reopened = "reopened",
    }
}

/// One entry of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderEvent {
    /// Where it stood; `None` for the first entry.
    pub from: Option<OrderState>,
    /// Where it stands since.
    pub to: OrderState,
    /// Why.
    pub cause: Cause,
    /// Details for people: the reasons of a decision, the sink's message.
    pub detail: Option<String>,
    /// Who.
    pub actor: Actor,
    /// When.
    pub at: Instant,
}
