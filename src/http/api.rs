//! `/api/v1`: customers, orders, sessions, documents, documents of ERPs, prices and stock, checkout options,
//! relationships, quarantine, jobs, synchronisation. JSON, bearer keys with scopes (webhooks: a signature), problem+json,
//! cursor paging. Additive only.

mod auth;
mod checkout_options;
mod customers;
mod documents;
mod erp_documents;
mod evidence;
mod holds;
mod hooks;
mod jobs;
mod mappings;
mod offers;
mod orders;
mod overrides;
pub(super) mod page;
mod people;
pub mod problem;
mod promises;
mod quarantine;
mod rehearsals;
mod relationships;
mod sessions;
mod shadow;
mod sync;
mod terms;
mod values;

use axum::{Json, Router, routing};
use utoipa::OpenApi as _;

use super::State;
use auth::BearerScheme;
pub(crate) use rehearsals::rehearsed_credit;
pub(crate) use shadow::shadow_report;

/// Every address of the API.
pub fn routes() -> Router<State> {
    Router::new()
        .route("/openapi.json", routing::get(openapi))
        .route("/v1/customers", routing::get(customers::list))
        .route("/v1/customers/{id}", routing::get(customers::get))
        .route("/v1/customers/{id}/holds", routing::post(customers::place_hold))
        .route("/v1/customers/{id}/promises", routing::post(promises::promise))
        .route("/v1/promises/{id}/withdraw", routing::post(promises::withdraw))
        .route("/v1/customers/{id}/limit", routing::put(customers::request_limit))
        .route("/v1/holds/{id}/release", routing::post(customers::release_hold))
        .route("/v1/customers/{id}/terms", routing::put(terms::request_terms))
        .route("/v1/overrides", routing::post(overrides::place_override))
        .route(
            "/v1/overrides/{id}/revoke",
            routing::post(overrides::revoke_override),
        )
        .merge(of_orders())
        .route("/v1/sessions", routing::get(sessions::list))
        .route("/v1/sessions/{id}", routing::get(sessions::get))
        .route("/v1/documents", routing::get(documents::list))
        .route("/v1/documents/{id}", routing::get(documents::get))
        .route("/v1/documents/{id}/raw", routing::get(documents::raw))
        .route("/v1/erp-documents", routing::get(erp_documents::list))
        .route("/v1/erp-documents/{id}", routing::get(erp_documents::get))
        .route("/v1/prices", routing::post(offers::prices))
        .route("/v1/stock", routing::post(offers::stock))
        .route("/v1/checkout-options", routing::post(checkout_options::ask))
        .route("/v1/quarantine", routing::get(quarantine::list))
        .route("/v1/quarantine/{id}", routing::get(quarantine::get))
        .route(
            "/v1/quarantine/{id}/put-back",
            routing::post(quarantine::put_back),
        )
        .route("/v1/quarantine/{id}/admit", routing::post(quarantine::admit))
        .route("/v1/quarantine/{id}/discard", routing::post(quarantine::discard))
        .route(
            "/v1/relationships/{id}/switch",
            routing::post(relationships::switch),
        )
        .route(
            "/v1/relationships/{id}/mappings",
            routing::get(mappings::list).post(mappings::enter),
        )
        .route("/v1/relationships/{id}/shadow-report", routing::get(shadow::get))
        .route("/v1/sync", routing::get(sync::status))
        .route("/v1/sync/conflicts", routing::get(sync::conflicts))
        .route("/v1/sync/conflicts/{id}/resolve", routing::post(sync::resolve))
        .route("/v1/jobs", routing::get(jobs::list))
        .route("/v1/jobs/{id}", routing::get(jobs::get))
        .route("/v1/jobs/{id}/replay", routing::post(jobs::replay))
        .route("/v1/jobs/{id}/skip", routing::post(jobs::skip))
        .route("/v1/hooks/{supplier}/{connector}", routing::post(hooks::receive))
        .route_layer(axum::middleware::from_fn(problem::of_text))
        .fallback(problem::not_found)
        .method_not_allowed_fallback(problem::method_not_allowed)
}

fn of_orders() -> Router<State> {
    Router::new()
        .route("/v1/orders", routing::get(orders::list))
        .route("/v1/rehearsals/credit", routing::post(rehearsals::credit))
        .route("/v1/orders/{id}", routing::get(orders::get))
        .route("/v1/orders/{id}/confirm", routing::post(orders::confirm))
        .route("/v1/orders/{id}/funds", routing::post(orders::funds))
        .route("/v1/orders/{id}/decline", routing::post(orders::decline))
        .route("/v1/orders/{id}/reopen", routing::post(orders::reopen))
        .route("/v1/orders/{id}/take-over", routing::post(orders::take_over))
        .route(
            "/v1/orders/{id}/carry-over",
            routing::post(orders::sink::carry_over),
        )
        .route(
            "/v1/orders/{id}/cancel-at-sink",
            routing::post(orders::sink::cancel_at_sink),
        )
        .route(
            "/v1/orders/{id}/send-confirmation",
            routing::post(orders::send_confirmation),
        )
        .route(
            "/v1/orders/{id}/evidence-links",
            routing::get(evidence::links_of_order).post(evidence::of_order),
        )
        .route(
            "/v1/documents/{id}/evidence-links",
            routing::post(evidence::of_document),
        )
        .route("/v1/evidence-links/{id}/revoke", routing::post(evidence::revoke))
}

#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "Punchgate",
        description = "Customers, orders, sessions and documents of one supplier. Amounts are decimal texts with a \
                       currency; instants are RFC 3339 in UTC. Every request carries `Authorization: Bearer pg_…`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    paths(
        customers::list,
        customers::get,
        customers::place_hold,
        customers::request_limit,
        customers::release_hold,
        terms::request_terms,
        promises::promise,
        promises::withdraw,
        overrides::place_override,
        overrides::revoke_override,
        orders::list,
        orders::get,
        orders::confirm,
        orders::funds,
        orders::decline,
        orders::reopen,
        orders::take_over,
        orders::sink::carry_over,
        orders::sink::cancel_at_sink,
        orders::send_confirmation,
        sessions::list,
        sessions::get,
        documents::list,
        documents::get,
        documents::raw,
        erp_documents::list,
        erp_documents::get,
        evidence::of_order,
        evidence::of_document,
        evidence::links_of_order,
        evidence::revoke,
        offers::prices,
        offers::stock,
        checkout_options::ask,
        quarantine::list,
        quarantine::get,
        quarantine::admit,
        quarantine::discard,
        quarantine::put_back,
        rehearsals::credit,
        relationships::switch,
        mappings::list,
        mappings::enter,
        shadow::get,
        sync::status,
        sync::conflicts,
        sync::resolve,
        jobs::list,
        jobs::get,
        jobs::replay,
        jobs::skip,
        hooks::receive,
    ),
    modifiers(&BearerScheme)
)]
struct Document;

/// The description of the API, as text that a snapshot is compared with.
pub fn description() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

async fn openapi() -> Json<utoipa::openapi::OpenApi> {
    Json(description())
}
