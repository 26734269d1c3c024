//! Orders in a shop that is the order sink.

use async_trait::async_trait;
use punchgate_domain::quantity::{Quantity, Unit};

use crate::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, SubmitOutcome},
};

/// An order as the shop has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopOrder {
    /// As any sink has it.
    pub order: PlacedOrder,
    /// Whether it is paid; an order on terms must not be.
    pub payment: PaymentState,
    /// Quantities from fulfilment lines.
    pub lines: Vec<ShopOrderLine>,
}

/// Whether an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PaymentState {
    /// Nothing was paid.
    None,
    /// Money is reserved.
    Authorised,
    /// Paid.
    Paid,
}

/// How far a line is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopOrderLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// Unit of every quantity.
    pub unit: Unit,
    /// Ordered.
    pub ordered: Quantity,
    /// Confirmed.
    pub confirmed: Quantity,
    /// Shipped.
    pub shipped: Quantity,
    /// Invoiced.
    pub invoiced: Quantity,
    /// Cancelled.
    pub cancelled: Quantity,
}

/// The shop's orders.
#[async_trait]
pub trait ShopOrders: Send + Sync {
    /// Creates an order. Search before and after, as with [`crate::Orders::submit`].
    async fn place(
        &self,
        ctx: &Context,
        submission: &OrderSubmission,
    ) -> ConnectorResult<SubmitOutcome<ShopOrder>>;

    /// Every order of the reference, cancelled ones included, oldest first.
    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<ShopOrder>>;

    /// One order with its quantities; `None` if there is none.
    async fn status(&self, ctx: &Context, order_id: &str) -> ConnectorResult<Option<ShopOrder>>;

    /// Cancels all of an order of which nothing has left; one that is cancelled already stays so. Whether a shop does is
    /// told by [`crate::Capabilities::order_cancel`].
    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        let _ = (ctx, order_id, reference, reason);
        Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "cancel_order",
            "this shop cancels no orders",
        ))
    }
}
