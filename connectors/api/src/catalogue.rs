//! The shop's assortment.

use async_trait::async_trait;
use punchgate_domain::{
    cart::Classification,
    money::{Currency, StatedAmount},
    quantity::{Quantity, Unit},
};

use crate::{ConnectorResult, Context, page::Cursor};

/// An item with its price for a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// The supplier's part number.
    pub part_id: String,
    /// Name.
    pub name: String,
    /// Description.
    pub description: Option<String>,
    /// Language of the texts.
    pub language: String,
    /// The unit of the price.
    pub unit: Unit,
    /// Units that can be ordered.
    pub units: Vec<Unit>,
    /// Net, for one unit (or `price_basis` units).
    pub unit_price: StatedAmount,
    /// Where the price stands for more than one unit.
    pub price_basis: Option<Quantity>,
    /// What everybody pays.
    pub list_price: Option<StatedAmount>,
    /// Whether it can be ordered.
    pub active: bool,
    /// How many are there, if that is known.
    pub in_stock: Option<Quantity>,
    /// Days until delivery.
    pub lead_time_days: Option<u32>,
    /// Commodity codes.
    pub classifications: Vec<Classification>,
    /// Manufacturer's part number.
    pub manufacturer_part_id: Option<String>,
    /// Manufacturer's name.
    pub manufacturer_name: Option<String>,
    /// Picture.
    pub image_url: Option<String>,
    /// Least quantity.
    pub minimum_quantity: Option<Quantity>,
    /// Quantities are multiples of it.
    pub quantity_step: Option<Quantity>,
}

/// A question for one item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ItemQuery {
    /// The supplier's part number.
    pub part_id: String,
    /// The shop's key of the customer.
    pub customer: Option<String>,
    /// For a price by quantity.
    pub quantity: Option<Quantity>,
    /// The wished currency.
    pub currency: Option<Currency>,
}

/// A search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchQuery {
    /// The text; empty finds everything.
    pub text: String,
    /// The shop's key of the customer.
    pub customer: Option<String>,
    /// Where the last page ended.
    pub cursor: Option<Cursor>,
    /// How many.
    pub limit: u32,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundItems {
    /// The items.
    pub items: Vec<Item>,
    /// Where to go on; none at the end.
    pub next_cursor: Option<Cursor>,
}

/// The shop's assortment.
#[async_trait]
pub trait Catalogue: Send + Sync {
    /// One item; `None` if there is no such part.
    async fn item(&self, ctx: &Context, query: &ItemQuery) -> ConnectorResult<Option<Item>>;

    /// Items that match a text.
    async fn search(&self, ctx: &Context, query: &SearchQuery) -> ConnectorResult<FoundItems>;
}
