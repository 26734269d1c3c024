//! Style sheets and scripts of the demo peers, embedded; served with a content hash as ETag.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};

/// Name, content type and text of every asset.
const FILES: &[(&str, &str, &str)] = &[
    (
        "tokens.css",
        "text/css; charset=utf-8",
        include_str!("../assets/tokens.css"),
    ),
    (
        "shop.css",
        "text/css; charset=utf-8",
        include_str!("../assets/shop.css"),
    ),
    (
        "erp.css",
        "text/css; charset=utf-8",
        include_str!("../assets/erp.css"),
    ),
    (
        "punchout.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/punchout.js"),
    ),
    (
        "punchout-views.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/punchout-views.js"),
    ),
    (
        "shop-mark.svg",
        "image/svg+xml",
        include_str!("../assets/shop-mark.svg"),
    ),
    (
        "erp-mark.svg",
        "image/svg+xml",
        include_str!("../assets/erp-mark.svg"),
    ),
];

/// The text of an asset.
pub fn asset(name: &str) -> Option<(&'static str, &'static str)> {
    FILES
        .iter()
        .find(|(known, _, _)| *known == name)
        .map(|(_, content_type, text)| (*content_type, *text))
}

/// `GET /assets/{name}`.
pub(crate) async fn get_asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some((content_type, text)) = asset(&name) else {
        return (StatusCode::NOT_FOUND, "There is no such asset.").into_response();
    };
    cached(content_type, text.to_owned(), &headers)
}

/// A response that a browser keeps and asks again for by its hash.
pub(crate) fn cached(content_type: &'static str, text: String, headers: &HeaderMap) -> Response {
    let etag = format!(
        "\"{}\"",
        &crate::clock::hex(&<sha2::Sha256 as sha2::Digest>::digest(&text))[..16]
    );
    let fresh = headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| known.as_bytes() == etag.as_bytes());
    let caching = [
        (header::ETAG, etag),
        (header::CACHE_CONTROL, "no-cache".to_owned()),
    ];
    if fresh {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, content_type)], text).into_response()
}
