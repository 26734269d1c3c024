//! The ERP's pages for clerks: dashboard, customers, orders, documents, and its state as JSON.
//!
//! Reads only; what a clerk changes goes through `forms`.

use std::sync::Arc;

use askama::Template;
use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Erp, Faults,
    account::{HOLD_CODES, Limit, Permission, TERMS, grouped},
    order::{Order, OrderState},
    rows::{
        AccountRow, DocumentRow, HoldRow, OrderRow, account_row, document_row, hold_row, order_row, when,
    },
};
use crate::{assets, server};

pub(super) fn routes(erp: Arc<Erp>) -> Router {
    let ancestors: Arc<str> = "'none'".into();
    Router::new()
        .route("/", get(dashboard))
        .route("/customers", get(customers))
        .route("/customers/{id}", get(customer))
        .route("/orders", get(orders))
        .route("/orders/{number}", get(order))
        .route("/documents", get(documents))
        .route("/break", get(break_things))
        .route("/state.json", get(state))
        .route("/assets/{name}", get(assets::get_asset))
        .route(
            "/favicon.ico",
            get(|| async { Redirect::permanent("/assets/erp-mark.svg") }),
        )
        .fallback(not_found)
        .layer(axum::middleware::from_fn_with_state(ancestors, server::protect))
        .with_state(erp)
}

/// What every page shows around itself.
struct Frame {
    active: &'static str,
    faults: Faults,
    said: Option<String>,
}

#[derive(Deserialize)]
struct Said {
    #[serde(default)]
    said: Option<String>,
}

impl Erp {
    fn frame(&self, active: &'static str, said: Said) -> Frame {
        Frame {
            active,
            faults: *self.faults(),
            said: said.said,
        }
    }
}

#[derive(Template)]
#[template(path = "erp/dashboard.html")]
struct Dashboard {
    frame: Frame,
    rows: Vec<AccountRow>,
    orders: Vec<OrderRow>,
    documents: Vec<DocumentRow>,
    open_count: usize,
    held_orders: usize,
    held_accounts: usize,
    today: usize,
}

async fn dashboard(State(erp): State<Arc<Erp>>, Query(said): Query<Said>) -> Response {
    let frame = erp.frame("dashboard", said);
    let now = erp.config.clock.now();
    let ledger = erp.ledger();
    let rows: Vec<AccountRow> = ledger
        .accounts()
        .map(|account| account_row(&ledger, account, now))
        .collect();
    let day = super::document::date(now);
    server::page(&Dashboard {
        frame,
        open_count: ledger.orders().filter(|order| order.counts_as_open()).count(),
        held_orders: ledger
            .orders()
            .filter(|order| matches!(order.state, OrderState::OnHold { .. }))
            .count(),
        held_accounts: rows.iter().filter(|row| row.held).count(),
        today: ledger
            .orders()
            .filter(|order| super::document::date(order.created_at) == day)
            .count(),
        orders: ledger
            .orders()
            .take(6)
            .map(|order| order_row(&ledger, order))
            .collect(),
        documents: ledger
            .documents()
            .iter()
            .rev()
            .take(6)
            .map(document_row)
            .collect(),
        rows,
    })
}

#[derive(Template)]
#[template(path = "erp/customers.html")]
struct Customers {
    frame: Frame,
    rows: Vec<AccountRow>,
}

async fn customers(State(erp): State<Arc<Erp>>, Query(said): Query<Said>) -> Response {
    let frame = erp.frame("customers", said);
    let now = erp.config.clock.now();
    let ledger = erp.ledger();
    let rows = ledger
        .accounts()
        .map(|account| account_row(&ledger, account, now))
        .collect();
    server::page(&Customers { frame, rows })
}

#[derive(Template)]
#[template(path = "erp/customer.html")]
struct Customer {
    frame: Frame,
    row: AccountRow,
    holds: Vec<HoldRow>,
    history: Vec<(String, String, String, String)>,
    orders: Vec<OrderRow>,
    terms: &'static [(&'static str, &'static str, u32)],
    hold_codes: &'static [(&'static str, &'static str, &'static [Permission])],
    permissions: [(Permission, &'static str, &'static str); 4],
    limit_value: String,
    default_text: &'static str,
}

async fn customer(State(erp): State<Arc<Erp>>, Path(id): Path<String>, Query(said): Query<Said>) -> Response {
    let frame = erp.frame("customers", said);
    let now = erp.config.clock.now();
    let ledger = erp.ledger();
    let Some(account) = ledger.account(&id) else {
        return missing(&erp);
    };
    let history = account.history.iter().rev();
    server::page(&Customer {
        frame,
        row: account_row(&ledger, account, now),
        holds: account.holds.iter().map(|hold| hold_row(hold, now)).collect(),
        history: history
            .map(|change| {
                (
                    when(change.at),
                    change.by.clone(),
                    change.what.clone(),
                    change.reason.clone(),
                )
            })
            .collect(),
        orders: ledger
            .orders()
            .filter(|order| order.customer == id)
            .take(8)
            .map(|order| order_row(&ledger, order))
            .collect(),
        terms: TERMS,
        hold_codes: HOLD_CODES,
        permissions: Permission::ALL,
        limit_value: match account.limit {
            Limit::Unlimited => String::new(),
            Limit::Amount(amount) => amount.to_string(),
        },
        default_text: super::seed::PAST_DUE_TEXT,
    })
}

#[derive(Template)]
#[template(path = "erp/orders.html")]
struct Orders {
    frame: Frame,
    orders: Vec<OrderRow>,
    query: String,
}

#[derive(Deserialize)]
struct OrderSearch {
    #[serde(default)]
    q: String,
}

async fn orders(
    State(erp): State<Arc<Erp>>,
    Query(search): Query<OrderSearch>,
    Query(said): Query<Said>,
) -> Response {
    let frame = erp.frame("orders", said);
    let ledger = erp.ledger();
    let wanted = search.q.trim().to_lowercase();
    let orders = ledger
        .orders()
        .map(|order| order_row(&ledger, order))
        .filter(|row| {
            let order = &row.order;
            wanted.is_empty()
                || [
                    order.id(),
                    order.purchase_order_number.clone(),
                    order.reference.clone(),
                    row.customer_name.clone(),
                ]
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted))
        })
        .take(200)
        .collect();
    server::page(&Orders {
        frame,
        orders,
        query: search.q,
    })
}

/// A line of an order for people.
struct LineRow {
    number: u32,
    part: String,
    description: String,
    quantity: String,
    unit: String,
    price: String,
    amount: String,
}

#[derive(Template)]
#[template(path = "erp/order.html")]
struct OrderPage {
    frame: Frame,
    row: OrderRow,
    lines: Vec<LineRow>,
    documents: Vec<DocumentRow>,
    note: Option<String>,
    can: Vec<(&'static str, &'static str)>,
}

async fn order(State(erp): State<Arc<Erp>>, Path(number): Path<u64>, Query(said): Query<Said>) -> Response {
    let frame = erp.frame("orders", said);
    let ledger = erp.ledger();
    let Some(order) = ledger.order(number) else {
        return missing(&erp);
    };
    let catalogue = ledger.catalogue();
    let lines = order
        .lines
        .iter()
        .map(|line| LineRow {
            number: line.line_number,
            part: line.part_id.clone(),
            description: catalogue
                .product(&line.part_id)
                .map(|product| product.name.clone())
                .or_else(|| line.description.clone())
                .unwrap_or_default(),
            quantity: line.quantity.normalize().to_string(),
            unit: line.unit.clone(),
            price: grouped(line.unit_price.amount),
            amount: grouped(line.amount.amount),
        })
        .collect();
    server::page(&OrderPage {
        frame,
        note: match &order.state {
            OrderState::OnHold { code, message } => Some(format!("{code}: {message}")),
            OrderState::Cancelled { reason } => Some(format!("Cancelled: {reason}")),
            _ => None,
        },
        can: steps(order),
        lines,
        documents: ledger
            .documents()
            .iter()
            .filter(|issued| issued.order_number == number)
            .map(document_row)
            .collect(),
        row: order_row(&ledger, order),
    })
}

fn steps(order: &Order) -> Vec<(&'static str, &'static str)> {
    match order.state {
        OrderState::Open if order.acknowledged_at.is_none() => {
            vec![
                ("acknowledge", "Acknowledge"),
                ("ship", "Ship all"),
                ("invoice", "Post invoice"),
                ("cancel", "Cancel order"),
            ]
        }
        OrderState::Open => vec![
            ("ship", "Ship all"),
            ("invoice", "Post invoice"),
            ("cancel", "Cancel order"),
        ],
        OrderState::Shipped => vec![("invoice", "Post invoice")],
        OrderState::OnHold { .. } => vec![("release", "Release order"), ("cancel", "Cancel order")],
        OrderState::Completed | OrderState::Cancelled { .. } => Vec::new(),
    }
}

#[derive(Template)]
#[template(path = "erp/documents.html")]
struct Documents {
    frame: Frame,
    documents: Vec<DocumentRow>,
}

async fn documents(State(erp): State<Arc<Erp>>, Query(said): Query<Said>) -> Response {
    let frame = erp.frame("documents", said);
    let ledger = erp.ledger();
    let documents = ledger
        .documents()
        .iter()
        .rev()
        .take(100)
        .map(document_row)
        .collect();
    server::page(&Documents { frame, documents })
}

#[derive(Template)]
#[template(path = "erp/break.html")]
struct BreakThings {
    frame: Frame,
    acknowledges: bool,
}

async fn break_things(State(erp): State<Arc<Erp>>, Query(said): Query<Said>) -> Response {
    let frame = erp.frame("break", said);
    let acknowledges = erp.ledger().acknowledges;
    server::page(&BreakThings { frame, acknowledges })
}

/// All orders and accounts as JSON: for those who count.
async fn state(State(erp): State<Arc<Erp>>) -> Json<Value> {
    let ledger = erp.ledger();
    let orders: Vec<Value> = ledger.orders().map(Order::document).collect();
    let accounts: Vec<Value> = ledger
        .accounts()
        .map(|account| {
            let mut document = account.document();
            document["exposure"] = account.exposure(ledger.open_orders(&account.id), erp.config.clock.now());
            document
        })
        .collect();
    Json(json!({ "orders": orders, "accounts": accounts, "documents": ledger.documents().len() }))
}

#[derive(Template)]
#[template(path = "erp/not_found.html")]
struct NotFound {
    frame: Frame,
}

async fn not_found(State(erp): State<Arc<Erp>>) -> Response {
    missing(&erp)
}

fn missing(erp: &Erp) -> Response {
    let frame = erp.frame("", Said { said: None });
    (StatusCode::NOT_FOUND, server::page(&NotFound { frame })).into_response()
}
