//! Orders in a shop that is the order sink.

use punchgate_domain::{money::StatedAmount, quantity::Quantity};

use super::{Bench, Report};
use crate::{
    ErrorKind, ShopOrders,
    conformance::report::{Outcome, Stop, applies, ensure},
    orders::{CancelOutcome, OrderSubmission, PlacedState, SubmitOutcome},
    shop_orders::{PaymentState, ShopOrder},
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn ShopOrders) {
    report.note("order-find-nothing", find_nothing(bench, system).await);
    report.note("order-place-and-find", place_and_find(bench, system).await);
    report.note("order-place-twice", place_twice(bench, system).await);
    report.note("order-place-in-parallel", place_in_parallel(bench, system).await);
    report.note("order-total-exact", total_exact(bench, system).await);
    report.note("order-cancel", cancel(bench, system).await);
    report.note("order-unknown-customer", unknown_customer(bench, system).await);
    report.note("order-unknown-status", unknown_status(bench, system).await);
}

pub(super) fn submission(bench: &Bench<'_>) -> OrderSubmission {
    let fixture = bench.fixture;
    fixture.order.submission(&fixture.customer, bench.unique("ord"))
}

async fn placed(
    bench: &Bench<'_>,
    system: &dyn ShopOrders,
    what: &OrderSubmission,
) -> Result<ShopOrder, Stop> {
    match system.place(&bench.context(), what).await? {
        SubmitOutcome::Created(order) => Ok(order),
        other => Err(Stop::Failed(format!("a new order was not created: {other:?}"))),
    }
}

async fn find_nothing(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    let found = system.find(&bench.context(), &submission(bench).key()).await?;
    ensure(found.is_empty(), || format!("found {found:?}"))?;
    Ok("an empty list".to_owned())
}

async fn place_and_find(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    let what = submission(bench);
    let order = placed(bench, system, &what).await?;
    let found = system.find(&bench.context(), &what.key()).await?;
    let ids: Vec<&str> = found.iter().map(|found| found.order.order_id.as_str()).collect();
    ensure(ids == [order.order.order_id.as_str()], || {
        format!("placed '{}', found {ids:?}", order.order.order_id)
    })?;
    let Some(status) = system.status(&bench.context(), &order.order.order_id).await? else {
        return Err(Stop::Failed("the order has no status".to_owned()));
    };
    for told in found.iter().chain([&order, &status]) {
        ensure(told.payment != PaymentState::Paid, || {
            "an order on terms counts as paid".to_owned()
        })?;
    }
    let ordered = &what.order.lines[0].quantity;
    let as_ordered =
        matches!(status.lines.as_slice(), [line] if line.ordered == *ordered && line.line_number == 1);
    ensure(as_ordered, || {
        format!("{ordered} were ordered, the status says {:?}", status.lines)
    })?;
    ensure(status.lines[0].shipped.value().is_zero(), || {
        "what was ordered a moment ago has been shipped".to_owned()
    })?;
    Ok(format!("order {}", order.order.order_number))
}

/// A cancelled order is cancelled for good, and cancelling it again is no mistake.
async fn cancel(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    applies(bench.capabilities.order_cancel, "the shop cancels no orders")?;
    let what = submission(bench);
    let order = placed(bench, system, &what).await?.order;
    for time in ["once", "twice"] {
        let outcome = system
            .cancel(
                &bench.context(),
                &order.order_id,
                &order.reference,
                "conformance test",
            )
            .await?;
        let CancelOutcome::Cancelled(told) = outcome else {
            return Err(Stop::Failed(format!("cancelled {time}: {outcome:?}")));
        };
        ensure(
            told.order_id == order.order_id && told.state == PlacedState::Cancelled,
            || format!("cancelled {time}, the shop says {told:?}"),
        )?;
    }
    let found = system.find(&bench.context(), &what.key()).await?;
    ensure(found.iter().all(|one| !one.order.state.is_live()), || {
        format!("it was cancelled, and found is {found:?}")
    })?;
    Ok(format!("order {}", order.order_number))
}

async fn place_twice(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    let what = submission(bench);
    let first = placed(bench, system, &what).await?.order;
    let second = system.place(&bench.context(), &what).await?;
    let found = system.find(&bench.context(), &what.key()).await?.len();
    match second {
        SubmitOutcome::Existing(order) => {
            ensure(order.order.order_id == first.order_id && found == 1, || {
                format!(
                    "'{}' exists, '{}' was created, {found} are found",
                    order.order.order_id, first.order_id
                )
            })?;
            Ok("the second is known as existing".to_owned())
        }
        SubmitOutcome::Created(_) => {
            ensure(!bench.capabilities.order_ref_unique && found == 2, || {
                format!("two orders were created, {found} are found")
            })?;
            Ok("the shop creates a second order, and both are found: search before create".to_owned())
        }
        SubmitOutcome::Rejected(refusal) => {
            ensure(found == 1, || format!("one order was created, {found} are found"))?;
            Ok(format!("the second is rejected: {}", refusal.code))
        }
    }
}

async fn place_in_parallel(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    let what = submission(bench);
    let contexts = [bench.context(), bench.context()];
    let (one, two) = tokio::join!(
        system.place(&contexts[0], &what),
        system.place(&contexts[1], &what)
    );
    let found = system.find(&bench.context(), &what.key()).await?;
    let live = found.iter().filter(|order| order.order.state.is_live()).count();
    let (mut made, mut unsure) = (0_usize, 0_usize);
    for outcome in [one, two] {
        match outcome {
            Ok(SubmitOutcome::Created(_)) => made += 1,
            Ok(_) => {}
            // A shop may turn away what comes too thick; the one who asks looks before it asks again.
            Err(error) if error.retryable() || error.kind == ErrorKind::Unknown => unsure += 1,
            Err(error) => return Err(error.into()),
        }
    }
    ensure((made.max(1)..=made + unsure).contains(&live), || {
        format!("{made} orders were created, {unsure} requests have no outcome, {live} live orders are found")
    })?;
    ensure(live == 1 || !bench.capabilities.order_ref_unique, || {
        format!("{live} live orders, although the shop states that references are unique")
    })?;
    Ok(format!(
        "{live} live orders, all of them found; {unsure} were turned away"
    ))
}

/// Seven times the price, to the last digit, wherever the shop tells a total.
async fn total_exact(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    let mut what = submission(bench);
    let price = what.order.lines[0].unit_price.clone();
    what.order.lines[0].quantity = Quantity::from_decimal(7.into());
    let total = price.value().checked_mul(7.into()).unwrap_or_default();
    what.order.total = StatedAmount::from_decimal(total, price.currency());
    let order = placed(bench, system, &what).await?;
    let found = system.find(&bench.context(), &what.key()).await?;
    let status = system.status(&bench.context(), &order.order.order_id).await?;
    let told = [&order].into_iter().chain(&found).chain(&status);
    let totals: Vec<&StatedAmount> = told.filter_map(|order| order.order.total.as_ref()).collect();
    applies(!totals.is_empty(), "the shop tells no totals")?;
    let fits = |told: &&&StatedAmount| told.value() == total && told.currency() == price.currency();
    let other = totals.iter().find(|told| !fits(told));
    ensure(other.is_none(), || {
        format!("7 at {price} come to {total}, the shop tells {other:?}")
    })?;
    Ok(format!("7 at {price} come to {total}"))
}

async fn unknown_customer(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    let mut what = submission(bench);
    what.customer = bench.unique("absent");
    match system.place(&bench.context(), &what).await {
        Ok(SubmitOutcome::Rejected(refusal)) => Ok(refusal.code),
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Rejected) => {
            Ok(error.to_string())
        }
        Err(error) => Err(error.into()),
        Ok(other) => Err(Stop::Failed(format!("an order of nobody: {other:?}"))),
    }
}

async fn unknown_status(bench: &Bench<'_>, system: &dyn ShopOrders) -> Outcome {
    match system.status(&bench.context(), &bench.unique("absent")).await? {
        None => Ok("not there".to_owned()),
        Some(order) => Err(Stop::Failed(format!("an order that is not there: {order:?}"))),
    }
}
