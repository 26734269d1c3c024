//! Where a client may go.

use std::{fmt, net::IpAddr, time::Duration};

use url::{Host, Url};

use crate::is_public;

/// The rules of one client.
#[derive(Clone, Debug)]
pub struct EgressRules {
    /// Hosts that may be called; none means any host that the other rules allow.
    pub hosts: Vec<HostPattern>,
    /// Whether `http:` may be used.
    pub allow_http: bool,
    /// Whether loopback, private and link-local addresses may be called.
    pub allow_private: bool,
    /// For connecting.
    pub connect_timeout: Duration,
    /// Largest answer.
    pub answer_bytes: usize,
    /// What we call ourselves.
    pub user_agent: String,
}

impl Default for EgressRules {
    fn default() -> Self {
        Self {
            hosts: Vec::new(),
            allow_http: false,
            allow_private: false,
            connect_timeout: Duration::from_secs(10),
            answer_bytes: 16 * 1024 * 1024,
            user_agent: concat!("Punchgate/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// A host, or `*.` and the domain whose hosts are meant; with a port if that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPattern {
    host: String,
    subdomains: bool,
    port: Option<u16>,
}

/// A text that is no host pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not a host: expected erp.example.com, *.example.com or erp.example.com:8443")]
pub struct HostPatternError(pub String);

impl HostPattern {
    /// Reads `erp.example.com`, `*.example.com`, `127.0.0.1:8083`.
    pub fn parse(text: &str) -> Result<Self, HostPatternError> {
        let refuse = || HostPatternError(text.to_owned());
        let (subdomains, rest) = text.strip_prefix("*.").map_or((false, text), |rest| (true, rest));
        let url = Url::parse(&format!("http://{rest}/")).map_err(|_| refuse())?;
        let plain = url.path() == "/" && url.query().is_none() && url.username().is_empty();
        let host = url
            .host_str()
            .filter(|host| plain && !host.is_empty() && !host.contains('*'));
        let port = rest.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
        Ok(Self {
            host: host.ok_or_else(refuse)?.to_owned(),
            subdomains,
            port,
        })
    }

    fn fits(&self, url: &Url) -> bool {
        let Some(host) = url.host_str() else { return false };
        let host_fits = if self.subdomains {
            host.strip_suffix(&self.host)
                .is_some_and(|rest| rest.ends_with('.'))
        } else {
            host == self.host
        };
        host_fits
            && self
                .port
                .is_none_or(|port| url.port_or_known_default() == Some(port))
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.subdomains { "*." } else { "" };
        write!(f, "{star}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl EgressRules {
    /// Whether an address may be called, as far as its text tells; the resolver looks at the rest.
    pub(crate) fn permit(&self, url: &Url) -> Result<(), String> {
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http => {}
            "http" => {
                return Err(
                    "http is not allowed here; use https, or allow http for this connector".to_owned(),
                );
            }
            other => return Err(format!("'{other}' is not a scheme that can be called")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("an address with a user name in it is not called".to_owned());
        }
        if !self.hosts.is_empty() && !self.hosts.iter().any(|pattern| pattern.fits(url)) {
            return Err("the host is not among those allowed for this connector".to_owned());
        }
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => Some(IpAddr::V6(address)),
            _ => None,
        };
        if !self.allow_private && literal.is_some_and(|address| !is_public(address)) {
            return Err("private addresses are not allowed for this connector".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_as_parsed() {
        let rows = [
            ("erp.example.com", "https://erp.example.com/x", true),
            ("erp.example.com", "https://erp.example.com.evil.net/x", false),
            ("erp.example.com", "https://evil.net/erp.example.com", false),
            ("erp.example.com", "https://ERP.example.com:8443/", true),
            ("erp.example.com:443", "https://erp.example.com/", true),
            ("erp.example.com:443", "https://erp.example.com:8443/", false),
            ("*.example.com", "https://a.b.example.com/", true),
            ("*.example.com", "https://example.com/", false),
            ("*.example.com", "https://badexample.com/", false),
        ];
        for (pattern, url, expected) in rows {
            let rules = EgressRules {
                hosts: vec![HostPattern::parse(pattern).unwrap()],
                ..EgressRules::default()
            };
            assert_eq!(
                rules.permit(&url.parse().unwrap()).is_ok(),
                expected,
                "{pattern} {url}"
            );
        }
    }

    #[test]
    fn what_is_never_called() {
        for url in [
            "http://example.com/",
            "ftp://example.com/",
            "https://u:p@example.com/",
            "https://169.254.169.254/",
            "https://[::1]/",
            "https://0x7f.1/",
        ] {
            assert!(
                EgressRules::default().permit(&url.parse().unwrap()).is_err(),
                "{url}"
            );
        }
        for pattern in ["", "*", "a b", "http://x", "x/y", "*.*.com"] {
            assert!(HostPattern::parse(pattern).is_err(), "{pattern}");
        }
    }
}
