//! What a person does about a customer's credit.

use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::accounts::{Author, ReleaseHold, RequestLimit, RequestTerms};
use punchgate_domain::{
    catalogue::Problem,
    customer::{CreditLimit, Terms},
    ids::{CustomerId, HoldId, SupplierId},
    money::{Currency, StatedAmount},
    operator::Right,
};

use super::detail;
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            page::{self, NoPage},
            session::Posted,
        },
    },
};

pub(in super::super) async fn release(
    Handed(gateway): Handed<State>,
    Path((supplier, id, hold)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    let done = async {
        let request = ReleaseHold {
            hold: HoldId::new(hold),
            expected_version: number(&posted, "expected_version"),
            author: author(&posted, &supplier)?,
        };
        let accounts = &gateway.accounts;
        accounts.release_hold(&supplier, &request).await?;
        Ok(())
    };
    let done = done.await;
    answer(&gateway, &posted, (&supplier, &id), done).await
}

pub(in super::super) async fn limit(
    Handed(gateway): Handed<State>,
    Path((supplier, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let done = async {
        let author = author(&posted, &supplier)?;
        let request = RequestLimit {
            customer: CustomerId::new(&*id),
            expected_version: number(&posted, "expected_version"),
            limit: wanted(&posted)?,
            author,
        };
        gateway.accounts.request_limit(&supplier, &request).await?;
        Ok(())
    };
    let done = done.await;
    answer(&gateway, &posted, (&supplier, &id), done).await
}

fn wanted(posted: &Posted) -> Result<CreditLimit, NoPage> {
    let text = |name| posted.fields.text(name).trim();
    if text("kind") == "unlimited" {
        return Ok(CreditLimit::Unlimited);
    }
    let refuse = |why: String| NoPage::Problem(Problem::Validation, format!("Limit: {why}"));
    let currency = Currency::parse(text("currency")).map_err(|error| refuse(error.to_string()))?;
    let amount = StatedAmount::parse(text("amount"), currency).and_then(|stated| stated.to_money());
    amount
        .map(CreditLimit::Amount)
        .map_err(|error| refuse(error.to_string()))
}

pub(in super::super) async fn terms(
    Handed(gateway): Handed<State>,
    Path((supplier, id)): Path<(String, String)>,
    posted: Posted,
) -> Response {
    let done = async {
        let author = author(&posted, &supplier)?;
        let text = |name| posted.fields.text(name).trim();
        let days = text("net_days")
            .parse()
            .map_err(|_| NoPage::Problem(Problem::Validation, "Days: a number, such as 30".to_owned()))?;
        let label = match text("label") {
            "" => text("code"),
            label => label,
        };
        let request = RequestTerms {
            customer: CustomerId::new(&*id),
            expected_version: number(&posted, "expected_version"),
            terms: Terms {
                code: text("code").to_owned(),
                label: label.to_owned(),
                net_days: days,
                prepaid: !text("prepaid").is_empty(),
            },
            author,
        };
        gateway.accounts.request_terms(&supplier, &request).await?;
        Ok(())
    };
    let done = done.await;
    answer(&gateway, &posted, (&supplier, &id), done).await
}

/// The person with the reason, if credit is the person's to change.
pub(super) fn author(posted: &Posted, supplier: &str) -> Result<Author, NoPage> {
    let (operator, supplier) = (&posted.person.operator, SupplierId::new(supplier));
    operator.require(&supplier, Right::SetCredit)?;
    operator
        .author(&supplier, Right::SetCredit, posted.fields.text("reason"))
        .map_err(|refused| NoPage::Problem(refused.problem(), refused.to_string()))
}

/// A version that the page was made of; what is no number is none that anybody saw.
pub(super) fn number(posted: &Posted, name: &str) -> i64 {
    posted.fields.text(name).parse().unwrap_or(-1)
}

/// Back to the customer; what was refused stands above it.
pub(super) async fn answer(
    gateway: &Gateway,
    posted: &Posted,
    (supplier, id): (&str, &str),
    done: Result<(), NoPage>,
) -> Response {
    match done {
        Ok(()) => {
            let target = format!("{}/s/{supplier}/customers/{id}", page::base(gateway));
            Redirect::to(&target).into_response()
        }
        Err(refused) => {
            page::once_more(gateway, refused, async |trouble| {
                let reason = posted.fields.text("reason").to_owned();
                let said = detail::Said { trouble, reason };
                detail::read(gateway, &posted.person, supplier, id, Some(said)).await
            })
            .await
        }
    }
}
