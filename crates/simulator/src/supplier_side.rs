//! What only the supplier can do or see in a rehearsal: its shop and its order book.

use async_trait::async_trait;
use punchgate_domain::{
    cart::Cart,
    quantity::{Quantity, Unit},
};
use url::Url;

/// Something that the shop sells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goods {
    /// The supplier's part number.
    pub part_id: String,
    /// In which unit it is ordered.
    pub unit: Option<Unit>,
    /// How many may be ordered at least, and in which steps.
    pub quantity: Quantity,
}

/// A line to put into a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pick {
    /// The supplier's part number.
    pub part_id: String,
    /// The line's key, where it has one.
    pub auxiliary_id: Option<String>,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Option<Unit>,
}

/// A shopper's session in the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Visit {
    /// The shop's key of it.
    pub shop_session: String,
    /// Where 'transfer the cart' leads.
    pub return_page: Url,
    /// Where 'cancel' leads.
    pub cancel_page: Url,
}

/// A cart as the shop holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopCart {
    /// What is in it.
    pub cart: Cart,
    /// Whether the shopper may change it.
    pub may_change: bool,
}

/// The supplier. An error is a text for people.
#[async_trait]
pub trait SupplierSide: Send + Sync {
    /// A few things that this customer can buy.
    async fn goods(&self) -> Result<Vec<Goods>, String>;

    /// The session that was entered by this start page, with what only the browser that entered knows.
    async fn visit(&self, start_page: &Url, nonce: &str) -> Result<Visit, String>;

    /// The cart of a session.
    async fn cart(&self, visit: &Visit) -> Result<ShopCart, String>;

    /// Puts exactly these lines into the cart, as the shopper would.
    async fn fill(&self, visit: &Visit, picks: &[Pick]) -> Result<ShopCart, String>;

    /// How many orders there are with this number of the buyer.
    async fn orders(&self, number: &str) -> Result<usize, String>;
}
