//! What customers owe.

use punchgate_domain::money::Money;

use super::{Bench, Exposures, Orders, Outcome, Report};
use crate::{
    Spec,
    conformance::{
        Booking,
        report::{Stop, applies, ensure},
    },
    exposure::AccountExposure,
    orders::{PlacedState, SubmitOutcome},
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, spec: &Spec<'_>, system: &dyn Exposures) {
    report.note("exposure-by-key", by_key(bench, spec, system).await);
    report.note(
        "exposure-counts-an-order",
        counts_an_order(bench, spec.orders, system).await,
    );
    report.note("exposure-invoice", invoice(bench, spec.orders, system).await);
    let payment = |amount| Booking::Payment(amount);
    report.note("exposure-payment", falls_by(bench, system, payment).await);
    let credit_note = |amount| Booking::CreditNote(amount);
    report.note("exposure-credit-note", falls_by(bench, system, credit_note).await);
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

/// Has somebody there book something; skips the case where nobody does.
async fn booked(bench: &Bench<'_>, booking: &Booking) -> Result<(), Stop> {
    let cannot = "nobody there books such a thing";
    let Some(clerk) = bench.fixture.clerk else {
        return Err(Stop::Skipped(cannot.to_owned()));
    };
    applies(clerk.books(&bench.fixture.customer, booking).await, cannot)
}

/// What is invoiced is owed, at least the net amount, and is no open order any more.
async fn invoice(bench: &Bench<'_>, orders: Option<&dyn Orders>, system: &dyn Exposures) -> Outcome {
    applies(
        bench.fixture.order.live,
        "only real orders are invoiced, and the suite may not make any",
    )?;
    let orders = orders.filter(|_| bench.fixture.clerk.is_some());
    let Some(orders) = orders else {
        return Err(Stop::Skipped("nobody there invoices an order of ours".to_owned()));
    };
    let before = of_customer(bench, system).await?;
    let what = super::orders::submission(bench);
    let order = super::orders::created(bench, orders, &what).await?;
    let outcome = booked(bench, &Booking::Invoice(Box::new(order.clone()))).await;
    if outcome.is_err() {
        super::orders::clean_up(bench, orders, std::slice::from_ref(&order)).await;
    }
    outcome?;
    let after = of_customer(bench, system).await?;
    let wrong = |error: punchgate_domain::money::MoneyError| Stop::Failed(error.to_string());
    let net = what.order.total.to_money().map_err(wrong)?;
    let grown = after.open_items.minus(before.open_items).map_err(wrong)?;
    ensure(grown.minor() >= net.minor(), || {
        format!("{net} were invoiced, and what is owed grew by {grown}")
    })?;
    ensure(after.open_orders == before.open_orders, || {
        format!(
            "the order is invoiced: open orders are {:?}, before it {:?}",
            after.open_orders, before.open_orders
        )
    })?;
    Ok(format!("what is owed grew by {grown}"))
}

/// A little money, exactly.
async fn falls_by(bench: &Bench<'_>, system: &dyn Exposures, booking: impl Fn(Money) -> Booking) -> Outcome {
    let before = of_customer(bench, system).await?;
    let amount = Money::from_minor(1_230, before.open_items.currency());
    booked(bench, &booking(amount)).await?;
    let after = of_customer(bench, system).await?;
    let fallen = before.open_items.minus(after.open_items).ok();
    ensure(fallen == Some(amount), || {
        format!(
            "{amount} were booked: {} were owed before, {} are now",
            before.open_items, after.open_items
        )
    })?;
    Ok(format!("fell by {amount}"))
}
