//! What a person has done to an order that its sink has.

use axum::{
    Json,
    extract::{Path, State as Handed, rejection::JsonRejection},
    http::StatusCode,
};
use punchgate_app::{api_keys::Scope, orders::read::Change};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::{
        super::State,
        auth::Caller,
        problem::{ApiProblem, ProblemBody},
        values::instant,
    },
    WordBody, word,
};

/// A change on its way to the sink.
#[derive(Debug, Serialize, ToSchema)]
pub(in super::super) struct ChangeItem {
    version: i64,
    /// Who has it carried over.
    asked_by: String,
    asked_at: String,
    /// When the sink was last told of it; none as long as it surely was not.
    sent_at: Option<String>,
}

impl From<Change> for ChangeItem {
    fn from(change: Change) -> Self {
        Self {
            version: change.version,
            asked_by: change.asked_by,
            asked_at: instant(change.asked_at),
            sent_at: change.sent_at.map(instant),
        }
    }
}

/// A version of the buyer's that waits for a person.
#[derive(Debug, Deserialize, ToSchema)]
pub(in super::super) struct CarryOverBody {
    /// `row_version` as it was read.
    expected_version: i64,
    /// Which version: the newest.
    version: i64,
    /// Why; goes into the history.
    reason: String,
    /// A person has changed the order in the sink already: it is entered here only.
    #[serde(default)]
    by_hand: bool,
}

/// The buyer's newest version of an order that the sink has is carried over there: decided by what it asks for beyond the
/// order, then told to the sink. What stands against it is answered.
#[utoipa::path(post, path = "/api/v1/orders/{id}/carry-over", params(("id" = String, Path)),
    request_body = CarryOverBody, responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(in super::super) async fn carry_over(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<CarryOverBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    let by = caller.name();
    let word = word(&caller, &id, &by, body.expected_version, &body.reason);
    match body.by_hand {
        true => gateway.desk.carried_over_by_hand(&word, body.version).await?,
        false => gateway.desk.carry_over(&word, body.version).await?,
    }
    Ok(StatusCode::NO_CONTENT)
}

/// An order that the buyer has withdrawn after the sink had accepted it is cancelled there.
#[utoipa::path(post, path = "/api/v1/orders/{id}/cancel-at-sink", params(("id" = String, Path)),
    request_body = WordBody, responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(in super::super) async fn cancel_at_sink(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<WordBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    let by = caller.name();
    let word = word(&caller, &id, &by, body.expected_version, &body.reason);
    gateway.desk.cancel_at_sink(&word).await?;
    Ok(StatusCode::NO_CONTENT)
}
