//! `[log]`: what is written to standard error, and how.

use serde::Deserialize;
use tracing_subscriber::{EnvFilter, filter::LevelFilter};

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

const EXAMPLE: &str = "write a level such as info, or info,punchgate_app::sync=debug";

impl Log {
    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        let told = |problem: String| vec![ConfigProblem::new("log.filter", problem, EXAMPLE)];
        if let Err(error) = EnvFilter::try_new(&self.filter) {
            return told(format!("'{}' is no filter: {error}", self.filter));
        }
        match self.filter.split(',').find(|part| !is_directive(part)) {
            None => Vec::new(),
            Some(part) => told(format!(
                "'{part}' is neither a level (error, warn, info, debug, trace, off) nor MODULE=LEVEL"
            )),
        }
    }
}

/// Whether a part says what it means. The library takes any text that is no level for the name of a module, and
/// then logs nothing.
fn is_directive(part: &str) -> bool {
    let is_path = |text: &str| {
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | ':' | '-' | '.');
        !text.is_empty() && text.chars().all(allowed)
    };
    match part.split_once('=') {
        // A filter by span, in the library's words.
        _ if part.contains('[') || part.contains(']') => true,
        Some((module, level)) => is_path(module) && level.parse::<LevelFilter>().is_ok(),
        None => part.is_empty() || part.parse::<LevelFilter>().is_ok(),
    }
}
