//! Values as the published protocols write them, and their conversion to and from the domain.

use jiff::civil::Date;
use punchgate_domain::{
    Instant,
    cart::{Charge, Classification},
    money::{Currency, Money, StatedAmount, parse_decimal},
    purchase_order::{Address, Contact},
    quantity::{Quantity, Unit},
};
use rust_decimal::RoundingStrategy;
use serde::{Deserialize, Deserializer, Serialize};

use super::Mismatch;

/// A decimal number: written as text, read from text or from the digits of a JSON number, never from a float.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WireDecimal(String);

/// The longest text that can be a decimal of the protocols (sign, 18 digits, point, 9 digits).
const DECIMAL_LENGTH: usize = 29;

impl WireDecimal {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    fn checked(&self, field: &'static str) -> Result<&str, Mismatch> {
        let plain = self.0.len() <= DECIMAL_LENGTH && parse_decimal(&self.0).is_some();
        if plain {
            Ok(&self.0)
        } else {
            Err(Mismatch::new(
                field,
                format!("'{}' is not a decimal such as \"12.50\"", self.0),
            ))
        }
    }

    /// As a quantity.
    pub fn quantity(&self, field: &'static str) -> Result<Quantity, Mismatch> {
        Quantity::parse(self.checked(field)?).map_err(|error| Mismatch::new(field, error))
    }
}

impl From<&Quantity> for WireDecimal {
    fn from(quantity: &Quantity) -> Self {
        Self(plain(quantity.value()))
    }
}

/// A document may say `+5` or `.5`; the protocol says `5` and `0.5`.
fn plain(value: rust_decimal::Decimal) -> String {
    value.to_string()
}

impl<'de> Deserialize<'de> for WireDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(text)),
            // `arbitrary_precision` keeps the digits as they stood.
            serde_json::Value::Number(number) => Ok(Self(number.to_string())),
            other => Err(serde::de::Error::custom(format!(
                "{other} is not a decimal such as \"12.50\""
            ))),
        }
    }
}

/// An amount with its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireAmount {
    amount: WireDecimal,
    currency: String,
}

impl WireAmount {
    /// From a decimal text and a currency.
    pub fn new(amount: WireDecimal, currency: impl Into<String>) -> Self {
        Self {
            amount,
            currency: currency.into(),
        }
    }

    /// The exact amount, as stated.
    pub fn stated(&self) -> Result<StatedAmount, Mismatch> {
        let currency = currency(&self.currency, "currency")?;
        StatedAmount::parse(self.amount.checked("amount")?, currency)
            .map_err(|error| Mismatch::new("amount", error))
    }

    /// What is owed, in minor units: a ledger that adds up before it rounds states more digits than the currency has,
    /// and the part of a minor unit counts as a whole one.
    pub fn debt(&self) -> Result<Money, Mismatch> {
        let stated = self.stated()?;
        let currency = stated.currency();
        let up = RoundingStrategy::ToPositiveInfinity;
        Money::from_decimal(
            stated.value().round_dp_with_strategy(currency.exponent(), up),
            currency,
        )
        .map_err(|error| Mismatch::new("amount", error))
    }

    /// In minor units. More digits than the currency has are not rounded away silently: a limit
    /// has none.
    pub fn money(&self) -> Result<Money, Mismatch> {
        let stated = self.stated()?;
        let money = stated
            .to_money()
            .map_err(|error| Mismatch::new("amount", error))?;
        if money.to_decimal() == stated.value() {
            Ok(money)
        } else {
            Err(Mismatch::new(
                "amount",
                format!("{stated} has more digits than {} has", stated.currency()),
            ))
        }
    }
}

impl From<&StatedAmount> for WireAmount {
    fn from(amount: &StatedAmount) -> Self {
        Self::new(WireDecimal(plain(amount.value())), amount.currency().as_str())
    }
}

impl From<Money> for WireAmount {
    fn from(money: Money) -> Self {
        Self::new(WireDecimal(plain(money.to_decimal())), money.currency().as_str())
    }
}

/// Freight or tax.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireCharge {
    #[serde(flatten)]
    amount: WireAmount,
    #[serde(default)]
    description: Option<String>,
}

impl WireCharge {
    /// As the domain has it.
    pub fn charge(self) -> Result<Charge, Mismatch> {
        Ok(Charge {
            amount: self.amount.stated()?,
            description: self.description.unwrap_or_default(),
        })
    }
}

impl From<&Charge> for WireCharge {
    fn from(charge: &Charge) -> Self {
        Self {
            amount: WireAmount::from(&charge.amount),
            description: Some(charge.description.clone()),
        }
    }
}

/// A commodity code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireClassification {
    domain: String,
    code: String,
}

impl From<WireClassification> for Classification {
    fn from(wire: WireClassification) -> Self {
        Self {
            domain: wire.domain,
            code: wire.code,
        }
    }
}

/// A postal address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireAddress {
    #[serde(default)]
    id: Option<String>,
    name: String,
    #[serde(default)]
    deliver_to: Vec<String>,
    #[serde(default)]
    street: Vec<String>,
    #[serde(default)]
    city: Option<String>,
    #[serde(default)]
    state: Option<String>,
    #[serde(default)]
    postal_code: Option<String>,
    #[serde(default)]
    country: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    phone: Option<String>,
}

impl From<&Address> for WireAddress {
    fn from(address: &Address) -> Self {
        Self {
            id: address.address_id.clone(),
            name: address.name.clone(),
            deliver_to: address.deliver_to.clone(),
            street: address.street.clone(),
            city: Some(address.city.clone()).filter(|city| !city.is_empty()),
            state: address.state.clone(),
            postal_code: address.postal_code.clone(),
            country: address.country_code.clone(),
            email: address.email.clone(),
            phone: address.phone.clone(),
        }
    }
}

impl From<WireAddress> for Address {
    fn from(wire: WireAddress) -> Self {
        Self {
            address_id: wire.id,
            name: wire.name,
            deliver_to: wire.deliver_to,
            street: wire.street,
            city: wire.city.unwrap_or_default(),
            state: wire.state,
            postal_code: wire.postal_code,
            country_code: wire.country,
            email: wire.email,
            phone: wire.phone,
        }
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WireContact {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
    email: Option<String>,
    role: Option<String>,
}

impl WireContact {
    /// With the key by which the ERP knows the person.
    pub fn of(contact: &Contact, id: Option<String>) -> Self {
        Self {
            id,
            ..Self::from(contact)
        }
    }
}

impl From<&Contact> for WireContact {
    fn from(contact: &Contact) -> Self {
        Self {
            id: None,
            name: contact.name.clone(),
            email: contact.email.clone(),
            role: contact.role.clone(),
        }
    }
}

/// Reads a currency.
pub fn currency(text: &str, field: &'static str) -> Result<Currency, Mismatch> {
    Currency::parse(text).map_err(|error| Mismatch::new(field, error))
}

/// Reads an instant: RFC 3339 with an offset.
pub fn instant(text: &str, field: &'static str) -> Result<Instant, Mismatch> {
    text.parse().map_err(|_| {
        Mismatch::new(
            field,
            format!("'{text}' is not an instant such as 2026-03-01T09:30:00Z"),
        )
    })
}

/// Writes an instant.
pub fn instant_text(instant: Instant) -> String {
    format!("{instant:.6}")
}

/// Reads a date.
pub fn date(text: &str, field: &'static str) -> Result<Date, Mismatch> {
    // jiff would take the date of a longer text; a text with a time is not what was agreed.
    let plain = text.len() == "2026-03-01".len();
    plain
        .then(|| text.parse().ok())
        .flatten()
        .ok_or_else(|| Mismatch::new(field, format!("'{text}' is not a date such as 2026-03-01")))
}

/// Reads an optional value.
pub fn optional<W, T>(
    wire: Option<W>,
    field: &'static str,
    read: impl FnOnce(W) -> Result<T, Mismatch>,
) -> Result<Option<T>, Mismatch> {
    wire.map(read)
        .transpose()
        .map_err(|mismatch| mismatch.inside(field))
}

/// Reads a list; a mismatch names the element.
pub fn list<W, T>(
    wire: Vec<W>,
    field: &'static str,
    read: impl Fn(W) -> Result<T, Mismatch>,
) -> Result<Vec<T>, Mismatch> {
    wire.into_iter()
        .enumerate()
        .map(|(at, element)| read(element).map_err(|mismatch| mismatch.inside(format_args!("{field}[{at}]"))))
        .collect()
}

/// A unit.
pub fn unit(text: impl AsRef<str>) -> Unit {
    Unit::new(text)
}
