//! Names of files, below a folder.

use std::fmt;

/// A file below the folder: `directory/name`. Neither leads out of it, and nothing in it is hidden or unprintable.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FilePath {
    directory: String,
    name: String,
}

/// A text that is no name of a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a name that is used here: letters and digits of any script, '-', '_', '.' and blanks, no path"
)]
pub struct PathError(pub String);

/// Longest name: what most file systems take.
const NAME_BYTES: usize = 240;

impl FilePath {
    /// A name in a directory; the directory may have several parts.
    pub fn new(directory: &str, name: &str) -> Result<Self, PathError> {
        let parts = directory.split('/').filter(|_| !directory.is_empty());
        for part in parts.chain([name]) {
            if !is_name(part) {
                return Err(PathError(part.chars().take(120).collect()));
            }
        }
        Ok(Self {
            directory: directory.to_owned(),
            name: name.to_owned(),
        })
    }

    /// The directory, empty for the folder itself.
    pub fn directory(&self) -> &str {
        &self.directory
    }

    /// The name in it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A name beside it under which it may be written before it counts; `unique` is never used twice.
    pub(crate) fn unfinished(&self, unique: &str) -> String {
        let unique: String = unique.chars().filter(|c| is_plain(*c)).collect();
        let name: String = self.name.chars().take(60).collect();
        let unique = unique.get(unique.len().saturating_sub(100)..).unwrap_or(&unique);
        format!(".{name}.{unique}.tmp")
    }
}

/// Whether a text is the name of one file or directory.
pub(crate) fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= NAME_BYTES
        && !text.starts_with('.')
        && text.trim() == text
        && text
            .chars()
            .all(|c| is_plain(c) || matches!(c, ' ' | '(' | ')' | '+' | '=' | '@' | ',' | '#'))
}

fn is_plain(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_' | '.')
}

impl fmt::Display for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.directory.as_str() {
            "" => f.write_str(&self.name),
            directory => write!(f, "{directory}/{}", self.name),
        }
    }
}

impl fmt::Debug for FilePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let cases = [
            ("in", "customers-12.csv", true),
            ("", "Kunden März 2026.csv", true),
            ("erp/in", "a", true),
            ("in", "../secret", false),
            ("in", "..", false),
            ("..", "a", false),
            ("in/../..", "a", false),
            ("/etc", "passwd", false),
            ("in", "a/b", false),
            ("in", "a\\b", false),
            ("in", "a\0b", false),
            ("in", "a\nb", false),
            ("in", ".hidden", false),
            ("in", "", false),
            ("in", " a", false),
        ];
        for (directory, name, fits) in cases {
            assert_eq!(
                FilePath::new(directory, name).is_ok(),
                fits,
                "{directory:?} {name:?}"
            );
        }
        assert!(FilePath::new("in", &"x".repeat(241)).is_err());
    }

    #[test]
    fn an_unfinished_file_is_hidden_and_its_name_is_short() {
        let path = FilePath::new("out", &"ö".repeat(100)).unwrap();
        let name = path.unfinished(&"a/1".repeat(100));
        assert!(
            name.starts_with('.') && name.ends_with(".tmp") && name.len() <= 255,
            "{name}"
        );
        assert!(!name.contains('/'));
    }
}
