//! `[database]`: where everything is kept.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use punchgate_app::seal::Secret;
use punchgate_storage::Db;
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
            if let Some(problem) = Db::url_problem(url) {
                let remedy = "write sqlite:PATH or postgres://USER@HOST/NAME";
                return vec![ConfigProblem::new("database.url", problem, remedy)];
            }
            return Db::sqlite_file(url)
                .and_then(|file| unusable(&file))
                .into_iter()
                .collect();
        }
        // The URL is not repeated: it may hold a password.
        vec![ConfigProblem::new(
            "database.url",
            "names neither SQLite nor PostgreSQL",
            "write sqlite:PATH or postgres://USER@HOST/NAME",
        )]
    }
}

/// SQLite makes the file, but no folder, and writes two more beside it.
fn unusable(file: &Path) -> Option<ConfigProblem> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let problem = |what: String, remedy: &str| Some(ConfigProblem::new("database.url", what, remedy));
    match fs::metadata(folder) {
        Err(error) => problem(
            format!("the folder {} cannot be used: {error}", folder.display()),
            "make the folder, or name a file in another",
        ),
        Ok(found) if !found.is_dir() => problem(
            format!("{} is no folder", folder.display()),
            "name a file in a folder",
        ),
        Ok(found) if found.permissions().readonly() => problem(
            format!("the folder {} may not be written to", folder.display()),
            "let the gateway's user write there, or name a file in another folder",
        ),
        Ok(_) if file.is_dir() => problem(format!("{} is a folder", file.display()), "name a file in it"),
        Ok(_) => None,
    }
}
