//! Orders in the sink: create one, find those of a reference, change one, cancel one; and find those that others entered
//! there.

use async_trait::async_trait;
use punchgate_domain::{Instant, money::StatedAmount, purchase_order::PurchaseOrder};

use crate::{ConnectorError, ConnectorResult, Context, ErrorKind, error::FieldProblem};

/// A purchase order on its way to the sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderSubmission {
    /// Our key of the order, kept with it and found again; at most 64 characters.
    pub reference: String,
    /// The sink's key of the customer.
    pub customer: String,
    /// Code of the terms that were granted, if any.
    pub terms: Option<String>,
    /// A test document: must not lead to a delivery.
    pub test: bool,
    /// The ERP's key of the person who orders, if a mapping knows the person: that is the order's first contact.
    pub contact: Option<String>,
    /// The order as the buyer wrote it.
    pub order: PurchaseOrder,
}

impl OrderSubmission {
    /// The key by which it is found.
    pub fn key(&self) -> OrderKey {
        OrderKey {
            reference: self.reference.clone(),
            customer: self.customer.clone(),
            purchase_order_number: self.order.order_number.clone(),
        }
    }
}

/// By what an order is looked for. The reference decides; the rest is for systems that cannot search by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderKey {
    /// Our key.
    pub reference: String,
    /// The sink's key of the customer.
    pub customer: String,
    /// The buyer's number.
    pub purchase_order_number: String,
}

/// An order as the sink has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlacedOrder {
    /// The sink's key.
    pub order_id: String,
    /// The number that people use.
    pub order_number: String,
    /// Our key; of an order that others entered, theirs or none.
    pub reference: String,
    /// The buyer's number.
    pub purchase_order_number: Option<String>,
    /// The sink's key of the customer.
    pub customer: String,
    /// Where it stands.
    pub state: PlacedState,
    /// The net total as the sink computed it.
    pub total: Option<StatedAmount>,
    /// When it was created, by the sink's clock.
    pub created_at: Instant,
    /// The number of the last change that it was given, where the sink keeps it: none of an order that was never changed.
    pub revision: Option<u32>,
}

/// The order as it shall be from now on: all of it, not what differs. So a change that comes twice changes once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderChange {
    /// The sink's key of the order.
    pub order_id: String,
    /// Which change it is: a later one has a higher number.
    pub revision: u32,
    /// As a new order would be submitted, under the reference that it has.
    pub submission: OrderSubmission,
}

/// Where an order stands in the sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlacedState {
    /// Entered, not confirmed.
    Draft,
    /// Under way.
    Open,
    /// Held by the sink.
    OnHold {
        /// The sink's code.
        code: String,
        /// For people.
        message: String,
    },
    /// Delivered and invoiced.
    Completed,
    /// Withdrawn.
    Cancelled,
}

impl PlacedState {
    /// Whether the order is live: it counts for "at most one live order per purchase order".
    pub fn is_live(&self) -> bool {
        !matches!(self, Self::Cancelled)
    }
}

/// What became of a submission. That the answer was not seen is [`crate::ErrorKind::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SubmitOutcome<O = PlacedOrder> {
    /// The order is there: open, on hold or a draft.
    Created(O),
    /// One with this reference was there already; nothing was created.
    Existing(O),
    /// Nothing was created: a person looks at it.
    Rejected(Refusal),
}

/// Why an order was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `hold`, `credit`, `item`, `price`, `address`, `customer`, `duplicate`, `other`, or the system's own.
    pub code: String,
    /// For people.
    pub message: String,
    /// Which fields.
    pub fields: Vec<FieldProblem>,
}

/// What became of a cancellation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CancelOutcome {
    /// It is cancelled, now or before.
    Cancelled(PlacedOrder),
    /// The sink will not: shipped, invoiced …
    Refused {
        /// The sink's code.
        code: String,
        /// For people.
        message: String,
        /// The order as it is.
        order: PlacedOrder,
    },
}

/// What became of a change. That the answer was not seen is [`crate::ErrorKind::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeOutcome {
    /// The order is as it was asked for, now or before; it has kept its key.
    Changed(PlacedOrder),
    /// The sink will not: shipped, invoiced, cancelled … The order is as it was.
    Refused {
        /// The sink's code.
        code: String,
        /// For people.
        message: String,
        /// The order as it is.
        order: PlacedOrder,
    },
}

/// The ERP's orders.
#[async_trait]
pub trait Orders: Send + Sync {
    /// Creates an order. Search before and after: most systems create a second order for an equal reference.
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome>;

    /// Every order of the reference, cancelled ones included, oldest first.
    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>>;

    /// Every order of the customer with this buyer's number, whoever entered it, cancelled ones included; none for a
    /// customer that is not there. `None`: this system cannot be searched so.
    ///
    /// Apart from [`Orders::find`], for buyers use a number twice: what is found here may be a stranger's, and no
    /// submission may ever take it for its own. It tells whether an order that another system passes on has come.
    async fn find_by_number(
        &self,
        ctx: &Context,
        customer: &str,
        purchase_order_number: &str,
    ) -> ConnectorResult<Option<Vec<PlacedOrder>>> {
        let _ = (ctx, customer, purchase_order_number);
        Ok(None)
    }

    /// Makes an order what it shall be from now on. One that is so already, or was given a later change, stays as it is. Whether
    /// a system can is told by [`crate::Capabilities::order_change`].
    async fn change(&self, ctx: &Context, change: &OrderChange) -> ConnectorResult<ChangeOutcome> {
        let _ = (ctx, change);
        Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "change_order",
            "orders cannot be changed in this system",
        ))
    }

    /// Cancels an order.
    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome>;
}
