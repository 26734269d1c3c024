//! Patterns of hosts that may be reached.

use std::{fmt, str::FromStr};

use url::{Host, Url};

/// A host that may be reached: `erp.example.com`, `erp.example.com:8443`, `*.example.com` (any name below it,
/// not the name itself), `192.0.2.7`, `[2001:db8::7]:443`. Without a port, every port of the host.
#[derive(Clone, PartialEq, Eq)]
pub struct HostPattern {
    any_below: bool,
    host: Host<String>,
    port: Option<u16>,
}

/// A text that is no host pattern.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not a host: write erp.example.com, erp.example.com:8443 or *.example.com, without https:// and path"
)]
pub struct HostPatternError(String);

impl HostPattern {
    /// Exactly the host and port of an address.
    pub fn of_url(url: &Url) -> Option<Self> {
        Some(Self {
            any_below: false,
            host: url.host()?.to_owned(),
            port: Some(url.port_or_known_default()?),
        })
    }

    /// Whether the address is meant.
    pub(crate) fn matches(&self, url: &Url) -> bool {
        let port_fits = self
            .port
            .is_none_or(|port| url.port_or_known_default() == Some(port));
        let Some(host) = url.host() else { return false };
        port_fits
            && match (&self.host, host) {
                (Host::Domain(pattern), Host::Domain(name)) => {
                    let (pattern, name) = (without_root(pattern), without_root(name));
                    if self.any_below {
                        name.strip_suffix(pattern)
                            .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.'))
                    } else {
                        pattern == name
                    }
                }
                (Host::Ipv4(pattern), Host::Ipv4(address)) => *pattern == address,
                (Host::Ipv6(pattern), Host::Ipv6(address)) => *pattern == address,
                _ => false,
            }
    }
}

/// Without the dot that stands for the root of all names.
fn without_root(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

impl FromStr for HostPattern {
    type Err = HostPatternError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || HostPatternError(text.to_owned());
        let trimmed = text.trim();
        let (any_below, rest) = match trimmed.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        let (host, port) = match rest.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port.parse().map_err(|_| refuse())?)),
            _ => (rest, None),
        };
        let host = Host::parse(host).map_err(|_| refuse())?;
        let fits = match &host {
            Host::Domain(name) => !name.is_empty() && !name.contains(['*', '/']),
            Host::Ipv4(_) | Host::Ipv6(_) => !any_below,
        };
        if !fits {
            return Err(refuse());
        }
        Ok(Self {
            any_below,
            host,
            port,
        })
    }
}

impl fmt::Display for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let star = if self.any_below { "*." } else { "" };
        write!(f, "{star}{}", self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

impl fmt::Debug for HostPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_addresses() {
        let cases = [
            ("erp.example.com", "https://erp.example.com/x", true),
            ("erp.example.com", "https://ERP.example.com:8443/", true),
            ("erp.example.com", "https://erp.example.com./", true),
            ("erp.example.com", "https://erp.example.com.evil.test/", false),
            ("erp.example.com", "https://erp.example.com@evil.test/", false),
            ("erp.example.com:8443", "https://erp.example.com:8443/", true),
            ("erp.example.com:8443", "https://erp.example.com/", false),
            ("erp.example.com:443", "https://erp.example.com/", true),
            ("*.example.com", "https://a.b.example.com/", true),
            ("*.example.com", "https://example.com/", false),
            ("*.example.com", "https://badexample.com/", false),
            ("127.0.0.1", "http://127.0.0.1:9/", true),
            ("127.0.0.1", "http://2130706433:9/", true),
            ("127.0.0.1", "http://localhost:9/", false),
            ("[::1]:9", "http://[::1]:9/", true),
            ("[::1]", "http://[::1]:9/", true),
        ];
        for (pattern, url, matches) in cases {
            let pattern: HostPattern = pattern.parse().unwrap();
            assert_eq!(pattern.matches(&url.parse().unwrap()), matches, "{pattern} {url}");
        }
    }

    #[test]
    fn not_patterns() {
        for text in [
            "",
            "*",
            "*.",
            "https://x.example",
            "x.example/path",
            "*.10.0.0.1",
            "x:99999",
            "a.*.example",
        ] {
            assert!(text.parse::<HostPattern>().is_err(), "{text}");
        }
    }
}
