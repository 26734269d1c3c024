//! Amounts in other currencies: only by a rate whose date counts.

use rust_decimal::Decimal;

use super::Case;
use crate::{
    Instant,
    credit::{CreditPolicy, CreditStanding, DatedRate, Reason},
    money::{Currency, Money},
};

impl Case<'_> {
    pub(super) fn in_account_currency(&self, money: Money) -> Result<Money, Reason> {
        self.account
            .in_its_currency(money, &self.request.policy, self.now)
    }
}

impl CreditStanding {
    /// An amount in the account's currency.
    pub fn in_its_currency(
        &self,
        money: Money,
        policy: &CreditPolicy,
        now: Instant,
    ) -> Result<Money, Reason> {
        let (from, to) = (money.currency(), self.currency);
        if from == to {
            return Ok(money);
        }
        let rate = self.rate(from, policy, now).ok_or(Reason::NoRate { from, to })?;
        money
            .to_decimal()
            .checked_mul(rate.rate)
            .ok_or_else(|| Reason::Unreckonable(format!("{money} at {} is out of range", rate.rate)))
            .and_then(|value| {
                Money::from_decimal(value, to).map_err(|error| Reason::Unreckonable(error.to_string()))
            })
    }

    /// The newest rate that has begun and is not too old.
    fn rate(&self, from: Currency, policy: &CreditPolicy, now: Instant) -> Option<&DatedRate> {
        let today = jiff::tz::TimeZone::UTC.to_datetime(now).date();
        let valid_days = i64::from(policy.rate_valid_days);
        self.rates
            .iter()
            .filter(|rate| rate.from == from && rate.to == self.currency)
            .filter(|rate| rate.rate > Decimal::ZERO && rate.date <= today)
            .filter(|rate| today.duration_since(rate.date).as_hours() / 24 <= valid_days)
            .max_by_key(|rate| rate.date)
    }
}
