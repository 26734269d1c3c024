//! What a manifest says of its file: that it is complete, and how one sees it.

use jiff::Timestamp;
use serde::Deserialize;

/// Most bytes of a manifest.
pub(crate) const MOST_BYTES: u64 = 64 << 10;

/// A manifest: JSON, or an empty file, which only says that the file is complete.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Manifest {
    pub(crate) sha256: Option<String>,
    pub(crate) rows: Option<u64>,
    /// When the reading began in the ERP.
    pub(crate) created_at: Option<Timestamp>,
    #[serde(default)]
    pub(crate) accept_shrink: bool,
}

impl Manifest {
    pub(crate) fn read(bytes: &[u8]) -> Result<Self, String> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        serde_json::from_slice(bytes).map_err(|error| {
            format!(
                "its manifest is not read: {error}; write an empty file, or JSON with sha256, rows, created_at, \
                 accept_shrink"
            )
        })
    }

    /// What does not agree with the file.
    pub(crate) fn contradicts(&self, sha256: &str, rows: u64) -> Option<String> {
        if let Some(stated) = &self.sha256
            && !stated.eq_ignore_ascii_case(sha256)
        {
            return Some(format!(
                "its manifest states the SHA-256 {stated}, it has {sha256}"
            ));
        }
        match self.rows {
            Some(stated) if stated != rows => {
                Some(format!("its manifest states {stated} rows, it has {rows}"))
            }
            _ => None,
        }
    }
}
