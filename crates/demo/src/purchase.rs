//! A sales order's request and money as `docs/protocols` describe them, as shop and ERP both read them.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An amount of money with its currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Amount {
    #[serde(deserialize_with = "decimal")]
    pub(crate) amount: Decimal,
    pub(crate) currency: String,
}

impl Amount {
    pub(crate) fn new(amount: Decimal, currency: &str) -> Self {
        Self {
            amount,
            currency: currency.to_owned(),
        }
    }

    /// As the protocols write it.
    pub(crate) fn document(&self) -> Value {
        json!({ "amount": self.amount.to_string(), "currency": self.currency })
    }
}

/// A line of a sales order as submitted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrderLine {
    pub(crate) line_number: u32,
    pub(crate) part_id: String,
    #[serde(deserialize_with = "decimal")]
    pub(crate) quantity: Decimal,
    pub(crate) unit: String,
    pub(crate) unit_price: Amount,
    pub(crate) amount: Amount,
    #[serde(default)]
    pub(crate) auxiliary_id: Option<String>,
    #[serde(default)]
    pub(crate) description: Option<String>,
}

/// What `submit_order` and `place_order` ask for; what neither peer uses is passed over.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct OrderRequest {
    pub(crate) reference: String,
    pub(crate) purchase_order_number: String,
    pub(crate) customer: String,
    pub(crate) currency: String,
    pub(crate) lines: Vec<OrderLine>,
    pub(crate) total: Amount,
    #[serde(default)]
    pub(crate) terms: Option<String>,
    pub(crate) payment: Payment,
    #[serde(default)]
    pub(crate) test: Option<bool>,
}

/// How an order is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Payment {
    Terms,
    Card,
}

/// Reads a decimal from a JSON string, or from a number's text; never through a float.
pub(crate) fn decimal<'de, D: serde::Deserializer<'de>>(source: D) -> Result<Decimal, D::Error> {
    use serde::de::Error as _;
    let text = match Value::deserialize(source)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        other => return Err(D::Error::custom(format!("{other} is not a decimal"))),
    };
    Decimal::from_str_exact(&text).map_err(|_| D::Error::custom(format!("“{text}” is not a decimal")))
}

/// The answer for an order that is refused.
pub(crate) fn rejected(code: &str, message: impl Into<String>) -> Value {
    json!({ "result": "rejected", "code": code, "message": message.into() })
}
