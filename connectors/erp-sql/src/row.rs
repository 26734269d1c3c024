//! A row as the database told it, every value a text. Pure.

use jiff::{civil, tz::TimeZone};
use punchgate_connector::published::Mismatch;
use punchgate_domain::{
    Instant,
    money::{Currency, Money, StatedAmount, parse_decimal},
    quantity::Quantity,
};
use rust_decimal::{Decimal, RoundingStrategy};
use sha2::{Digest, Sha256};

use crate::{dialect::LONGEST_TEXT, feed::Stamp};

/// A row of a view or table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row(Vec<(&'static str, Option<Vec<u8>>)>);

impl Row {
    pub(crate) fn new(cells: Vec<(&'static str, Option<Vec<u8>>)>) -> Self {
        Self(cells)
    }

    /// The same row with another value in a column.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let cells = self.0.iter().map(|(column, cell)| match *column == name {
            true => (*column, Some(value.as_bytes().to_vec())),
            false => (*column, cell.clone()),
        });
        Self(cells.collect())
    }

    /// The text of a column; none if it is null or empty, or not mapped.
    pub(crate) fn text(&self, name: &'static str) -> Result<Option<&str>, Mismatch> {
        let cell = self.0.iter().find(|(column, _)| *column == name);
        let Some(bytes) = cell.and_then(|(_, value)| value.as_deref()) else {
            return Ok(None);
        };
        let text = std::str::from_utf8(bytes).map_err(|_| Mismatch::new(name, "is not UTF-8"))?;
        if text.chars().count() > LONGEST_TEXT {
            return Err(Mismatch::new(
                name,
                format!("is longer than {LONGEST_TEXT} characters"),
            ));
        }
        if text.contains('\0') {
            return Err(Mismatch::new(name, "holds a NUL"));
        }
        Ok(Some(text).filter(|text| !text.is_empty()))
    }

    pub(crate) fn owned(&self, name: &'static str) -> Result<Option<String>, Mismatch> {
        Ok(self.text(name)?.map(str::to_owned))
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&str, Mismatch> {
        self.text(name)?.ok_or_else(|| Mismatch::new(name, "is empty"))
    }

    pub(crate) fn required_owned(&self, name: &'static str) -> Result<String, Mismatch> {
        self.required(name).map(str::to_owned)
    }

    /// Yes or no, as the three databases and their people write it.
    pub(crate) fn flag(&self, name: &'static str, default: bool) -> Result<bool, Mismatch> {
        let Some(text) = self.text(name)? else {
            return Ok(default);
        };
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "t" | "y" | "yes" => Ok(true),
            "0" | "false" | "f" | "n" | "no" => Ok(false),
            _ => Err(Mismatch::new(name, format!("'{text}' is neither true nor false"))),
        }
    }

    pub(crate) fn decimal(&self, name: &'static str) -> Result<Option<Decimal>, Mismatch> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        parse_decimal(text.trim())
            .map(Some)
            .ok_or_else(|| Mismatch::new(name, format!("'{text}' is not a decimal such as 12.50")))
    }

    pub(crate) fn number(&self, name: &'static str) -> Result<Option<u32>, Mismatch> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let plain = parse_decimal(text.trim()).filter(|value| value.is_integer());
        plain
            .and_then(|value| u32::try_from(value).ok())
            .map(Some)
            .ok_or_else(|| Mismatch::new(name, format!("'{text}' is not a whole number")))
    }

    /// An amount in minor units. More digits than the currency has are not rounded away silently.
    pub(crate) fn money(&self, name: &'static str, currency: Currency) -> Result<Option<Money>, Mismatch> {
        let Some(value) = self.decimal(name)? else {
            return Ok(None);
        };
        let money = Money::from_decimal(value, currency).map_err(|error| Mismatch::new(name, error))?;
        if money.to_decimal() == value {
            Ok(Some(money))
        } else {
            let problem = format!("{value} has more digits than {currency} has");
            Err(Mismatch::new(name, problem))
        }
    }

    /// What is owed: part of a minor unit counts as a whole one, for a ledger may add up before it rounds.
    pub(crate) fn debt(&self, name: &'static str, currency: Currency) -> Result<Option<Money>, Mismatch> {
        let Some(value) = self.decimal(name)? else {
            return Ok(None);
        };
        let up = RoundingStrategy::ToPositiveInfinity;
        Money::from_decimal(value.round_dp_with_strategy(currency.exponent(), up), currency)
            .map(Some)
            .map_err(|error| Mismatch::new(name, error))
    }

    pub(crate) fn amount(
        &self,
        name: &'static str,
        currency: Currency,
    ) -> Result<Option<StatedAmount>, Mismatch> {
        Ok(self
            .decimal(name)?
            .map(|value| StatedAmount::from_decimal(value.normalize(), currency)))
    }

    pub(crate) fn required_amount(
        &self,
        name: &'static str,
        currency: Currency,
    ) -> Result<StatedAmount, Mismatch> {
        self.amount(name, currency)?
            .ok_or_else(|| Mismatch::new(name, "is empty"))
    }

    pub(crate) fn quantity(&self, name: &'static str) -> Result<Option<Quantity>, Mismatch> {
        Ok(self
            .decimal(name)?
            .map(|value| Quantity::from_decimal(value.normalize())))
    }

    /// The currency of the row; that of settings where there is no such column, or nothing in it.
    pub(crate) fn currency(&self, default: Option<Currency>) -> Result<Currency, Mismatch> {
        match self.text("currency")? {
            Some(text) => Currency::parse(text).map_err(|error| Mismatch::new("currency", error)),
            None => {
                default.ok_or_else(|| Mismatch::new("currency", "is empty, and settings.currency is not set"))
            }
        }
    }

    pub(crate) fn date(&self, name: &'static str) -> Result<Option<civil::Date>, Mismatch> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        // A date column of some systems has a time, which is midnight.
        let day = text.get(.."2026-03-01".len()).unwrap_or(text);
        day.parse()
            .ok()
            .filter(|_| matches!(text.as_bytes().get(day.len()), None | Some(b' ' | b'T')))
            .map(Some)
            .ok_or_else(|| Mismatch::new(name, format!("'{text}' is not a date such as 2026-03-01")))
    }

    /// An instant; what has no offset is read in `zone`.
    pub(crate) fn instant(&self, name: &'static str, zone: &TimeZone) -> Result<Option<Instant>, Mismatch> {
        let Some(text) = self.text(name)? else {
            return Ok(None);
        };
        let wrong = || {
            let problem = format!("'{text}' is not an instant such as 2026-03-01 09:30:00");
            Mismatch::new(name, problem)
        };
        if text.len() == "2026-03-01".len() {
            let day: civil::Date = text.parse().map_err(|_| wrong())?;
            let midnight = day.to_zoned(zone.clone()).map_err(|_| wrong())?;
            return Ok(Some(midnight.timestamp()));
        }
        let stamp = Stamp::read_timestamp(text).ok_or_else(wrong)?;
        stamp.instant(zone).map(Some).ok_or_else(wrong)
    }

    pub(crate) fn required_instant(&self, name: &'static str, zone: &TimeZone) -> Result<Instant, Mismatch> {
        self.instant(name, zone)?
            .ok_or_else(|| Mismatch::new(name, "is empty"))
    }

    /// What can be told of a key for people, also of a row that cannot be read.
    pub(crate) fn key(&self, name: &'static str) -> String {
        self.text(name)
            .ok()
            .flatten()
            .map_or_else(String::new, |key| key.chars().take(200).collect())
    }

    /// Adds all that stands here to a hash; `without` is what moves by itself.
    pub(crate) fn digest(&self, into: &mut Sha256, without: &[&str]) {
        for (name, value) in self.0.iter().filter(|(name, _)| !without.contains(name)) {
            into.update(name.as_bytes());
            match value {
                None => into.update([0]),
                Some(value) => {
                    into.update([1]);
                    into.update(u64::try_from(value.len()).unwrap_or(u64::MAX).to_be_bytes());
                    into.update(value);
                }
            }
        }
    }
}

/// The first sixteen bytes of a hash, in hex.
pub(crate) fn hex(hash: Sha256) -> String {
    let mut text = String::with_capacity(32);
    for byte in &hash.finalize()[..16] {
        for half in [byte >> 4, byte & 15] {
            text.push(char::from_digit(half.into(), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests;
