//! What clerks change in the ERP: holds, limits, terms, orders, payments, and how it misbehaves.
//!
//! Every form answers with a redirect to the page it came from, with a sentence about the outcome.

use std::sync::Arc;

use axum::{
    Form, Router,
    extract::{Path, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
    routing::post,
};
use http::StatusCode;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use serde::Deserialize;

use super::{
    Erp, Faults,
    account::{Edit, Hold, Limit, Permission, TERMS, is_known},
    ledger::{Refusal, Step},
};

const CLERK: &str = "erp.admin";

pub(super) fn routes(erp: Arc<Erp>) -> Router {
    Router::new()
        .route("/customers/{id}/holds", post(place_hold))
        .route("/customers/{id}/holds/{hold}/release", post(release_hold))
        .route("/customers/{id}/credit", post(change_credit))
        .route("/customers/{id}/payments", post(pay))
        .route("/orders/{number}/{step}", post(take_step))
        .route("/break", post(misbehave))
        .layer(axum::middleware::from_fn(own_pages_only))
        .with_state(erp)
}

/// The demo has no login, but no other site's page may press these buttons either.
async fn own_pages_only(request: Request, next: Next) -> Response {
    let foreign = request
        .headers()
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site");
    if foreign {
        return (StatusCode::FORBIDDEN, "This form is for the ERP's own pages.").into_response();
    }
    next.run(request).await
}

fn back(path: &str, said: &str) -> Response {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("said", said)
        .finish();
    Redirect::to(&format!("{path}?{query}")).into_response()
}

fn outcome<T>(path: &str, result: Result<T, Refusal>, said: &str) -> Response {
    match result {
        Ok(_) => back(path, said),
        Err(refusal) => back(path, &refusal.to_string()),
    }
}

#[derive(Deserialize)]
struct HoldForm {
    code: String,
    #[serde(default)]
    order_on_terms: Option<String>,
    #[serde(default)]
    order: Option<String>,
    #[serde(default)]
    ship: Option<String>,
    #[serde(default)]
    invoice: Option<String>,
    #[serde(default)]
    internal: String,
    #[serde(default)]
    accounts_payable: String,
    #[serde(default)]
    shopper: String,
    #[serde(default)]
    until: String,
}

impl HoldForm {
    fn hold(self, id: String, now: Timestamp) -> Result<Hold, Refusal> {
        let ticked = [
            (Permission::OrderOnTerms, &self.order_on_terms),
            (Permission::Order, &self.order),
            (Permission::Ship, &self.ship),
            (Permission::Invoice, &self.invoice),
        ];
        let removes: Vec<Permission> = ticked
            .iter()
            .filter(|(_, tick)| tick.is_some())
            .map(|(each, _)| *each)
            .collect();
        // A code of which nobody has said anything: not even that it only warns.
        let said = !removes.is_empty() || is_known(&self.code);
        Ok(Hold {
            until: read_day(&self.until)?,
            id,
            code: self.code,
            removes: said.then_some(removes),
            internal: filled(self.internal),
            accounts_payable: filled(self.accounts_payable),
            shopper: filled(self.shopper),
            since: now,
            placed_by: None,
        })
    }
}

fn filled(text: String) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// The end of a day that a date field names; none if it is empty.
fn read_day(text: &str) -> Result<Option<Timestamp>, Refusal> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    text.trim()
        .parse::<Date>()
        .ok()
        .and_then(|day| day.tomorrow().ok())
        .and_then(|day| day.to_zoned(TimeZone::UTC).ok())
        .map(|day| Some(day.timestamp()))
        .ok_or_else(|| Refusal::State(format!("“{text}” is not a date as 2026-12-31.")))
}

async fn place_hold(
    State(erp): State<Arc<Erp>>,
    Path(id): Path<String>,
    Form(form): Form<HoldForm>,
) -> Response {
    let path = format!("/customers/{id}");
    let now = erp.config.clock.now();
    let mut ledger = erp.ledger();
    let hold_id = format!("H-{}", now.as_millisecond());
    let placed = form
        .hold(hold_id, now)
        .and_then(|hold| ledger.edit(&id, vec![Edit::PlaceHold(hold)], CLERK, "Placed by hand", now));
    outcome(&path, placed, "The hold is in force.")
}

#[derive(Deserialize)]
struct Reason {
    #[serde(default)]
    reason: String,
}

async fn release_hold(
    State(erp): State<Arc<Erp>>,
    Path((id, hold)): Path<(String, String)>,
    Form(form): Form<Reason>,
) -> Response {
    let now = erp.config.clock.now();
    let released = erp
        .ledger()
        .edit(&id, vec![Edit::ReleaseHold(hold)], CLERK, &form.reason, now);
    outcome(&format!("/customers/{id}"), released, "The hold is released.")
}

#[derive(Deserialize)]
struct CreditForm {
    terms: String,
    #[serde(default)]
    limit: String,
    #[serde(default)]
    unlimited: Option<String>,
    reason: String,
}

impl CreditForm {
    fn edits(&self) -> Result<Vec<Edit>, Refusal> {
        let terms = filled(self.terms.clone());
        if let Some(unknown) = terms
            .as_ref()
            .filter(|terms| !TERMS.iter().any(|(code, _, _)| *code == terms.as_str()))
        {
            return Err(Refusal::State(format!("There are no terms {unknown}.")));
        }
        let limit = if self.unlimited.is_some() {
            Limit::Unlimited
        } else {
            Limit::Amount(read_amount(&self.limit)?)
        };
        Ok(vec![Edit::Terms(terms), Edit::Limit(limit)])
    }
}

fn read_amount(text: &str) -> Result<Decimal, Refusal> {
    text.trim()
        .replace(',', "")
        .parse()
        .ok()
        .filter(|amount: &Decimal| !amount.is_sign_negative() && amount.scale() <= 2)
        .ok_or_else(|| Refusal::State(format!("“{text}” is not an amount as 25000.00.")))
}

async fn change_credit(
    State(erp): State<Arc<Erp>>,
    Path(id): Path<String>,
    Form(form): Form<CreditForm>,
) -> Response {
    let now = erp.config.clock.now();
    let changed = form
        .edits()
        .and_then(|edits| erp.ledger().edit(&id, edits, CLERK, &form.reason, now));
    outcome(&format!("/customers/{id}"), changed, "Terms and limit are saved.")
}

#[derive(Deserialize)]
struct PaymentForm {
    amount: String,
}

async fn pay(State(erp): State<Arc<Erp>>, Path(id): Path<String>, Form(form): Form<PaymentForm>) -> Response {
    let now = erp.config.clock.now();
    let paid = read_amount(&form.amount).and_then(|amount| erp.ledger().pay(&id, amount, now));
    outcome(
        &format!("/customers/{id}"),
        paid,
        "The payment is booked; the exposure has fallen.",
    )
}

async fn take_step(
    State(erp): State<Arc<Erp>>,
    Path((number, step)): Path<(u64, String)>,
    Form(form): Form<Reason>,
) -> Response {
    let path = format!("/orders/{number}");
    let step = match step.as_str() {
        "acknowledge" => Step::Acknowledge,
        "release" => Step::Release,
        "ship" => Step::Ship,
        "invoice" => Step::Invoice,
        "cancel" => Step::Cancel,
        other => return back(&path, &format!("There is no step {other}.")),
    };
    let reason = filled(form.reason).unwrap_or_else(|| "Cancelled by a clerk.".into());
    let taken = erp.ledger().step(number, step, &reason, erp.config.clock.now());
    let said = match step {
        Step::Acknowledge => "Acknowledged; the confirmation is in the documents feed.",
        Step::Release => "The order is released.",
        Step::Ship => "Shipped; the ship notice is in the documents feed.",
        Step::Invoice => "The invoice is posted; the exposure has moved.",
        Step::Cancel => "The order is cancelled.",
    };
    outcome(&path, taken, said)
}

#[derive(Deserialize)]
struct FaultsForm {
    #[serde(default)]
    down: Option<String>,
    #[serde(default)]
    slow_ms: u64,
    #[serde(default)]
    cut_after_commit: u32,
    #[serde(default)]
    acknowledge: Option<String>,
}

async fn misbehave(State(erp): State<Arc<Erp>>, Form(form): Form<FaultsForm>) -> Response {
    *erp.faults() = Faults {
        down: form.down.is_some(),
        slow_ms: form.slow_ms.min(60_000),
        cut_after_commit: form.cut_after_commit,
    };
    erp.ledger().acknowledges = form.acknowledge.is_some();
    back("/break", "Saved. It counts from the next request.")
}
