//! What customers owe.

use super::{Bench, Exposures, Orders, Outcome, Report};
use crate::{
    Spec,
    conformance::report::{Stop, applies, ensure},
    exposure::AccountExposure,
    orders::{PlacedState, SubmitOutcome},
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, spec: &Spec<'_>, system: &dyn Exposures) {
    report.note("exposure-by-key", by_key(bench, spec, system).await);
    report.note(
        "exposure-counts-an-order",
        counts_an_order(bench, spec.orders, system).await,
    );
}

async fn of_customer(bench: &Bench<'_>, system: &dyn Exposures) -> Result<AccountExposure, Stop> {
    let keys = [bench.fixture.customer.clone()];
    let found = system.exposure(&bench.context(), &keys).await?;
    let found = found.items.into_iter().next();
    let found = found.ok_or_else(|| Stop::Failed("the customer's exposure is not there".to_owned()))?;
    ensure(found.external_id == bench.fixture.customer, || {
        format!(
            "asked for '{}', got what '{}' owes",
            bench.fixture.customer, found.external_id
        )
    })?;
    Ok(found)
}

async fn by_key(bench: &Bench<'_>, spec: &Spec<'_>, system: &dyn Exposures) -> Outcome {
    let absent = bench.unique("absent");
    let keys = [bench.fixture.customer.clone(), absent.clone()];
    let found = system.exposure(&bench.context(), &keys).await?;
    ensure(found.missing == [absent.as_str()], || {
        format!("an account that is not there is not missing: {:?}", found.missing)
    })?;
    let exposure = of_customer(bench, system).await?;
    let total = exposure
        .total()
        .map_err(|error| Stop::Failed(error.to_string()))?;
    let stated = bench.capabilities.exposure_includes_orders;
    ensure(total.includes_open_orders == stated, || {
        format!(
            "open orders included: the system states {stated}, the exposure {}",
            total.includes_open_orders
        )
    })?;
    if let Some(accounts) = spec.accounts {
        let account = bench.customer(accounts).await?;
        ensure(account.currency == total.amount.currency(), || {
            format!(
                "the account is in {}, its exposure in {}",
                account.currency,
                total.amount.currency()
            )
        })?;
    }
    Ok(total.amount.to_string())
}

async fn counts_an_order(bench: &Bench<'_>, orders: Option<&dyn Orders>, system: &dyn Exposures) -> Outcome {
    applies(
        bench.capabilities.exposure_includes_orders,
        "open orders are not in the exposure",
    )?;
    applies(
        bench.fixture.order.live,
        "only real orders must be counted, and the suite may not make any",
    )?;
    let Some(orders) = orders else {
        return Err(Stop::Skipped("the connector submits no orders".to_owned()));
    };
    let before = of_customer(bench, system).await?;
    let submission = bench
        .fixture
        .order
        .submission(&bench.fixture.customer, bench.unique("exp"));
    let outcome = orders.submit(&bench.context(), &submission).await?;
    let SubmitOutcome::Created(order) = outcome else {
        return Err(Stop::Failed(format!("the order was not created: {outcome:?}")));
    };
    let after = of_customer(bench, system).await?;
    // Cleaning up comes before judging; that it works is another case.
    let _ = orders
        .cancel(
            &bench.context(),
            &order.order_id,
            &order.reference,
            "conformance test",
        )
        .await;
    applies(
        order.state == PlacedState::Open,
        "the order is not open: it need not be counted",
    )?;
    let grown = after
        .open_orders
        .zip(before.open_orders)
        .and_then(|(after, before)| after.minus(before).ok());
    ensure(grown.is_some_and(|grown| grown.minor() > 0), || {
        format!(
            "open orders were {:?} before the order and {:?} after",
            before.open_orders, after.open_orders
        )
    })?;
    ensure(after.as_of >= before.as_of, || "as_of went backwards".to_owned())?;
    Ok(grown.map(|grown| format!("grew by {grown}")).unwrap_or_default())
}
