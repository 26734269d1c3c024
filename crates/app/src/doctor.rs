//! Whether all is well with an installation: looked at in one go, each thing with what to do about it.
//!
//! **Invariant:** it changes nothing, and asks nobody outside but by the connectors' own `check`, and whether a buyer's address
//! answers.

mod connections;
mod outside;
mod within;

use punchgate_storage::StorageResult;
use serde::Serialize;

pub use connections::Connections;
pub use outside::connectors;
pub use within::{clock, database, disk, relationships, restoration, secrets, work};

/// How it stands with a thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Weight {
    /// As it should be.
    Ok,
    /// It goes on so, but somebody should look.
    Warning,
    /// It does not go on so.
    Problem,
}

impl Weight {
    /// `ok`, `warning` or `problem`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

/// What was found of one thing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How it stands.
    pub weight: Weight,
    /// Which thing: `database`, `secrets`, `connector ironquay.erp` …
    pub place: String,
    /// How it is.
    pub text: String,
    /// What to do; empty where all is well.
    pub remedy: String,
}

impl Finding {
    /// All is well.
    pub fn ok(place: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            weight: Weight::Ok,
            place: place.into(),
            text: text.into(),
            remedy: String::new(),
        }
    }

    /// Somebody should look.
    pub fn warning(place: impl Into<String>, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            weight: Weight::Warning,
            place: place.into(),
            text: text.into(),
            remedy: remedy.into(),
        }
    }

    /// It does not go on so.
    pub fn problem(place: impl Into<String>, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            weight: Weight::Problem,
            place: place.into(),
            text: text.into(),
            remedy: remedy.into(),
        }
    }
}

/// What was looked at, or that it could not be.
pub fn looked(place: &str, found: StorageResult<Vec<Finding>>) -> Vec<Finding> {
    found.unwrap_or_else(|error| {
        vec![Finding::problem(
            place,
            error.to_string(),
            "see that the database answers, then look again",
        )]
    })
}
