//! The one linear pass before the tree is built: refuses what would make the tree expensive or unsafe.

/// Caps on a document. The defaults are those of the design; only the size is meant to be set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the document as it arrived.
    pub max_bytes: usize,
    /// Elements inside each other.
    pub max_depth: u32,
    /// Attributes on one tag.
    pub max_attributes: u32,
    /// Bytes of one tag.
    pub max_tag_bytes: usize,
    /// Namespace declarations in the whole document.
    pub max_namespaces: u32,
    /// Tags, texts, comments and so on.
    pub max_events: u32,
}

impl Limits {
    /// The design's caps with a document size of one's own.
    pub fn with_max_bytes(max_bytes: usize) -> Self {
        Self {
            max_bytes,
            max_depth: 64,
            max_attributes: 64,
            max_tag_bytes: 64 * 1024,
            max_namespaces: 64,
            max_events: 2_000_000,
        }
    }
}

impl Default for Limits {
    /// 10 MiB.
    fn default() -> Self {
        Self::with_max_bytes(10 * 1024 * 1024)
    }
}
