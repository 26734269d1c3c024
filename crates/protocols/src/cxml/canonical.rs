//! The hash by which two deliveries of one request are recognised as the same content.

use super::{Limits, Refusal};

/// Hash of the canonical payload: without Header, timestamp, secrets and card numbers; insensitive to
/// white space between elements, order of attributes, namespace prefixes and character encoding.
pub fn content_hash(bytes: &[u8], content_type: Option<&str>, limits: &Limits) -> Result<[u8; 32], Refusal> {
    super::decode_hashed(bytes, content_type, limits).map(|(_, hash)| hash)
}
