//! Which hosts a shopper's browser may be sent to. Parsed hosts are compared, never texts.

use std::fmt;

use url::{Host, Url};

/// One rule: `shop.example.com`, `*.example.com`, either with `:port`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostRule {
    pattern: Pattern,
    port: Option<u16>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pattern {
    Exact(Host<String>),
    /// Any host below this domain, not the domain itself.
    Below(String),
}

/// The rules of a relationship.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostRules(Vec<HostRule>);

/// A text that is no rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no host: expected a host such as shop.example.com or *.example.com, if need be with :port, without scheme and path"
)]
pub struct HostRuleError(pub String);

/// Why an address is not one of ours to send a browser to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostRefusal {
    /// Not an address at all.
    #[error("'{0}' is no complete http or https address")]
    NotAnAddress(String),
    /// It carries a user name or a password.
    #[error("the address for host '{0}' carries a user name or password")]
    Credentials(String),
    /// Its host is on no list.
    #[error("host '{0}' is not allowed for this relationship")]
    NotAllowed(String),
}

impl HostRule {
    /// Reads a rule.
    pub fn parse(text: &str) -> Result<Self, HostRuleError> {
        let refuse = || HostRuleError(text.to_owned());
        let trimmed = text.trim();
        let (below, rest) = match trimmed.strip_prefix("*.") {
            Some(rest) => (true, rest),
            None => (false, trimmed),
        };
        if rest.is_empty()
            || rest.contains(['/', '*', '@', '?', '#', '\\'])
            || rest.contains(char::is_whitespace)
        {
            return Err(refuse());
        }
        // The parser of addresses is asked, so that a rule and an address mean the same host.
        let url = Url::parse(&format!("http://{rest}/")).map_err(|_| refuse())?;
        let host = url.host().ok_or_else(refuse)?.to_owned();
        let port = explicit_port(rest, &host).ok_or_else(refuse)?;
        let pattern = match (below, host) {
            (true, Host::Domain(domain)) if domain.contains('.') => Pattern::Below(domain),
            (true, _) => return Err(refuse()),
            (false, host) => Pattern::Exact(host),
        };
        Ok(Self { pattern, port })
    }

    /// Whether the address's host, and its port if the rule names one, fit.
    pub fn fits(&self, url: &Url) -> bool {
        let host_fits = match (&self.pattern, url.host()) {
            (Pattern::Exact(expected), Some(host)) => *expected == host.to_owned(),
            (Pattern::Below(domain), Some(Host::Domain(host))) => host
                .strip_suffix(domain.as_str())
                .and_then(|front| front.strip_suffix('.'))
                .is_some_and(|front| !front.is_empty()),
            _ => false,
        };
        host_fits
            && self
                .port
                .is_none_or(|port| url.port_or_known_default() == Some(port))
    }

    /// The rule as a source of a Content-Security-Policy. The scheme http stands for https, too; a missing
    /// port for any.
    pub fn csp_source(&self) -> String {
        let port = self.port.map_or("*".to_owned(), |port| port.to_string());
        match &self.pattern {
            Pattern::Exact(host) => format!("http://{host}:{port}"),
            Pattern::Below(domain) => format!("http://*.{domain}:{port}"),
        }
    }
}

impl fmt::Display for HostRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.pattern {
            Pattern::Exact(host) => write!(f, "{host}")?,
            Pattern::Below(domain) => write!(f, "*.{domain}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl HostRules {
    /// The rules in their order.
    pub fn new(rules: Vec<HostRule>) -> Self {
        Self(rules)
    }

    /// The rules.
    pub fn iter(&self) -> impl Iterator<Item = &HostRule> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The parsed address, if its host is allowed.
    pub fn admit(&self, address: &str) -> Result<Url, HostRefusal> {
        let url = Url::parse(address.trim())
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https"))
            .ok_or_else(|| HostRefusal::NotAnAddress(address.chars().take(200).collect()))?;
        let host = url.host_str().unwrap_or_default().to_owned();
        if !url.username().is_empty() || url.password().is_some() {
            return Err(HostRefusal::Credentials(host));
        }
        match self.0.iter().any(|rule| rule.fits(&url)) {
            true => Ok(url),
            false => Err(HostRefusal::NotAllowed(host)),
        }
    }
}

/// The port as written (`Url` drops a scheme's usual one); `None` where what follows the host is no port.
fn explicit_port(rest: &str, host: &Host<String>) -> Option<Option<u16>> {
    let after_host = match host {
        Host::Ipv6(_) => rest.split_once(']').map_or("", |(_, after)| after),
        _ => rest.find(':').map_or("", |at| &rest[at..]),
    };
    match after_host.strip_prefix(':') {
        None if after_host.is_empty() => Some(None),
        None => None,
        Some(port) => port.parse().ok().filter(|port| *port != 0).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_that_are_read_and_refused() {
        let good = [
            ("Shop.Example.COM", "shop.example.com"),
            ("*.example.com:8443", "*.example.com:8443"),
            ("localhost:80", "localhost:80"),
            ("127.0.0.1:8081", "127.0.0.1:8081"),
            ("[::1]:8081", "[::1]:8081"),
            ("bücher.example", "xn--bcher-kva.example"),
        ];
        for (text, shown) in good {
            assert_eq!(HostRule::parse(text).unwrap().to_string(), shown);
        }
        for text in [
            "",
            "*",
            "*.",
            "*.com",
            "https://a.example",
            "a.example/path",
            "a b.example",
            "a.*.example",
            "u@a.example",
            "a.example:",
            "a.example:0",
            "a.example:99999",
            "*.127.0.0.1",
        ] {
            assert!(HostRule::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn addresses_against_rules() {
        let cases = [
            ("a.example", "https://a.example/back?x=1", true),
            ("a.example", "http://A.EXAMPLE:8080/", true),
            ("a.example", "https://a.example.evil.example/", false),
            ("a.example", "https://b.a.example/", false),
            ("a.example", "https://a.example@evil.example/", false),
            ("a.example", "https://evil.example/?https://a.example/", false),
            ("a.example", "https://evil.example#a.example", false),
            ("a.example", "https://evil.example\\@a.example/", false),
            ("a.example", "https://user:pass@a.example/", false),
            ("a.example", "https://a.example./", false),
            ("a.example", "javascript:alert(1)//a.example", false),
            ("a.example", "//a.example/", false),
            ("a.example", "ftp://a.example/", false),
            ("*.a.example", "https://x.a.example/", true),
            ("*.a.example", "https://x.y.a.example/", true),
            ("*.a.example", "https://a.example/", false),
            ("*.a.example", "https://xa.example/", false),
            ("*.a.example", "https://.a.example/", false),
            ("a.example:443", "https://a.example/", true),
            ("a.example:443", "http://a.example/", false),
            ("a.example:8443", "https://a.example/", false),
            ("127.0.0.1", "http://127.1/", true),
            ("bücher.example", "https://BÜCHER.example/", true),
        ];
        for (rule, address, expected) in cases {
            let rules = HostRules::new(vec![HostRule::parse(rule).unwrap()]);
            assert_eq!(rules.admit(address).is_ok(), expected, "{rule} {address}");
        }
        assert!(HostRules::default().admit("https://a.example/").is_err());
    }

    #[test]
    fn csp_sources() {
        for (rule, source) in [
            ("a.example", "http://a.example:*"),
            ("*.a.example:8443", "http://*.a.example:8443"),
        ] {
            assert_eq!(HostRule::parse(rule).unwrap().csp_source(), source);
        }
    }
}
