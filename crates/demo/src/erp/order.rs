//! A sales order of the ERP and what may become of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::{
    envelope::instant,
    purchase::{Amount, OrderLine, Payment},
};

/// Where an order stands; a hold only where there is one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum OrderState {
    Open,
    OnHold {
        code: String,
        message: String,
    },
    /// Sent in full, not yet invoiced.
    Shipped,
    Completed,
    Cancelled {
        reason: String,
    },
}

impl OrderState {
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Open | Self::Shipped => "open",
            Self::OnHold { .. } => "on_hold",
            Self::Completed => "completed",
            Self::Cancelled { .. } => "cancelled",
        }
    }

    /// For the clerks: words and a tone for the pill.
    pub(super) fn in_words(&self) -> (&'static str, &'static str) {
        match self {
            Self::Open => ("Open", "info"),
            Self::OnHold { .. } => ("On hold", "bad"),
            Self::Shipped => ("Shipped", "warn"),
            Self::Completed => ("Invoiced", "good"),
            Self::Cancelled { .. } => ("Cancelled", ""),
        }
    }

    pub(super) fn hold(&self) -> Option<Value> {
        match self {
            Self::OnHold { code, message } => Some(json!({ "code": code, "message": message })),
            _ => None,
        }
    }
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Order {
    pub(super) number: u64,
    pub(super) reference: String,
    pub(super) purchase_order_number: String,
    pub(super) customer: String,
    pub(super) state: OrderState,
    pub(super) lines: Vec<OrderLine>,
    pub(super) total: Amount,
    pub(super) terms: Option<String>,
    pub(super) payment: Payment,
    pub(super) test: bool,
    pub(super) created_at: Timestamp,
    pub(super) acknowledged_at: Option<Timestamp>,
    /// Who entered it.
    pub(super) origin: String,
    /// The number of the last change.
    #[serde(default)]
    pub(super) revision: Option<u32>,
}

impl Order {
    pub(super) fn id(&self) -> String {
        format!("SO-{}", self.number)
    }

    /// True while it is not invoiced and will be.
    pub(super) fn counts_as_open(&self) -> bool {
        !self.test
            && matches!(
                self.state,
                OrderState::Open | OrderState::OnHold { .. } | OrderState::Shipped
            )
    }

    /// The order as the protocol describes it.
    pub(super) fn document(&self) -> Value {
        json!({
            "order_id": self.id(), "order_number": self.number.to_string(), "reference": self.reference,
            "purchase_order_number": self.purchase_order_number, "customer": self.customer,
            "state": self.state.name(), "hold": self.state.hold(), "total": self.total.document(),
            "created_at": instant(self.created_at), "revision": self.revision
        })
    }
}
