//! Which tenders a customer may use now, and the text why not: the same decision as for the purchase order.

use axum::{
    Json,
    extract::{State as Handed, rejection::JsonRejection},
};
use punchgate_app::{
    api_keys::Scope,
    credit::{CheckoutRequest, CustomerRef, checkout_options},
    orders::credit_policy,
};
use punchgate_domain::{
    catalogue::Problem,
    credit::CreditPolicy,
    ids::{ConnectorId, CustomerId, RelationshipId},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    customers::money,
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
    /// Who receives, by the ERP's id, if that is another of its customers: its holds count, too.
    ship_to: Option<String>,
    /// What is to be paid.
    amount: String,
    /// ISO 4217.
    currency: String,
}

/// What a shopper of this customer may use now. Every text is for the shopper.
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
    let supplier = &caller.0.supplier;
    let amount = Amount {
        amount: body.amount.clone(),
        currency: body.currency.clone(),
    };
    let total = money("amount", &amount)?;
    let relationship = match &body.relationship {
        Some(id) => {
            let found = gateway
                .directory
                .relationship(supplier, &RelationshipId::new(id.clone()))
                .await;
            Some(found.map_err(|error| ApiProblem::new(error.problem(), error.to_string()))?)
        }
        None => None,
    };
    let policy = relationship
        .as_ref()
        .map_or_else(CreditPolicy::default, |known| credit_policy(&known.policies));
    let customers = candidates(&gateway, &caller, &body, relationship.as_deref()).await?;
    let mut missing = None;
    for customer in customers {
        let ship_to = body
            .ship_to
            .clone()
            .and_then(|id| receives(&customer, relationship.as_deref(), id));
        let request = CheckoutRequest {
            customer,
            ship_to,
            total,
            policy: policy.clone(),
        };
        match checkout_options(&gateway.surroundings, supplier, &request).await {
            Ok(options) => return Ok(Json(answer(options))),
            Err(error) if error.problem() == Problem::UnknownCustomer => missing = Some(error),
            Err(error) => return Err(error.into()),
        }
    }
    Err(missing.map_or_else(
        || ApiProblem::new(Problem::Validation, "customer: name a customer or a relationship"),
        ApiProblem::from,
    ))
}

/// The receiver is a customer of the same ERP as the one who orders.
fn receives(
    customer: &CustomerRef,
    relationship: Option<&punchgate_app::directory::Relationship>,
    external_id: String,
) -> Option<CustomerRef> {
    let connector = match customer {
        CustomerRef::External { connector, .. } => connector.clone(),
        CustomerRef::Relationship(_) => relationship?.erp.clone()?,
        CustomerRef::Id(_) => return Some(CustomerRef::Id(CustomerId::new(external_id))),
    };
    Some(CustomerRef::External {
        connector,
        external_id,
    })
}

/// Whom the caller may mean, most likely first.
async fn candidates(
    gateway: &State,
    caller: &Caller,
    body: &CheckoutBody,
    relationship: Option<&punchgate_app::directory::Relationship>,
) -> Result<Vec<CustomerRef>, ApiProblem> {
    let Some(id) = &body.customer else {
        return Ok(relationship
            .map(|known| CustomerRef::Relationship(known.id.clone()))
            .into_iter()
            .collect());
    };
    let external = |connector: ConnectorId| CustomerRef::External {
        connector,
        external_id: id.clone(),
    };
    let mut all: Vec<CustomerRef> = match &body.connector {
        Some(connector) => vec![external(ConnectorId::new(connector.clone()))],
        None => {
            let found = gateway.directory.relationships(&caller.0.supplier).await;
            let found = found.map_err(|error| ApiProblem::new(error.problem(), error.to_string()))?;
            let mut connectors: Vec<ConnectorId> = found
                .iter()
                .filter_map(|relationship| relationship.erp.clone())
                .collect();
            connectors.sort();
            connectors.dedup();
            connectors.into_iter().map(external).collect()
        }
    };
    all.push(CustomerRef::Id(CustomerId::new(id.clone())));
    Ok(all)
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
    }
}
