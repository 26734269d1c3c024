//! `[server]`: where the gateway listens and how it is reached.

use std::{net::SocketAddr, time::Duration};

use serde::Deserialize;
use url::Url;

use super::{ConfigProblem, section};

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

    /// What is no mistake here, and most likely is one where the gateway stands.
    pub(super) fn notes(&self, speaks_tls: bool) -> Vec<ConfigProblem> {
        let mut notes = Vec::new();
        let is_https = self.public_url.scheme() == "https";
        // Where it speaks no TLS itself and its address is https, somebody before it does.
        if is_https && !speaks_tls && self.trusted_proxies.is_empty() {
            notes.push(ConfigProblem::new(
                "server.trusted_proxies",
                "is empty, and server.public_url is https: a proxy stands before the gateway, and everybody seems to \
                 come from its address. All share what one address may do (tries to sign in, webhooks), and logs name \
                 the proxy",
                "write the address from which the proxy connects: trusted_proxies = [\"127.0.0.1\"] where it runs on \
                 this machine, else its address or network, such as \"10.0.0.0/8\"; and have it set X-Forwarded-For",
            ));
        }
        for network in &self.trusted_proxies {
            if network.prefix_len() == 0 {
                notes.push(ConfigProblem::new(
                    "server.trusted_proxies",
                    format!("believes everybody ({network}): whoever sends X-Forwarded-For has any address that he likes"),
                    "name the proxies only",
                ));
            }
        }
        if speaks_tls && !is_https {
            notes.push(ConfigProblem::new(
                "server.public_url",
                "is http, and [tls] has the gateway speak TLS: nobody gets in by that address",
                "write it with https",
            ));
        } else if !self.listen.ip().is_loopback() && !is_https {
            notes.push(ConfigProblem::new(
                "server.listen",
                format!("{} is reached from other machines, without TLS", self.listen),
                "put a TLS proxy in front of the gateway and listen on 127.0.0.1, or on an address that only the \
                 proxy reaches; or give the gateway a certificate of its own in [tls]",
            ));
        }
        notes
    }
}
