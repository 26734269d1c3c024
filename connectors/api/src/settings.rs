//! Settings and secrets of a connector instance, read with errors that name the key and the remedy.

use std::{collections::BTreeMap, fmt};

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("connector {connector}: {key}: {problem}; {remedy}")]
pub struct ConfigError {
    /// The instance.
    pub connector: String,
    /// The key, `settings.base_url` or `secrets.secret`.
    pub key: String,
    /// What is wrong with it.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// The opened secrets of a connector instance, by name.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// No secrets.
    pub fn none() -> Self {
        Self::default()
    }

    /// The secret of this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// All of them, without their names.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.0.values().map(String::as_str)
    }

    /// The names that are there.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<N: Into<String>, S: Into<String>> FromIterator<(N, S)> for Secrets {
    fn from_iter<I: IntoIterator<Item = (N, S)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(n, s)| (n.into(), s.into())).collect())
    }
}

impl fmt::Debug for Secrets {
    /// Names only.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Which part of an ERP an instance's settings name: company, sales area, credit segment; empty where there is but one.
/// Cursors, customers and documents lie under it. A kind of connector names it in `scope`, a text, or in `company`, the
/// number of a company, and in nothing else.
pub fn scope(settings: &serde_json::Value) -> String {
    match (settings.get("scope"), settings.get("company")) {
        (Some(serde_json::Value::String(scope)), _) => scope.clone(),
        (_, Some(serde_json::Value::Number(company))) => company.to_string(),
        _ => String::new(),
    }
}

/// The same settings for another part; `None` where parts are numbers of companies and this is none.
pub fn with_scope(settings: &serde_json::Value, scope: &str) -> Option<serde_json::Value> {
    let mut settings = settings.clone();
    let value = match settings.get("company") {
        Some(serde_json::Value::Number(_)) => ("company", scope.parse::<u32>().ok()?.into()),
        _ => ("scope", scope.into()),
    };
    match &mut settings {
        serde_json::Value::Object(table) => {
            table.insert(value.0.to_owned(), value.1);
        }
        none => *none = serde_json::json!({ value.0: value.1 }),
    }
    Some(settings)
}

/// Reads settings key by key. Every problem is noted; [`SettingsReader::finish`] refuses unknown keys.
#[derive(Debug)]
pub struct SettingsReader<'a> {
    connector: &'a str,
    settings: Option<&'a serde_json::Map<String, serde_json::Value>>,
    known: Vec<&'static str>,
}

impl<'a> SettingsReader<'a> {
    /// Reads these settings of this instance; they must be an object.
    pub fn new(connector: &'a str, settings: &'a serde_json::Value) -> Result<Self, ConfigError> {
        let reader = Self {
            connector,
            settings: settings.as_object(),
            known: Vec::new(),
        };
        if reader.settings.is_none() && !settings.is_null() {
            return Err(reader.error(
                "settings",
                "is not a table",
                "write [connectors.settings] with keys below it",
            ));
        }
        Ok(reader)
    }

    /// An error about a key.
    pub fn error(&self, key: &str, problem: impl Into<String>, remedy: impl Into<String>) -> ConfigError {
        ConfigError {
            connector: self.connector.to_owned(),
            key: key.to_owned(),
            problem: problem.into(),
            remedy: remedy.into(),
        }
    }

    fn value(&mut self, key: &'static str) -> Option<&'a serde_json::Value> {
        self.known.push(key);
        self.settings?.get(key).filter(|value| !value.is_null())
    }

    /// Whatever stands there, for somebody else to read.
    pub fn any(&mut self, key: &'static str) -> Option<&'a serde_json::Value> {
        self.value(key)
    }

    /// A text, if it is there.
    pub fn text(&mut self, key: &'static str) -> Result<Option<&'a str>, ConfigError> {
        self.value(key)
            .map(|value| {
                value.as_str().ok_or_else(|| {
                    self.error(
                        &settings_key(key),
                        format!("{value} is not a text"),
                        "put it in quotes",
                    )
                })
            })
            .transpose()
    }

    /// A text that must be there.
    pub fn required_text(&mut self, key: &'static str, example: &str) -> Result<&'a str, ConfigError> {
        match self.text(key)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(self.error(
                &settings_key(key),
                "is missing",
                format!("set it, for example to \"{example}\""),
            )),
        }
    }

    /// A yes or no.
    pub fn flag(&mut self, key: &'static str, default: bool) -> Result<bool, ConfigError> {
        match self.value(key) {
            None => Ok(default),
            Some(value) => value.as_bool().ok_or_else(|| {
                self.error(
                    &settings_key(key),
                    format!("{value} is neither true nor false"),
                    "write true or false",
                )
            }),
        }
    }

    /// A whole number in a range.
    pub fn number(
        &mut self,
        key: &'static str,
        default: u32,
        range: std::ops::RangeInclusive<u32>,
    ) -> Result<u32, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(default);
        };
        value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let remedy = format!("write a whole number from {} to {}", range.start(), range.end());
                self.error(&settings_key(key), format!("{value} is out of range"), remedy)
            })
    }

    /// A list of texts; `None` if the key is absent.
    pub fn texts(&mut self, key: &'static str) -> Result<Option<Vec<&'a str>>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        value
            .as_array()
            .and_then(|list| list.iter().map(serde_json::Value::as_str).collect())
            .map(Some)
            .ok_or_else(|| {
                self.error(
                    &settings_key(key),
                    format!("{value} is not a list of texts"),
                    "write [\"first\", \"second\"]",
                )
            })
    }

    /// A table with no other keys than these.
    pub fn table(
        &mut self,
        key: &'static str,
        keys: &[&str],
    ) -> Result<Option<&'a serde_json::Value>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(None);
        };
        let Some(table) = value.as_object() else {
            return Err(self.error(
                &settings_key(key),
                format!("{value} is not a table"),
                format!("write {key} = {{ {} = … }}", keys.first().unwrap_or(&"key")),
            ));
        };
        match table.keys().find(|stated| !keys.contains(&stated.as_str())) {
            None => Ok(Some(value)),
            Some(unknown) => Err(self.error(
                &format!("settings.{key}.{unknown}"),
                "is not a key of this table",
                format!("remove it; there are {}", keys.join(", ")),
            )),
        }
    }

    /// A table of texts with keys of the operator's own; none if the key is absent.
    pub fn texts_by_key(&mut self, key: &'static str) -> Result<BTreeMap<String, String>, ConfigError> {
        let Some(value) = self.value(key) else {
            return Ok(BTreeMap::new());
        };
        value
            .as_object()
            .and_then(|table| {
                let pairs = table.iter();
                pairs
                    .map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())))
                    .collect()
            })
            .ok_or_else(|| {
                self.error(
                    &settings_key(key),
                    format!("{value} is not a table of texts"),
                    format!("write {key} = {{ name = \"text\" }}"),
                )
            })
    }

    /// A choice of some of these texts; all of them if the key is absent.
    pub fn choice(
        &mut self,
        key: &'static str,
        of: &[&'static str],
    ) -> Result<Vec<&'static str>, ConfigError> {
        let Some(texts) = self.texts(key)? else {
            return Ok(of.to_vec());
        };
        texts
            .into_iter()
            .map(|text| {
                of.iter().copied().find(|known| *known == text).ok_or_else(|| {
                    self.error(
                        &settings_key(key),
                        format!("'{text}' is not known"),
                        format!("choose from {}", of.join(", ")),
                    )
                })
            })
            .collect()
    }

    /// Refuses keys that nobody asked for: a misspelt key must not be taken for an absent one.
    pub fn finish(self) -> Result<(), ConfigError> {
        let mut keys = self.settings.into_iter().flat_map(serde_json::Map::keys);
        match keys.find(|key| !self.known.contains(&key.as_str())) {
            None => Ok(()),
            Some(unknown) => Err(self.error(
                &settings_key(unknown),
                "is not a setting of this connector",
                format!("remove it; there are {}", self.known.join(", ")),
            )),
        }
    }
}

fn settings_key(key: &str) -> String {
    format!("settings.{key}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{scope, with_scope};

    #[test]
    fn another_part_is_named_where_the_first_was() {
        let cases = [
            (
                json!({"scope": "1000", "base_url": "x"}),
                "NOWHERE",
                Some(json!({"scope": "NOWHERE", "base_url": "x"})),
            ),
            (
                json!({"base_url": "x"}),
                "NOWHERE",
                Some(json!({"scope": "NOWHERE", "base_url": "x"})),
            ),
            (Value::Null, "NOWHERE", Some(json!({"scope": "NOWHERE"}))),
            (json!({"company": 1}), "999", Some(json!({"company": 999}))),
            (json!({"company": 1}), "NOWHERE", None),
        ];
        for (settings, elsewhere, expected) in cases {
            let made = with_scope(&settings, elsewhere);
            assert_eq!(made, expected, "{settings}");
            assert!(made.is_none_or(|made| scope(&made) == elsewhere), "{settings}");
        }
    }
}
