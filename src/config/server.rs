//! `[server]`: where the gateway listens and how it is reached.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;
use url::Url;

use super::section;

/// `[server]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Server {
    /// Where the gateway listens.
    pub listen: SocketAddr,
    /// How buyers and shoppers reach it.
    #[serde(deserialize_with = "section::web_address")]
    pub public_url: Url,
    /// Proxies whose X-Forwarded-For is believed.
    #[serde(deserialize_with = "section::networks")]
    pub trusted_proxies: Vec<ipnet::IpNet>,
    /// How long requests under way may take to finish.
    #[serde(rename = "shutdown_seconds", deserialize_with = "section::seconds")]
    pub shutdown: Duration,
}

impl Server {
    /// An address of the gateway as the outside sees it; `path` begins without a slash.
    pub fn public_address(&self, path: &str) -> String {
        format!("{}/{path}", self.public_url.as_str().trim_end_matches('/'))
    }
}
