//! `[sync]`: how often ERPs are asked.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigProblem, section};

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

/// A gateway owns a feed for three minutes from its last sign of life, and gives none during a call.
const LONGEST_CALL: Duration = Duration::from_secs(120);

impl Sync {
    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        if self.call <= LONGEST_CALL {
            return Vec::new();
        }
        vec![ConfigProblem::new(
            "sync.call_seconds",
            "is so long that another gateway would take the feed over during a call",
            "lower it to 120 or less, and have the connector ask for smaller pages",
        )]
    }
}
