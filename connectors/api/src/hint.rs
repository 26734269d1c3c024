//! What a foreign system sends to say that something has changed: how it proves itself, and what is read because of it.
//!
//! **Invariant:** pure; nothing of a message but its type and its id is looked at, and nothing of it counts as data.

mod digest;
mod proof;
mod schemes;
mod settings;
mod signature;
mod template;
mod token;
mod topics;

use std::collections::BTreeSet;

use http::HeaderMap;
use punchgate_domain::Instant;

pub(crate) use digest::{Encoding, fits};
pub use digest::{HmacAlgorithm, mac};
pub use proof::Refusal;
pub use schemes::SCHEMES;
pub use settings::PREFIX;
pub use signature::SignatureRule;
pub use token::{KeySet, KeySetError, TokenRule};
pub use topics::Topics;

use crate::settings::{ConfigError, Secrets};

/// The name of the secret with which a connector's hints are signed.
pub const SECRET: &str = "webhook";
/// The name of the one before it, during a rotation.
pub const PREVIOUS_SECRET: &str = "webhook_previous";

/// What of an ERP is read because of a hint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HintedFeed {
    /// Customers, limits, holds.
    Accounts,
    /// What is owed.
    Exposure,
    /// What became of orders.
    Documents,
}

/// A message as it came.
#[derive(Clone, Copy, Debug)]
pub struct Incoming<'a> {
    /// `POST`.
    pub method: &'a str,
    /// The whole public address to which it was sent.
    pub url: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// The bytes of its body.
    pub body: &'a [u8],
}

/// A message that has proved where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proven {
    /// What the sender calls this message; the same when it sends it again.
    pub id: Option<String>,
}

/// How messages prove themselves.
#[derive(Clone, Debug)]
pub enum Proof {
    /// HMAC with a secret that both sides know.
    Signature(SignatureRule),
    /// A signature with the sender's private key, whose public half stands at an address.
    Token(Box<TokenRule>),
}

/// The way in for a connector's hints.
#[derive(Clone, Debug)]
pub struct Hints {
    /// How they prove themselves.
    pub proof: Proof,
    /// What is read because of which.
    pub topics: Topics,
    /// What an operator should know of these settings.
    pub notes: Vec<String>,
}

impl HintedFeed {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Accounts, Self::Exposure, Self::Documents];

    /// As it stands in settings and rows.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Exposure => "exposure",
            Self::Documents => "documents",
        }
    }

    /// The feed of this name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|feed| feed.as_str() == text)
    }
}

impl Hints {
    /// Reads `[supplier.connector.webhook]` of a connector, with its secrets.
    pub fn read(
        connector: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Self, ConfigError> {
        settings::read(connector, settings, secrets)
    }

    /// What is read because of a message that was proven.
    pub fn feeds(&self, incoming: &Incoming<'_>) -> BTreeSet<HintedFeed> {
        self.topics.feeds(incoming)
    }
}

/// A header that must be there once and be text; empty is not there.
fn header<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Result<&'a str, Refusal> {
    let mut values = headers.get_all(name).iter();
    match (values.next().map(http::HeaderValue::to_str), values.next()) {
        (Some(Ok(value)), None) if !value.is_empty() => Ok(value),
        _ => Err(Refusal::Header(name.to_string())),
    }
}

/// The text or number at a pointer of a JSON body.
fn at_pointer(body: &[u8], pointer: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_slice(body).ok()?;
    match value.pointer(pointer)? {
        serde_json::Value::String(text) if !text.is_empty() => Some(text.clone()),
        serde_json::Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Whether a time that a sender states is near enough.
fn near(stated: Instant, now: Instant, tolerance_seconds: i64) -> Result<(), Refusal> {
    let apart = now.as_second().saturating_sub(stated.as_second());
    if apart.saturating_abs() > tolerance_seconds {
        return Err(Refusal::Timestamp {
            apart,
            tolerance: tolerance_seconds,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
