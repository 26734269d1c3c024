//! The suite's style sheet, script and mark, embedded.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};

use crate::assets::cached;

/// `GET /assets/{name}`.
pub(super) async fn get(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let (content_type, text) = match name.as_str() {
        "suite.css" => (
            "text/css; charset=utf-8",
            include_str!("../../assets/suite/suite.css"),
        ),
        "suite.js" => (
            "text/javascript; charset=utf-8",
            include_str!("../../assets/suite/suite.js"),
        ),
        "wire.js" => (
            "text/javascript; charset=utf-8",
            include_str!("../../assets/suite/wire.js"),
        ),
        "suite-mark.svg" => ("image/svg+xml", include_str!("../../assets/suite/suite-mark.svg")),
        _ => return (StatusCode::NOT_FOUND, "There is no such asset.").into_response(),
    };
    cached(content_type, text.to_owned(), &headers)
}
