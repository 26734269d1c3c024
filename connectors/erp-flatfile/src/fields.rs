//! The fields of one row, read into values that cannot be wrong.

use jiff::{Timestamp, civil::Date};
use punchgate_domain::{
    money::{Currency, Money, StatedAmount},
    quantity::{Quantity, Unit},
};
use rust_decimal::Decimal;

use crate::cell::{self, Misread, Style, shown};

/// Between the fields of a row that is kept; a cell that holds it is refused.
pub(crate) const BETWEEN: char = '\u{1f}';

/// The fields of a row; empty is absent.
#[derive(Clone, Debug)]
pub(crate) struct Fields<'a> {
    pub(crate) names: &'static [&'static str],
    pub(crate) values: Vec<&'a str>,
    pub(crate) style: &'a Style,
}

/// A field that does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    pub(crate) field: &'static str,
    pub(crate) value: String,
    pub(crate) misread: Misread,
}

type Fit<T> = Result<T, Misfit>;

impl<'a> Fields<'a> {
    pub(crate) fn of_kept(names: &'static [&'static str], kept: &'a str, style: &'a Style) -> Self {
        Self {
            names,
            values: kept.split(BETWEEN).collect(),
            style,
        }
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        let place = self.names.iter().position(|known| *known == name)?;
        self.values.get(place).copied().filter(|text| !text.is_empty())
    }

    /// Has a field read as if this stood in it.
    pub(crate) fn set(&mut self, name: &str, value: &'a str) {
        let place = self.names.iter().position(|known| *known == name);
        if let Some(cell) = place.and_then(|place| self.values.get_mut(place)) {
            *cell = value;
        }
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.text(name).map(str::to_owned)
    }

    pub(crate) fn misfit(&self, field: &'static str, misread: Misread) -> Misfit {
        Misfit {
            field,
            value: shown(self.text(field).unwrap_or_default()),
            misread,
        }
    }

    pub(crate) fn required(&self, name: &'static str) -> Fit<&'a str> {
        self.text(name).ok_or_else(|| {
            let remedy = "fill it, or set it by `columns`, `constants` or `defaults` of the feed";
            self.misfit(name, Misread::new(format!("there is no {name}"), remedy))
        })
    }

    fn read<T>(&self, name: &'static str, read: impl FnOnce(&str) -> Result<T, Misread>) -> Fit<Option<T>> {
        let read = self.text(name).map(read).transpose();
        read.map_err(|misread| self.misfit(name, misread))
    }

    pub(crate) fn decimal(&self, name: &'static str) -> Fit<Option<Decimal>> {
        self.read(name, |text| self.style.decimal(text))
    }

    /// An amount in the currency's own digits: what has more is not rounded behind anybody's back.
    pub(crate) fn money(&self, name: &'static str, currency: Currency) -> Fit<Option<Money>> {
        let Some(amount) = self.decimal(name)? else {
            return Ok(None);
        };
        if amount.normalize().scale() > currency.exponent() {
            let problem = format!("it has more decimals than {currency}");
            let remedy = format!("round it to {} decimals in the ERP", currency.exponent());
            return Err(self.misfit(name, Misread::new(problem, remedy)));
        }
        let money = Money::from_decimal(amount, currency);
        money
            .map(Some)
            .map_err(|error| self.misfit(name, Misread::new(error.to_string(), "correct the amount")))
    }

    /// An amount as stated.
    pub(crate) fn amount(&self, name: &'static str, currency: Currency) -> Fit<Option<StatedAmount>> {
        let amount = self.decimal(name)?;
        Ok(amount.map(|amount| StatedAmount::from_decimal(amount, currency)))
    }

    pub(crate) fn required_amount(&self, name: &'static str, currency: Currency) -> Fit<StatedAmount> {
        self.required(name)?;
        Ok(self
            .amount(name, currency)?
            .unwrap_or_else(|| StatedAmount::from_decimal(Decimal::ZERO, currency)))
    }

    pub(crate) fn quantity(&self, name: &'static str) -> Fit<Option<Quantity>> {
        Ok(self.decimal(name)?.map(Quantity::from_decimal))
    }

    pub(crate) fn required_quantity(&self, name: &'static str) -> Fit<Quantity> {
        self.required(name)?;
        Ok(self
            .quantity(name)?
            .unwrap_or_else(|| Quantity::from_decimal(Decimal::ZERO)))
    }

    pub(crate) fn unit(&self, name: &'static str) -> Fit<Unit> {
        self.required(name).map(Unit::new)
    }

    pub(crate) fn currency(&self) -> Fit<Currency> {
        let text = self.required("currency")?;
        Currency::parse(text).map_err(|error| {
            self.misfit(
                "currency",
                Misread::new(error.to_string(), "write the code of ISO 4217"),
            )
        })
    }

    pub(crate) fn date(&self, name: &'static str) -> Fit<Option<Date>> {
        self.read(name, |text| self.style.date(text))
    }

    pub(crate) fn required_date(&self, name: &'static str) -> Fit<Date> {
        let text = self.required(name)?;
        self.style
            .date(text)
            .map_err(|misread| self.misfit(name, misread))
    }

    pub(crate) fn instant(&self, name: &'static str) -> Fit<Option<Timestamp>> {
        self.read(name, |text| self.style.instant(text))
    }

    pub(crate) fn flag(&self, name: &'static str) -> Fit<Option<bool>> {
        self.read(name, cell::flag)
    }

    pub(crate) fn count(&self, name: &'static str) -> Fit<Option<u32>> {
        self.read(name, cell::count)
    }

    pub(crate) fn required_count(&self, name: &'static str) -> Fit<u32> {
        let text = self.required(name)?;
        cell::count(text).map_err(|misread| self.misfit(name, misread))
    }
}
