//! Trading relationships: the switch that stops one at once.

use axum::{
    Json,
    extract::{Path, State as Handed, rejection::JsonRejection},
};
use punchgate_app::{accounts::Author, api_keys::Scope};
use punchgate_domain::ids::RelationshipId;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    problem::{ApiProblem, ProblemBody},
};

/// How the switch is to stand.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct SwitchBody {
    enabled: bool,
    /// Why; goes into the history.
    reason: String,
}

/// How the switch stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SwitchItem {
    /// Relationship id.
    id: String,
    enabled: bool,
    since: String,
}

/// Turns the kill switch: while it is off, the buyer's documents are refused, no order goes to its sink and nothing to the
/// buyer; what waits goes on within minutes when it is on again. What a sink has already is still asked after there.
#[utoipa::path(post, path = "/api/v1/relationships/{id}/switch", params(("id" = String, Path)),
    request_body = SwitchBody,
    responses((status = 200, body = SwitchItem), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn switch(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<SwitchBody>, JsonRejection>,
) -> Result<Json<SwitchItem>, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    let Json(body) = body?;
    let author = Author::new(caller.name(), body.reason)?;
    let id = RelationshipId::new(id);
    let switched = gateway
        .directory
        .switch(&caller.0.supplier, &id, body.enabled, &author)
        .await?;
    Ok(Json(SwitchItem {
        id: id.into_string(),
        enabled: switched.enabled,
        since: switched.since.to_string(),
    }))
}
