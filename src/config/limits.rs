//! `[limits]`: what one client may ask of the gateway.

use std::time::Duration;

use serde::Deserialize;

use super::{ConfigProblem, section};

/// `[limits]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Largest document that is read.
    #[serde(deserialize_with = "section::count")]
    pub document_bytes: usize,
    /// For the head of a request.
    #[serde(rename = "header_seconds", deserialize_with = "section::seconds")]
    pub header: Duration,
    /// For a whole request.
    #[serde(rename = "body_seconds", deserialize_with = "section::seconds")]
    pub body: Duration,
    /// For an answer.
    #[serde(rename = "answer_seconds", deserialize_with = "section::seconds")]
    pub answer: Duration,
    /// Most connections at once.
    #[serde(deserialize_with = "section::count")]
    pub connections: usize,
    /// Most documents that share a transaction; a power of two.
    #[serde(deserialize_with = "section::count")]
    pub intake_batch: usize,
    /// Most requests of one address in a minute.
    #[serde(deserialize_with = "section::count")]
    pub requests_per_address: u32,
    /// Most refused documents in a minute that claim one sender.
    #[serde(deserialize_with = "section::count")]
    pub refused_per_sender: u32,
    /// Most refused orders that are kept of one address in an hour.
    #[serde(deserialize_with = "section::count")]
    pub quarantine_per_address: u32,
    /// Most refused orders that are kept in an hour.
    #[serde(deserialize_with = "section::count")]
    pub quarantine_per_hour: u32,
}

impl Limits {
    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        if !self.intake_batch.is_power_of_two() || self.intake_batch > 64 {
            problems.push(ConfigProblem::new(
                "limits.intake_batch",
                format!("{} is no batch size", self.intake_batch),
                "choose 1, 2, 4, 8, 16, 32 or 64",
            ));
        }
        if self.header > self.body {
            problems.push(ConfigProblem::new(
                "limits.header_seconds",
                "is longer than limits.body_seconds, which includes it",
                "lower it, or raise limits.body_seconds",
            ));
        }
        if self.quarantine_per_address > self.quarantine_per_hour {
            problems.push(ConfigProblem::new(
                "limits.quarantine_per_address",
                "is more than limits.quarantine_per_hour",
                "lower it, or raise limits.quarantine_per_hour",
            ));
        }
        problems
    }
}
