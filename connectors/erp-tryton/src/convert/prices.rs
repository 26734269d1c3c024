//! Questions for prices, grouped as Tryton can answer them. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use punchgate_connector::prices::{PriceAnswer, PriceQuery};
use punchgate_domain::money::{Currency, StatedAmount};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{
    id,
    orders::Product,
    units::{self, TrytonUnit},
};
use crate::{config::Settings, wire};

/// What one call can be about: it prices any number of products for one customer, quantity, unit and day.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    pub(crate) customer: i64,
    quantity: Decimal,
    unit: i64,
    date: Date,
}

impl Group {
    /// The context of the call.
    pub(crate) fn context(&self, settings: &Settings, price_list: Option<i64>) -> Value {
        json!({
            "company": settings.company,
            "customer": self.customer,
            "price_list": price_list,
            "quantity": wire::number(self.quantity),
            "uom": self.unit,
            "sale_date": wire::date(self.date),
        })
    }
}

/// The calls, each with what it answers: the place of the query and the product.
pub(crate) type Groups = BTreeMap<Group, Vec<(usize, i64)>>;

/// Sorts queries into calls; a query that cannot be asked has its answer at once.
pub(crate) fn groups(
    settings: &Settings,
    queries: &[PriceQuery],
    customers: &BTreeMap<i64, Option<i64>>,
    products: &[Product],
    units: &[TrytonUnit],
) -> (Groups, Vec<Option<PriceAnswer>>) {
    let mut groups = Groups::new();
    let mut answers = vec![None; queries.len()];
    for (at, query) in queries.iter().enumerate() {
        match one(settings, query, customers, products, units) {
            Ok((group, product)) => groups.entry(group).or_default().push((at, product)),
            Err(message) => answers[at] = Some(PriceAnswer::None { message }),
        }
    }
    (groups, answers)
}

fn one(
    settings: &Settings,
    query: &PriceQuery,
    customers: &BTreeMap<i64, Option<i64>>,
    products: &[Product],
    units: &[TrytonUnit],
) -> Result<(Group, i64), String> {
    let customer = id(&query.customer)
        .filter(|id| customers.contains_key(id))
        .ok_or_else(|| format!("there is no customer '{}'", query.customer))?;
    let product = products
        .iter()
        .find(|product| product.code == query.part_id && product.salable)
        .ok_or_else(|| format!("'{}' is not sold", query.part_id))?;
    let unit = units::find(&settings.units, units, &query.unit)
        .filter(|unit| unit.category == product.unit_category)
        .ok_or_else(|| format!("'{}' is not sold by the {}", query.part_id, query.unit.as_str()))?;
    let group = Group {
        customer,
        quantity: query.quantity.value().normalize(),
        unit: unit.id,
        date: query.date,
    };
    Ok((group, product.id))
}

/// The products of a call, each once: Tryton refuses to read one twice, and an order may have a part on two lines.
pub(crate) fn products_of(wanted: &[(usize, i64)]) -> Vec<i64> {
    let products: BTreeSet<i64> = wanted.iter().map(|(_, product)| *product).collect();
    products.into_iter().collect()
}

/// What Tryton answers for a product.
pub(crate) fn answer(price: Option<Decimal>, currency: Currency) -> PriceAnswer {
    price.map_or_else(no_price, |price| PriceAnswer::Price {
        unit_price: StatedAmount::from_decimal(price, currency),
        price_basis: None,
    })
}

/// There is none.
pub(crate) fn no_price() -> PriceAnswer {
    PriceAnswer::None {
        message: "Tryton has no price for it".to_owned(),
    }
}

#[cfg(test)]
mod tests;
