//! Money, twice: [`StatedAmount`] as a document said it (exact decimal text), and [`Money`] in minor
//! units for limits, exposure and reservations. One rounding function connects the two.

use std::{cmp::Ordering, fmt};

use rust_decimal::{Decimal, RoundingStrategy};

/// An ISO 4217 code: three upper-case letters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Currency([u8; 3]);

/// Why a text is not a currency or an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    /// Not three letters.
    #[error("'{0}' is not a currency code: three letters of ISO 4217, such as USD, are expected")]
    Currency(String),
    /// Not a decimal number.
    #[error("'{0}' is not an amount: a decimal number with a point, such as 1234.50, is expected")]
    Amount(String),
    /// Larger than we can count.
    #[error("{0} is out of range")]
    Range(String),
    /// Two currencies met where one is needed.
    #[error("{0} and {1} are different currencies; a dated rate is needed")]
    Mixed(Currency, Currency),
}

/// ISO 4217 currencies whose minor unit is not a hundredth.
const EXPONENTS: &[(&[u8; 3], u32)] = &[
    (b"BHD", 3),
    (b"BIF", 0),
    (b"CLF", 4),
    (b"CLP", 0),
    (b"DJF", 0),
    (b"GNF", 0),
    (b"IQD", 3),
    (b"ISK", 0),
    (b"JOD", 3),
    (b"JPY", 0),
    (b"KMF", 0),
    (b"KRW", 0),
    (b"KWD", 3),
    (b"LYD", 3),
    (b"OMR", 3),
    (b"PYG", 0),
    (b"RWF", 0),
    (b"TND", 3),
    (b"UGX", 0),
    (b"UYI", 0),
    (b"UYW", 4),
    (b"VND", 0),
    (b"VUV", 0),
    (b"XAF", 0),
    (b"XOF", 0),
    (b"XPF", 0),
];

impl Currency {
    /// `XXX`, the code of ISO 4217 for 'no currency': it equals no account's.
    pub const NONE: Self = Self(*b"XXX");

    /// Reads a code; lower case is accepted, blanks around it are not part of it.
    pub fn parse(text: &str) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let bytes: [u8; 3] = trimmed
            .as_bytes()
            .try_into()
            .map_err(|_| MoneyError::Currency(text.to_owned()))?;
        if !bytes.iter().all(u8::is_ascii_alphabetic) {
            return Err(MoneyError::Currency(text.to_owned()));
        }
        Ok(Self(bytes.map(|b| b.to_ascii_uppercase())))
    }

    /// Digits after the point of the minor unit.
    pub fn exponent(self) -> u32 {
        EXPONENTS
            .iter()
            .find(|(code, _)| **code == self.0)
            .map_or(2, |(_, exponent)| *exponent)
    }

    /// The three letters.
    pub fn as_str(&self) -> &str {
        // The bytes are ASCII letters by construction.
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount exactly as a document stated it: the text stays, the value is parsed beside it.
#[derive(Clone, Debug)]
pub struct StatedAmount {
    text: String,
    value: Decimal,
    currency: Currency,
    is_readable: bool,
}

impl StatedAmount {
    /// Reads a decimal text such as `1234.5000`; signs are allowed, thousands separators are not.
    pub fn parse(text: &str, currency: Currency) -> Result<Self, MoneyError> {
        let trimmed = text.trim();
        let value = parse_decimal(trimmed).ok_or_else(|| MoneyError::Amount(text.to_owned()))?;
        Ok(Self {
            text: trimmed.to_owned(),
            value,
            currency,
            is_readable: true,
        })
    }

    /// An amount of our own making.
    pub fn from_decimal(value: Decimal, currency: Currency) -> Self {
        Self {
            text: value.to_string(),
            value,
            currency,
            is_readable: true,
        }
    }

    /// What should have been an amount and is none, or is missing: its value is zero, and nobody may act on it.
    pub fn unreadable(text: &str, currency: Currency) -> Self {
        Self {
            text: text.trim().to_owned(),
            value: Decimal::ZERO,
            currency,
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

    /// The currency.
    pub fn currency(&self) -> Currency {
        self.currency
    }

    /// In minor units, rounded by [`round_to_minor`].
    pub fn to_money(&self) -> Result<Money, MoneyError> {
        Money::from_decimal(self.value, self.currency)
    }
}

impl PartialEq for StatedAmount {
    /// Equal in value and currency; `10.00` equals `10`.
    fn eq(&self, other: &Self) -> bool {
        self.currency == other.currency
            && self.value == other.value
            && self.is_readable == other.is_readable
            && (self.is_readable || self.text == other.text)
    }
}

impl Eq for StatedAmount {}

impl fmt::Display for StatedAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.text.as_str() {
            "" => write!(f, "{} (not stated)", self.currency),
            text => write!(f, "{} {text}", self.currency),
        }
    }
}

/// An amount in minor units of one currency: what limits, exposure and reservations are counted in.
///
/// There is no `PartialOrd`: two amounts are compared by [`Money::compare`], which asks for one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    minor: i64,
    currency: Currency,
}

impl Money {
    /// From minor units.
    pub fn from_minor(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// Nothing, in a currency.
    pub fn zero(currency: Currency) -> Self {
        Self::from_minor(0, currency)
    }

    /// From an exact decimal, by [`round_to_minor`].
    pub fn from_decimal(value: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        round_to_minor(value, currency)
            .map(|minor| Self { minor, currency })
            .ok_or_else(|| MoneyError::Range(value.to_string()))
    }

    /// Minor units.
    pub fn minor(self) -> i64 {
        self.minor
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.currency
    }

    /// The exact decimal, with the currency's digits.
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }

    /// The sum; two currencies or an overflow are an error.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_add(other.minor)
            .ok_or_else(|| MoneyError::Range(self.to_string()))?;
        Ok(Self { minor, ..self })
    }

    /// The difference; two currencies or an overflow are an error.
    pub fn minus(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        let minor = self
            .minor
            .checked_sub(other.minor)
            .ok_or_else(|| MoneyError::Range(self.to_string()))?;
        Ok(Self { minor, ..self })
    }

    /// Compares amounts of one currency.
    pub fn compare(self, other: Self) -> Result<Ordering, MoneyError> {
        self.same_currency(other)?;
        Ok(self.minor.cmp(&other.minor))
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::Mixed(self.currency, other.currency))
        }
    }
}

impl fmt::Display for Money {
    /// `USD 12,345.60`: for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.to_decimal().abs().to_string();
        let (whole, fraction) = text
            .split_once('.')
            .map_or((text.as_str(), None), |(w, r)| (w, Some(r)));
        let mut grouped = String::with_capacity(whole.len() + whole.len() / 3);
        for (place, digit) in whole.chars().enumerate() {
            if place > 0 && (whole.len() - place).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{} {sign}{grouped}", self.currency)?;
        fraction.map_or(Ok(()), |fraction| write!(f, ".{fraction}"))
    }
}

/// The one rounding function from exact decimals to minor units: half away from zero, by the currency's
/// ISO exponent. `None` if the result does not fit.
pub fn round_to_minor(value: Decimal, currency: Currency) -> Option<i64> {
    let scale = Decimal::from(10_i64.pow(currency.exponent()));
    let rounded = value
        .checked_mul(scale)?
        .round_dp_with_strategy(0, RoundingStrategy::MidpointAwayFromZero);
    i64::try_from(rounded).ok()
}

/// A plain decimal number (no exponent, no thousands separator, no leading `+`-less tricks).
pub fn parse_decimal(text: &str) -> Option<Decimal> {
    let body = text.strip_prefix(['+', '-']).unwrap_or(text);
    let plain = !body.is_empty() && body.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !plain {
        return None;
    }
    Decimal::from_str_exact(text.strip_prefix('+').unwrap_or(text)).ok()
}
