//! Amounts in other currencies: only by a rate whose date counts.

use rust_decimal::Decimal;

use super::Case;
use crate::{
    credit::{DatedRate, Reason},
    money::{Currency, Money},
};

impl Case<'_> {
    pub(super) fn in_account_currency(&self, money: Money) -> Result<Money, Reason> {
        let (from, to) = (money.currency(), self.account.currency);
        if from == to {
            return Ok(money);
        }
        let rate = self.rate(from).ok_or(Reason::NoRate { from, to })?;
        money
            .to_decimal()
            .checked_mul(rate.rate)
            .ok_or_else(|| Reason::Unreckonable(format!("{money} at {} is out of range", rate.rate)))
            .and_then(|value| {
                Money::from_decimal(value, to).map_err(|error| Reason::Unreckonable(error.to_string()))
            })
    }

    /// The newest rate that has begun and is not too old.
    fn rate(&self, from: Currency) -> Option<&DatedRate> {
        let today = jiff::tz::TimeZone::UTC.to_datetime(self.now).date();
        let valid_days = i64::from(self.request.policy.rate_valid_days);
        self.account
            .rates
            .iter()
            .filter(|rate| rate.from == from && rate.to == self.account.currency)
            .filter(|rate| rate.rate > Decimal::ZERO && rate.date <= today)
            .filter(|rate| today.duration_since(rate.date).as_hours() / 24 <= valid_days)
            .max_by_key(|rate| rate.date)
    }
}
