//! ProfileResponse: what a server can do, and where.

use crate::cxml::StatedTimestamp;

/// A profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileResponse {
    /// In effect since.
    pub effective_date: StatedTimestamp,
    /// Last changed.
    pub last_refresh: Option<StatedTimestamp>,
    /// Name and value.
    pub options: Vec<(String, String)>,
    /// The requests that are accepted.
    pub transactions: Vec<ProfileTransaction>,
}

/// One request that is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileTransaction {
    /// `OrderRequest` and the like.
    pub request_name: String,
    /// Where to send it, trimmed.
    pub url: String,
    /// Name and value.
    pub options: Vec<(String, String)>,
}
