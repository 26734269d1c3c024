//! Style and script of the punchout pages, part of the program.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};

const STYLE: &str = include_str!("../../../web/punchout/punchout.css");
const SCRIPT: &str = include_str!("../../../web/punchout/punchout.js");
/// Short, because the names do not change with the content.
const CACHE: &str = "public, max-age=300";

pub(super) async fn get(Path(name): Path<String>) -> Response {
    let (kind, content) = match name.as_str() {
        "punchout.css" => ("text/css; charset=utf-8", STYLE),
        "punchout.js" => ("text/javascript; charset=utf-8", SCRIPT),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let headers = [
        (header::CONTENT_TYPE, kind),
        (header::CACHE_CONTROL, CACHE),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, content).into_response()
}
