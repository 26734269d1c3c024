//! `[tls]`: the certificate of a gateway that stands behind no proxy.

use std::path::PathBuf;

use serde::Deserialize;

use super::ConfigProblem;

/// `[tls]`
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// The certificate and those that lead from it to a known one, as PEM; empty where a proxy speaks TLS.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

impl Tls {
    /// Whether the gateway speaks TLS itself.
    pub fn is_on(&self) -> bool {
        !self.certificate.as_os_str().is_empty()
    }

    pub(super) fn contradictions(&self) -> Vec<ConfigProblem> {
        let missing = match (self.is_on(), !self.key.as_os_str().is_empty()) {
            (true, false) => Some(("tls.key", "the file of the private key of tls.certificate")),
            (false, true) => Some(("tls.certificate", "the file of the certificate of tls.key")),
            (true, true) | (false, false) => None,
        };
        let problem = missing.map(|(place, what)| {
            let remedy = format!("name {what}, or neither where a proxy speaks TLS");
            ConfigProblem::new(place, "is empty, and the other of the two is not", remedy)
        });
        problem.into_iter().collect()
    }
}
