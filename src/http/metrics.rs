//! What the gateway counts, on a listener of its own, and the counting of requests.

use std::time::Instant;

use axum::{
    Router,
    extract::{MatchedPath, Request, State as Handed},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
    routing,
};

use super::State;

/// The addresses of the listener for figures: nothing else is served there.
pub fn router(gateway: State) -> Router {
    Router::new()
        .route("/metrics", routing::get(show))
        .with_state(gateway)
}

async fn show(Handed(gateway): Handed<State>) -> Response {
    match gateway.metrics.text(&gateway.surroundings).await {
        Ok(text) => (
            [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
            text,
        )
            .into_response(),
        Err(error) => {
            tracing::error!(%error, "the figures could not be read");
            (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response()
        }
    }
}

/// Counts a request once its answer is begun.
pub(super) async fn count(Handed(gateway): Handed<State>, request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    let began = Instant::now();
    let answer = next.run(request).await;
    gateway.metrics.answered(
        route.as_ref().map(MatchedPath::as_str),
        method.as_str(),
        answer.status().as_u16(),
        began.elapsed(),
    );
    answer
}
