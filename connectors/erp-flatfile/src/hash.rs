//! Hashes as text.

use sha2::{Digest, Sha256};

/// SHA-256 in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The beginning of a hash, where it tells contents apart and guards nothing.
pub(crate) fn short(digest: &[u8]) -> String {
    hex(digest.get(..12).unwrap_or(digest))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
