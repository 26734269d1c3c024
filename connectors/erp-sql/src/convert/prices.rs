//! Which of several price rows a question is about.

use jiff::civil::Date;
use punchgate_connector::{
    prices::{PriceAnswer, PriceQuery},
    published::Mismatch,
};
use rust_decimal::Decimal;

use crate::{config::Settings, row::Row};

/// A row that may be the answer, and how well it fits: the customer's own before everybody's, then by quantity, then by day.
type Fitting = (bool, Decimal, Date, PriceAnswer);

/// The answer to a question, from the rows of its part: the customer's own and everybody's.
pub(crate) fn answer(
    settings: &Settings,
    query: &PriceQuery,
    rows: &[&Row],
) -> Result<PriceAnswer, Mismatch> {
    let mut best: Option<Fitting> = None;
    for row in rows {
        let Some(fitting) = fitting(settings, query, row)? else {
            continue;
        };
        let rank = |(own, from, day, _): &Fitting| (*own, *from, *day);
        if best.as_ref().is_none_or(|best| rank(best) < rank(&fitting)) {
            best = Some(fitting);
        }
    }
    Ok(best.map_or_else(
        || PriceAnswer::None {
            message: format!(
                "there is no price of '{}' in {}",
                query.part_id,
                query.unit.as_str()
            ),
        },
        |(_, _, _, answer)| answer,
    ))
}

fn fitting(settings: &Settings, query: &PriceQuery, row: &Row) -> Result<Option<Fitting>, Mismatch> {
    let customer = row.text("customer")?;
    let other = customer.is_some_and(|customer| customer != query.customer);
    let unit = row.text("unit")?.is_none_or(|unit| unit == query.unit.as_str());
    let from = row.decimal("quantity_from")?.unwrap_or_default();
    let since = row.date("valid_from")?.unwrap_or(Date::MIN);
    let until = row.date("valid_until")?.unwrap_or(Date::MAX);
    let in_time = since <= query.date && query.date <= until;
    if other || !unit || !in_time || from > query.quantity.value() {
        return Ok(None);
    }
    let price = row.required_amount("unit_price", row.currency(settings.currency)?)?;
    if price.value().is_sign_negative() && !price.value().is_zero() {
        return Err(Mismatch::new("unit_price", format!("'{price}' is negative")));
    }
    let answer = PriceAnswer::Price {
        unit_price: price,
        price_basis: row.quantity("price_basis")?,
    };
    Ok(Some((customer.is_some(), from, since, answer)))
}
