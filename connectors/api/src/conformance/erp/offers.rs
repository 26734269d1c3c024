//! Prices and stock.

use punchgate_domain::quantity::{Quantity, Unit};

use super::{Bench, Outcome, Report};
use crate::{
    Prices, Stock,
    conformance::report::{Stop, ensure},
    prices::{PriceAnswer, PriceQuery},
    stock::{StockAnswer, StockQuery},
};

pub(super) async fn prices(report: &mut Report, bench: &Bench<'_>, system: &dyn Prices) {
    report.note("prices-one-a-query", price_of_each(bench, system).await);
    report.note("prices-unknown-customer", price_of_nobody(bench, system).await);
}

pub(super) async fn stock(report: &mut Report, bench: &Bench<'_>, system: &dyn Stock) {
    report.note("stock-one-a-query", stock_of_each(bench, system).await);
}

fn priced(bench: &Bench<'_>, customer: &str, part_id: &str, quantity: i64) -> PriceQuery {
    let order = &bench.fixture.order;
    PriceQuery {
        customer: customer.to_owned(),
        part_id: part_id.to_owned(),
        quantity: Quantity::from_decimal(quantity.into()),
        unit: order.unit.clone(),
        date: order.date,
    }
}

/// A part, the same once more, and one that is not there: read from the other end it would be something else.
async fn price_of_each(bench: &Bench<'_>, system: &dyn Prices) -> Outcome {
    let (order, customer) = (&bench.fixture.order, bench.fixture.customer.as_str());
    let absent = bench.unique("absent");
    let queries = [
        priced(bench, customer, &order.part_id, 2),
        priced(bench, customer, &order.part_id, 2),
        priced(bench, customer, &absent, 2),
    ];
    let answers = system.prices(&bench.context(), &queries).await?;
    let [first, again, nothing] = answers.as_slice() else {
        return Err(Stop::Failed(format!("{} answers to 3 queries", answers.len())));
    };
    ensure(matches!(nothing, PriceAnswer::None { .. }), || {
        format!("the part '{absent}', which is not there, has a price: {nothing:?}")
    })?;
    ensure(first == again, || {
        format!("one question, two answers: {first:?} and {again:?}")
    })?;
    let PriceAnswer::Price { unit_price, .. } = first else {
        return Err(Stop::Failed(format!(
            "'{}' has no price: {first:?}",
            order.part_id
        )));
    };
    let expected = order.unit_price.currency();
    ensure(unit_price.currency() == expected, || {
        format!(
            "the price is in {}, the customer's is {expected}",
            unit_price.currency()
        )
    })?;
    ensure(!unit_price.value().is_sign_negative(), || {
        format!("a price below zero: {unit_price}")
    })?;
    ensure(system.prices(&bench.context(), &[]).await?.is_empty(), || {
        "answers to no question".to_owned()
    })?;
    Ok(format!("{unit_price}"))
}

async fn price_of_nobody(bench: &Bench<'_>, system: &dyn Prices) -> Outcome {
    let absent = bench.unique("absent");
    let query = priced(bench, &absent, &bench.fixture.order.part_id, 2);
    let answers = system.prices(&bench.context(), &[query]).await?;
    ensure(matches!(answers.as_slice(), [PriceAnswer::None { .. }]), || {
        format!("the customer '{absent}', which is not there, has a price: {answers:?}")
    })?;
    Ok("no price".to_owned())
}

async fn stock_of_each(bench: &Bench<'_>, system: &dyn Stock) -> Outcome {
    let order = &bench.fixture.order;
    let asked = |part_id: &str, unit: Unit| StockQuery {
        part_id: part_id.to_owned(),
        unit,
        customer: Some(bench.fixture.customer.clone()),
        warehouse: None,
    };
    let absent = bench.unique("absent");
    let queries = [
        asked(&absent, order.unit.clone()),
        asked(&absent, order.unit.clone()),
        asked(&order.part_id, order.unit.clone()),
    ];
    let answers = system.stock(&bench.context(), &queries).await?;
    let [first, second, there] = answers.as_slice() else {
        return Err(Stop::Failed(format!("{} answers to 3 queries", answers.len())));
    };
    for answer in [first, second] {
        ensure(matches!(answer, StockAnswer::Unknown { .. }), || {
            format!("the part '{absent}', which is not there, is told as if it were: {answer:?}")
        })?;
    }
    let elsewhere = StockQuery {
        warehouse: Some(bench.unique("absent")),
        ..queries[2].clone()
    };
    let answers = system.stock(&bench.context(), &[elsewhere]).await?;
    ensure(
        matches!(answers.as_slice(), [StockAnswer::Unknown { .. }]),
        || format!("a warehouse that is not there has stock: {answers:?}"),
    )?;
    ensure(system.stock(&bench.context(), &[]).await?.is_empty(), || {
        "answers to no question".to_owned()
    })?;
    match there {
        StockAnswer::Available { quantity, unit, .. } => {
            let value = quantity.value();
            ensure(!value.is_sign_negative() || value.is_zero(), || {
                format!("less than nothing is there: {quantity}")
            })?;
            Ok(format!("{quantity} {unit}"))
        }
        StockAnswer::Unknown { message } => Ok(format!("not told: {message}")),
    }
}
