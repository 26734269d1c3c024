//! What accounts owe. It moves without the account's version moving, so it is asked for on its own.

use async_trait::async_trait;
use punchgate_domain::{
    Instant,
    customer::Exposure,
    money::{Money, MoneyError},
};

use crate::{ConnectorResult, Context, page::Found};

/// What one account owes, in the account's currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountExposure {
    /// The ERP's key of the account.
    pub external_id: String,
    /// Invoiced and unpaid, less credits; may be negative.
    pub open_items: Money,
    /// Accepted and not yet invoiced; there exactly if the ERP counts it.
    pub open_orders: Option<Money>,
    /// Part of the open items past its due date.
    pub overdue: Option<Money>,
    /// Due date of the oldest open item.
    pub oldest_due: Option<jiff::civil::Date>,
    /// Start of the read by the ERP's clock.
    pub as_of: Instant,
}

impl AccountExposure {
    /// As a credit decision counts it.
    pub fn total(&self) -> Result<Exposure, MoneyError> {
        let amount = match self.open_orders {
            Some(orders) => self.open_items.plus(orders)?,
            None => self.open_items,
        };
        Ok(Exposure {
            amount,
            as_of: self.as_of,
            includes_open_orders: self.open_orders.is_some(),
        })
    }
}

/// The ERP's ledger, as far as it tells what is owed.
#[async_trait]
pub trait Exposures: Send + Sync {
    /// What these accounts owe.
    async fn exposure(
        &self,
        ctx: &Context,
        external_ids: &[String],
    ) -> ConnectorResult<Found<AccountExposure>>;
}
