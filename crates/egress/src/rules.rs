//! What one user of the client may reach.

use std::net::IpAddr;

use ipnet::IpNet;
use url::Url;

use crate::{
    HostPattern,
    address::{canonical, is_public},
};

/// What may be reached. Nothing, until it is allowed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EgressRules {
    /// Hosts.
    pub hosts: Vec<HostPattern>,
    /// Networks outside the public internet that may be reached all the same: `10.20.0.0/16`, `127.0.0.0/8`.
    pub networks: Vec<IpNet>,
    /// Whether `http://` is good enough.
    pub plain_http: bool,
    /// Certificate authorities beside those of the system, PEM.
    pub extra_roots: Vec<String>,
}

impl EgressRules {
    /// Only the host and port of this address.
    pub fn only(url: &Url) -> Self {
        Self {
            hosts: HostPattern::of_url(url).into_iter().collect(),
            ..Self::default()
        }
    }

    /// Why the address may not be reached, judged by its text.
    pub(crate) fn refuse_url(&self, url: &Url) -> Option<String> {
        match url.scheme() {
            "https" => {}
            "http" if self.plain_http => {}
            "http" => {
                return Some("http is not allowed: use https, or allow plain http for this host".to_owned());
            }
            other => return Some(format!("the scheme '{other}' is not allowed")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Some("a user name or password stands in the address".to_owned());
        }
        if !self.hosts.iter().any(|pattern| pattern.matches(url)) {
            return Some("the host is not among the allowed ones".to_owned());
        }
        let address = match url.host()? {
            url::Host::Ipv4(address) => IpAddr::V4(address),
            url::Host::Ipv6(address) => IpAddr::V6(address),
            url::Host::Domain(_) => return None,
        };
        (!self.admits(address)).then(|| private_text(address))
    }

    /// Whether an address may be connected to. Link-local ones never: a cloud tells its secrets there.
    pub(crate) fn admits(&self, address: IpAddr) -> bool {
        let plain = canonical(address);
        let link_local = match plain {
            IpAddr::V4(v4) => v4.is_link_local(),
            IpAddr::V6(v6) => v6.is_unicast_link_local(),
        };
        if link_local {
            return false;
        }
        is_public(plain) || self.networks.iter().any(|network| network.contains(&plain))
    }
}

/// Says that an address is outside the public internet.
pub(crate) fn private_text(address: IpAddr) -> String {
    format!("{address} is not a public address: allow its network if it is meant")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(rules: &EgressRules, url: &str) -> bool {
        rules.refuse_url(&url.parse().unwrap()).is_some()
    }

    #[test]
    fn addresses_are_judged_by_their_text() {
        let rules = EgressRules {
            hosts: vec!["*.example.com".parse().unwrap(), "10.0.0.7".parse().unwrap()],
            networks: vec!["10.0.0.0/24".parse().unwrap()],
            ..EgressRules::default()
        };
        let cases = [
            ("https://a.example.com/", false),
            ("https://10.0.0.7/", false),
            ("http://a.example.com/", true),
            ("ftp://a.example.com/", true),
            ("https://me:secret@a.example.com/", true),
            ("https://169.254.169.254/", true),
            ("https://10.0.0.8/", true),
        ];
        for (url, expected) in cases {
            assert_eq!(refused(&rules, url), expected, "{url}");
        }
    }

    #[test]
    fn mapped_addresses_are_judged_as_ipv4() {
        let rules = EgressRules {
            networks: vec!["127.0.0.0/8".parse().unwrap()],
            ..EgressRules::default()
        };
        assert!(rules.admits("::ffff:127.0.0.1".parse().unwrap()));
        assert!(!rules.admits("::1".parse().unwrap()));
        assert!(!EgressRules::default().admits("::ffff:10.0.0.1".parse().unwrap()));
    }
}
