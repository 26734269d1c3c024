//! Terms belong to the ERP: here they are asked for, and what became of what was asked is read.

use axum::{
    Json,
    extract::{Path, State as Handed, rejection::JsonRejection},
    http::StatusCode,
};
use punchgate_app::{
    accounts::{AccountChangeRow, Author, RequestTerms},
    api_keys::Scope,
};
use punchgate_domain::{customer::Terms, ids::CustomerId};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    problem::{ApiProblem, ProblemBody},
    values::instant,
};

/// Terms to ask the ERP for.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct RequestTermsBody {
    /// `version` of the customer as it was read.
    expected_version: i64,
    /// The ERP's code of the terms.
    code: String,
    /// For people; the code unless told.
    label: Option<String>,
    /// Days until payment is due.
    net_days: u32,
    /// Whether they mean payment in advance.
    #[serde(default)]
    prepaid: bool,
    /// Why; goes into the history.
    reason: String,
}

/// What was asked of the ERP and is not there yet.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RequestItem {
    /// terms, limit, or hold: with the hold's id.
    field: String,
    /// pending, rejected (the ERP said no) or parked (a person looks).
    state: String,
    /// What the ERP said.
    detail: Option<String>,
    requested_by: String,
    why: String,
    requested_at: String,
}

impl From<AccountChangeRow> for RequestItem {
    fn from(row: AccountChangeRow) -> Self {
        Self {
            field: row.field,
            state: row.state,
            detail: row.detail,
            requested_by: row.requested_by,
            why: row.why,
            requested_at: instant(row.requested_at),
        }
    }
}

/// Asks the ERP for other terms. Until it has them, the old ones count.
#[utoipa::path(put, path = "/api/v1/customers/{id}/terms", params(("id" = String, Path)),
    request_body = RequestTermsBody,
    responses((status = 202), (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)),
    tag = "customers")]
pub(super) async fn request_terms(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<RequestTermsBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::CustomersWrite)?;
    let Json(body) = body?;
    let request = RequestTerms {
        customer: CustomerId::new(id),
        expected_version: body.expected_version,
        terms: Terms {
            label: body.label.unwrap_or_else(|| body.code.clone()),
            code: body.code,
            net_days: body.net_days,
            prepaid: body.prepaid,
        },
        author: Author::new(caller.name(), body.reason)?,
    };
    gateway
        .accounts
        .request_terms(caller.0.supplier.as_str(), &request)
        .await?;
    Ok(StatusCode::ACCEPTED)
}
