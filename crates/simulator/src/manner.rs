//! How one suite buys, as data: TOML, compiled in. A further suite is a further file.
//!
//! **Invariant:** no code asks which suite it plays; it asks the manner, and the dialect of what it must be sent.

use std::time::Duration;

use punchgate_domain::purchase_order::{Contact, OrderOperation};
use serde::Deserialize;

/// The suites that can be played.
const BUILT_IN: &[(&str, &str)] = &[
    ("ariba", include_str!("../manners/ariba.toml")),
    ("coupa", include_str!("../manners/coupa.toml")),
];

/// How a suite buys.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manner {
    /// For people.
    pub title: String,
    /// The dialect that it speaks, where the relationship does not say.
    pub dialect: String,
    /// Sender/UserAgent.
    pub user_agent: String,
    /// Language of its documents.
    pub language: String,
    /// How its buyer cookies look; `{id}` is never the same twice.
    pub cookie: String,
    /// Who its documents say has sent them.
    pub sender: SenderRule,
    /// How long it waits for an answer.
    pub patience_seconds: u64,
    /// The form fields in which it takes a cart, whatever their case.
    pub cart_fields: Vec<String>,
    /// Whether lines that are edited or inspected bring ItemDetail along.
    pub item_details: bool,
    /// How it changes an order, in this sequence.
    pub order_changes: Vec<OrderChange>,
    /// Who shops.
    pub shopper: Shopper,
    /// Name and value, in the order in which they are sent.
    pub extrinsics: Vec<(String, String)>,
}

/// Who a suite's documents say has sent them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SenderRule {
    /// The buyer itself.
    Buyer,
    /// The network in between, where the relationship names one.
    Hub,
}

/// A change of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderChange {
    /// The whole order anew.
    Update,
    /// It is withdrawn.
    Delete,
}

/// The person at the screen.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shopper {
    /// First name.
    pub first: String,
    /// Last name.
    pub last: String,
    /// E-mail.
    pub email: String,
}

/// Why there is no such manner.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MannerError {
    /// No suite of that name.
    #[error("there is no suite '{name}' to play; choose one of {known}")]
    Unknown {
        /// As asked for.
        name: String,
        /// Those that exist.
        known: String,
    },
    /// The data cannot be read.
    #[error("suite '{name}': {problem}")]
    Value {
        /// Which.
        name: String,
        /// The parser's words.
        problem: String,
    },
}

impl Manner {
    /// The suites that can be played.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// The manner of a suite.
    pub fn built_in(name: &str) -> Result<Self, MannerError> {
        let Some((_, source)) = BUILT_IN.iter().find(|(known, _)| *known == name) else {
            return Err(MannerError::Unknown {
                name: name.to_owned(),
                known: Self::names().collect::<Vec<_>>().join(", "),
            });
        };
        toml::from_str(source).map_err(|error| MannerError::Value {
            name: name.to_owned(),
            problem: error.to_string(),
        })
    }

    /// How long it waits for an answer.
    pub fn patience(&self) -> Duration {
        Duration::from_secs(self.patience_seconds)
    }

    /// A buyer cookie around something that is never the same twice.
    pub(crate) fn cookie(&self, id: &str) -> String {
        self.cookie.replace("{id}", id)
    }

    /// The shopper as a contact.
    pub(crate) fn contact(&self) -> Contact {
        Contact {
            role: Some("endUser".to_owned()),
            name: format!("{} {}", self.shopper.first, self.shopper.last),
            email: Some(self.shopper.email.clone()),
        }
    }
}

impl OrderChange {
    pub(crate) fn operation(self) -> OrderOperation {
        match self {
            Self::Update => OrderOperation::Update,
            Self::Delete => OrderOperation::Delete,
        }
    }
}

#[cfg(test)]
mod tests {
    use punchgate_protocols::cxml::dialect::Dialect;

    use super::*;

    #[test]
    fn every_manner_reads_and_names_a_dialect() {
        for name in Manner::names() {
            let manner = Manner::built_in(name).unwrap();
            assert!(Dialect::built_in(&manner.dialect).is_ok(), "{name}");
            assert!(manner.cookie.contains("{id}"), "{name}");
            assert!(!manner.cart_fields.is_empty(), "{name}");
            assert!(manner.patience() >= Duration::from_secs(5), "{name}");
        }
    }

    #[test]
    fn an_unknown_suite_is_told_which_there_are() {
        let said = Manner::built_in("oracle9").unwrap_err().to_string();
        assert!(said.contains("ariba, coupa"), "{said}");
    }
}
