//! An account field by field, as the ERP states it: what is merged, remembered as the shadow, and asked for.
//!
//! **Invariant:** "no limit" is never a bare number. What is missing, null or in another currency is unknown.

use std::{collections::BTreeMap, fmt};

use punchgate_domain::money::{Currency, Money};
use serde::{Deserialize, Serialize};

use super::people::{PersonValue, PlaceValue};
use crate::clock::from_micros;

/// An account of the ERP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The number that people use.
    pub code: String,
    /// Name.
    pub name: String,
    /// Whether the ERP lets it trade.
    pub active: bool,
    /// The ERP's id of who pays, where that is another.
    pub payer: Option<String>,
    /// The ERP's id of the group head that carries the limit, where there is one.
    pub head_office: Option<String>,
    /// In what the account is counted.
    pub currency: String,
    /// Terms.
    pub terms: Option<TermsValue>,
    /// Limit.
    pub limit: LimitValue,
    /// Holds by the ERP's id.
    pub holds: BTreeMap<String, HoldValue>,
    /// Its people by the ERP's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contacts: BTreeMap<String, PersonValue>,
    /// Its places by the ERP's id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ship_tos: BTreeMap<String, PlaceValue>,
}

/// Payment terms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TermsValue {
    /// The ERP's code.
    pub code: String,
    /// For people.
    pub label: String,
    /// Days until payment is due.
    pub net_days: Option<u32>,
    /// Payment in advance.
    #[serde(default)]
    pub prepaid: bool,
}

/// A credit limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum LimitValue {
    /// Nobody told us.
    Unknown,
    /// The ERP says that there is none.
    Unlimited,
    /// So much.
    Amount {
        /// Minor units.
        minor: i64,
        /// Of this currency.
        currency: String,
    },
}

/// A hold, as far as the ERP carries it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HoldValue {
    /// Code of the reason.
    pub code: String,
    /// What it removes, as bits, where the ERP says so in our words; else the operator's table of codes does.
    pub removes: Option<u8>,
    /// In force from here on, microseconds, where the ERP says so.
    pub since: Option<i64>,
    /// For the supplier's people.
    pub internal: Option<String>,
    /// For the buyer's accounts payable.
    pub accounts_payable: Option<String>,
    /// For the shopper.
    pub shopper: Option<String>,
    /// In force until just before this, microseconds.
    pub until: Option<i64>,
}

/// A field that is merged by itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// Number.
    Code,
    /// Name.
    Name,
    /// Whether it may trade.
    Active,
    /// Who pays.
    Payer,
    /// Group head.
    HeadOffice,
    /// Currency.
    Currency,
    /// Terms.
    Terms,
    /// Limit.
    Limit,
    /// The hold of this id.
    Hold(String),
}

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldValue {
    /// A text, or none.
    Text(Option<String>),
    /// Yes or no.
    Flag(bool),
    /// Terms, or none.
    Terms(Option<TermsValue>),
    /// A limit.
    Limit(LimitValue),
    /// A hold, or none.
    Hold(Option<HoldValue>),
}

impl Field {
    /// The fields that every account has; holds come beside them.
    pub const FIXED: [Self; 8] = [
        Self::Code,
        Self::Name,
        Self::Active,
        Self::Payer,
        Self::HeadOffice,
        Self::Currency,
        Self::Terms,
        Self::Limit,
    ];

    /// The stable text.
    pub fn key(&self) -> String {
        match self {
            Self::Code => "code".to_owned(),
            Self::Name => "name".to_owned(),
            Self::Active => "active".to_owned(),
            Self::Payer => "payer".to_owned(),
            Self::HeadOffice => "head_office".to_owned(),
            Self::Currency => "currency".to_owned(),
            Self::Terms => "terms".to_owned(),
            Self::Limit => "limit".to_owned(),
            Self::Hold(id) => format!("hold:{id}"),
        }
    }

    /// Reads the stable text.
    pub fn parse(key: &str) -> Option<Self> {
        match key.strip_prefix("hold:") {
            Some(id) => Some(Self::Hold(id.to_owned())),
            None => Self::FIXED.into_iter().find(|field| field.key() == key),
        }
    }
}

impl Snapshot {
    /// One field.
    pub fn get(&self, field: &Field) -> FieldValue {
        match field {
            Field::Code => FieldValue::Text(Some(self.code.clone())),
            Field::Name => FieldValue::Text(Some(self.name.clone())),
            Field::Active => FieldValue::Flag(self.active),
            Field::Payer => FieldValue::Text(self.payer.clone()),
            Field::HeadOffice => FieldValue::Text(self.head_office.clone()),
            Field::Currency => FieldValue::Text(Some(self.currency.clone())),
            Field::Terms => FieldValue::Terms(self.terms.clone()),
            Field::Limit => FieldValue::Limit(self.limit.clone()),
            Field::Hold(id) => FieldValue::Hold(self.holds.get(id).cloned()),
        }
    }

    /// The ids of the holds of either.
    pub fn hold_ids<'a>(&'a self, other: Option<&'a Self>) -> impl Iterator<Item = &'a String> {
        let others = other.into_iter().flat_map(|other| other.holds.keys());
        self.holds.keys().chain(others)
    }

    /// On whom limit, exposure and reservations are counted: head, else payer, else the account itself.
    pub fn credit_account<'a>(&'a self, external_id: &'a str) -> &'a str {
        let other = self.head_office.as_deref().or(self.payer.as_deref());
        other.unwrap_or(external_id)
    }

    /// A limit in another currency than the account's cannot be reckoned with: it is unknown.
    #[must_use]
    pub fn with_reckonable_limit(mut self) -> Self {
        if let LimitValue::Amount { currency, .. } = &self.limit
            && *currency != self.currency
        {
            self.limit = LimitValue::Unknown;
        }
        self
    }
}

impl LimitValue {
    /// An amount.
    pub fn amount(money: Money) -> Self {
        Self::Amount {
            minor: money.minor(),
            currency: money.currency().to_string(),
        }
    }
}

impl FieldValue {
    /// Whether what the ERP holds is what was asked for: terms are asked for by their code, and since when a
    /// hold is in force is not asked for.
    pub(crate) fn is_met_by(&self, there: &Self) -> bool {
        match (self, there) {
            (Self::Terms(Some(asked)), Self::Terms(Some(there))) => asked.code == there.code,
            (Self::Hold(Some(asked)), Self::Hold(Some(there))) => {
                let plain = |hold: &HoldValue| HoldValue {
                    since: None,
                    ..hold.clone()
                };
                plain(asked) == plain(there)
            }
            _ => self == there,
        }
    }
}

/// How the history writes what is not there.
pub(crate) const NOTHING: &str = "none";

impl fmt::Display for FieldValue {
    /// For the history: what people read.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text.as_deref().unwrap_or(NOTHING)),
            Self::Flag(yes) => f.write_str(if *yes { "yes" } else { "no" }),
            Self::Terms(Some(terms)) if terms.label == terms.code => f.write_str(&terms.code),
            Self::Terms(Some(terms)) => write!(f, "{} ({})", terms.code, terms.label),
            Self::Terms(None) | Self::Hold(None) => f.write_str(NOTHING),
            Self::Limit(LimitValue::Unknown) => f.write_str("unknown"),
            Self::Limit(LimitValue::Unlimited) => f.write_str("unlimited"),
            Self::Limit(LimitValue::Amount { minor, currency }) => match Currency::parse(currency) {
                Ok(currency) => write!(f, "{}", Money::from_minor(*minor, currency)),
                Err(_) => write!(f, "{minor} (minor units of '{currency}')"),
            },
            Self::Hold(Some(hold)) => {
                let texts = [&hold.internal, &hold.accounts_payable, &hold.shopper];
                f.write_str(&hold.code)?;
                if let Some(text) = texts.into_iter().flatten().next() {
                    write!(f, ": {text}")?;
                }
                match hold.until {
                    Some(until) => write!(f, " (until {})", from_micros(until)),
                    None => Ok(()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn field_keys_read_back() {
        let holds = [Field::Hold("C1".into()), Field::Hold("a:b".into())];
        for field in Field::FIXED.into_iter().chain(holds) {
            assert_eq!(Field::parse(&field.key()), Some(field));
        }
        assert_eq!(Field::parse("colour"), None);
    }

    #[test]
    fn a_limit_in_another_currency_is_unknown() {
        let usd = |minor| LimitValue::Amount {
            minor,
            currency: "USD".into(),
        };
        let cases = [
            ("USD", usd(500), usd(500)),
            ("EUR", usd(500), LimitValue::Unknown),
            ("EUR", LimitValue::Unlimited, LimitValue::Unlimited),
            ("USD", usd(0), usd(0)),
        ];
        for (currency, stated, expected) in cases {
            let snapshot = Snapshot {
                code: "1".into(),
                name: "n".into(),
                active: true,
                payer: None,
                head_office: None,
                currency: currency.into(),
                terms: None,
                limit: stated,
                holds: BTreeMap::new(),
                contacts: BTreeMap::new(),
                ship_tos: BTreeMap::new(),
            };
            assert_eq!(snapshot.with_reckonable_limit().limit, expected);
        }
    }
}
