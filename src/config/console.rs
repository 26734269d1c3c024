//! `[console]`: the pages of the supplier's people.

use std::time::Duration;

use punchgate_app::operators::SessionLife;
use serde::Deserialize;
use url::Url;

use super::section;

/// `[console]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Console {
    /// How they are reached, if not as everything else is.
    #[serde(deserialize_with = "section::web_address_if_any")]
    pub public_url: Option<Url>,
    /// Networks outside the public internet that a connector entered at a page may reach.
    #[serde(deserialize_with = "section::networks")]
    pub networks: Vec<ipnet::IpNet>,
    /// Whether a connector entered at a page may speak plain http.
    pub plain_http: bool,
    /// Signed out after so long without doing anything.
    #[serde(rename = "idle_minutes", deserialize_with = "section::minutes")]
    pub idle: Duration,
    /// Signed out after so long at all.
    #[serde(rename = "session_hours", deserialize_with = "section::hours")]
    pub session: Duration,
}

impl Console {
    /// How long somebody stays signed in.
    pub fn session_life(&self) -> SessionLife {
        SessionLife {
            idle: self.idle,
            most: self.session,
        }
    }
}
