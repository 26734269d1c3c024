//! What a customer pays.

use async_trait::async_trait;
use punchgate_domain::{
    money::StatedAmount,
    quantity::{Quantity, Unit},
};

use crate::{ConnectorResult, Context};

/// A question for a price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceQuery {
    /// The ERP's key of the customer.
    pub customer: String,
    /// The supplier's part number.
    pub part_id: String,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// On which day.
    pub date: jiff::civil::Date,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriceAnswer {
    /// Net, for one unit or for `price_basis` units.
    Price {
        /// The price.
        unit_price: StatedAmount,
        /// Where it stands for more than one unit.
        price_basis: Option<Quantity>,
    },
    /// There is no such part, or it has no price for this customer.
    None {
        /// For people.
        message: String,
    },
}

/// The ERP's prices.
#[async_trait]
pub trait Prices: Send + Sync {
    /// One answer a query, in their order.
    async fn prices(&self, ctx: &Context, queries: &[PriceQuery]) -> ConnectorResult<Vec<PriceAnswer>>;
}
