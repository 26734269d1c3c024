//! `[key]`: what seals secrets in the database.

use std::path::PathBuf;

use punchgate_app::seal::Secret;
use serde::Deserialize;

use super::database::secret;

/// `[key]`
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The file of the keys.
    pub file: PathBuf,
    /// The keys themselves, from the environment; empty where the file counts.
    #[serde(deserialize_with = "secret")]
    pub value: Secret,
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.file == other.file && self.value.expose() == other.value.expose()
    }
}
