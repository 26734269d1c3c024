//! Where a declared secret comes from: never out of the file itself.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    declaration::Declared,
    entropy::{Entropy, new_secret},
    seal::Secret,
};

/// Where secrets are fetched from; relative paths are relative to the declared file.
pub trait SecretSource: Sync {
    /// A variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;
    /// The content of a file; `None` where there is no such file.
    fn read(&self, path: &Path) -> io::Result<Option<String>>;
    /// Writes a new file that only its owner may read.
    fn create(&self, path: &Path, content: &str) -> io::Result<()>;
}

/// A declared secret.
#[derive(Clone, Debug, PartialEq, Eq)]
enum SecretRef {
    Variable(String),
    File(PathBuf),
    /// Made and written into this file, where the file does not exist yet.
    Generate(PathBuf),
}

/// A file to be written before the plan is applied.
#[derive(Debug)]
pub(super) struct Generated {
    pub(super) path: PathBuf,
    pub(super) content: Secret,
}

/// Fetches declared secrets.
pub(super) struct Fetching<'a> {
    pub(super) source: &'a dyn SecretSource,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) generated: Vec<Generated>,
}

const FORMS: &str = "write { env = \"NAME\" }, { file = \"PATH\" } or { generate = \"PATH\" }";

impl Fetching<'_> {
    /// The secret at a key, if one is declared. `compose` makes the content of a generated one.
    pub(super) fn secret(
        &mut self,
        declared: &mut Declared<'_>,
        key: &'static str,
        compose: impl FnOnce(String) -> Secret,
    ) -> Option<Secret> {
        let value = declared.any(key)?;
        match self.value(value, compose) {
            Ok(secret) => Some(secret),
            Err(problem) => {
                declared.note(key, problem);
                None
            }
        }
    }

    /// The secret that a value refers to.
    pub(super) fn value(
        &mut self,
        value: &toml::Value,
        compose: impl FnOnce(String) -> Secret,
    ) -> Result<Secret, String> {
        let text = match SecretRef::read(value)? {
            SecretRef::Variable(name) => self
                .source
                .variable(&name)
                .ok_or_else(|| format!("the environment has no variable {name}; set it and try again"))?,
            SecretRef::File(path) => self
                .file(&path)?
                .ok_or_else(|| format!("there is no file {}; write the secret into it", path.display()))?,
            SecretRef::Generate(path) => match self.file(&path)? {
                Some(text) => text,
                None => {
                    let secret = self.generated(path, compose);
                    return Ok(secret);
                }
            },
        };
        let text = text.trim_end_matches(['\r', '\n']);
        match text.is_empty() {
            true => Err("is empty; an empty secret protects nothing".to_owned()),
            false => Ok(Secret::new(text)),
        }
    }

    /// Two keys that name one file get one secret.
    fn generated(&mut self, path: PathBuf, compose: impl FnOnce(String) -> Secret) -> Secret {
        if let Some(known) = self.generated.iter().find(|generated| generated.path == path) {
            return known.content.clone();
        }
        let content = compose(new_secret(self.entropy));
        self.generated.push(Generated {
            path,
            content: content.clone(),
        });
        content
    }

    fn file(&self, path: &Path) -> Result<Option<String>, String> {
        self.source
            .read(path)
            .map_err(|error| format!("{} cannot be read: {error}", path.display()))
    }
}

impl SecretRef {
    fn read(value: &toml::Value) -> Result<Self, String> {
        let table = match value {
            toml::Value::Table(table) => table,
            // The value is not repeated: it may be the secret.
            toml::Value::String(_) => {
                return Err(format!("a secret must not stand in this file; {FORMS}"));
            }
            _ => return Err(format!("is no reference to a secret; {FORMS}")),
        };
        let mut references = ["env", "file", "generate"]
            .into_iter()
            .filter_map(|form| Some((form, table.get(form)?.as_str()?)));
        match (references.next(), references.next()) {
            (Some((form, text)), None) if !text.is_empty() => Ok(match form {
                "env" => Self::Variable(text.to_owned()),
                "file" => Self::File(text.into()),
                _ => Self::Generate(text.into()),
            }),
            _ => Err(format!("must name exactly one source; {FORMS}")),
        }
    }
}
