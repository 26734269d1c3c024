//! Prices and stock of the ERP, in batches: each line has an answer or the reason why there is none.

use axum::{
    Json,
    extract::{State as Handed, rejection::JsonRejection},
};
use jiff::civil::Date;
use punchgate_app::{
    api_keys::Scope,
    offers::{MOST_LINES, PriceAnswer, PriceLine, StockAnswer, StockLine, Whom},
};
use punchgate_domain::{
    catalogue::Problem,
    ids::ConnectorId,
    quantity::{Quantity, Unit},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    super::State,
    auth::Caller,
    problem::{ApiProblem, ProblemBody},
    values::Amount,
};

/// A question for prices.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PricesBody {
    /// The ERP's id of the customer, or ours.
    customer: String,
    /// ERP connection; the customer's unless told.
    connector: Option<String>,
    /// 1 to 500.
    lines: Vec<PriceLineBody>,
}

/// A line of it.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct PriceLineBody {
    /// The supplier's part number.
    part_id: String,
    /// Decimal text.
    #[schema(example = "12.5")]
    quantity: String,
    /// Unit of measure code.
    unit: String,
    /// Day of the price; today in the supplier's time zone unless told.
    #[schema(example = "2026-03-01")]
    date: Option<String>,
}

/// A question for stock.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct StockBody {
    /// The ERP's id of the customer, or ours, where that decides from where it is delivered.
    customer: Option<String>,
    /// ERP connection; the customer's, or the only one, unless told.
    connector: Option<String>,
    /// The ERP's id of one warehouse; all that serve the customer unless told.
    warehouse: Option<String>,
    /// 1 to 500.
    lines: Vec<StockLineBody>,
}

/// A line of it.
#[derive(Debug, Deserialize, ToSchema)]
pub(super) struct StockLineBody {
    /// The supplier's part number.
    part_id: String,
    /// In which unit the answer is wanted.
    unit: String,
}

/// What a customer pays, line by line as it was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PricesAnswer {
    connector: String,
    lines: Vec<PriceItem>,
}

/// A price, or why there is none.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PriceItem {
    part_id: String,
    /// Net, for one unit or for `price_basis` units.
    unit_price: Option<Amount>,
    price_basis: Option<String>,
    /// Why there is no price.
    reason: Option<String>,
}

/// What is there, line by line as it was asked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StockAnswers {
    connector: String,
    lines: Vec<StockItem>,
}

/// What is there, or why that is not known.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StockItem {
    part_id: String,
    /// What can be promised now, a decimal text; none where it is not known, which is not the same as zero.
    available: Option<String>,
    /// Unit of `available`.
    unit: Option<String>,
    /// When more will be there, if that is known.
    expected: Option<String>,
    /// Why it is not known.
    reason: Option<String>,
}

fn refuse(field: String, why: impl std::fmt::Display) -> ApiProblem {
    ApiProblem::new(Problem::Validation, format!("{field}: {why}"))
}

fn counted<T>(lines: &[T]) -> Result<(), ApiProblem> {
    match (1..=MOST_LINES).contains(&lines.len()) {
        true => Ok(()),
        false => Err(refuse("lines".to_owned(), format!("1 to {MOST_LINES}"))),
    }
}

fn part(at: usize, part_id: &str, unit: &str) -> Result<(String, Unit), ApiProblem> {
    for (field, text) in [("part_id", part_id), ("unit", unit)] {
        if text.trim().is_empty() {
            return Err(refuse(format!("lines[{at}].{field}"), "is empty"));
        }
    }
    Ok((part_id.trim().to_owned(), Unit::new(unit)))
}

fn price_line((at, line): (usize, &PriceLineBody)) -> Result<PriceLine, ApiProblem> {
    let (part_id, unit) = part(at, &line.part_id, &line.unit)?;
    let quantity =
        Quantity::parse(&line.quantity).map_err(|error| refuse(format!("lines[{at}].quantity"), error))?;
    if quantity.value() <= 0.into() {
        return Err(refuse(format!("lines[{at}].quantity"), "is not above zero"));
    }
    let date = line.date.as_deref().map(|text| {
        // jiff would take the date of a longer text.
        let plain = text.len() == "2026-03-01".len();
        let date: Option<Date> = plain.then(|| text.parse().ok()).flatten();
        date.ok_or_else(|| refuse(format!("lines[{at}].date"), "a date such as 2026-03-01"))
    });
    Ok(PriceLine {
        part_id,
        quantity,
        unit,
        date: date.transpose()?,
    })
}

fn stock_line((at, line): (usize, &StockLineBody)) -> Result<StockLine, ApiProblem> {
    let (part_id, unit) = part(at, &line.part_id, &line.unit)?;
    Ok(StockLine { part_id, unit })
}

/// What a customer pays now, as the ERP says.
#[utoipa::path(post, path = "/api/v1/prices", request_body = PricesBody,
    responses((status = 200, body = PricesAnswer), (status = 404, body = ProblemBody), (status = 501, body = ProblemBody),
        (status = 503, body = ProblemBody)), tag = "catalogue")]
pub(super) async fn prices(
    Handed(gateway): Handed<State>,
    caller: Caller,
    body: Result<Json<PricesBody>, JsonRejection>,
) -> Result<Json<PricesAnswer>, ApiProblem> {
    caller.require(Scope::CatalogueRead)?;
    let Json(body) = body?;
    counted(&body.lines)?;
    let lines = body.lines.iter().enumerate().map(price_line);
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let whom = Whom {
        customer: Some(body.customer),
        connector: body.connector.map(ConnectorId::new),
    };
    let told = gateway.offers.prices(&caller.0.supplier, &whom, &lines).await?;
    let items = lines.into_iter().zip(told.answers);
    Ok(Json(PricesAnswer {
        connector: told.connector.to_string(),
        lines: items
            .map(|(line, answer)| price_item(line.part_id, answer))
            .collect(),
    }))
}

fn price_item(part_id: String, answer: PriceAnswer) -> PriceItem {
    let (price, reason) = match answer {
        PriceAnswer::Price {
            unit_price,
            price_basis,
        } => (Some((unit_price, price_basis)), None),
        PriceAnswer::None { message } => (None, Some(message)),
    };
    let (unit_price, price_basis) = price.unzip();
    PriceItem {
        part_id,
        unit_price: unit_price.map(|price| Amount {
            amount: price.text().to_owned(),
            currency: price.currency().to_string(),
        }),
        price_basis: price_basis.flatten().map(|basis| basis.text().to_owned()),
        reason,
    }
}

/// What is there now, as the ERP says.
#[utoipa::path(post, path = "/api/v1/stock", request_body = StockBody,
    responses((status = 200, body = StockAnswers), (status = 404, body = ProblemBody), (status = 501, body = ProblemBody),
        (status = 503, body = ProblemBody)), tag = "catalogue")]
pub(super) async fn stock(
    Handed(gateway): Handed<State>,
    caller: Caller,
    body: Result<Json<StockBody>, JsonRejection>,
) -> Result<Json<StockAnswers>, ApiProblem> {
    caller.require(Scope::CatalogueRead)?;
    let Json(body) = body?;
    counted(&body.lines)?;
    let lines = body.lines.iter().enumerate().map(stock_line);
    let lines = lines.collect::<Result<Vec<_>, _>>()?;
    let whom = Whom {
        customer: body.customer,
        connector: body.connector.map(ConnectorId::new),
    };
    let warehouse = body.warehouse.as_deref();
    let told = gateway
        .offers
        .stock(&caller.0.supplier, &whom, warehouse, &lines)
        .await?;
    let items = lines.into_iter().zip(told.answers);
    Ok(Json(StockAnswers {
        connector: told.connector.to_string(),
        lines: items
            .map(|(line, answer)| stock_item(line.part_id, answer))
            .collect(),
    }))
}

fn stock_item(part_id: String, answer: StockAnswer) -> StockItem {
    match answer {
        StockAnswer::Available {
            quantity,
            unit,
            expected,
        } => StockItem {
            part_id,
            available: Some(quantity.text().to_owned()),
            unit: Some(unit.as_str().to_owned()),
            expected: expected.map(|date| date.to_string()),
            reason: None,
        },
        StockAnswer::Unknown { message } => StockItem {
            part_id,
            available: None,
            unit: None,
            expected: None,
            reason: Some(message),
        },
    }
}
