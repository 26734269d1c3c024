//! `[metrics]`: figures for whoever watches the gateway.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer, de::Error as _};

use super::ConfigProblem;

/// `[metrics]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metrics {
    /// Where `/metrics` is served; nowhere, if it is empty.
    #[serde(deserialize_with = "address_if_any")]
    pub listen: Option<SocketAddr>,
}

impl Metrics {
    /// What is no mistake here, and most likely is one where the gateway stands.
    pub(super) fn notes(&self) -> Vec<ConfigProblem> {
        let open = self.listen.filter(|listen| !listen.ip().is_loopback());
        let note = open.map(|listen| {
            ConfigProblem::new(
                "metrics.listen",
                format!("{listen} is reached from other machines, without a password: names of suppliers stand there"),
                "listen on 127.0.0.1, or on an address that only the machine that watches reaches",
            )
        });
        note.into_iter().collect()
    }
}

fn address_if_any<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<SocketAddr>, D::Error> {
    let text = String::deserialize(deserializer)?;
    if text.is_empty() {
        return Ok(None);
    }
    text.parse()
        .map(Some)
        .map_err(|_| D::Error::custom(format!("'{text}' is no address: expected such as 127.0.0.1:9464")))
}
