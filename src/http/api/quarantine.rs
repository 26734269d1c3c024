//! Refused order requests that wait for a person.

use axum::{
    Json,
    extract::{
        Path, Query, State as Handed,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
};
use punchgate_app::quarantine::{self as kept, KeptRequest, QuarantineFilter, QuarantineRow};
use punchgate_app::{api_keys::Scope, inbound::Admission};
use punchgate_domain::{catalogue::Problem, ids::RelationshipId};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::State,
    auth::Caller,
    page::{Page, Paging},
    problem::{ApiProblem, ProblemBody},
    values::{instant, one_of},
};

/// What the list is narrowed by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrowing {
    /// `waiting`, `admitted`, `discarded`, or `noted` for what is no order.
    state: Option<String>,
    /// An order number, payloadID, BuyerCookie or id, whole.
    search: Option<String>,
}

/// A refused request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuarantineItem {
    id: String,
    /// Code of the error catalogue.
    reason: String,
    /// In words, with the place.
    detail: String,
    /// The identities that it claimed.
    #[schema(value_type = Object)]
    claimed: serde_json::Value,
    remote_address: String,
    /// OrderRequest, PunchOutSetupRequest …, or unknown.
    kind: String,
    payload_id: Option<String>,
    order_number: Option<String>,
    buyer_cookie: Option<String>,
    state: String,
    /// As whose request it was admitted; while it waits still, as whose somebody has begun to admit it.
    admitted_as: Option<String>,
    /// Who did that first, or discarded it.
    decided_by: Option<String>,
    decided_at: Option<String>,
    /// What to do next, for people.
    advice: String,
    received_at: String,
}

/// A refused request with what came beside it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuarantineDetail {
    #[serde(flatten)]
    request: QuarantineItem,
    content_type: String,
    length: i64,
    /// The other parts of a multipart request, first to last.
    parts: Vec<QuarantinePart>,
    /// As it was kept, secrets and cards blanked; of what could not be read its outline alone.
    text: String,
}

/// A further part of a multipart request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct QuarantinePart {
    content_id: Option<String>,
    content_type: String,
    length: i64,
}

impl From<QuarantineRow> for QuarantineItem {
    fn from(row: QuarantineRow) -> Self {
        Self {
            advice: kept::advice(&row),
            id: row.quarantine_id,
            reason: row.reason,
            detail: row.detail,
            claimed: serde_json::from_str(&row.claimed).unwrap_or_default(),
            remote_address: row.remote_address,
            kind: row.kind,
            payload_id: row.payload_id,
            order_number: row.order_number,
            buyer_cookie: row.buyer_cookie,
            state: row.state,
            admitted_as: row.admitted_as,
            decided_by: row.decided_by,
            decided_at: row.decided_at.map(instant),
            received_at: instant(row.received_at),
        }
    }
}

impl From<KeptRequest> for QuarantineDetail {
    fn from(found: KeptRequest) -> Self {
        let parts = found.parts.into_iter().map(|part| QuarantinePart {
            content_id: part.content_id,
            content_type: part.content_type,
            length: part.length,
        });
        Self {
            content_type: found.row.content_type.clone(),
            length: found.row.raw_length,
            parts: parts.collect(),
            text: String::from_utf8_lossy(&found.bytes).into_owned(),
            request: found.row.into(),
        }
    }
}

/// Refused requests of this supplier, newest first; those that may be orders wait to be admitted.
#[utoipa::path(get, path = "/api/v1/quarantine", params(Paging, Narrowing),
    responses((status = 200, body = Page<QuarantineItem>), (status = 401, body = ProblemBody)), tag = "operations")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<QuarantineItem>>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let filter = QuarantineFilter {
        state: one_of("state", narrowing.state, &kept::STATES)?,
        search: narrowing.search,
    };
    let rows = kept::list(
        &gateway.surroundings,
        &caller.0.supplier,
        &filter,
        paging.after()?,
        paging.limit() + 1,
    )
    .await?;
    Ok(Json(paging.page(
        rows,
        |row| (row.received_at, row.quarantine_id.clone()),
        QuarantineItem::from,
    )))
}

/// One refused request.
#[utoipa::path(get, path = "/api/v1/quarantine/{id}", params(("id" = String, Path)),
    responses((status = 200, body = QuarantineDetail), (status = 404, body = ProblemBody)), tag = "operations")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<QuarantineDetail>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let found = kept::get(&gateway.surroundings, &caller.0.supplier, &id).await?;
    let missing = || {
        ApiProblem::new(
            Problem::NotFound,
            format!("there is no quarantined request '{id}'"),
        )
    };
    Ok(Json(found.ok_or_else(missing)?.into()))
}

/// As whose request it is admitted.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct AdmitBody {
    /// Relationship id: the caller vouches that the request is of this buyer.
    relationship: String,
}

/// What became of an admitted request.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AdmittedItem {
    order: Option<String>,
    document: String,
    /// accepted, changed, repeated …
    disposition: &'static str,
}

/// Admits a refused order request once its cause is mended.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/admit", params(("id" = String, Path)), request_body = AdmitBody,
    responses((status = 200, body = AdmittedItem), (status = 404, body = ProblemBody),
    (status = 409, body = ProblemBody)), tag = "operations")]
pub(super) async fn admit(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<AdmitBody>, JsonRejection>,
) -> Result<Json<AdmittedItem>, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    let Json(body) = body?;
    let relationship = RelationshipId::new(body.relationship);
    let outcome = gateway
        .inbound
        .admit(&Admission {
            holder: &caller.0.supplier,
            id: &id,
            supplier: &caller.0.supplier,
            relationship: &relationship,
            by: &kept::somebody(caller.name())?,
        })
        .await?;
    Ok(Json(AdmittedItem {
        order: outcome.order.map(|order| order.into_string()),
        document: outcome.document.into_string(),
        disposition: outcome.disposition.as_str(),
    }))
}

/// Sets a refused order request aside for good, where it was given to nobody.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/discard", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn discard(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    kept::discard(
        &gateway.surroundings,
        &caller.0.supplier,
        &id,
        &kept::somebody(caller.name())?,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A request whose admission was cut short, and of which no order came, is nobody's again; five minutes after it was
/// given at the earliest.
#[utoipa::path(post, path = "/api/v1/quarantine/{id}/put-back", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn put_back(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    kept::put_back(
        &gateway.surroundings,
        &caller.0.supplier,
        &id,
        &kept::somebody(caller.name())?,
    )
    .await?;
    Ok(StatusCode::NO_CONTENT)
}
