//! `[log]`: what is written to standard error, and how.

use serde::Deserialize;
use tracing_subscriber::EnvFilter;

use super::ConfigProblem;

/// `[log]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// For people or for machines.
    pub format: LogFormat,
    /// Levels by module.
    pub filter: String,
}

/// For people or for machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object a line.
    Json,
}

impl Log {
    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        match EnvFilter::try_new(&self.filter) {
            Ok(_) => Vec::new(),
            Err(error) => vec![ConfigProblem::new(
                "log.filter",
                format!("'{}' is no filter: {error}", self.filter),
                "write a level such as info, or info,punchgate_app::sync=debug",
            )],
        }
    }
}
