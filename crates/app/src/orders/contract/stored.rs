//! Answers as they are stored with the order.

use std::collections::HashMap;

use jiff::SignedDuration;
use punchgate_domain::{
    Instant,
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
use crate::clock::{from_micros, micros};

const OFFERED: &str = "offered";
const NOT_OFFERED: &str = "not_offered";
const NOT_TOLD: &str = "not_told";
/// A price counts for a day.
const PRICE_LASTS: SignedDuration = SignedDuration::from_hours(24);
/// That there is none is asked again sooner: somebody may have entered it.
const ABSENCE_LASTS: SignedDuration = SignedDuration::from_mins(15);

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
            ContractPrice::NotTold { message } => {
                NOT_TOLD.clone_into(&mut row.answer);
                row.message = Some(message.clone());
            }
        }
        row
    }
}

/// What is known of one order, and how old that is.
#[derive(Debug, Clone, Default)]
pub(in crate::orders) struct Contract {
    prices: ContractPrices,
    asked_at: HashMap<usize, Instant>,
    now: Instant,
}

impl Contract {
    /// The prices, as they are compared.
    pub(in crate::orders) fn prices(&self) -> &ContractPrices {
        &self.prices
    }

    /// Whether there is an answer.
    pub(in crate::orders) fn is_known(&self, place: usize) -> bool {
        self.prices.known.contains_key(&place)
    }

    /// Whether it has a price of the line's part.
    pub(in crate::orders) fn is_offered(&self, place: usize) -> bool {
        matches!(self.prices.known.get(&place), Some(ContractPrice::Offered { .. }))
    }

    /// Whether all of these were answered before then.
    pub(in crate::orders) fn was_known(&self, places: &[usize], by: Instant) -> bool {
        let known = |place| self.asked_at.get(place).is_some_and(|asked_at| *asked_at < by);
        places.iter().all(known)
    }

    /// Whether there is an answer that need not be asked for again.
    pub(in crate::orders) fn is_fresh(&self, place: usize) -> bool {
        let lasts = match self.prices.known.get(&place) {
            Some(ContractPrice::Offered { .. }) => PRICE_LASTS,
            Some(ContractPrice::NotOffered { .. } | ContractPrice::NotTold { .. }) => ABSENCE_LASTS,
            None => return false,
        };
        let asked_at = self.asked_at.get(&place);
        asked_at.is_some_and(|asked_at| self.now.duration_since(*asked_at) < lasts)
    }
}

/// Answers for lines whose order leaves without that anybody was asked: a person has passed over the question.
pub(in crate::orders) fn not_asked(
    order: &OrderRow,
    places: &[usize],
    now: Instant,
) -> Vec<ContractPriceRow> {
    let answer = |place: &usize| Answered {
        place: *place,
        price: ContractPrice::NotTold {
            message: "the question was passed over".to_owned(),
        },
        connector: None,
    };
    let rows = places.iter().map(|place| answer(place).row(order, micros(now)));
    rows.collect()
}

/// What is known for some orders, whatever their versions.
pub(in crate::orders) struct Answers(HashMap<(String, i64), Contract>);

impl Answers {
    /// What is known for the present version of an order; `due` says that all of it must be.
    pub(in crate::orders) fn of(&self, row: &OrderRow, due: bool, now: Instant) -> Contract {
        let known = self.0.get(&(row.order_id.clone(), row.version));
        let mut contract = known.cloned().unwrap_or_default();
        contract.prices.due = due;
        contract.now = now;
        contract
    }
}

/// Reads what is known for these orders.
pub(in crate::orders) async fn answers(
    tx: &mut Tx,
    supplier: &str,
    orders: &[String],
) -> StorageResult<Answers> {
    let mut answers: HashMap<(String, i64), Contract> = HashMap::new();
    for row in contract_price::of_orders(tx, supplier, orders).await? {
        let place = usize::try_from(row.place).map_err(corrupt)?;
        let price = read(&row)?;
        let of_version = answers.entry((row.order_id, row.version)).or_default();
        of_version.prices.known.insert(place, price);
        of_version.asked_at.insert(place, from_micros(row.asked_at));
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
            (NOT_TOLD, ..) => ContractPrice::NotTold {
                message: row.message.clone().unwrap_or_default(),
            },
            (answer, ..) => return Err(corrupt(format!("'{answer}' is no complete answer"))),
        },
    )
}

fn corrupt(detail: impl std::fmt::Display) -> StorageError {
    StorageError::corrupt("contract_price", detail.to_string())
}
