//! `[database]`: where everything is kept.

use std::{
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    time::Duration,
};

use punchgate_app::seal::Secret;
use punchgate_storage::Db;
use serde::{Deserialize, Deserializer};

use super::{ConfigProblem, section};

/// How every SQLite database begins.
const SQLITE_HEAD: &[u8] = b"SQLite format 3\0";

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
            let read_only = Db::is_read_only(url).then(|| {
                let remedy = "take mode=ro and immutable out of the URL";
                ConfigProblem::new("database.url", "opens the database for reading only", remedy)
            });
            return read_only
                .or_else(|| Db::sqlite_file(url).and_then(|file| unusable(&file)))
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

impl Database {
    /// What only the content of the SQLite file shows. Never asked in a gateway: whoever closes a file that SQLite
    /// has open in the same process gives away SQLite's locks on it.
    pub(super) fn not_sqlite(&self) -> Option<ConfigProblem> {
        let file = Db::sqlite_file(self.url.expose())?;
        let problem = |what: String, remedy: &str| Some(ConfigProblem::new("database.url", what, remedy));
        let opened = match fs::OpenOptions::new().read(true).write(true).open(&file) {
            Ok(opened) => opened,
            // It is made.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                return problem(
                    format!("{} cannot be opened to be written: {error}", file.display()),
                    "let the gateway's user read and write it, or name another file",
                );
            }
        };
        let mut head = Vec::new();
        match opened.take(SQLITE_HEAD.len() as u64).read_to_end(&mut head) {
            Err(error) => problem(
                format!("{} cannot be read: {error}", file.display()),
                "name another file",
            ),
            // An empty file becomes a database.
            Ok(_) if head.is_empty() || head == SQLITE_HEAD => None,
            Ok(_) => problem(
                format!("{} is no SQLite database", file.display()),
                "name another file; one that does not exist is made",
            ),
        }
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
        Ok(_) => match fs::metadata(file) {
            Ok(found) if found.is_dir() => {
                problem(format!("{} is a folder", file.display()), "name a file in it")
            }
            Ok(found) if !found.is_file() => problem(
                format!("{} is no file that could be kept", file.display()),
                "name a file; one that does not exist is made",
            ),
            _ => None,
        },
    }
}
