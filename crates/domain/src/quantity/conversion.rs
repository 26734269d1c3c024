//! What one unit is in another: twelve `EA`, or the same by another name. Exact, or not at all.

use std::fmt;

use rust_decimal::Decimal;

use super::{Quantity, Unit, exact_product, exact_quotient};
use crate::money::{StatedAmount, parse_decimal};

/// Most digits after the point of a price that was divided; with more, its basis says for how many it stands.
const PRICE_DIGITS: u32 = 4;
/// Most digits after the point of a quantity that was divided.
const QUANTITY_DIGITS: u32 = 6;

/// So many of another unit are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conversion {
    unit: Unit,
    factor: Decimal,
}

/// Why a text is no conversion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is no unit: a code such as EA, or how many of which, such as 12 EA, is expected")]
pub struct ConversionError(pub String);

/// As much as before, at the same amount, in another unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Converted {
    /// How many.
    pub quantity: Quantity,
    /// At which price.
    pub unit_price: StatedAmount,
    /// For how many, where that is not for one.
    pub price_basis: Option<Quantity>,
}

impl Conversion {
    /// Reads `EA`, or `12 EA`.
    pub fn parse(text: &str) -> Result<Self, ConversionError> {
        let wrong = || ConversionError(text.to_owned());
        let text = text.trim();
        // Some ERPs call a unit by several words.
        let stated = text.split_once(char::is_whitespace);
        let stated = stated.and_then(|(number, unit)| Some((parse_decimal(number)?, unit.trim())));
        let (factor, unit) = stated.unwrap_or((Decimal::ONE, text));
        if unit.is_empty() || factor <= Decimal::ZERO {
            return Err(wrong());
        }
        Ok(Self {
            unit: Unit::new(unit),
            factor: factor.normalize(),
        })
    }

    /// One is one.
    pub fn same(unit: Unit) -> Self {
        let factor = Decimal::ONE;
        Self { unit, factor }
    }

    /// The other unit.
    pub fn unit(&self) -> &Unit {
        &self.unit
    }

    /// How many of them are one.
    pub fn factor(&self) -> Decimal {
        self.factor
    }

    /// Whether it is the same by another name.
    pub fn renames(&self) -> bool {
        self.factor == Decimal::ONE
    }

    /// As much in the other unit. A price that divides becomes that of one, else its basis says for how many it stands.
    /// `None` where no exact number says it.
    pub fn convert(
        &self,
        quantity: &Quantity,
        unit_price: &StatedAmount,
        price_basis: Option<&Quantity>,
    ) -> Option<Converted> {
        let is_readable = quantity.is_readable() && price_basis.is_none_or(Quantity::is_readable);
        if self.renames() || !is_readable {
            return Some(Converted {
                quantity: quantity.clone(),
                unit_price: unit_price.clone(),
                price_basis: price_basis.cloned(),
            });
        }
        let divided = exact_quotient(unit_price.value(), self.factor, PRICE_DIGITS)
            .filter(|_| price_basis.is_none() && unit_price.is_readable())
            .map(|price| StatedAmount::from_decimal(price, unit_price.currency()));
        let basis = price_basis.map_or(Decimal::ONE, Quantity::value);
        let basis = Quantity::from_decimal(exact_product(basis, self.factor)?);
        Some(Converted {
            quantity: Quantity::from_decimal(exact_product(quantity.value(), self.factor)?),
            price_basis: divided.is_none().then_some(basis),
            unit_price: divided.unwrap_or_else(|| unit_price.clone()),
        })
    }

    /// How many of what was converted so many of the other unit are; `None` where no exact number says it.
    pub fn convert_back(&self, quantity: &Quantity) -> Option<Quantity> {
        if self.renames() || !quantity.is_readable() {
            return Some(quantity.clone());
        }
        exact_quotient(quantity.value(), self.factor, QUANTITY_DIGITS).map(Quantity::from_decimal)
    }
}

impl fmt::Display for Conversion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.renames() {
            write!(f, "{}", self.unit)
        } else {
            write!(f, "{} {}", self.factor, self.unit)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn a_unit_and_how_many_of_it() {
        let table = [
            ("EA", Some("EA")),
            (" EA ", Some("EA")),
            ("12 EA", Some("12 EA")),
            ("12.50  KGM", Some("12.5 KGM")),
            ("1 EA", Some("EA")),
            ("12", Some("12")),
            ("0 EA", None),
            ("-3 EA", None),
            ("Work Day", Some("Work Day")),
            ("8 Work Day", Some("8 Work Day")),
            ("", None),
        ];
        for (text, expected) in table {
            let read = Conversion::parse(text).ok().map(|read| read.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn as_much_at_the_same_amount() {
        // Of what one is, quantity, price, its basis; the same of the other unit.
        let table = [
            ("12 EA", "2", "120.00", None, Some(("24", "10", None))),
            ("12 EA", "2", "100.00", None, Some(("24", "100.00", Some("12")))),
            (
                "12 EA",
                "2",
                "120.00",
                Some("10"),
                Some(("24", "120.00", Some("120"))),
            ),
            ("0.5 DZN", "3", "4.00", None, Some(("1.5", "8", None))),
            ("EA", "3", "4.00", Some("2"), Some(("3", "4.00", Some("2")))),
            ("0.3333333333333333 EA", "3.33333333333333333", "1", None, None),
        ];
        let usd = Currency::parse("USD").unwrap();
        for (is, quantity, price, basis, expected) in table {
            let conversion = Conversion::parse(is).unwrap();
            let basis = basis.map(|basis| Quantity::parse(basis).unwrap());
            let quantity = Quantity::parse(quantity).unwrap();
            let price = StatedAmount::parse(price, usd).unwrap();
            let told = conversion.convert(&quantity, &price, basis.as_ref());
            let told = told.as_ref().map(|told| {
                let basis = told.price_basis.as_ref().map(Quantity::text);
                (told.quantity.text(), told.unit_price.text(), basis)
            });
            assert_eq!(told, expected, "{is} {quantity}");
        }
    }

    #[test]
    fn what_was_converted_comes_back() {
        let table = [
            ("12 EA", "24", Some("2")),
            ("12 EA", "6", Some("0.5")),
            ("12 EA", "7", None),
        ];
        for (is, quantity, expected) in table {
            let quantity = Quantity::parse(quantity).unwrap();
            let back = Conversion::parse(is).unwrap().convert_back(&quantity);
            assert_eq!(back.as_ref().map(Quantity::text), expected, "{quantity}");
        }
    }
}
