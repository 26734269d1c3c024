//! The HTTP client of the demo peers.
//!
//! They speak plain HTTP on loopback only, so no certificate authority is trusted: an https address
//! fails with a TLS error rather than going out into the world.

use std::{sync::Arc, time::Duration};

use crate::DemoError;

/// A client with a time-out for the whole exchange, no redirects, no proxy and no cookies.
#[expect(
    clippy::disallowed_methods,
    reason = "the demo is a stranger to the gateway and shares no code with it"
)]
pub fn http_client(timeout: Duration) -> Result<reqwest::Client, DemoError> {
    let tls = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| DemoError::Client(error.to_string()))?
        .with_root_certificates(rustls::RootCertStore::empty())
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .map_err(|error| DemoError::Client(error.to_string()))
}
