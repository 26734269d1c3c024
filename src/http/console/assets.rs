//! Style and script of the console, part of the program.

use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse as _, Response},
};

const STYLE: &str = include_str!("../../../web/console/console.css");
/// htmx 2.0.11, as its package has it.
const HTMX: &str = include_str!("../../../web/console/htmx.min.js");
/// Short, because the names do not change with the content.
const CACHE: &str = "public, max-age=300";

pub(in crate::http) async fn get(Path(name): Path<String>) -> Response {
    let (kind, content) = match name.as_str() {
        "console.css" => ("text/css; charset=utf-8", STYLE),
        "htmx.min.js" => ("text/javascript; charset=utf-8", HTMX),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    (
        [(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, CACHE)],
        content,
    )
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn together_they_are_small() {
        let together = STYLE.len() + HTMX.len();
        assert!(together < 120 * 1024, "{together} bytes");
    }
}
