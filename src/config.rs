//! The configuration: one struct a section. `config.example.toml` is compiled in; what stands there is the
//! default, and its types are what file and environment are held against.
//!
//! **Invariant:** a [`Config`] that exists is valid as a whole; what is wrong is named all at once. This is the
//! one place that reads the environment.

mod alerts;
mod console;
mod database;
mod delivery;
mod folders;
mod jobs;
mod key;
mod layers;
mod limits;
mod log;
mod metrics;
mod punchout;
mod section;
mod server;
mod sync;
mod tls;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use punchgate_app::seal::{Keyring, Secret};
use serde::Deserialize;

pub use alerts::{Alerts, Email, MailTls};
pub use console::Console;
pub use database::Database;
pub use delivery::Delivery;
pub use folders::Folders;
pub use jobs::Jobs;
pub use key::Key;
pub use limits::Limits;
pub use log::{Log, LogFormat};
pub use metrics::Metrics;
pub use punchout::Punchout;
pub use server::Server;
pub use sync::Sync;
pub use tls::Tls;

/// The documented defaults.
pub const EXAMPLE: &str = include_str!("../config.example.toml");
/// The file that is read where none is named and it exists.
pub const USUAL_FILE: &str = "punchgate.toml";
/// The place of what is wrong with the file as a whole.
const FILE: &str = "configuration file";

/// The configuration.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server]`
    pub server: Server,
    /// `[tls]`
    pub tls: Tls,
    /// `[database]`
    pub database: Database,
    /// `[key]`
    pub key: Key,
    /// `[limits]`
    pub limits: Limits,
    /// `[punchout]`
    pub punchout: Punchout,
    /// `[console]`
    pub console: Console,
    /// `[sync]`
    pub sync: Sync,
    /// `[alerts]`
    pub alerts: Alerts,
    /// `[folders]`
    pub folders: Folders,
    /// `[delivery]`
    pub delivery: Delivery,
    /// `[jobs]`
    pub jobs: Jobs,
    /// `[metrics]`
    pub metrics: Metrics,
    /// `[log]`
    pub log: Log,
}

/// Something wrong with file or environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigProblem {
    /// Where: a key, a file, an environment variable.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

impl ConfigProblem {
    pub(crate) fn new(
        place: impl Into<String>,
        problem: impl fmt::Display,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            place: place.into(),
            problem: problem.to_string(),
            remedy: remedy.into(),
        }
    }

    /// Whether it is about which database it is, or about the file as a whole.
    fn is_of_database(&self) -> bool {
        let place = self.place.as_str();
        place == FILE || place.starts_with("database.url") || place.starts_with("PUNCHGATE_DATABASE_URL")
    }
}

impl fmt::Display for ConfigProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)?;
        match self.remedy.is_empty() {
            true => Ok(()),
            false => write!(f, " — {}", self.remedy),
        }
    }
}

impl Config {
    /// How the supplier's people reach the console.
    pub fn console_url(&self) -> &url::Url {
        self.console
            .public_url
            .as_ref()
            .unwrap_or(&self.server.public_url)
    }

    /// Takes over from the running configuration what cannot change while the gateway runs; names the keys that
    /// were to change.
    pub fn keep_what_needs_a_restart(&mut self, running: &Self) -> Vec<&'static str> {
        let mut kept = Vec::new();
        let mut keep = |key, changed: bool| {
            if changed {
                kept.push(key);
            }
        };
        keep("server.listen", self.server.listen != running.server.listen);
        keep(
            "server.shutdown_seconds",
            self.server.shutdown != running.server.shutdown,
        );
        keep(
            "limits.header_seconds",
            self.limits.header != running.limits.header,
        );
        keep(
            "limits.connections",
            self.limits.connections != running.limits.connections,
        );
        keep("database", self.database != running.database);
        keep("key", self.key != running.key);
        keep("folders", self.folders != running.folders);
        keep("metrics", self.metrics != running.metrics);
        // Another certificate is taken at once.
        let tls_turned = self.tls.is_on() != running.tls.is_on();
        keep("tls", tls_turned);
        if tls_turned {
            self.tls = running.tls.clone();
        }
        keep("log.format", self.log.format != running.log.format);
        self.server.listen = running.server.listen;
        self.server.shutdown = running.server.shutdown;
        self.limits.header = running.limits.header;
        self.limits.connections = running.limits.connections;
        self.database = running.database.clone();
        self.key = running.key.clone();
        self.folders = running.folders.clone();
        self.metrics = running.metrics.clone();
        self.log.format = running.log.format;
        kept
    }

    /// Reads a file (or the usual one, where it exists), the environment, and the files that they name.
    pub fn load(file: Option<&Path>) -> Result<Self, Vec<ConfigProblem>> {
        let mut problems = Vec::new();
        match Self::gather(file, &mut problems) {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems),
        }
    }

    /// Everything that is wrong with the configuration, its sealing keys included.
    pub fn problems(file: Option<&Path>) -> Vec<ConfigProblem> {
        let mut problems = Vec::new();
        let config = Self::gather(file, &mut problems);
        // Where the file as a whole or [key] does not read, it is not known where the keys are.
        let unknown = |problem: &ConfigProblem| {
            let place = problem.place.as_str();
            place == FILE || place.starts_with("key.") || place.starts_with("PUNCHGATE_KEY_")
        };
        if let Some(config) = &config {
            if config.tls.is_on() && config.tls.contradictions().is_empty() {
                problems.extend(crate::tls::Tls::open(&config.tls).err());
            }
            if !problems.iter().any(unknown) {
                problems.extend(config.keyring().err());
            }
            if !problems.iter().any(|problem| problem.is_of_database()) {
                problems.extend(config.database.not_sqlite());
            }
        }
        problems
    }

    /// What is valid, and most likely not meant: shown by `check-config` and in the log of the start.
    pub fn notes(&self) -> Vec<ConfigProblem> {
        let mut notes = self.server.notes(self.tls.is_on());
        notes.extend(self.metrics.notes());
        notes
    }

    /// What reads of file and environment, laid over the defaults; what is wrong with the rest goes to `problems`.
    #[expect(
        clippy::disallowed_methods,
        reason = "the environment is read here and nowhere else"
    )]
    fn gather(file: Option<&Path>, problems: &mut Vec<ConfigProblem>) -> Option<Self> {
        let usual = Path::new(USUAL_FILE);
        let text = match file.or_else(|| usual.exists().then_some(usual)) {
            Some(path) => read_file(FILE, path).unwrap_or_else(|problem| {
                problems.push(problem);
                String::new()
            }),
            None => String::new(),
        };
        // A variable that is not UTF-8 cannot be one of ours.
        let environment: Vec<(String, String)> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let mut config = Self::merge(&text, &environment, problems)?;
        problems.extend(config.take_url_file().err());
        problems.extend(config.alerts.email.take_files());
        Some(config)
    }

    /// The defaults with the text of a file and an environment laid over them. Opens no other file.
    pub fn read(text: &str, environment: &[(String, String)]) -> Result<Self, Vec<ConfigProblem>> {
        let mut problems = Vec::new();
        match Self::merge(text, environment, &mut problems) {
            Some(config) if problems.is_empty() => Ok(config),
            _ => Err(problems),
        }
    }

    fn merge(
        text: &str,
        environment: &[(String, String)],
        problems: &mut Vec<ConfigProblem>,
    ) -> Option<Self> {
        let config = layers::merge(EXAMPLE, text, environment, problems)?;
        problems.extend(config.contradictions());
        Some(config)
    }

    /// The keys that seal: out of the environment, or of the file.
    pub fn keyring(&self) -> Result<Keyring, ConfigProblem> {
        if !self.key.value.is_empty() {
            return Keyring::read(self.key.value.expose())
                .map_err(|error| ConfigProblem::new("PUNCHGATE_KEY_VALUE", error, ""));
        }
        let path = &self.key.file;
        let text = read_file("key.file", path).map_err(|problem| ConfigProblem {
            remedy: format!("make it: punchgate keys new > {}", path.display()),
            ..problem
        })?;
        Keyring::read(&text)
            .map_err(|error| ConfigProblem::new(format!("key.file {}", path.display()), error, ""))
    }

    fn take_url_file(&mut self) -> Result<(), ConfigProblem> {
        if self.database.url_file.as_os_str().is_empty() {
            return Ok(());
        }
        let text = read_file("database.url_file", &self.database.url_file)?;
        self.database.url = Secret::new(text.trim());
        self.database
            .contradictions()
            .into_iter()
            .next()
            .map_or(Ok(()), |problem| {
                Err(ConfigProblem {
                    place: "database.url_file".to_owned(),
                    ..problem
                })
            })
    }

    /// What no single value can show.
    fn contradictions(&self) -> Vec<ConfigProblem> {
        let mut problems = self.tls.contradictions();
        problems.extend(self.database.contradictions());
        problems.extend(self.limits.contradictions());
        problems.extend(self.jobs.contradictions());
        problems.extend(self.sync.contradictions());
        problems.extend(self.log.contradictions());
        problems.extend(self.alerts.email.contradictions());
        if self.key.value.is_empty() && self.key.file.as_os_str().is_empty() {
            problems.push(ConfigProblem::new(
                "key.file",
                "names no file",
                "name the file of the sealing keys, or set PUNCHGATE_KEY_VALUE",
            ));
        }
        problems
    }
}

fn read_file(place: &str, path: &Path) -> Result<String, ConfigProblem> {
    std::fs::read_to_string(path).map_err(|error| {
        ConfigProblem::new(
            place,
            format!("{} cannot be read: {error}", PathBuf::from(path).display()),
            "check the path and who may read it",
        )
    })
}

#[cfg(test)]
mod tests;
