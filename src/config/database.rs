//! `[database]`: where everything is kept.

use std::{path::PathBuf, time::Duration};

use punchgate_app::seal::Secret;
use serde::{Deserialize, Deserializer};

use super::{ConfigProblem, section};

/// `[database]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// Which database; may hold a password. After reading it is the content of `url_file`, where one is named.
    #[serde(deserialize_with = "secret")]
    pub url: Secret,
    /// The file that holds the URL.
    pub url_file: PathBuf,
    /// Connections to PostgreSQL, or readers of SQLite.
    #[serde(deserialize_with = "section::count")]
    pub connections: u32,
    /// How long a request waits for a connection.
    #[serde(rename = "acquire_seconds", deserialize_with = "section::seconds")]
    pub acquire: Duration,
}

pub(super) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    String::deserialize(deserializer).map(Secret::new)
}

impl PartialEq for Database {
    fn eq(&self, other: &Self) -> bool {
        self.url.expose() == other.url.expose()
            && self.url_file == other.url_file
            && self.connections == other.connections
            && self.acquire == other.acquire
    }
}

impl Database {
    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        let url = self.url.expose();
        let known = ["sqlite:", "postgres://", "postgresql://"];
        if known
            .iter()
            .any(|scheme| url.starts_with(scheme) && url.len() > scheme.len())
        {
            return Vec::new();
        }
        // The URL is not repeated: it may hold a password.
        vec![ConfigProblem::new(
            "database.url",
            "names neither SQLite nor PostgreSQL",
            "write sqlite:PATH or postgres://USER@HOST/NAME",
        )]
    }
}
