//! What is entered where in a suite, as data: one file a dialect, with places for what is this relationship's.

use std::{collections::BTreeMap, sync::LazyLock};

use punchgate_app::directory::{Identity, Relationship};
use serde::Deserialize;

/// The dialect whose file serves those that have none.
const ANY: &str = "generic";

const FILES: [(&str, &str); 3] = [
    ("ariba", include_str!("../../../../web/console/suites/ariba.toml")),
    ("coupa", include_str!("../../../../web/console/suites/coupa.toml")),
    (ANY, include_str!("../../../../web/console/suites/generic.toml")),
];

/// What stands where a secret is to be entered.
pub(super) const SECRET: &str = "the shared secret, handed over separately";

static SUITES: LazyLock<BTreeMap<&str, Suite>> = LazyLock::new(|| {
    let read = |(name, text): (&'static str, &str)| match toml::from_str(text) {
        Ok(suite) => Some((name, suite)),
        Err(error) => {
            tracing::error!(%error, name, "the texts of a suite do not read");
            None
        }
    };
    FILES.into_iter().filter_map(read).collect()
});

/// What people of a suite enter.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    name: String,
    step: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    who: String,
    #[serde(rename = "where")]
    place: String,
    text: String,
    entries: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    field: String,
    value: Value,
    #[serde(default)]
    says: String,
}

/// What is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Value {
    Address,
    BuyerDomain,
    BuyerIdentity,
    SupplierDomain,
    SupplierIdentity,
    SenderDomain,
    SenderIdentity,
    Secret,
    /// The text that stands there.
    Said,
}

/// The steps of one relationship, filled in.
pub(super) struct Filled {
    pub(super) suite: &'static str,
    pub(super) steps: Vec<FilledStep>,
}

/// One of them.
pub(super) struct FilledStep {
    pub(super) who: &'static str,
    pub(super) place: &'static str,
    pub(super) text: &'static str,
    /// What the field is called, what is entered, and whether that is a secret.
    pub(super) entries: Vec<(&'static str, String, bool)>,
}

/// What is entered for this relationship, whose documents come to this address.
pub(super) fn filled(dialect: &str, one: &Relationship, address: &str) -> Option<Filled> {
    let suite = SUITES.get(dialect).or_else(|| SUITES.get(ANY))?;
    let steps = suite.step.iter().map(|step| FilledStep {
        who: &step.who,
        place: &step.place,
        text: &step.text,
        entries: step
            .entries
            .iter()
            .map(|entry| {
                let value = value(entry, one, address);
                (entry.field.as_str(), value, entry.value == Value::Secret)
            })
            .collect(),
    });
    Some(Filled {
        suite: &suite.name,
        steps: steps.collect(),
    })
}

fn value(entry: &Entry, one: &Relationship, address: &str) -> String {
    let domain = |identity: &Identity| identity.domain.clone();
    let identity = |identity: &Identity| identity.identity.clone();
    let text = match entry.value {
        Value::Address => Some(address.to_owned()),
        Value::BuyerDomain => one.buyer_identities.first().map(domain),
        Value::BuyerIdentity => one.buyer_identities.first().map(identity),
        Value::SupplierDomain => one.supplier_identities.first().map(domain),
        Value::SupplierIdentity => one.supplier_identities.first().map(identity),
        Value::SenderDomain => sender(one).map(domain),
        Value::SenderIdentity => sender(one).map(identity),
        Value::Secret => Some(SECRET.to_owned()),
        Value::Said => Some(entry.says.clone()),
    };
    text.unwrap_or_default()
}

/// Who sends: a network where one is named, else the buyer itself.
pub(super) fn sender(one: &Relationship) -> Option<&Identity> {
    one.sender_identities.first().or(one.buyer_identities.first())
}

#[cfg(test)]
mod tests {
    use punchgate_protocols::cxml::dialect::Dialect;

    use super::*;

    #[test]
    fn every_dialect_has_texts_that_read() {
        for (name, text) in FILES {
            let suite: Suite = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!suite.step.is_empty(), "{name}");
            for entry in suite.step.iter().flat_map(|step| &step.entries) {
                assert_eq!(
                    entry.value == Value::Said,
                    !entry.says.is_empty(),
                    "{name}: {}",
                    entry.field
                );
            }
        }
        for name in Dialect::names() {
            assert!(SUITES.contains_key(name), "{name}");
        }
    }

    /// A sheet without them leads to an order that nobody lets in.
    #[test]
    fn every_suite_is_told_address_and_secret() {
        for (name, suite) in SUITES.iter() {
            let has = |value| {
                let mut entries = suite.step.iter().flat_map(|step| &step.entries);
                entries.any(|entry| entry.value == value)
            };
            for value in [
                Value::Address,
                Value::Secret,
                Value::SupplierIdentity,
                Value::BuyerIdentity,
                Value::SenderIdentity,
            ] {
                assert!(has(value), "{name}: {value:?}");
            }
        }
    }
}
