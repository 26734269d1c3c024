//! `/console`: the pages of the supplier's people. A handler finds out who asks, has the use case do it, and shows what
//! came of it; what a role may do is decided in `app::operators`.
//!
//! **Invariant:** every answer carries the headers that guard it, every POST is from a page of the console's own
//! ([`guard`]) and carries the token of its session ([`session::Posted`]). No other address reads or sets a cookie.

mod assets;
mod conflicts;
mod connectors;
mod customers;
mod deliveries;
mod documents;
mod entering;
mod evidence;
mod guard;
mod orders;
mod page;
mod password;
mod quarantine;
mod relationships;
mod session;
mod set_up;
mod sign_in;
mod start;
mod waiting;
mod words;

pub(super) use assets::get as asset;
pub(super) use guard::apart;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{get, post},
};

use super::State;

/// A form of these pages has a few short fields: three texts of a hold at most, whose letters may take nine bytes each.
const FORM_BYTES: usize = 64 * 1024;
/// A table of mappings has thousands of lines.
const TABLE_BYTES: usize = 4 * 1024 * 1024;

/// The addresses below `/console`. Those of a supplier stand behind `/s/`, so that no supplier's id hides a page.
pub(super) fn routes(gateway: &State) -> Router<State> {
    Router::new()
        .route("/", get(start::front))
        .route("/sign-in", get(sign_in::show).post(sign_in::enter))
        .route("/sign-out", post(sign_in::leave))
        .route("/password/{link}", get(password::show).post(password::set))
        .route("/assets/{name}", get(assets::get))
        .route("/set-up", get(set_up::show).post(set_up::enter))
        .route("/s/{supplier}", get(start::show))
        .route("/s/{supplier}/deliveries", get(deliveries::list))
        .route("/s/{supplier}/deliveries/{id}", get(deliveries::show))
        .route("/s/{supplier}/deliveries/{id}/replay", post(deliveries::replay))
        .route("/s/{supplier}/deliveries/{id}/skip", post(deliveries::skip))
        .route("/s/{supplier}/connectors", get(connectors::list))
        .route(
            "/s/{supplier}/new/connector",
            get(connectors::adding::show).post(connectors::adding::enter),
        )
        .route(
            "/s/{supplier}/new/relationship",
            get(relationships::offer).post(relationships::add),
        )
        .route("/s/{supplier}/connectors/{id}/switch", post(connectors::switch))
        .route("/s/{supplier}/orders", get(waiting::orders))
        .route("/s/{supplier}/orders/{id}", get(orders::show))
        .route("/s/{supplier}/orders/{id}/{deed}", post(orders::act))
        .route("/s/{supplier}/customers", get(customers::list))
        .route("/s/{supplier}/customers/{id}", get(customers::show))
        .route("/s/{supplier}/customers/{id}/holds", post(customers::place))
        .route(
            "/s/{supplier}/customers/{id}/holds/{hold}/release",
            post(customers::release),
        )
        .route("/s/{supplier}/customers/{id}/limit", post(customers::limit))
        .route("/s/{supplier}/customers/{id}/terms", post(customers::terms))
        .merge(of_relationships())
        .route("/s/{supplier}/documents", get(documents::list))
        .route("/s/{supplier}/documents/{id}", get(documents::show))
        .route("/s/{supplier}/documents/{id}/raw", get(documents::raw))
        .route(
            "/s/{supplier}/evidence/{kind}/{id}",
            get(evidence::show).post(evidence::make),
        )
        .route(
            "/s/{supplier}/evidence/{kind}/{id}/{link}/revoke",
            post(evidence::revoke),
        )
        .route("/s/{supplier}/quarantine", get(quarantine::list))
        .route("/s/{supplier}/quarantine/{id}", get(quarantine::show))
        .route("/s/{supplier}/quarantine/{id}/{deed}", post(quarantine::act))
        .route("/s/{supplier}/conflicts", get(conflicts::list))
        .route("/s/{supplier}/conflicts/{id}", get(conflicts::show))
        .route("/s/{supplier}/conflicts/{id}/resolve", post(conflicts::resolve))
        .fallback(guard::nowhere)
        .layer(DefaultBodyLimit::max(FORM_BYTES))
        .layer(from_fn_with_state(gateway.clone(), guard::guard))
}

fn of_relationships() -> Router<State> {
    const ONE: &str = "/s/{supplier}/relationships/{id}";
    let below = |path: &str| format!("{ONE}/{path}");
    Router::new()
        .route("/s/{supplier}/relationships", get(relationships::list))
        .route(ONE, get(relationships::show))
        .route(&below("sheet"), get(relationships::sheet))
        .route(&below("mappings"), get(relationships::mappings))
        .route(&below("mappings/table"), get(relationships::export))
        .route(
            &below("mappings/{deed}"),
            post(relationships::enter).layer(DefaultBodyLimit::max(TABLE_BYTES)),
        )
        .route(&below("switch"), post(relationships::switch))
        .route(&below("test"), post(relationships::test))
        .route(
            &below("rehearsal"),
            get(relationships::rehearsal::show).post(relationships::rehearsal::run),
        )
        .route(&below("secret"), post(relationships::add_secret))
        .route(&below("secret/{deed}"), post(relationships::drop_secret))
}
