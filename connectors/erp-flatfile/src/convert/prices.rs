//! Prices by customer, part, unit, quantity and day.

use jiff::civil::Date;
use punchgate_connector::prices::{PriceAnswer, PriceQuery};
use punchgate_domain::{
    money::StatedAmount,
    quantity::{Quantity, Unit},
};

use crate::fields::{Fields, Misfit};

/// A price as a row states it.
#[derive(Clone, Debug)]
pub(crate) struct Price {
    customer: Option<String>,
    unit: Unit,
    amount: StatedAmount,
    basis: Option<Quantity>,
    minimum: Option<Quantity>,
    from: Option<Date>,
    until: Option<Date>,
}

pub(crate) fn price(fields: &Fields<'_>) -> Result<Price, Misfit> {
    let currency = fields.currency()?;
    Ok(Price {
        customer: fields.owned("customer"),
        unit: fields.unit("unit")?,
        amount: fields.required_amount("price", currency)?,
        basis: fields.quantity("price_basis")?,
        minimum: fields.quantity("minimum_quantity")?,
        from: fields.date("valid_from")?,
        until: fields.date("valid_until")?,
    })
}

/// The price that counts among those of a part: the customer's own before everybody's, then that for the largest
/// quantity that is reached, then the youngest.
pub(crate) fn answer(prices: &[Price], query: &PriceQuery) -> PriceAnswer {
    let fits = |price: &&Price| {
        price
            .customer
            .as_ref()
            .is_none_or(|customer| *customer == query.customer)
            && price.unit == query.unit
            && price
                .minimum
                .as_ref()
                .is_none_or(|least| least.value() <= query.quantity.value())
            && price.from.is_none_or(|from| from <= query.date)
            && price.until.is_none_or(|until| query.date <= until)
    };
    let best = prices.iter().filter(fits).max_by_key(|price| {
        let minimum = price.minimum.as_ref().map(Quantity::value);
        (price.customer.is_some(), minimum, price.from)
    });
    match best {
        Some(price) => PriceAnswer::Price {
            unit_price: price.amount.clone(),
            price_basis: price.basis.clone(),
        },
        None => PriceAnswer::None {
            message: format!(
                "the price file has none for '{}' in {}",
                query.part_id,
                query.unit.as_str()
            ),
        },
    }
}

#[cfg(test)]
mod tests;
