//! The archive: found by order number, payloadID and BuyerCookie; read, and raw.

use axum::{
    Json,
    extract::{Path, Query, State as Handed, rejection::QueryRejection},
    http::header,
    response::{IntoResponse as _, Response},
};
use punchgate_app::{
    api_keys::Scope,
    documents::{self as archive, DocumentFilter, DocumentRow},
};
use punchgate_domain::catalogue::Problem;
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
    /// `in` or `out`.
    direction: Option<String>,
    /// `OrderRequest`, `PunchOutOrderMessage` …, or whatever else a buyer has sent.
    kind: Option<String>,
    /// Relationship id.
    relationship: Option<String>,
    /// accepted, changed, cancelled, repeated, kept, conflict, refused, unmatched, answered, queued, sent, retrying,
    /// delivered, failed, received.
    status: Option<String>,
    /// Our order id.
    order: Option<String>,
    /// Session id.
    session: Option<String>,
    /// An order number, payloadID or BuyerCookie, whole.
    search: Option<String>,
}

/// A document without its bytes.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DocumentItem {
    id: String,
    direction: String,
    kind: String,
    relationship: Option<String>,
    mode: String,
    payload_id: Option<String>,
    status: String,
    status_code: Option<i64>,
    status_text: Option<String>,
    order: Option<String>,
    order_number: Option<String>,
    session: Option<String>,
    buyer_cookie: Option<String>,
    in_reply_to: Option<String>,
    content_type: String,
    length: i64,
    recorded_at: String,
}

/// A document read.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DocumentDetail {
    #[serde(flatten)]
    document: DocumentItem,
    /// What the reader found odd, with line and column.
    #[schema(value_type = Vec<Object>)]
    findings: serde_json::Value,
    /// What the document says, as `punchgate cxml check --json` tells it; none for what is no cXML.
    #[schema(value_type = Option<Object>)]
    read: Option<serde_json::Value>,
}

impl From<DocumentRow> for DocumentItem {
    fn from(row: DocumentRow) -> Self {
        Self {
            id: row.document_id,
            direction: row.direction,
            kind: row.kind,
            relationship: row.relationship_id,
            mode: row.mode,
            payload_id: row.payload_id,
            status: row.status,
            status_code: row.status_code,
            status_text: row.status_text,
            order: row.order_id,
            order_number: row.order_number,
            session: row.session_id,
            buyer_cookie: row.buyer_cookie,
            in_reply_to: row.in_reply_to,
            content_type: row.content_type,
            length: row.raw_length,
            recorded_at: instant(row.recorded_at),
        }
    }
}

/// Documents, newest first.
#[utoipa::path(get, path = "/api/v1/documents", params(Paging, Narrowing),
    responses((status = 200, body = Page<DocumentItem>), (status = 401, body = ProblemBody)), tag = "documents")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<DocumentItem>>, ApiProblem> {
    caller.require(Scope::DocumentsRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let filter = DocumentFilter {
        direction: one_of("direction", narrowing.direction, &archive::DIRECTIONS)?,
        kind: narrowing.kind,
        relationship: narrowing.relationship,
        status: one_of("status", narrowing.status, &archive::STATUSES)?,
        order_id: narrowing.order,
        session_id: narrowing.session,
        search: narrowing.search,
        ..DocumentFilter::default()
    };
    let supplier = &caller.0.supplier;
    let rows = archive::list(
        &gateway.surroundings,
        supplier,
        &filter,
        paging.after()?,
        paging.limit() + 1,
    )
    .await?;
    Ok(Json(paging.page(
        rows,
        |row| (row.recorded_at, row.document_id.clone()),
        DocumentItem::from,
    )))
}

/// One document, read.
#[utoipa::path(get, path = "/api/v1/documents/{id}", params(("id" = String, Path)),
    responses((status = 200, body = DocumentDetail), (status = 404, body = ProblemBody)), tag = "documents")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<DocumentDetail>, ApiProblem> {
    caller.require(Scope::DocumentsRead)?;
    let found = archive::get(&gateway.surroundings, &caller.0.supplier, &id).await?;
    let found = found.ok_or_else(|| missing(&id))?;
    let findings = found
        .row
        .findings
        .as_deref()
        .and_then(|text| serde_json::from_str(text).ok());
    Ok(Json(DocumentDetail {
        findings: findings.unwrap_or_else(|| serde_json::json!([])),
        read: found.read,
        document: found.row.into(),
    }))
}

/// One document's bytes, secrets and cards blanked as they were archived.
#[utoipa::path(get, path = "/api/v1/documents/{id}/raw", params(("id" = String, Path)),
    responses((status = 200, body = Vec<u8>), (status = 404, body = ProblemBody)), tag = "documents")]
pub(super) async fn raw(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Response, ApiProblem> {
    caller.require(Scope::DocumentsRead)?;
    let found = archive::raw(&gateway.surroundings, &caller.0.supplier, &id).await?;
    let (content_type, bytes) = found.ok_or_else(|| missing(&id))?;
    // A partner's bytes are never shown by a browser as a page of ours.
    let headers = [
        (header::CONTENT_TYPE, content_type),
        (header::CONTENT_DISPOSITION, "attachment".to_owned()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox".to_owned(),
        ),
    ];
    Ok((headers, bytes).into_response())
}

fn missing(id: &str) -> ApiProblem {
    ApiProblem::new(Problem::NotFound, format!("there is no document '{id}'"))
}
