//! The suite's state as JSON, for its own pages and for the headless click path; reads only.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    Suite,
    buyer::Buyer,
    mask,
    views::{OrderView, RequisitionView, moment},
};
use crate::wire_log::{Exchange, Peer};

pub(super) fn routes() -> Router<Arc<Suite>> {
    Router::new()
        .route("/api/buyers/{buyer}/revision", get(revision))
        .route("/api/buyers/{buyer}/requisitions", get(requisitions))
        .route("/api/buyers/{buyer}/requisitions/{number}", get(requisition))
        .route("/api/buyers/{buyer}/orders/{number}", get(order))
        .route("/api/wire", get(wire))
}

/// Grows with every change of the suite's books: a page that waits asks for it.
async fn revision(State(suite): State<Arc<Suite>>) -> Json<u64> {
    Json(suite.books().revision())
}

/// Newest first.
async fn requisitions(State(suite): State<Arc<Suite>>, Path(buyer): Path<String>) -> Response {
    let Some(buyer) = Buyer::find(&buyer) else {
        return absent();
    };
    let books = suite.books();
    let theirs = books
        .requisitions
        .iter()
        .rev()
        .filter(|it| it.buyer.id == buyer.id);
    Json(theirs.map(RequisitionView::from).collect::<Vec<_>>()).into_response()
}

async fn requisition(
    State(suite): State<Arc<Suite>>,
    Path((buyer, number)): Path<(String, u64)>,
) -> Response {
    let books = suite.books();
    let found = Buyer::find(&buyer).and_then(|buyer| books.requisition(buyer, number));
    found.map_or_else(absent, |it| Json(RequisitionView::from(it)).into_response())
}

async fn order(State(suite): State<Arc<Suite>>, Path((buyer, number)): Path<(String, u64)>) -> Response {
    let books = suite.books();
    let found = Buyer::find(&buyer).and_then(|buyer| books.order(buyer, number));
    found.map_or_else(absent, |it| Json(OrderView::from(it)).into_response())
}

fn absent() -> Response {
    (StatusCode::NOT_FOUND, "There is no such record.").into_response()
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

#[derive(Serialize)]
struct Wire {
    next: u64,
    exchanges: Vec<ExchangeView>,
}

/// An exchange as the drawer shows it; secrets masked, bodies laid out.
#[derive(Serialize)]
struct ExchangeView {
    seq: u64,
    at: String,
    from: Peer,
    to: Peer,
    method: String,
    url: String,
    kind: String,
    status: Option<u16>,
    duration_ms: i64,
    /// Background polling that people hide first.
    routine: bool,
    request: String,
    response: String,
}

impl From<Exchange> for ExchangeView {
    fn from(exchange: Exchange) -> Self {
        let kind = match mask::kind(&exchange.request) {
            kind if kind == "document" => exchange.url.rsplit('/').next().unwrap_or_default().to_owned(),
            kind => kind,
        };
        Self {
            seq: exchange.seq,
            at: at_ms(exchange.at_ms),
            from: exchange.from,
            to: exchange.to,
            routine: exchange.is_routine(),
            kind,
            method: exchange.method,
            url: exchange.url,
            status: exchange.status,
            duration_ms: exchange.duration_ms,
            request: mask::pretty(&exchange.request),
            response: mask::pretty(&exchange.response),
        }
    }
}

fn at_ms(at: i64) -> String {
    jiff::Timestamp::from_millisecond(at)
        .map(moment)
        .unwrap_or_default()
}

async fn wire(State(suite): State<Arc<Suite>>, Query(since): Query<Since>) -> Json<Wire> {
    let exchanges = suite.config.wire.since(since.since);
    let next = exchanges.last().map_or(since.since, |exchange| exchange.seq + 1);
    Json(Wire {
        next,
        exchanges: exchanges.into_iter().map(ExchangeView::from).collect(),
    })
}
