//! The synchronisation with ERPs: how far each feed was read, and conflicts that a person ends.

use axum::{
    Json,
    extract::{
        Path, Query, State as Handed,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
};
use punchgate_app::{
    accounts::{AttentionRow, Author, ConflictView, CursorRow},
    api_keys::Scope,
    sync::{Take, attention_text},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    super::State,
    auth::Caller,
    page::{Page, Paging},
    problem::{ApiProblem, ProblemBody},
    values::instant,
};

/// A feed of an ERP.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FeedItem {
    connector: String,
    /// Company, sales area or credit segment.
    scope: String,
    /// accounts, accounts-sweep, exposure …
    feed: String,
    /// When the run under way, or the last one, began.
    started_at: Option<String>,
    /// When a run last came to its end.
    finished_at: Option<String>,
    /// When a run last failed.
    failed_at: Option<String>,
    /// Why.
    last_error: Option<String>,
    /// Rows that changed something, all runs together.
    rows_applied: i64,
}

/// The feeds of the supplier's ERPs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SyncStatus {
    feeds: Vec<FeedItem>,
    /// What a person should look at, until it is seen to.
    attention: Vec<AttentionItem>,
}

/// Something that an ERP tells and that a person has to settle here.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AttentionItem {
    connector: String,
    /// Company, sales area or credit segment in which it was first seen.
    scope: String,
    /// The ERP's id of the customer of which it was first told.
    external_id: String,
    /// `hold-code`: the ERP has a hold code that no table explains; it removes everything.
    matter: String,
    /// Which one.
    name: String,
    /// What it means and what to do.
    text: String,
    noted_at: String,
}

/// What the list is narrowed by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrowing {
    /// open or resolved.
    state: Option<String>,
}

/// A field that was changed here and in the ERP.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConflictItem {
    id: String,
    connector: String,
    scope: String,
    /// The ERP's id of the customer.
    external_id: String,
    /// terms, limit, currency, or hold: with the hold's id.
    field: String,
    /// What both last agreed on.
    base: Option<String>,
    /// What was asked for here.
    ours: Option<String>,
    /// What the ERP had.
    theirs: Option<String>,
    /// Whose value counts until a person decides: gateway or erp.
    winner: String,
    /// open or resolved.
    state: String,
    noted_at: String,
    resolved_at: Option<String>,
    resolved_by: Option<String>,
}

/// Whose value is taken.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum TakeItem {
    /// What was asked for here: the ERP is asked once more.
    Ours,
    /// What the ERP has: what was asked for here is given up.
    Theirs,
}

/// How a conflict ends.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct ResolveBody {
    take: TakeItem,
    /// Why; goes into the customer's history.
    reason: String,
}

impl From<CursorRow> for FeedItem {
    fn from(row: CursorRow) -> Self {
        Self {
            connector: row.connector_id,
            scope: row.scope,
            feed: row.feed,
            started_at: row.started_at.map(instant),
            finished_at: row.finished_at.map(instant),
            failed_at: row.failed_at.map(instant),
            last_error: row.last_error,
            rows_applied: row.rows_applied,
        }
    }
}

impl From<AttentionRow> for AttentionItem {
    fn from(row: AttentionRow) -> Self {
        Self {
            text: attention_text(&row),
            connector: row.connector_id,
            scope: row.scope,
            external_id: row.external_id,
            matter: row.matter,
            name: row.name,
            noted_at: instant(row.noted_at),
        }
    }
}

impl From<ConflictView> for ConflictItem {
    fn from(view: ConflictView) -> Self {
        let row = view.row;
        Self {
            id: row.conflict_id,
            connector: row.connector_id,
            scope: row.scope,
            external_id: row.external_id,
            field: row.field,
            base: view.base,
            ours: view.ours,
            theirs: view.theirs,
            winner: row.winner,
            state: row.state,
            noted_at: instant(row.noted_at),
            resolved_at: row.resolved_at.map(instant),
            resolved_by: row.resolved_by,
        }
    }
}

/// How far every feed of the supplier's ERPs was read, what went wrong last, and what a person should look at.
#[utoipa::path(get, path = "/api/v1/sync",
    responses((status = 200, body = SyncStatus), (status = 401, body = ProblemBody)), tag = "operations")]
pub(super) async fn status(
    Handed(gateway): Handed<State>,
    caller: Caller,
) -> Result<Json<SyncStatus>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let rows = gateway.accounts.sync_status(caller.0.supplier.as_str()).await?;
    let attention = gateway
        .accounts
        .sync_attention(caller.0.supplier.as_str())
        .await?;
    Ok(Json(SyncStatus {
        feeds: rows.into_iter().map(FeedItem::from).collect(),
        attention: attention.into_iter().map(AttentionItem::from).collect(),
    }))
}

/// Fields that were changed here and in an ERP, newest first.
#[utoipa::path(get, path = "/api/v1/sync/conflicts", params(Paging, Narrowing),
    responses((status = 200, body = Page<ConflictItem>), (status = 422, body = ProblemBody)), tag = "operations")]
pub(super) async fn conflicts(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<ConflictItem>>, ApiProblem> {
    caller.require(Scope::OperationsRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let rows = gateway
        .accounts
        .conflicts(
            caller.0.supplier.as_str(),
            narrowing.state.as_deref(),
            paging.after()?,
            paging.limit() + 1,
        )
        .await?;
    Ok(Json(paging.page(
        rows,
        |row| (row.noted_at, row.conflict_id.clone()),
        |row| ConflictView::from(row).into(),
    )))
}

/// Ends a conflict: ours is asked of the ERP once more, or given up for what the ERP has.
#[utoipa::path(post, path = "/api/v1/sync/conflicts/{id}/resolve", params(("id" = String, Path)),
    request_body = ResolveBody,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    tag = "operations")]
pub(super) async fn resolve(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<ResolveBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::CustomersWrite)?;
    let Json(body) = body?;
    let take = match body.take {
        TakeItem::Ours => Take::Ours,
        TakeItem::Theirs => Take::Theirs,
    };
    let author = Author::new(caller.name(), body.reason)?;
    gateway
        .accounts
        .resolve_conflict(caller.0.supplier.as_str(), &id, take, &author)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
