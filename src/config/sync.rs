//! `[sync]`: how often ERPs are asked.

use std::time::Duration;

use serde::Deserialize;

use super::section;

/// `[sync]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sync {
    /// Between two questions for changed customers, limits and holds.
    #[serde(rename = "accounts_seconds", deserialize_with = "section::seconds")]
    pub accounts: Duration,
    /// Between two questions for exposure.
    #[serde(rename = "exposure_seconds", deserialize_with = "section::seconds")]
    pub exposure: Duration,
    /// For one call to an ERP.
    #[serde(rename = "call_seconds", deserialize_with = "section::seconds")]
    pub call: Duration,
}
