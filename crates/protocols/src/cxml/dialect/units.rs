//! Unit codes: the shop's to the suite's, with an exact factor where one unit is several of another.

use std::{collections::BTreeMap, fmt};

use punchgate_domain::money::parse_decimal;
use rust_decimal::Decimal;
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};

/// The unit map of a dialect.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Units {
    /// What becomes of a code that is not in the map.
    pub unmapped: UnitDefault,
    /// The shop's code to the suite's.
    pub codes: BTreeMap<String, UnitTarget>,
}

/// What becomes of a unit code that is not in the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnitDefault {
    /// It goes out as it is.
    Pass,
    /// This code goes out, with a warning.
    Code(String),
    /// The line is stopped.
    Reject,
}

/// What a unit code becomes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitTarget {
    /// The suite's code.
    pub code: String,
    /// How many of the suite's units one of the shop's is: quantity times it, price divided by it.
    pub factor: Decimal,
}

impl Units {
    /// The target of a code. Codes are compared as they are, then without case.
    pub(super) fn target(&self, code: &str) -> Option<&UnitTarget> {
        self.codes.get(code).or_else(|| {
            self.codes
                .iter()
                .find_map(|(known, target)| known.eq_ignore_ascii_case(code).then_some(target))
        })
    }
}

impl<'de> Deserialize<'de> for UnitDefault {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        match text.as_str() {
            "pass" => Ok(Self::Pass),
            "reject" => Ok(Self::Reject),
            _ => match text.strip_prefix("code:") {
                Some(code) if !code.trim().is_empty() => Ok(Self::Code(code.trim().to_owned())),
                _ => Err(D::Error::custom(format!(
                    "'{text}' is no rule for unmapped units; write \"pass\", \"reject\" or \"code:EA\""
                ))),
            },
        }
    }
}

impl<'de> Deserialize<'de> for UnitTarget {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TargetVisitor)
    }
}

struct TargetVisitor;

impl<'de> Visitor<'de> for TargetVisitor {
    type Value = UnitTarget;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a unit code such as \"EA\", or { code = \"EA\", factor = \"12\" }")
    }

    fn visit_str<E: Error>(self, code: &str) -> Result<UnitTarget, E> {
        target(code, Decimal::ONE)
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<UnitTarget, M::Error> {
        let mut code: Option<String> = None;
        let mut factor = Decimal::ONE;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "code" => code = Some(map.next_value()?),
                "factor" => {
                    let text: String = map.next_value()?;
                    factor = parse_decimal(text.trim())
                        .filter(|factor| *factor > Decimal::ZERO)
                        .ok_or_else(|| {
                            M::Error::custom(format!(
                                "'{text}' is no factor; write a decimal number above 0 as a text, such as \"12\""
                            ))
                        })?;
                }
                _ => return Err(M::Error::unknown_field(&key, &["code", "factor"])),
            }
        }
        target(&code.ok_or_else(|| M::Error::missing_field("code"))?, factor)
    }
}

fn target<E: Error>(code: &str, factor: Decimal) -> Result<UnitTarget, E> {
    let code = code.trim();
    if code.is_empty() {
        return Err(E::custom("a unit code is empty"));
    }
    Ok(UnitTarget {
        code: code.to_owned(),
        factor,
    })
}
