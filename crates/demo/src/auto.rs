//! The whole loop without a person: the click path of the demo as a headless browser walks it.
//!
//! It presses the same buttons and reads the same pages as a person would, over HTTP only, and stops at the
//! first deviation with what was expected and what was seen. It waits by asking again until a deadline.

use std::{collections::BTreeMap, fmt, time::Duration};

use serde::Serialize;

use crate::DemoError;

mod browser;
mod clerk;
mod journey;
mod path;

/// How long anything that happens in the background may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// Where the four systems answer, without a slash at the end.
#[derive(Clone, Debug)]
pub struct Systems {
    /// The suite.
    pub suite: String,
    /// The gateway.
    pub gateway: String,
    /// The shop.
    pub shop: String,
    /// The ERP.
    pub erp: String,
    /// A bearer key of the gateway's API that may read orders.
    pub api_key: String,
}

/// A step that went as expected.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Its number, from 1.
    pub number: usize,
    /// What was done.
    pub title: String,
    /// What was seen: name and value.
    pub seen: BTreeMap<&'static str, String>,
    /// How long it took.
    pub milliseconds: u128,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "✓ {:>2}  {}  ({} ms)",
            self.number, self.title, self.milliseconds
        )?;
        for (name, value) in &self.seen {
            write!(f, "\n        {name}: {value}")?;
        }
        Ok(())
    }
}

/// The first thing that was not as expected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Deviation {
    /// The step's title.
    pub step: String,
    /// What should have been.
    pub expected: String,
    /// What was.
    pub seen: String,
}

impl fmt::Display for Deviation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "✗     {}\n        expected: {}\n        seen: {}",
            self.step, self.expected, self.seen
        )
    }
}

/// What went wrong inside a step; the step's title is added outside.
#[derive(Debug)]
struct Mismatch {
    expected: String,
    seen: String,
}

impl Mismatch {
    fn new(expected: impl Into<String>, seen: impl Into<String>) -> Self {
        Self {
            expected: expected.into(),
            seen: seen.into(),
        }
    }
}

impl From<DemoError> for Mismatch {
    fn from(error: DemoError) -> Self {
        Self::new("a working HTTP client", error.to_string())
    }
}

type Outcome<T> = Result<T, Mismatch>;
/// What a step has seen.
type Seen = BTreeMap<&'static str, String>;

fn expect(holds: bool, expected: impl Into<String>, seen: impl fmt::Display) -> Outcome<()> {
    match holds {
        true => Ok(()),
        false => Err(Mismatch::new(expected, seen.to_string())),
    }
}

fn expect_equal(name: &str, expected: &str, seen: &str) -> Outcome<()> {
    expect(
        expected == seen,
        format!("{name} “{expected}”"),
        format_args!("“{seen}”"),
    )
}

/// Walks the path; `report` is called after every step.
pub async fn walk(systems: Systems, report: &mut (dyn FnMut(&Step) + Send)) -> Result<(), Deviation> {
    path::walk(systems, report).await
}
