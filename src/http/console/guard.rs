//! What stands before and around every page: the console's own host, POSTs from its own pages only, guarding headers.

use axum::{
    extract::{Request, State as Handed},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use url::Url;

use super::{super::State, page};

/// No script and no style but our own files, no frame around it, no form that leads elsewhere.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Lets through what may be the console's business, and guards the answer.
pub(super) async fn guard(Handed(gateway): Handed<State>, request: Request, next: Next) -> Response {
    let config = &gateway.config;
    let is_here = config
        .console
        .public_url
        .as_ref()
        .is_none_or(|own| is_at(own, request.headers()));
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let response = if !is_here {
        StatusCode::NOT_FOUND.into_response()
    } else if !reads && !is_from_own_page(config.console_url(), request.headers()) {
        page::message(
            &gateway,
            StatusCode::FORBIDDEN,
            "This did not come from a page of the console",
            "Your browser says that another site sent it, or does not say where it came from. Nothing was done. Open \
             the console anew and try again.",
        )
    } else if reads && is_from_elsewhere(request.headers()) {
        page::come_in(&gateway)
    } else {
        next.run(request).await
    };
    guarded(response)
}

/// Where the console has a host of its own, nothing else is there.
pub(in crate::http) async fn apart(Handed(gateway): Handed<State>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_console = path == "/console" || path.starts_with("/console/");
    let is_probe = matches!(path, "/healthz" | "/readyz");
    let config = &gateway.config;
    match &config.console.public_url {
        Some(own)
            if !is_console
                && !is_probe
                && own.host_str() != config.server.public_url.host_str()
                && is_at(own, request.headers()) =>
        {
            StatusCode::NOT_FOUND.into_response()
        }
        _ => next.run(request).await,
    }
}

/// Any other address.
pub(super) async fn nowhere(Handed(gateway): Handed<State>) -> Response {
    page::not_found(&gateway)
}

/// Whether the request names this host.
fn is_at(own: &Url, headers: &HeaderMap) -> bool {
    let named = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    named.is_some_and(|named| named.eq_ignore_ascii_case(&authority(own)))
}

/// Host, and port if it is not the usual one.
fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => format!("{host}:{port}"),
        None => host.to_owned(),
    }
}

/// Whether the browser says that a page of this origin sent it. One that says nothing is no browser of today.
fn is_from_own_page(own: &Url, headers: &HeaderMap) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin = text(header::ORIGIN);
    let site = text(HeaderName::from_static("sec-fetch-site"));
    let own = own.origin().ascii_serialization();
    let same_origin = origin.is_none_or(|origin| origin == own);
    let same_site = site.is_none_or(|site| site == "same-origin");
    same_origin && same_site && (origin.is_some() || site.is_some())
}

/// Whether somebody follows a link of another site: the browser then keeps the cookie back (SameSite=Strict), and who is
/// signed in would not be seen.
fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let is = |name, values: &[&str]| {
        let value = headers.get(HeaderName::from_static(name));
        value.is_some_and(|value| values.iter().any(|one| value == one))
    };
    is("sec-fetch-site", &["cross-site", "same-site"]) && is("sec-fetch-mode", &["navigate"])
}

fn guarded(mut response: Response) -> Response {
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // With 'no-referrer' a browser would not say where a form comes from.
        (header::REFERRER_POLICY, "same-origin"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect()
    }

    #[test]
    fn only_own_pages_post() {
        let own: Url = "https://console.example.com".parse().unwrap();
        for (sent, expected) in [
            (
                headers(&[
                    ("origin", "https://console.example.com"),
                    ("sec-fetch-site", "same-origin"),
                ]),
                true,
            ),
            (headers(&[("origin", "https://console.example.com")]), true),
            (headers(&[("sec-fetch-site", "same-origin")]), true),
            (headers(&[]), false),
            (headers(&[("origin", "null")]), false),
            (headers(&[("origin", "https://example.com")]), false),
            (headers(&[("origin", "http://console.example.com")]), false),
            (headers(&[("origin", "https://console.example.com:8443")]), false),
            (headers(&[("sec-fetch-site", "same-site")]), false),
            (headers(&[("sec-fetch-site", "none")]), false),
            (
                headers(&[
                    ("origin", "https://console.example.com"),
                    ("sec-fetch-site", "cross-site"),
                ]),
                false,
            ),
        ] {
            assert_eq!(is_from_own_page(&own, &sent), expected, "{sent:?}");
        }
    }

    #[test]
    fn hosts() {
        let plain: Url = "https://console.example.com".parse().unwrap();
        let port: Url = "http://127.0.0.1:8081".parse().unwrap();
        for (own, host, expected) in [
            (&plain, "console.example.com", true),
            (&plain, "Console.Example.com", true),
            (&plain, "shop.example.com", false),
            (&port, "127.0.0.1:8081", true),
            (&port, "127.0.0.1", false),
        ] {
            assert_eq!(is_at(own, &headers(&[("host", host)])), expected, "{own} {host}");
        }
        assert!(!is_at(&plain, &headers(&[])));
    }
}
