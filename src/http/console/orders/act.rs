//! What a person does about an order.

use axum::{
    extract::{Path, State as Handed},
    response::{IntoResponse as _, Redirect, Response},
};
use punchgate_app::{
    directory::MappingKind,
    orders::{
        case::Deed,
        operator::{Funds, OperatorError, Word},
    },
};
use punchgate_domain::{
    catalogue::Problem,
    credit::FundsKind,
    ids::SupplierId,
    money::{Currency, StatedAmount},
    operator::Right,
};

use super::case;
use crate::{
    gateway::Gateway,
    http::{
        State,
        console::{
            page::{self, NoPage},
            session::{Fields, Posted},
        },
    },
};

/// Shows the order as it is then; what was refused stands above it.
pub(in super::super) async fn act(
    Handed(gateway): Handed<State>,
    Path((supplier, id, word)): Path<(String, String, String)>,
    posted: Posted,
) -> Response {
    let target = format!("{}/s/{supplier}/orders/{id}", page::base(&gateway));
    match carry_out(&gateway, &posted, &supplier.as_str().into(), (&id, &word)).await {
        Ok(()) => Redirect::to(&target).into_response(),
        Err(refused) => {
            page::once_more(&gateway, refused, async |trouble| {
                let reason = posted.fields.text("reason").to_owned();
                let said = case::Said { trouble, reason };
                case::read(&gateway, &posted.person, &supplier, &id, Some(said)).await
            })
            .await
        }
    }
}

async fn carry_out(
    gateway: &Gateway,
    posted: &Posted,
    supplier: &SupplierId,
    (id, deed): (&str, &str),
) -> Result<(), NoPage> {
    let (operator, fields) = (&posted.person.operator, &posted.fields);
    operator.require(supplier, Right::DecideOrders)?;
    let nowhere = || NoPage::Problem(Problem::NotFound, String::new());
    let deed = Deed::parse(deed).ok_or_else(nowhere)?;
    let author = operator
        .author(supplier, Right::DecideOrders, fields.text("reason"))
        .map_err(|refused| NoPage::Problem(refused.problem(), refused.to_string()))?;
    let word = Word {
        supplier,
        order: id,
        // What is no number is no version that anybody saw.
        expected: fields.text("expected_version").parse().unwrap_or(-1),
        by: author.who(),
        reason: author.why(),
    };
    let version = fields.text("version").parse().unwrap_or(-1);
    let desk = &gateway.desk;
    match deed {
        Deed::MapCustomer => desk.map_customer(&word, fields.text("customer")).await?,
        Deed::MapWord => desk.map_word(&word, mapping(fields)?).await?,
        Deed::Confirm => desk.confirm(&word).await?,
        Deed::Funds => desk.record_funds(&word, &funds(fields)?).await?,
        Deed::TakeOver => desk.take_over(&word, fields.text("number")).await?,
        Deed::CarryOver => desk.carry_over(&word, version).await?,
        Deed::CarriedOverByHand => desk.carried_over_by_hand(&word, version).await?,
        Deed::Reopen => desk.reopen(&word).await?,
        Deed::CancelAtSink => desk.cancel_at_sink(&word).await?,
        Deed::SendConfirmation => desk.send_confirmation(&word).await?,
        Deed::Decline => desk.decline(&word).await?,
    }
    Ok(())
}

/// The kind and what the buyer says stand in one field: `unit BX`.
fn mapping(fields: &Fields) -> Result<(MappingKind, &str, &str), NoPage> {
    let what = fields.text("what").split_once(' ');
    let what = what.and_then(|(kind, source)| Some((MappingKind::parse(kind)?, source)));
    let refused = || {
        NoPage::Problem(
            Problem::Validation,
            "what: choose one of those that are offered".to_owned(),
        )
    };
    let (kind, source) = what.ok_or_else(refused)?;
    Ok((kind, source, fields.text("target")))
}

fn funds(fields: &Fields) -> Result<Funds, NoPage> {
    let refuse = |field: &str, why: String| NoPage::Problem(Problem::Validation, format!("{field}: {why}"));
    let currency =
        Currency::parse(fields.text("currency")).map_err(|error| refuse("Currency", error.to_string()))?;
    Ok(Funds {
        kind: FundsKind::parse(fields.text("kind")).map_err(|error| refuse("Kind", error.to_string()))?,
        amount: StatedAmount::parse(fields.text("amount").trim(), currency)
            .map_err(|error| refuse("Amount", error.to_string()))?,
        reference: fields.text("reference").to_owned(),
    })
}

impl From<OperatorError> for NoPage {
    fn from(error: OperatorError) -> Self {
        match error {
            OperatorError::Refused { problem, details } => Self::Problem(problem, details),
            OperatorError::Storage(error) => Self::Database(error),
            other => {
                tracing::error!(error = %other, "a person's decision could not be carried out");
                let text = "It could not be carried out; the gateway's log says why. Nothing was sent.";
                Self::Problem(Problem::Internal, text.to_owned())
            }
        }
    }
}
