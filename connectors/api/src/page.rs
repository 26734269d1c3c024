//! Reading in pages.

use std::fmt;

use sha2::{Digest, Sha256};

/// Where a feed was left: opaque text, written and read only by the connector (or the system behind it),
/// stored by the caller in the transaction that applies the rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One page of a feed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The rows, each as it is now.
    pub items: Vec<T>,
    /// Ids of rows that are gone, where the system tells.
    pub deleted: Vec<String>,
    /// Where to go on; always there, also when nothing changed.
    pub next_cursor: Cursor,
    /// Whether asking again at once brings more.
    pub more: bool,
}

/// Rows asked for by key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// The rows that exist.
    pub items: Vec<T>,
    /// Keys of those that do not.
    pub missing: Vec<String>,
}

/// What tells a record from itself as it was, for the cursor of an ERP that keeps no log of changes: 64 bits of the SHA-256 of
/// what was read of it.
pub fn fingerprint(content: &[u8]) -> u64 {
    let digest = Sha256::digest(content);
    digest
        .iter()
        .take(8)
        .fold(0, |sum, byte| sum << 8 | u64::from(*byte))
}
