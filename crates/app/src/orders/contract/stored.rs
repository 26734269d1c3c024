//! Answers as they are stored with the order.

use std::collections::HashMap;

use punchgate_domain::{
    money::{Currency, StatedAmount},
    policy::{ContractPrice, ContractPrices},
    quantity::{Quantity, Unit},
};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    contract_price::{self, ContractPriceRow},
    order::OrderRow,
};

use super::ask::Question;

const OFFERED: &str = "offered";
const NOT_OFFERED: &str = "not_offered";
const NOBODY_TO_ASK: &str = "nobody_to_ask";

/// The answer for the line at a place.
pub(super) struct Answered {
    place: usize,
    price: ContractPrice,
    /// Who answered; none where there was nobody to ask.
    connector: Option<String>,
}

impl Answered {
    pub(super) fn new(question: &Question, price: ContractPrice, connector: &str) -> Self {
        Self {
            place: question.place,
            price,
            connector: Some(connector.to_owned()),
        }
    }

    /// The same for every line, of nobody.
    pub(super) fn for_all(questions: &[Question], price: &ContractPrice) -> Vec<Self> {
        questions
            .iter()
            .map(|question| Self {
                place: question.place,
                price: price.clone(),
                connector: None,
            })
            .collect()
    }

    pub(super) fn row(&self, order: &OrderRow, asked_at: i64) -> ContractPriceRow {
        let mut row = ContractPriceRow {
            supplier_id: order.supplier_id.clone(),
            order_id: order.order_id.clone(),
            version: order.version,
            place: i64::try_from(self.place).unwrap_or(i64::MAX),
            answer: String::new(),
            unit: None,
            price: None,
            currency: None,
            price_basis: None,
            message: None,
            connector_id: self.connector.clone(),
            asked_at,
        };
        match &self.price {
            ContractPrice::Offered {
                unit,
                unit_price,
                price_basis,
            } => {
                OFFERED.clone_into(&mut row.answer);
                row.unit = Some(unit.as_str().to_owned());
                row.price = Some(unit_price.text().to_owned());
                row.currency = Some(unit_price.currency().to_string());
                row.price_basis = price_basis.as_ref().map(|basis| basis.text().to_owned());
            }
            ContractPrice::NotOffered { message } => {
                NOT_OFFERED.clone_into(&mut row.answer);
                row.message = Some(message.clone());
            }
            ContractPrice::NobodyToAsk => NOBODY_TO_ASK.clone_into(&mut row.answer),
        }
        row
    }
}

/// What is known for some orders, whatever their versions.
pub(in crate::orders) struct Answers(HashMap<(String, i64), ContractPrices>);

impl Answers {
    /// What is known for the present version of an order; `due` says that all of it must be.
    pub(in crate::orders) fn of(&self, row: &OrderRow, due: bool) -> ContractPrices {
        let known = self.0.get(&(row.order_id.clone(), row.version));
        ContractPrices {
            due,
            ..known.cloned().unwrap_or_default()
        }
    }
}

/// Reads what is known for these orders.
pub(in crate::orders) async fn answers(
    tx: &mut Tx,
    supplier: &str,
    orders: &[String],
) -> StorageResult<Answers> {
    let mut answers: HashMap<(String, i64), ContractPrices> = HashMap::new();
    for row in contract_price::of_orders(tx, supplier, orders).await? {
        let place = usize::try_from(row.place).map_err(corrupt)?;
        let price = read(&row)?;
        let of_version = answers.entry((row.order_id, row.version)).or_default();
        of_version.known.insert(place, price);
    }
    Ok(Answers(answers))
}

fn read(row: &ContractPriceRow) -> StorageResult<ContractPrice> {
    Ok(
        match (row.answer.as_str(), &row.unit, &row.price, &row.currency) {
            (OFFERED, Some(unit), Some(price), Some(currency)) => {
                let currency = Currency::parse(currency).map_err(corrupt)?;
                ContractPrice::Offered {
                    unit: Unit::new(unit.clone()),
                    unit_price: StatedAmount::parse(price, currency).map_err(corrupt)?,
                    price_basis: row
                        .price_basis
                        .as_deref()
                        .map(Quantity::parse)
                        .transpose()
                        .map_err(corrupt)?,
                }
            }
            (NOT_OFFERED, ..) => ContractPrice::NotOffered {
                message: row.message.clone().unwrap_or_default(),
            },
            (NOBODY_TO_ASK, ..) => ContractPrice::NobodyToAsk,
            (answer, ..) => return Err(corrupt(format!("'{answer}' is no complete answer"))),
        },
    )
}

fn corrupt(detail: impl std::fmt::Display) -> StorageError {
    StorageError::corrupt("contract_price", detail.to_string())
}
