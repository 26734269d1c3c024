//! `[delivery]`: documents on their way to buyers.

use serde::Deserialize;

use super::section;

/// `[delivery]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Networks outside the public internet in which a buyer's address may lie.
    #[serde(deserialize_with = "section::networks")]
    pub networks: Vec<ipnet::IpNet>,
    /// Whether a buyer's address may be plain http.
    pub plain_http: bool,
}
