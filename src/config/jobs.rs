//! `[jobs]`: work in the background.

use std::time::Duration;

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
    /// How long a worker owns a piece of work without a sign of life.
    #[serde(rename = "lease_seconds", deserialize_with = "section::seconds")]
    pub lease: Duration,
    /// Between two signs of life.
    #[serde(rename = "heartbeat_seconds", deserialize_with = "section::seconds")]
    pub heartbeat: Duration,
    /// How long a delivery is tried again.
    #[serde(rename = "retry_hours", deserialize_with = "section::hours")]
    pub retry: Duration,
}

impl Jobs {
    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        if self.heartbeat * 2 <= self.lease {
            return Vec::new();
        }
        vec![ConfigProblem::new(
            "jobs.heartbeat_seconds",
            "is more than half of jobs.lease_seconds: one late sign of life would lose the lease",
            "lower it, or raise jobs.lease_seconds",
        )]
    }
}
