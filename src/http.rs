//! The only axum of the product. A handler authenticates, decodes, calls the use case, maps the error and
//! responds; it decides nothing.

pub mod api;
mod console;
mod cxml;
mod evidence;
mod health;
pub mod metrics;
pub mod punchout;
pub mod remote;
pub mod server;
mod throttle;

use std::sync::Arc;

use axum::{Router, routing};

use crate::gateway::Gateway;

/// What handlers are handed.
pub type State = Arc<Gateway>;

/// Every address of the gateway.
pub fn router(gateway: State) -> Router {
    Router::new()
        .route("/cxml", routing::post(cxml::any).fallback(cxml::other_method))
        .route(
            "/cxml/{relationship}",
            routing::post(cxml::of_relationship).fallback(cxml::other_method),
        )
        .route("/healthz", routing::get(health::alive))
        .route("/readyz", routing::get(health::ready))
        .nest("/punchout", punchout::routes())
        .nest("/evidence", evidence::routes())
        .nest("/api", api::routes())
        .nest("/console", console::routes(&gateway))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&gateway),
            console::apart,
        ))
        .layer(tower_http::catch_panic::CatchPanicLayer::new())
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&gateway),
            throttle::admit,
        ))
        .layer(axum::middleware::from_fn_with_state(
            Arc::clone(&gateway),
            metrics::count,
        ))
        .layer(server::trace())
        .with_state(gateway)
}
