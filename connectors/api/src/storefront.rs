//! A shop: sessions, carts, items, orders.

use async_trait::async_trait;
use jiff::Timestamp;
use punchgate_domain::{cart::Cart, quantity::Quantity, session::Operation};

use crate::{
    ConnectorError, Context,
    orders::{OrderDraft, SinkOrder, SubmitOutcome},
};

/// Opens shopping sessions.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Opens a session, or gives a known one another login: the same `session` is the same shop session
    /// with the same cart.
    async fn open(
        &self,
        context: &Context,
        request: &SessionRequest,
    ) -> Result<SessionOpened, ConnectorError>;

    /// Closes a session: its cart changes no more.
    async fn close(
        &self,
        context: &Context,
        shop_session: &str,
        ending: SessionEnding,
    ) -> Result<(), ConnectorError>;
}

/// Reads and fills carts.
#[async_trait]
pub trait Carts: Send + Sync {
    /// The cart of a session, read server to server.
    async fn read(&self, context: &Context, shop_session: &str) -> Result<Cart, ConnectorError>;

    /// Replaces the cart of a session. What the shop no longer sells is named, not an error.
    async fn fill(
        &self,
        context: &Context,
        shop_session: &str,
        items: &[CartItem],
    ) -> Result<Vec<MissingItem>, ConnectorError>;
}

/// Finds items.
#[async_trait]
pub trait Items: Send + Sync {
    /// One item with the customer's price.
    async fn item(
        &self,
        context: &Context,
        customer: Option<&str>,
        part_id: &str,
    ) -> Result<Item, ConnectorError>;

    /// A search.
    async fn search(
        &self,
        context: &Context,
        customer: Option<&str>,
        text: &str,
        limit: u32,
    ) -> Result<Vec<Item>, ConnectorError>;
}

/// Takes orders into the shop.
#[async_trait]
pub trait ShopOrders: Send + Sync {
    /// Places an order.
    async fn place(&self, context: &Context, draft: &OrderDraft) -> Result<SubmitOutcome, ConnectorError>;

    /// All orders with a reference.
    async fn find(&self, context: &Context, reference: &str) -> Result<Vec<SinkOrder>, ConnectorError>;
}

/// A session to open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRequest {
    /// Our session id: the key of the shop's session.
    pub session: String,
    /// What the shopper is to do.
    pub operation: Operation,
    /// The buying company's name.
    pub buyer: String,
    /// The customer as ERP and shop call it.
    pub customer: Option<String>,
    /// The shopper.
    pub shopper: Shopper,
    /// The cart to begin with (edit, inspect).
    pub items: Vec<CartItem>,
    /// Where to land: a part.
    pub selected_part: Option<String>,
    /// Where the shopper goes with the cart.
    pub return_url: String,
    /// Where the shopper goes without.
    pub cancel_url: String,
    /// Until when.
    pub expires_at: Timestamp,
}

/// Who shops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shopper {
    /// The buyer's unique name for the person.
    pub unique_name: Option<String>,
    /// Name for people.
    pub name: Option<String>,
    /// E-mail.
    pub email: Option<String>,
}

/// An item of a cart to fill.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CartItem {
    /// Part.
    pub part_id: String,
    /// The line key, to be kept.
    pub auxiliary_id: Option<String>,
    /// How many.
    pub quantity: Quantity,
}

/// An item that could not be put into the cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingItem {
    /// Part.
    pub part_id: String,
    /// Why, for the shopper.
    pub reason: String,
}

/// A session that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOpened {
    /// The shop's id of it.
    pub shop_session: String,
    /// One-time login.
    pub login_url: String,
    /// Items that could not be put into the cart.
    pub missing: Vec<MissingItem>,
}

/// How a session ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SessionEnding {
    /// The cart went back.
    Returned,
    /// The shopper gave up.
    Cancelled,
    /// Time is over.
    Expired,
}

/// An item with the customer's price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// As a cart line of one unit.
    pub line: punchgate_domain::cart::CartLine,
    /// In stock, if the shop says.
    pub in_stock: Option<Quantity>,
}
