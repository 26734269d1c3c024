//! `[jobs]`: work in the background.

use std::time::Duration;

use punchgate_app::work::LEASE;
use serde::Deserialize;

use super::{ConfigProblem, section};

/// `[jobs]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jobs {
    /// How many pieces of work run at once.
    #[serde(deserialize_with = "section::count")]
    pub workers: usize,
    /// Between two looks at the outbox.
    #[serde(rename = "poll_milliseconds", deserialize_with = "section::milliseconds")]
    pub poll: Duration,
    /// Between two signs of life of a worker.
    #[serde(rename = "heartbeat_seconds", deserialize_with = "section::seconds")]
    pub heartbeat: Duration,
    /// How long a sink may take to create an order whose request it never answered.
    #[serde(rename = "settle_seconds", deserialize_with = "section::seconds")]
    pub settle: Duration,
    /// How long a delivery is tried again.
    #[serde(rename = "retry_hours", deserialize_with = "section::hours")]
    pub retry: Duration,
}

impl Jobs {
    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        if self.heartbeat * 2 <= LEASE {
            return Vec::new();
        }
        vec![ConfigProblem::new(
            "jobs.heartbeat_seconds",
            "is more than half of the minute for which a worker owns its work: one late sign of life would lose it",
            "lower it to 30 or less",
        )]
    }
}
