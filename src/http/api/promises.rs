//! Promises to pay: entered and withdrawn by people; whether they were kept, the ERP's figures say.

use axum::{
    Json,
    extract::{Path, State as Handed, rejection::JsonRejection},
    http::StatusCode,
};
use jiff::civil::Date;
use punchgate_app::{
    accounts::{Author, PromiseRow, PromiseToPay},
    api_keys::Scope,
    clock::from_micros,
};
use punchgate_domain::{
    ids::CustomerId,
    money::{Currency, Money},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    customers::{invalid, money},
    problem::{ApiProblem, ProblemBody},
    values::{Amount, instant},
};

/// A promise to enter.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PromiseBody {
    amount: Amount,
    /// The last day on which it may be paid, at the supplier: `2026-11-30`.
    until: String,
    /// For people.
    note: Option<String>,
    /// Who has promised, at the customer.
    by: Option<String>,
}

/// A promise that was entered.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PromiseGivenItem {
    id: String,
    /// When it is broken unless it was paid: after the day and the supplier's days of grace.
    deadline: String,
}

/// A promise.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PromiseItem {
    id: String,
    customer: String,
    amount: Option<Amount>,
    /// What was overdue when it was given, if that was known.
    overdue_before: Option<Amount>,
    until: String,
    deadline: String,
    note: String,
    by: String,
    entered_by: String,
    given_at: String,
    /// running, kept, broken, withdrawn.
    state: String,
    /// Why that.
    reason: Option<String>,
    settled_at: Option<String>,
}

/// Why a promise is taken back.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct WithdrawBody {
    /// Why; goes into the history.
    reason: String,
}

impl From<PromiseRow> for PromiseItem {
    fn from(row: PromiseRow) -> Self {
        let currency = Currency::parse(&row.currency).ok();
        let amount = |minor: i64| currency.map(|currency| Money::from_minor(minor, currency).into());
        Self {
            amount: amount(row.amount_minor),
            overdue_before: row.overdue_before_minor.and_then(amount),
            id: row.promise_id,
            customer: row.customer_id,
            until: row.until,
            deadline: instant(row.deadline),
            note: row.note,
            by: row.promised_by,
            entered_by: row.entered_by,
            given_at: instant(row.given_at),
            state: row.state,
            reason: row.state_reason,
            settled_at: row.settled_at.map(|at| from_micros(at).to_string()),
        }
    }
}

/// Enters a promise to pay. While it runs, rules that respect promises do not hold for what is overdue.
#[utoipa::path(post, path = "/api/v1/customers/{id}/promises", params(("id" = String, Path)),
    request_body = PromiseBody,
    responses((status = 201, body = PromiseGivenItem), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 422, body = ProblemBody)), tag = "customers")]
pub(super) async fn promise(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<PromiseBody>, JsonRejection>,
) -> Result<(StatusCode, Json<PromiseGivenItem>), ApiProblem> {
    caller.require(Scope::HoldsWrite)?;
    let Json(body) = body?;
    let until: Date = body
        .until
        .trim()
        .parse()
        .map_err(|_| invalid("until", "a day, such as 2026-11-30"))?;
    let request = PromiseToPay {
        customer: CustomerId::new(id),
        amount: money("amount", &body.amount)?,
        until,
        note: body.note.unwrap_or_default(),
        promised_by: body.by.unwrap_or_default(),
        entered_by: caller.name(),
    };
    let supplier = gateway.directory.supplier(&caller.0.supplier).await?;
    let given = gateway.accounts.promise(&supplier, &request).await?;
    Ok((
        StatusCode::CREATED,
        Json(PromiseGivenItem {
            id: given.id,
            deadline: given.deadline.to_string(),
        }),
    ))
}

/// Takes a promise back, one that is running or broken.
#[utoipa::path(post, path = "/api/v1/promises/{id}/withdraw", params(("id" = String, Path)),
    request_body = WithdrawBody,
    responses((status = 204), (status = 404, body = ProblemBody), (status = 409, body = ProblemBody)),
    tag = "customers")]
pub(super) async fn withdraw(
    Handed(gateway): Handed<State>,
    caller: Caller,
    Path(id): Path<String>,
    body: Result<Json<WithdrawBody>, JsonRejection>,
) -> Result<StatusCode, ApiProblem> {
    caller.require(Scope::HoldsWrite)?;
    let Json(body) = body?;
    let author = Author::new(caller.name(), body.reason)?;
    let supplier = gateway.directory.supplier(&caller.0.supplier).await?;
    gateway.accounts.withdraw_promise(&supplier, &id, &author).await?;
    Ok(StatusCode::NO_CONTENT)
}
