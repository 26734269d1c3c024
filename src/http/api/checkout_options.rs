//! Which tenders a customer may use now, and the text why not: the same decision as for the purchase order.

use axum::{
    Json,
    extract::{State as Handed, rejection::JsonRejection},
};
use punchgate_app::{api_keys::Scope, credit::CheckoutQuestion};
use punchgate_domain::{
    hold::text::LanguageTag,
    ids::{ConnectorId, RelationshipId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    customers::{invalid, money},
    problem::{ApiProblem, ProblemBody},
    values::Amount,
};

/// What is asked. The customer is named by the ERP's id, by ours, or by its relationship.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct CheckoutBody {
    /// The ERP's id of the customer, or ours.
    customer: Option<String>,
    /// ERP connection that the id is of; needed only where the supplier has several.
    connector: Option<String>,
    /// The trading relationship: its customer, and its rules.
    relationship: Option<String>,
    /// Who receives, if that is another customer: its holds count, too. With a relationship the buyer's address id, as
    /// orders name it; else, and with one where that is not mapped, the ERP's id or ours. One that nobody knows is
    /// named in the answer's warnings.
    ship_to: Option<String>,
    /// What is to be paid.
    amount: String,
    /// ISO 4217.
    currency: String,
    /// In which language the shopper reads (BCP 47, such as de-AT): texts of holds are in it where the supplier has
    /// declared any, else in the supplier's own.
    language: Option<String>,
}

/// What a shopper of this customer may use now. Every text but the warnings is for the shopper.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckoutAnswer {
    /// Our id.
    customer: String,
    tenders: Vec<TenderItem>,
    /// What to show, if anything.
    message: Option<String>,
    hold: Option<StoppingHold>,
    /// What is left of the limit; none where there is no limit to reckon with.
    available: Option<Amount>,
    /// What was named and could not be told, so that the answer does not rest on it. For whoever runs the shop, not for
    /// the shopper.
    warnings: Vec<String>,
}

/// A tender.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct TenderItem {
    /// terms, card, ach, credit_provider, points.
    tender: String,
    allowed: bool,
    /// For the shopper.
    why_not: Option<String>,
}

/// What holds amount to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StoppingHold {
    stops_orders: bool,
    stops_terms: bool,
    text: Option<String>,
}

/// Which tenders this customer may use now.
#[utoipa::path(post, path = "/api/v1/checkout-options", request_body = CheckoutBody,
    responses((status = 200, body = CheckoutAnswer), (status = 404, body = ProblemBody)), tag = "checkout")]
pub(super) async fn ask(
    Handed(gateway): Handed<State>,
    caller: Caller,
    body: Result<Json<CheckoutBody>, JsonRejection>,
) -> Result<Json<CheckoutAnswer>, ApiProblem> {
    caller.require(Scope::CheckoutRead)?;
    let Json(body) = body?;
    let amount = Amount {
        amount: body.amount,
        currency: body.currency,
    };
    let question = CheckoutQuestion {
        customer: body.customer,
        connector: body.connector.map(ConnectorId::new),
        relationship: body.relationship.map(RelationshipId::new),
        ship_to: body.ship_to,
        total: money("amount", &amount)?,
        language: match body.language.as_deref().map(str::trim) {
            None | Some("") => None,
            Some(text) => Some(LanguageTag::parse(text).map_err(|error| invalid("language", error))?),
        },
    };
    let options = question.answer(&gateway.surroundings, &gateway.directory, &caller.0.supplier);
    Ok(Json(answer(options.await?)))
}

fn answer(options: punchgate_app::credit::CheckoutOptions) -> CheckoutAnswer {
    CheckoutAnswer {
        customer: options.customer.into_string(),
        tenders: options
            .tenders
            .into_iter()
            .map(|offer| TenderItem {
                tender: offer.tender.to_string(),
                allowed: offer.allowed,
                why_not: offer.why_not,
            })
            .collect(),
        message: options.message,
        hold: options.hold.map(|hold| StoppingHold {
            stops_orders: hold.stops_orders,
            stops_terms: hold.stops_terms,
            text: hold.text,
        }),
        available: options.available.map(Amount::from),
        warnings: options.warnings,
    }
}
