//! The desk of the shop's people: what becomes of orders, over HTTP, without a page.
//!
//! It does what it is told, as back offices do: a quantity may be set back, and shipping moves no state.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    routing::post,
};
use http::StatusCode;
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{Shop, order::Progress};

pub(super) fn routes(shop: Arc<Shop>) -> Router {
    Router::new()
        .route("/desk/orders/{number}/lines/{line}", post(set_line))
        .route("/desk/orders/{number}/state", post(set_state))
        .route("/desk/orders/{number}/payment", post(set_payment))
        .route("/desk/orders/{number}/forget", post(forget))
        .with_state(shop)
}

/// What a line comes to from now on; what is left out stays.
#[derive(Debug, Deserialize)]
struct SetLine {
    confirmed: Option<Decimal>,
    shipped: Option<Decimal>,
    invoiced: Option<Decimal>,
    cancelled: Option<Decimal>,
}

async fn set_line(
    State(shop): State<Arc<Shop>>,
    Path((number, line)): Path<(String, u32)>,
    Json(set): Json<SetLine>,
) -> StatusCode {
    let mut books = shop.books();
    let order = books.order_of(&number);
    let Some((_, progress)) = order.and_then(|order| order.line(line)) else {
        return StatusCode::NOT_FOUND;
    };
    let Progress {
        confirmed,
        shipped,
        invoiced,
        cancelled,
    } = progress;
    for (into, value) in [
        (confirmed, set.confirmed),
        (shipped, set.shipped),
        (invoiced, set.invoiced),
        (cancelled, set.cancelled),
    ] {
        if let Some(value) = value {
            *into = value;
        }
    }
    StatusCode::NO_CONTENT
}

/// Where the order stands from now on.
#[derive(Debug, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
enum SetState {
    Open,
    OnHold { code: String, message: String },
    Completed,
    Cancelled,
}

async fn set_state(
    State(shop): State<Arc<Shop>>,
    Path(number): Path<String>,
    Json(set): Json<SetState>,
) -> StatusCode {
    let mut books = shop.books();
    let Some(order) = books.order_of(&number) else {
        return StatusCode::NOT_FOUND;
    };
    (order.state, order.hold) = match set {
        SetState::Open => ("open", None),
        SetState::OnHold { code, message } => ("on_hold", Some((code, message))),
        SetState::Completed => ("completed", None),
        SetState::Cancelled => {
            // What has left is gone; the rest will not come.
            for (line, progress) in order.lines() {
                progress.cancelled = line.quantity - progress.shipped;
            }
            ("cancelled", None)
        }
    };
    StatusCode::NO_CONTENT
}

/// Whether it is paid.
#[derive(Debug, Deserialize)]
#[serde(tag = "payment", rename_all = "snake_case")]
enum SetPayment {
    None,
    Authorised,
    Paid,
}

async fn set_payment(
    State(shop): State<Arc<Shop>>,
    Path(number): Path<String>,
    Json(set): Json<SetPayment>,
) -> StatusCode {
    let mut books = shop.books();
    let Some(order) = books.order_of(&number) else {
        return StatusCode::NOT_FOUND;
    };
    order.payment = match set {
        SetPayment::None => "none",
        SetPayment::Authorised => "authorised",
        SetPayment::Paid => "paid",
    };
    StatusCode::NO_CONTENT
}

/// Deletes an order, as people do.
async fn forget(State(shop): State<Arc<Shop>>, Path(number): Path<String>) -> StatusCode {
    let mut books = shop.books();
    let before = books.orders.len();
    books
        .orders
        .retain(|order| order.purchase_order_number() != number);
    match books.orders.len() < before {
        true => StatusCode::NO_CONTENT,
        false => StatusCode::NOT_FOUND,
    }
}
