//! Prices and stock: asked in batches, one answer a query, in their order.

use async_trait::async_trait;
use punchgate_domain::quantity::Quantity;
use serde::{Deserialize, Serialize};

use super::{Erp, Peer};
use crate::{
    ConnectorResult, Context, Prices, Stock,
    error::Effect,
    prices::{PriceAnswer, PriceQuery},
    published::{
        Mismatch,
        values::{WireAmount, WireDecimal, date, list, unit},
    },
    stock::{StockAnswer, StockQuery},
};

/// The most queries in one request.
const QUERIES: usize = 100;

#[derive(Debug, Serialize)]
struct Asked<'a, Q> {
    scope: &'a str,
    queries: Vec<Q>,
}

#[derive(Debug, Serialize)]
struct WirePriceQuery<'a> {
    customer: &'a str,
    part_id: &'a str,
    quantity: WireDecimal,
    unit: &'a str,
    date: String,
}

#[derive(Debug, Serialize)]
struct WireStockQuery<'a> {
    part_id: &'a str,
    unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    warehouse: Option<&'a str>,
}

#[derive(Debug, Deserialize)]
struct WirePrices {
    prices: Vec<WirePrice>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum WirePrice {
    Price {
        unit_price: WireAmount,
        price_basis: Option<WireDecimal>,
    },
    None {
        message: String,
    },
}

#[derive(Debug, Deserialize)]
struct WireStock {
    stock: Vec<WireAvailability>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
enum WireAvailability {
    Available {
        quantity: WireDecimal,
        unit: String,
        expected: Option<String>,
    },
    Unknown {
        message: String,
    },
}

fn price(wire: WirePrice) -> Result<PriceAnswer, Mismatch> {
    Ok(match wire {
        WirePrice::None { message } => PriceAnswer::None { message },
        WirePrice::Price {
            unit_price,
            price_basis,
        } => {
            let unit_price = unit_price
                .stated()
                .map_err(|mismatch| mismatch.inside("unit_price"))?;
            not_negative(unit_price.value(), "unit_price")?;
            let price_basis = price_basis
                .map(|basis| basis.quantity("price_basis"))
                .transpose()?;
            if price_basis
                .as_ref()
                .is_some_and(|basis| basis.value() <= 0.into())
            {
                return Err(Mismatch::new("price_basis", "is not above zero"));
            }
            PriceAnswer::Price {
                unit_price,
                price_basis,
            }
        }
    })
}

fn availability(wire: WireAvailability) -> Result<StockAnswer, Mismatch> {
    Ok(match wire {
        WireAvailability::Unknown { message } => StockAnswer::Unknown { message },
        WireAvailability::Available {
            quantity,
            unit: code,
            expected,
        } => {
            let quantity: Quantity = quantity.quantity("quantity")?;
            not_negative(quantity.value(), "quantity")?;
            StockAnswer::Available {
                quantity,
                unit: unit(code),
                expected: expected.map(|text| date(&text, "expected")).transpose()?,
            }
        }
    })
}

fn not_negative(value: rust_decimal::Decimal, field: &'static str) -> Result<(), Mismatch> {
    match value.is_sign_negative() && !value.is_zero() {
        true => Err(Mismatch::new(field, format!("{value} is below zero"))),
        false => Ok(()),
    }
}

/// An answer for each query: one more or one less, and nobody can say which belongs to which.
fn one_each<W, A>(
    answers: Vec<W>,
    asked: usize,
    field: &'static str,
    read: impl Fn(W) -> Result<A, Mismatch>,
) -> Result<Vec<A>, Mismatch> {
    if answers.len() != asked {
        let problem = format!("{} answers to {asked} queries", answers.len());
        return Err(Mismatch::new(field, problem));
    }
    list(answers, field, read)
}

#[async_trait]
impl<P: Peer> Prices for Erp<P> {
    async fn prices(&self, ctx: &Context, queries: &[PriceQuery]) -> ConnectorResult<Vec<PriceAnswer>> {
        const OPERATION: &str = "prices";
        let mut all = Vec::with_capacity(queries.len());
        for queries in queries.chunks(QUERIES) {
            let mut asked = Vec::with_capacity(queries.len());
            for query in queries {
                asked.push(WirePriceQuery {
                    customer: &query.customer,
                    part_id: &query.part_id,
                    quantity: WireDecimal::from(&query.quantity),
                    unit: query.unit.as_str(),
                    date: query.date.to_string(),
                });
            }
            let request = Asked {
                scope: self.scope(),
                queries: asked,
            };
            let answer: WirePrices = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
            let answers = one_each(answer.prices, queries.len(), "prices", price)
                .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))?;
            all.extend(answers);
        }
        Ok(all)
    }
}

#[async_trait]
impl<P: Peer> Stock for Erp<P> {
    async fn stock(&self, ctx: &Context, queries: &[StockQuery]) -> ConnectorResult<Vec<StockAnswer>> {
        const OPERATION: &str = "stock";
        let mut all = Vec::with_capacity(queries.len());
        for queries in queries.chunks(QUERIES) {
            let mut asked = Vec::with_capacity(queries.len());
            for query in queries {
                asked.push(WireStockQuery {
                    part_id: &query.part_id,
                    unit: query.unit.as_str(),
                    customer: query.customer.as_deref(),
                    warehouse: query.warehouse.as_deref(),
                });
            }
            let request = Asked {
                scope: self.scope(),
                queries: asked,
            };
            let answer: WireStock = self.peer.call(ctx, OPERATION, Effect::Read, &request).await?;
            let answers = one_each(answer.stock, queries.len(), "stock", availability)
                .map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Read))?;
            all.extend(answers);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// What is on the wire → what it is read as, or why not.
    #[test]
    fn answers_are_read_with_care() {
        let table: [(Value, &str); 6] = [
            (
                json!({"result": "available", "quantity": "7.5", "unit": "KGM", "expected": "2026-03-09"}),
                "7.5 KGM, more on 2026-03-09",
            ),
            (
                json!({"result": "available", "quantity": "0", "unit": "EA"}),
                "0 EA",
            ),
            (
                json!({"result": "unknown", "message": "no such part"}),
                "no such part",
            ),
            (
                json!({"result": "available", "quantity": "-3", "unit": "EA"}),
                "stock[0].quantity: -3 is below zero",
            ),
            (
                json!({"result": "available", "quantity": "3", "unit": "EA", "expected": "soon"}),
                "stock[0].expected: 'soon' is not a date such as 2026-03-01",
            ),
            (
                json!({"result": "available", "quantity": 3e0, "unit": "EA"}),
                "3.0 EA",
            ),
        ];
        for (wire, expected) in table {
            let read: WireStock = serde_json::from_value(json!({ "stock": [wire] })).unwrap();
            let text = match one_each(read.stock, 1, "stock", availability) {
                Err(mismatch) => mismatch.to_string(),
                Ok(answers) => match &answers[0] {
                    StockAnswer::Unknown { message } => message.clone(),
                    StockAnswer::Available {
                        quantity,
                        unit,
                        expected,
                    } => {
                        let more = expected.map_or(String::new(), |date| format!(", more on {date}"));
                        format!("{quantity} {unit}{more}")
                    }
                },
            };
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn a_price_is_read_with_care() {
        let usd = |amount: &str| json!({"amount": amount, "currency": "USD"});
        let table = [
            (
                json!({"result": "price", "unit_price": usd("12.4000"), "price_basis": "100"}),
                "12.4000 per 100",
            ),
            (json!({"result": "price", "unit_price": usd("0")}), "0"),
            (json!({"result": "none", "message": "not sold"}), "not sold"),
            (
                json!({"result": "price", "unit_price": usd("-1")}),
                "prices[0].unit_price: -1 is below zero",
            ),
            (
                json!({"result": "price", "unit_price": usd("1"), "price_basis": "0"}),
                "prices[0].price_basis: is not above zero",
            ),
            (
                json!({"result": "price", "unit_price": usd("NaN")}),
                "prices[0].unit_price.amount: 'NaN' is not a decimal such as \"12.50\"",
            ),
        ];
        for (wire, expected) in table {
            let read: WirePrices = serde_json::from_value(json!({ "prices": [wire] })).unwrap();
            let text = match one_each(read.prices, 1, "prices", price) {
                Err(mismatch) => mismatch.to_string(),
                Ok(answers) => match &answers[0] {
                    PriceAnswer::None { message } => message.clone(),
                    PriceAnswer::Price {
                        unit_price,
                        price_basis,
                    } => {
                        let basis = price_basis
                            .as_ref()
                            .map_or(String::new(), |basis| format!(" per {basis}"));
                        format!("{}{basis}", unit_price.text())
                    }
                },
            };
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn an_answer_too_few_is_none() {
        let read: WireStock = serde_json::from_value(json!({ "stock": [] })).unwrap();
        let mismatch = one_each(read.stock, 2, "stock", availability).unwrap_err();
        assert_eq!(mismatch.to_string(), "stock: 0 answers to 2 queries");
    }

    /// The answer that is published below a heading.
    fn published<T: serde::de::DeserializeOwned>(heading: &str) -> T {
        let text = include_str!("../../../../../docs/protocols/erp.md");
        let (_, section) = text.split_once(&format!("\n{heading}\n")).unwrap();
        let section = section.split("\n## ").next().unwrap();
        let (_, example) = section.rsplit_once("```json\n").unwrap();
        serde_json::from_str(example.split("\n```").next().unwrap()).unwrap()
    }

    #[test]
    fn the_published_answers_are_read() {
        let told: WirePrices = published("## prices");
        let prices = one_each(told.prices, 2, "prices", price).unwrap();
        assert!(matches!(prices[1], PriceAnswer::None { .. }), "{prices:?}");
        let told: WireStock = published("## stock");
        let stock = one_each(told.stock, 2, "stock", availability).unwrap();
        assert!(matches!(stock[1], StockAnswer::Unknown { .. }), "{stock:?}");
    }
}
