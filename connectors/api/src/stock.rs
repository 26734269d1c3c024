//! What can be delivered.

use async_trait::async_trait;
use jiff::civil::Date;
use punchgate_domain::quantity::{Quantity, Unit};

use crate::{ConnectorResult, Context};

/// A question for what is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StockQuery {
    /// The supplier's part number.
    pub part_id: String,
    /// In which unit the answer is wanted.
    pub unit: Unit,
    /// The ERP's key of the customer, where that decides from where it is delivered.
    pub customer: Option<String>,
    /// The ERP's key of one warehouse; without it, all that the customer can be served from.
    pub warehouse: Option<String>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StockAnswer {
    /// So much can be promised now: what others are promised is not in it. Never negative.
    Available {
        /// How many.
        quantity: Quantity,
        /// In which unit: that of the question, or the ERP's own.
        unit: Unit,
        /// When more will be there, if that is known.
        expected: Option<Date>,
    },
    /// The ERP cannot tell: there is no such part, none that is kept in stock, no such warehouse. Not the same as none
    /// being there.
    Unknown {
        /// For people.
        message: String,
    },
}

/// The ERP's stock.
#[async_trait]
pub trait Stock: Send + Sync {
    /// One answer a query, in their order.
    async fn stock(&self, ctx: &Context, queries: &[StockQuery]) -> ConnectorResult<Vec<StockAnswer>>;
}
