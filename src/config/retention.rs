//! `[retention]`: how long what is kept. In calendar units: a month is not a number of seconds.

use serde::Deserialize;

use super::section;

/// `[retention]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Retention {
    /// Archived documents.
    #[serde(deserialize_with = "section::count")]
    pub documents_months: u32,
    /// Returned carts.
    #[serde(deserialize_with = "section::count")]
    pub carts_months: u32,
    /// Ended punchout sessions.
    #[serde(deserialize_with = "section::count")]
    pub sessions_months: u32,
    /// Refused orders.
    #[serde(deserialize_with = "section::count")]
    pub quarantine_days: u32,
}
