//! Who asks too often is told so before anything else is looked at: each in the form of what was asked for.

use axum::{
    extract::{Request, State as Handed},
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use punchgate_app::clock::micros;
use punchgate_domain::catalogue::Problem;

use super::{State, api::problem::ApiProblem, cxml, remote::Remote};

/// When to come again, in seconds: what an address may ask comes back all the time.
const AGAIN: HeaderValue = HeaderValue::from_static("10");

/// Lets a request through as far as its address may ask. Whoever only watches whether we live is never refused.
pub(super) async fn admit(
    Handed(gateway): Handed<State>,
    Remote(from): Remote,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if matches!(path, "/healthz" | "/readyz")
        || gateway.throttle.admits(from, micros(gateway.surroundings.now()))
    {
        return next.run(request).await;
    }
    let mut answer = if path == "/cxml" || path.starts_with("/cxml/") {
        cxml::respond(gateway.inbound.refuse_unseen(Problem::Overloaded))
    } else if path.starts_with("/api/") {
        ApiProblem::plain(Problem::Overloaded).into_response()
    } else {
        let text =
            "Too many requests came from your network address. Wait a few seconds and load the page again.\n";
        (StatusCode::TOO_MANY_REQUESTS, text).into_response()
    };
    answer.headers_mut().insert(header::RETRY_AFTER, AGAIN);
    answer
}
