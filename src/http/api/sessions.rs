//! Punchout sessions.

use axum::{
    Json,
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
};
use punchgate_app::{
    api_keys::Scope,
    clock::from_micros,
    punchout::read::{self, SessionQuery, SessionView},
};
use punchgate_domain::{
    catalogue::Problem,
    session::{Operation, SessionState},
};
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
    /// Relationship id.
    relationship: Option<String>,
    /// State: opened, shopping, returned, cancelled, expired.
    state: Option<String>,
    /// create, edit, inspect, source.
    operation: Option<String>,
    /// BuyerCookie, whole.
    search: Option<String>,
}

/// A session.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionItem {
    id: String,
    relationship: String,
    operation: String,
    state: String,
    buyer_cookie: String,
    shopper: Option<String>,
    shopper_email: Option<String>,
    /// As the ERP calls it.
    customer: Option<String>,
    storefront: String,
    opened_at: String,
    redeemed_at: Option<String>,
    expires_at: String,
    ended_at: Option<String>,
    cart_snapshot: Option<String>,
    setup_document: String,
    message_document: Option<String>,
}

/// A session with its history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SessionDetail {
    #[serde(flatten)]
    session: SessionItem,
    history: Vec<StepItem>,
}

/// A step.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StepItem {
    field: String,
    from: Option<String>,
    to: Option<String>,
    who: String,
    why: String,
    at: String,
}

impl From<SessionView> for SessionItem {
    fn from(view: SessionView) -> Self {
        Self {
            id: view.id,
            relationship: view.relationship,
            operation: view.operation,
            state: view.state,
            buyer_cookie: view.buyer_cookie,
            shopper: view.shopper_name.or(view.shopper_unique_name),
            shopper_email: view.shopper_email,
            customer: view.customer,
            storefront: view.storefront,
            opened_at: view.opened_at.to_string(),
            redeemed_at: view.redeemed_at.map(|at| at.to_string()),
            expires_at: view.expires_at.to_string(),
            ended_at: view.ended_at.map(|at| at.to_string()),
            cart_snapshot: view.cart_snapshot,
            setup_document: view.setup_document,
            message_document: view.message_document,
        }
    }
}

/// Sessions, newest first.
#[utoipa::path(get, path = "/api/v1/sessions", params(Paging, Narrowing),
    responses((status = 200, body = Page<SessionItem>), (status = 401, body = ProblemBody)), tag = "sessions")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<SessionItem>>, ApiProblem> {
    caller.require(Scope::SessionsRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let query = SessionQuery {
        relationship: narrowing.relationship,
        state: one_of("state", narrowing.state, SessionState::NAMES)?,
        operation: one_of("operation", narrowing.operation, Operation::NAMES)?,
        search: narrowing.search,
        from: None,
        after: paging.after()?.map(|(at, id)| (from_micros(at), id)),
        limit: paging.limit() + 1,
    };
    let rows = read::list(&gateway.surroundings, &caller.0.supplier, &query).await?;
    Ok(Json(paging.page(
        rows,
        |row| (row.opened_at.as_microsecond(), row.id.clone()),
        SessionItem::from,
    )))
}

/// One session with its history.
#[utoipa::path(get, path = "/api/v1/sessions/{id}", params(("id" = String, Path)),
    responses((status = 200, body = SessionDetail), (status = 404, body = ProblemBody)), tag = "sessions")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<SessionDetail>, ApiProblem> {
    caller.require(Scope::SessionsRead)?;
    let found = read::get(&gateway.surroundings, &caller.0.supplier, &id).await?;
    let (view, history) =
        found.ok_or_else(|| ApiProblem::new(Problem::NotFound, format!("there is no session '{id}'")))?;
    let history = history.into_iter().map(|change| StepItem {
        field: change.field,
        from: change.from_value,
        to: change.to_value,
        who: change.who,
        why: change.why,
        at: instant(change.changed_at),
    });
    Ok(Json(SessionDetail {
        history: history.collect(),
        session: view.into(),
    }))
}
