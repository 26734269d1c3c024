//! What a customer pays and what is on the shelf, as the ERP's price lists and warehouse say.

use jiff::ToSpan as _;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Erp, document};
use crate::{
    envelope::{Answer, Problem},
    products::Product,
    purchase::Amount,
    shop::customer::{ShopCustomer, seeds},
};

/// The one warehouse.
const WAREHOUSE: &str = "MAIN";

#[derive(Deserialize)]
pub(super) struct Asked<Q> {
    queries: Vec<Q>,
}

#[derive(Deserialize)]
pub(super) struct PriceQuery {
    customer: String,
    part_id: String,
    #[serde(deserialize_with = "crate::purchase::decimal")]
    quantity: Decimal,
    unit: String,
}

#[derive(Deserialize)]
pub(super) struct StockQuery {
    part_id: String,
    unit: String,
    #[serde(default)]
    warehouse: Option<String>,
}

impl<Q> Asked<Q> {
    fn answered(&self, field: &'static str, answer: impl Fn(&Q) -> Result<Value, Value>) -> Answer {
        if !(1..=100).contains(&self.queries.len()) {
            return Err(Problem::invalid("queries", "holds 1 to 100 queries"));
        }
        let answers: Vec<Value> = self
            .queries
            .iter()
            .map(|query| answer(query).unwrap_or_else(|instead| instead))
            .collect();
        Ok(json!({ field: answers }))
    }
}

fn none(message: String) -> Value {
    json!({ "result": "none", "message": message })
}

fn unknown(message: String) -> Value {
    json!({ "result": "unknown", "message": message })
}

impl Erp {
    pub(super) fn prices(&self, asked: &Asked<PriceQuery>) -> Answer {
        let (ledger, contracts) = (self.ledger(), seeds());
        asked.answered("prices", |query| {
            let account = ledger
                .account(&query.customer)
                .ok_or_else(|| none(format!("There is no customer {}.", query.customer)))?;
            let product = ledger.catalogue().product(&query.part_id);
            let product = sold(product, &query.part_id, &query.unit).map_err(none)?;
            if query.quantity <= Decimal::ZERO {
                return Err(none("Nothing is sold in this quantity.".to_owned()));
            }
            let contract = contracts.iter().find(|contract| contract.id == query.customer);
            let price = contract.map_or(product.price, |contract: &ShopCustomer| contract.price(product));
            let price = Amount::new(price, &account.currency);
            Ok(json!({ "result": "price", "unit_price": price.document() }))
        })
    }

    pub(super) fn stock(&self, asked: &Asked<StockQuery>) -> Answer {
        let (ledger, today) = (self.ledger(), document::date(self.config.clock.now()));
        asked.answered("stock", |query| {
            if let Some(other) = query.warehouse.as_ref().filter(|named| *named != WAREHOUSE) {
                return Err(unknown(format!("There is no warehouse {other}.")));
            }
            let product = ledger.catalogue().product(&query.part_id);
            let product = sold(product, &query.part_id, &query.unit).map_err(unknown)?;
            // What the shelf lacks is on its way: as long as the part's own lead time, and three weeks.
            let expected = today.saturating_add((i64::from(product.lead_days) + 21).days());
            Ok(json!({
                "result": "available", "quantity": product.stock.to_string(), "unit": product.unit,
                "expected": expected.to_string()
            }))
        })
    }
}

fn sold<'a>(product: Option<&'a Product>, part_id: &str, unit: &str) -> Result<&'a Product, String> {
    match product {
        None => Err(format!("There is no part {part_id}.")),
        Some(product) if product.unit != unit => Err(format!("{part_id} is sold by the {}.", product.unit)),
        Some(product) => Ok(product),
    }
}
