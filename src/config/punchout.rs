//! `[punchout]`: sessions of shoppers.

use std::time::Duration;

use serde::Deserialize;

use super::section;

/// `[punchout]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Punchout {
    /// For one call to the shop.
    #[serde(rename = "shop_seconds", deserialize_with = "section::seconds")]
    pub shop: Duration,
    /// Between two sweeps of sessions whose time is over.
    #[serde(rename = "expiry_sweep_seconds", deserialize_with = "section::seconds")]
    pub expiry_sweep: Duration,
}
