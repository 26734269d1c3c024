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
