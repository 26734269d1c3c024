//! Links to one case for a buyer's people.

use axum::{
    Json,
    extract::{Path, State as Handed, rejection::JsonRejection},
    http::StatusCode,
};
use punchgate_app::{
    accounts::Author,
    api_keys::Scope,
    evidence::{self, EvidenceError, Link, Subject},
};
use punchgate_domain::catalogue::Problem;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{State, evidence::address},
    auth::Caller,
    problem::{ApiProblem, ProblemBody},
    values::instant,
};

/// How long a link is to open its case.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct EvidenceBody {
    /// 1 to 90.
    days: u32,
    /// For whom and why; goes into the history.
    reason: String,
}

/// Why a link is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RevokeLinkBody {
    /// Goes into the history.
    reason: String,
}

/// A link that was just made.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvidenceMade {
    id: String,
    /// What the buyer's people open. It is told this once: only its hash is kept.
    url: String,
    expires_at: String,
}

/// A link.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EvidenceLinkItem {
    id: String,
    made_by: String,
    reason: String,
    made_at: String,
    expires_at: String,
    /// Whether it opens its case now.
    opens: bool,
}

impl From<Link> for EvidenceLinkItem {
    fn from(link: Link) -> Self {
        Self {
            id: link.id,
            made_by: link.made_by,
            reason: link.reason,
            made_at: instant(link.made_at),
            expires_at: instant(link.expires_at),
            opens: link.opens,
        }
    }
}

impl From<EvidenceError> for ApiProblem {
    fn from(error: EvidenceError) -> Self {
        match error {
            EvidenceError::Refused { problem, details } => Self::new(problem, details),
            EvidenceError::Storage(error) => error.into(),
        }
    }
}

async fn make(
    gateway: &State,
    caller: &Caller,
    subject: Subject<'_>,
    body: Result<Json<EvidenceBody>, JsonRejection>,
) -> Result<(StatusCode, Json<EvidenceMade>), ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    let Json(body) = body?;
    let author = Author::new(caller.name(), body.reason)?;
    let supplier = &caller.0.supplier;
    let made = evidence::make(&gateway.surroundings, supplier, subject, body.days, &author).await?;
    let made = EvidenceMade {
        id: made.id,
        url: address(gateway, supplier, &made.secret),
        expires_at: instant(made.expires_at),
    };
    Ok((StatusCode::CREATED, Json(made)))
}

/// Makes a link to all that crossed about an order, for the buyer's people: read only, without signing in, for some days.
#[utoipa::path(post, path = "/api/v1/orders/{id}/evidence-links", params(("id" = String, Path)), request_body = EvidenceBody,
    responses((status = 201, body = EvidenceMade), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn of_order(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<EvidenceBody>, JsonRejection>,
) -> Result<(StatusCode, Json<EvidenceMade>), ApiProblem> {
    make(&gateway, &caller, Subject::Order(&id), body).await
}

/// The same to a document and what answered it.
#[utoipa::path(post, path = "/api/v1/documents/{id}/evidence-links", params(("id" = String, Path)),
    request_body = EvidenceBody,
    responses((status = 201, body = EvidenceMade), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn of_document(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<EvidenceBody>, JsonRejection>,
) -> Result<(StatusCode, Json<EvidenceMade>), ApiProblem> {
    make(&gateway, &caller, Subject::Document(&id), body).await
}

/// The links to an order, the newest first.
#[utoipa::path(get, path = "/api/v1/orders/{id}/evidence-links", params(("id" = String, Path)),
    responses((status = 200, body = Vec<EvidenceLinkItem>), (status = 404, body = ProblemBody)), tag = "operations")]
pub(super) async fn links_of_order(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Vec<EvidenceLinkItem>>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    if !evidence::is_there(&gateway.surroundings, &caller.0.supplier, Subject::Order(&id)).await? {
        let details = format!("there is no order '{id}'");
        return Err(ApiProblem::new(Problem::NotFound, details));
    }
    let links = evidence::of_subject(&gateway.surroundings, &caller.0.supplier, Subject::Order(&id)).await?;
    Ok(Json(links.into_iter().map(EvidenceLinkItem::from).collect()))
}

/// Takes a link back: it opens nothing any more.
#[utoipa::path(post, path = "/api/v1/evidence-links/{id}/revoke", params(("id" = String, Path)),
    request_body = RevokeLinkBody,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)), tag = "operations")]
pub(super) async fn revoke(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<RevokeLinkBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OperationsWrite)?;
    let Json(body) = body?;
    let author = Author::new(caller.name(), body.reason)?;
    evidence::revoke(&gateway.surroundings, &caller.0.supplier, &id, &author).await?;
    Ok(StatusCode::NO_CONTENT)
}
