//! Overrides: what passes in spite of holds and limit, because a person says so.

use axum::{
    Json,
    extract::{State as Handed, rejection::JsonRejection},
    http::StatusCode,
};
use punchgate_app::{
    accounts::{Author, PlaceOverride},
    api_keys::Scope,
};
use punchgate_domain::{
    hold::OverrideScope,
    ids::{CustomerId, OrderId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    customers::{invalid, money, until},
    problem::{ApiProblem, ProblemBody},
    values::Amount,
};

/// An override to place: of one order, or of a customer until a date or amount.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PlaceOverrideBody {
    order: Option<String>,
    customer: Option<String>,
    /// RFC 3339.
    until: Option<String>,
    amount: Option<Amount>,
    /// Why; goes into the history.
    reason: String,
}

/// An override that was placed.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OverridePlacedItem {
    id: String,
}

/// Places an override: one order, or a customer until a date or amount, passes holds and limit.
#[utoipa::path(post, path = "/api/v1/overrides", request_body = PlaceOverrideBody,
    responses((status = 201, body = OverridePlacedItem), (status = 422, body = ProblemBody)), tag = "customers")]
pub(super) async fn place_override(
    Handed(gateway): Handed<State>,
    caller: Caller,
    body: Result<Json<PlaceOverrideBody>, JsonRejection>,
) -> Result<(StatusCode, Json<OverridePlacedItem>), ApiProblem> {
    caller.require(Scope::HoldsWrite)?;
    let Json(body) = body?;
    let amount = body
        .amount
        .as_ref()
        .map(|amount| money("amount", amount))
        .transpose()?;
    let scope = match (body.order, body.customer) {
        (Some(order), None) => OverrideScope::Order(OrderId::new(order)),
        (None, Some(customer)) => {
            OverrideScope::customer(CustomerId::new(customer), until(body.until.as_deref())?, amount)
                .map_err(|error| invalid("until", error))?
        }
        _ => return Err(invalid("order", "name either an order or a customer")),
    };
    let place = PlaceOverride {
        scope,
        author: Author::new(caller.name(), body.reason)?,
    };
    let placed = gateway
        .accounts
        .place_override(caller.0.supplier.as_str(), &place)
        .await?;
    Ok((
        StatusCode::CREATED,
        Json(OverridePlacedItem {
            id: placed.id.into_string(),
        }),
    ))
}
