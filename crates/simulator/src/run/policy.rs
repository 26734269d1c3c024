//! What a browser makes of a page's headers: whether it shows the page in a frame, whether it lets a form be posted. Pure.

use url::Url;

use crate::line::Reply;

/// Why a browser would not show the page in a suite's frame.
pub(super) fn refuses_frames(reply: &Reply) -> Option<String> {
    if let Some(options) = &reply.frame_options {
        return Some(format!("X-Frame-Options: {options}"));
    }
    let ancestors = sources(reply.policy.as_deref()?, "frame-ancestors")?;
    let only_own = ancestors
        .iter()
        .all(|source| matches!(*source, "'none'" | "'self'"));
    only_own.then(|| format!("Content-Security-Policy: frame-ancestors {}", ancestors.join(" ")))
}

/// Whether the policy lets a form be posted there.
pub(super) fn lets_post(policy: &str, target: &Url) -> bool {
    let Some(sources) = sources(policy, "form-action") else {
        return true;
    };
    sources.iter().any(|source| fits(source, target))
}

fn sources<'p>(policy: &'p str, directive: &str) -> Option<Vec<&'p str>> {
    policy.split(';').find_map(|part| {
        let mut words = part.split_ascii_whitespace();
        let name = words.next()?;
        name.eq_ignore_ascii_case(directive).then(|| words.collect())
    })
}

/// A source with a scheme, or a scheme alone: what gateways write. `http:` stands for https, too.
fn fits(source: &str, target: &Url) -> bool {
    let is_scheme =
        |scheme: &str| target.scheme() == scheme || (scheme == "http" && target.scheme() == "https");
    if source == "*" {
        return true;
    }
    if let Some(scheme) = source.strip_suffix(':') {
        return is_scheme(scheme);
    }
    let Some((scheme, rest)) = source.split_once("://") else {
        return false;
    };
    let rest = rest.split('/').next().unwrap_or_default();
    let (host, port) = match rest.rsplit_once(':').filter(|(_, port)| !port.contains(']')) {
        Some((host, port)) => (host, Some(port)),
        None => (rest, None),
    };
    let named = target.host_str().unwrap_or_default();
    let host_fits = match host.strip_prefix("*.") {
        Some(below) => named
            .strip_suffix(below)
            .is_some_and(|front| front.ends_with('.')),
        None => host.eq_ignore_ascii_case(named),
    };
    let known = target.port_or_known_default();
    let port_fits = match port {
        Some("*") => true,
        Some(port) => port.parse().ok() == known,
        None => target.port().is_none(),
    };
    is_scheme(scheme) && host_fits && port_fits
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn forms_that_may_be_posted() {
        for (policy, target, expected) in [
            ("default-src 'none'", "https://a.example/", true),
            ("form-action 'self'", "https://a.example/", false),
            (
                "x y; Form-Action https://a.example",
                "https://a.example/back?x=1",
                true,
            ),
            ("form-action https://a.example", "https://a.example:8443/", false),
            (
                "form-action https://b.example https://a.example:8443",
                "https://a.example:8443/",
                true,
            ),
            ("form-action http://*.a.example:*", "https://x.a.example:9/", true),
            ("form-action http://*.a.example:*", "https://a.example/", false),
            ("form-action https:", "http://a.example/", false),
            ("form-action https: http:", "http://a.example/", true),
            ("form-action https://[::1]:9", "https://[::1]:9/", true),
            ("form-action *", "https://a.example/", true),
        ] {
            assert_eq!(
                lets_post(policy, &Url::parse(target).unwrap()),
                expected,
                "{policy} {target}"
            );
        }
    }

    #[test]
    fn pages_that_stand_in_frames() {
        for (policy, options, expected) in [
            (None, None, false),
            (None, Some("DENY"), true),
            (None, Some("SAMEORIGIN"), true),
            (Some("frame-ancestors 'none'"), None, true),
            (Some("frame-ancestors 'self'; a b"), None, true),
            (Some("frame-ancestors https:"), None, false),
            (Some("default-src 'none'"), None, false),
        ] {
            let reply = Reply {
                status: 200,
                content_type: None,
                location: None,
                sets_cookie: false,
                policy: policy.map(str::to_owned),
                frame_options: options.map(str::to_owned),
                body: Vec::new(),
                took: Duration::ZERO,
            };
            assert_eq!(
                refuses_frames(&reply).is_some(),
                expected,
                "{policy:?} {options:?}"
            );
        }
    }
}
