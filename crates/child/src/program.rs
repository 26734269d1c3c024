//! Which program, how it is started, and what it may do.

use std::{
    collections::BTreeMap,
    fmt,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;

/// A program and the way to begin with it.
#[derive(Clone)]
pub struct Program {
    /// Its file, absolute.
    pub path: PathBuf,
    /// Its arguments; everybody on the machine can read them.
    pub args: Vec<String>,
    /// Where it runs.
    pub directory: PathBuf,
    /// All of its environment but `PATH` and `LANG`.
    pub environment: BTreeMap<String, String>,
    /// What it is told first.
    pub greeting: Greeting,
    /// What is blanked in all that it writes to stderr.
    pub secrets: Vec<String>,
    /// What it may do.
    pub limits: Limits,
}

/// The first line that it is sent after every start, and how its answer is judged.
#[derive(Clone)]
pub struct Greeting {
    /// The line, secrets included.
    pub line: Bytes,
    /// Says what is wrong with the answer, if something is.
    pub judge: Judge,
}

/// Says what is wrong with a line, if something is.
pub type Judge = Arc<dyn Fn(&[u8]) -> Result<(), String> + Send + Sync>;

/// What a program may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The longest line, either way.
    pub line_bytes: usize,
    /// How long it may take to start and to answer the greeting; a caller's own deadline does not cut that short.
    pub start: Duration,
    /// It is not asked where less than this is left of the caller's time: it would be killed for the caller's delay.
    pub least_time: Duration,
    /// The wait after the first failure; doubled by each that follows.
    pub first_wait: Duration,
    /// The longest wait.
    pub longest_wait: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            line_bytes: 4 << 20,
            start: Duration::from_secs(10),
            least_time: Duration::from_secs(1),
            first_wait: Duration::from_secs(1),
            longest_wait: Duration::from_secs(300),
        }
    }
}

impl Limits {
    /// The wait after so many failures in a row.
    pub(crate) fn wait(&self, failures: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.first_wait.saturating_mul(doubled).min(self.longest_wait)
    }
}

/// A program that cannot be run here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {problem}")]
pub struct ProgramError {
    /// The file or folder.
    pub path: String,
    /// What is wrong with it.
    pub problem: String,
}

impl Program {
    /// What keeps it from being started on this machine, if anything does.
    pub fn check(&self) -> Result<(), ProgramError> {
        let wrong = |path: &Path, problem: &str| {
            Err(ProgramError {
                path: path.display().to_string(),
                problem: problem.to_owned(),
            })
        };
        if !self.path.is_absolute() {
            return wrong(&self.path, "is not an absolute path");
        }
        match self.path.metadata() {
            Err(error) => return wrong(&self.path, &error.to_string()),
            Ok(file) if !file.is_file() => return wrong(&self.path, "is not a file"),
            Ok(file) if file.permissions().mode() & 0o111 == 0 => {
                return wrong(&self.path, "is not executable");
            }
            Ok(_) => {}
        }
        match self.directory.metadata() {
            Ok(folder) if folder.is_dir() => Ok(()),
            Ok(_) => wrong(&self.directory, "is not a folder"),
            Err(error) => wrong(&self.directory, &error.to_string()),
        }
    }

    /// Its name in texts.
    pub(crate) fn name(&self) -> String {
        self.path.display().to_string()
    }
}

impl fmt::Debug for Greeting {
    /// Nothing of it: it holds secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Greeting")
    }
}

impl fmt::Debug for Program {
    /// Nothing that may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Program")
            .field("path", &self.path)
            .field("args", &self.args)
            .field("directory", &self.directory)
            .field("environment", &self.environment.keys())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest() {
        let limits = Limits::default();
        let seconds: Vec<u64> = [1, 2, 3, 9, 10, 40].map(|n| limits.wait(n).as_secs()).to_vec();
        assert_eq!(seconds, [1, 2, 4, 256, 300, 300]);
        let none = Limits {
            first_wait: Duration::ZERO,
            ..limits
        };
        assert_eq!(none.wait(7), Duration::ZERO);
    }
}
