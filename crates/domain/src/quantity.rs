//! Quantities and units: never rounded, the text stays as the document stated it.

mod conversion;

pub use conversion::{Conversion, ConversionError, Converted};

use std::fmt;

use rust_decimal::Decimal;

use crate::money::parse_decimal;

/// A quantity exactly as stated.
#[derive(Clone, Debug)]
pub struct Quantity {
    text: String,
    value: Decimal,
    is_readable: bool,
}

/// Why a text is not a quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a quantity: a decimal number with a point, such as 12.5, is expected")]
pub struct QuantityError(pub String);

impl Quantity {
    /// Reads a decimal text.
    pub fn parse(text: &str) -> Result<Self, QuantityError> {
        let trimmed = text.trim();
        let value = parse_decimal(trimmed).ok_or_else(|| QuantityError(text.to_owned()))?;
        Ok(Self {
            text: trimmed.to_owned(),
            value,
            is_readable: true,
        })
    }

    /// A quantity of our own making.
    pub fn from_decimal(value: Decimal) -> Self {
        Self {
            text: value.to_string(),
            value,
            is_readable: true,
        }
    }

    /// What should have been a quantity and is none, or is missing: its value is zero, and nobody may act on it.
    pub fn unreadable(text: &str) -> Self {
        Self {
            text: text.trim().to_owned(),
            value: Decimal::ZERO,
            is_readable: false,
        }
    }

    /// Whether the value is what the document says.
    pub fn is_readable(&self) -> bool {
        self.is_readable
    }

    /// The text as stated.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The exact value.
    pub fn value(&self) -> Decimal {
        self.value
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
            && self.is_readable == other.is_readable
            && (self.is_readable || self.text == other.text)
    }
}

impl Eq for Quantity {}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The product, if no digit of it was lost.
pub fn exact_product(left: Decimal, right: Decimal) -> Option<Decimal> {
    let (left, right) = (left.normalize(), right.normalize());
    let product = left.checked_mul(right)?;
    if left.is_zero() || right.is_zero() {
        return Some(Decimal::ZERO);
    }
    (product.scale() == left.scale() + right.scale()).then(|| product.normalize())
}

/// The quotient, if it is exact and has no more than `decimals` digits after the point.
pub fn exact_quotient(value: Decimal, divisor: Decimal, decimals: u32) -> Option<Decimal> {
    let quotient = value.checked_div(divisor)?.normalize();
    let is_exact = exact_product(quotient, divisor)? == value;
    (is_exact && quotient.scale() <= decimals).then_some(quotient)
}

/// A unit of measure code, as the document wrote it (UN/CEFACT Rec 20 by the spec, anything in practice).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Unit(String);

impl Unit {
    /// Takes the code, blanks around it trimmed.
    pub fn new(code: impl AsRef<str>) -> Self {
        Self(code.as_ref().trim().to_owned())
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
