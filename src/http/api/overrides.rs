//! Overrides: what passes in spite of holds and limit, because a person says so.

use axum::{
    Json,
    extract::{Path, State as Handed, rejection::JsonRejection},
    http::StatusCode,
};
use punchgate_app::{
    accounts::{Author, PlaceOverride, StandingOverride},
    api_keys::Scope,
};
use punchgate_domain::{
    hold::OverrideScope,
    ids::{CustomerId, OrderId, OverrideId},
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

/// An override that counts.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OverrideItem {
    id: String,
    /// The order that it lets pass; none: the orders of the customer.
    order: Option<String>,
    customer: Option<String>,
    until: Option<String>,
    /// What it lets pass over all orders; none: no end by amount.
    amount: Option<Amount>,
    /// What orders have drawn on it.
    drawn: Amount,
    reason: String,
    placed_by: String,
    placed_at: String,
}

/// Why an override is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RevokeOverrideBody {
    /// Why; goes into the history.
    reason: String,
}

impl From<StandingOverride> for OverrideItem {
    fn from(standing: StandingOverride) -> Self {
        let record = standing.record;
        let (order, customer, until, amount) = match record.scope {
            OverrideScope::Order(order) => (Some(order.into_string()), None, None, None),
            OverrideScope::Customer {
                customer,
                until,
                amount,
            } => (None, Some(customer.into_string()), until, amount),
        };
        Self {
            id: record.id.into_string(),
            order,
            customer,
            until: until.map(|until| until.to_string()),
            amount: amount.map(Amount::from),
            drawn: standing.drawn.into(),
            reason: record.reason,
            placed_by: record.by,
            placed_at: record.at.to_string(),
        }
    }
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

/// Takes an override back; orders that have passed on it stay approved.
#[utoipa::path(post, path = "/api/v1/overrides/{id}/revoke", params(("id" = String, Path)),
    request_body = RevokeOverrideBody,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    tag = "customers")]
pub(super) async fn revoke_override(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<RevokeOverrideBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::HoldsWrite)?;
    let Json(body) = body?;
    let author = Author::new(caller.name(), body.reason)?;
    gateway
        .accounts
        .revoke_override(caller.0.supplier.as_str(), &OverrideId::new(id), &author)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
