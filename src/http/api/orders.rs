//! Orders: read, and what a person decides.

mod lines;
pub(super) mod sink;

use axum::{
    Json,
    extract::{
        Path, Query, State as Handed,
        rejection::{JsonRejection, QueryRejection},
    },
    http::StatusCode,
};
use punchgate_app::{
    api_keys::Scope,
    orders::{
        operator::{Funds, Word},
        read::{self, Decision, OrderFilter, OrderRow, OrderView},
    },
};
use punchgate_domain::{
    catalogue::Problem,
    credit::FundsKind,
    money::{Currency, StatedAmount},
    order::OrderState,
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

use lines::{LineItem, OrderDocumentItem};
use sink::ChangeItem;

/// What the list is narrowed by.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Narrowing {
    /// State: received, approved, held, referred, declined, submitting, accepted, held_by_erp, rejected, unknown,
    /// cancelled, tombstone, shadow (a copy that is only compared).
    state: Option<String>,
    /// Relationship id.
    relationship: Option<String>,
    /// Customer id.
    customer: Option<String>,
    /// The buyer's order number, the sink's, ours, or a payloadID.
    search: Option<String>,
}

/// An order in a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderItem {
    id: String,
    order_number: String,
    relationship: String,
    mode: String,
    version: i64,
    state: String,
    /// Why it stands there, for people.
    reason: Option<String>,
    customer: Option<String>,
    /// Total as the buyer stated it.
    total: String,
    currency: String,
    tender: String,
    sink: String,
    sink_order_id: Option<String>,
    confirmation: String,
    received_at: String,
    updated_at: String,
    /// What a change expects.
    row_version: i64,
}

/// An order in full.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct OrderDetail {
    #[serde(flatten)]
    order: OrderItem,
    lines: Vec<LineItem>,
    /// The last decision with its reasons.
    decision: Option<DecisionItem>,
    versions: Vec<VersionItem>,
    history: Vec<EventItem>,
    session: Option<String>,
    cart_snapshot: Option<String>,
    document: String,
    payload_id: String,
    /// What the ERP has issued about it, the first issued first.
    erp_documents: Vec<OrderDocumentItem>,
    /// What in the quantities of these documents does not fit the order. It stops nothing.
    findings: Vec<String>,
    /// The version that is on its way to the sink, if one is.
    change: Option<ChangeItem>,
}

/// A decision.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DecisionItem {
    state: String,
    reasons: Vec<ReasonItem>,
    warnings: Vec<ReasonItem>,
    /// The reckoning of the limit, in words with its numbers.
    figures: Option<String>,
}

/// A reason.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ReasonItem {
    code: String,
    text: String,
}

/// A version.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VersionItem {
    version: i64,
    operation: String,
    document: String,
    recorded_at: String,
}

/// A step of the history.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EventItem {
    from: Option<String>,
    to: String,
    cause: String,
    actor: String,
    detail: Option<String>,
    at: String,
}

/// A person's word.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct WordBody {
    /// `row_version` as it was read.
    expected_version: i64,
    /// Why; goes into the history, and to the buyer with a decline.
    reason: String,
}

/// An order that a person has entered in the supplier's system.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct TakeOverBody {
    /// `row_version` as it was read.
    expected_version: i64,
    /// The number that it has there.
    number: String,
    /// Why; goes into the history.
    reason: String,
}

/// A card that a person has charged or had authorised.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct FundsBody {
    /// `row_version` as it was read.
    expected_version: i64,
    /// captured or authorised.
    kind: String,
    /// How much, a decimal text in the order's currency.
    amount: String,
    /// ISO 4217.
    currency: String,
    /// What the payment provider calls it.
    reference: String,
    /// Why; goes into the history.
    reason: String,
}

impl FundsBody {
    fn funds(&self) -> Result<Funds, ApiProblem> {
        let refuse =
            |field: &str, why: String| ApiProblem::new(Problem::Validation, format!("{field}: {why}"));
        let currency = Currency::parse(&self.currency).map_err(|e| refuse("currency", e.to_string()))?;
        Ok(Funds {
            kind: FundsKind::parse(&self.kind).map_err(|e| refuse("kind", e.to_string()))?,
            amount: StatedAmount::parse(&self.amount, currency)
                .map_err(|e| refuse("amount", e.to_string()))?,
            reference: self.reference.clone(),
        })
    }
}

impl From<OrderRow> for OrderItem {
    fn from(row: OrderRow) -> Self {
        Self {
            id: row.order_id,
            order_number: row.order_number,
            relationship: row.relationship_id,
            mode: row.mode,
            version: row.version,
            state: row.state,
            reason: row.state_reason,
            customer: row.customer_id,
            total: row.total_text,
            currency: row.currency,
            tender: row.tender,
            sink: row.sink,
            sink_order_id: row.sink_order_id,
            confirmation: row.confirmation,
            received_at: instant(row.received_at),
            updated_at: instant(row.updated_at),
            row_version: row.row_version,
        }
    }
}

impl From<Decision> for DecisionItem {
    fn from(decision: Decision) -> Self {
        let reasons = |all: Vec<read::Reason>| {
            all.into_iter()
                .map(|reason| ReasonItem {
                    code: reason.code,
                    text: reason.text,
                })
                .collect()
        };
        Self {
            state: decision.state,
            reasons: reasons(decision.reasons),
            warnings: reasons(decision.warnings),
            figures: decision.figures,
        }
    }
}

impl From<OrderView> for OrderDetail {
    fn from(view: OrderView) -> Self {
        let versions = view.versions.into_iter().map(|version| VersionItem {
            version: version.version,
            operation: version.operation,
            document: version.document_id,
            recorded_at: instant(version.recorded_at),
        });
        let history = view.history.into_iter().map(|event| EventItem {
            from: event.from_state,
            to: event.to_state,
            cause: event.cause,
            actor: event.actor,
            detail: event.detail,
            at: instant(event.happened_at),
        });
        Self {
            lines: view
                .content
                .lines
                .iter()
                .map(|line| LineItem::of(line, &view.progress))
                .collect(),
            decision: view.decision.map(DecisionItem::from),
            versions: versions.collect(),
            history: history.collect(),
            session: view.row.session_id.clone(),
            cart_snapshot: view.row.cart_snapshot_id.clone(),
            document: view.row.document_id.clone(),
            payload_id: view.row.payload_id.clone(),
            erp_documents: view.documents.into_iter().map(OrderDocumentItem::from).collect(),
            findings: view.progress.findings,
            change: view.change.map(ChangeItem::from),
            order: view.row.into(),
        }
    }
}

/// Orders, newest first.
#[utoipa::path(get, path = "/api/v1/orders", params(Paging, Narrowing),
    responses((status = 200, body = Page<OrderItem>), (status = 401, body = ProblemBody)), tag = "orders")]
pub(super) async fn list(
    Handed(gateway): Handed<State>,
    caller: Caller,
    paging: Result<Query<Paging>, QueryRejection>,
    narrowing: Result<Query<Narrowing>, QueryRejection>,
) -> Result<Json<Page<OrderItem>>, ApiProblem> {
    caller.require(Scope::OrdersRead)?;
    let (Query(paging), Query(narrowing)) = (paging?, narrowing?);
    let filter = OrderFilter {
        state: one_of("state", narrowing.state, OrderState::NAMES)?,
        relationship: narrowing.relationship,
        customer: narrowing.customer,
        search: narrowing.search,
    };
    let rows = read::list(
        &gateway.surroundings,
        &gateway.directory,
        &caller.0.supplier,
        &filter,
        paging.after()?,
        paging.limit() + 1,
    )
    .await?;
    Ok(Json(paging.page(
        rows,
        |row| (row.received_at, row.order_id.clone()),
        OrderItem::from,
    )))
}

/// One order with its lines, decision, versions and history.
#[utoipa::path(get, path = "/api/v1/orders/{id}", params(("id" = String, Path)),
    responses((status = 200, body = OrderDetail), (status = 404, body = ProblemBody)), tag = "orders")]
pub(super) async fn get(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<OrderDetail>, ApiProblem> {
    caller.require(Scope::OrdersRead)?;
    let view = read::get(&gateway.surroundings, &gateway.directory, &caller.0.supplier, &id).await?;
    let view = view.ok_or_else(|| ApiProblem::new(Problem::NotFound, format!("there is no order '{id}'")))?;
    Ok(Json(view.into()))
}

/// Prices, total and what needs a person are in order; credit and holds still count.
#[utoipa::path(post, path = "/api/v1/orders/{id}/confirm", params(("id" = String, Path)), request_body = WordBody,
    responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(super) async fn confirm(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<WordBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    gateway
        .desk
        .confirm(&word(
            &caller,
            &id,
            &caller.name(),
            body.expected_version,
            &body.reason,
        ))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A card was charged or authorised for the order; it is decided again, and goes on if the whole of it is secured.
#[utoipa::path(post, path = "/api/v1/orders/{id}/funds", params(("id" = String, Path)), request_body = FundsBody,
    responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(super) async fn funds(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<FundsBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    let funds = body.funds()?;
    let by = caller.name();
    let word = word(&caller, &id, &by, body.expected_version, &body.reason);
    gateway.desk.record_funds(&word, &funds).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A person has entered the order of a relationship without a sink in the supplier's system: it is accepted.
#[utoipa::path(post, path = "/api/v1/orders/{id}/take-over", params(("id" = String, Path)), request_body = TakeOverBody,
    responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(super) async fn take_over(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<TakeOverBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    let by = caller.name();
    let word = word(&caller, &id, &by, body.expected_version, &body.reason);
    gateway.desk.take_over(&word, &body.number).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sends the buyer the confirmation of an accepted order: where the policy is manual, or once more.
#[utoipa::path(post, path = "/api/v1/orders/{id}/send-confirmation", params(("id" = String, Path)),
    request_body = WordBody, responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(super) async fn send_confirmation(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<WordBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    gateway
        .desk
        .send_confirmation(&word(
            &caller,
            &id,
            &caller.name(),
            body.expected_version,
            &body.reason,
        ))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The order will not be delivered; the buyer is told by a rejecting confirmation.
#[utoipa::path(post, path = "/api/v1/orders/{id}/decline", params(("id" = String, Path)), request_body = WordBody,
    responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(super) async fn decline(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<WordBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    gateway
        .desk
        .decline(&word(
            &caller,
            &id,
            &caller.name(),
            body.expected_version,
            &body.reason,
        ))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The cause of a rejection is mended: the order is decided from the start.
#[utoipa::path(post, path = "/api/v1/orders/{id}/reopen", params(("id" = String, Path)), request_body = WordBody,
    responses((status = 204), (status = 409, body = ProblemBody)), tag = "orders")]
pub(super) async fn reopen(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<WordBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::OrdersWrite)?;
    let Json(body) = body?;
    gateway
        .desk
        .reopen(&word(
            &caller,
            &id,
            &caller.name(),
            body.expected_version,
            &body.reason,
        ))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What a person says of an order, in whichever body it came.
fn word<'a>(caller: &'a Caller, order: &'a str, by: &'a str, expected: i64, reason: &'a str) -> Word<'a> {
    Word {
        supplier: &caller.0.supplier,
        order,
        expected,
        by,
        reason,
    }
}
