//! Orders in a shop that is the order sink.

use super::{Bench, Report};
use crate::{
    ErrorKind, ShopOrders,
    conformance::report::{Outcome, Stop, ensure},
    orders::{OrderSubmission, SubmitOutcome},
    shop_orders::{PaymentState, ShopOrder},
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn ShopOrders) {
    report.note("order-find-nothing", find_nothing(bench, system).await);
    report.note("order-place-and-find", place_and_find(bench, system).await);
    report.note("order-place-twice", place_twice(bench, system).await);
    report.note("order-unknown-customer", unknown_customer(bench, system).await);
    report.note("order-unknown-status", unknown_status(bench, system).await);
}

fn submission(bench: &Bench<'_>) -> OrderSubmission {
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
    ensure(order.payment != PaymentState::Paid, || {
        "an order on terms counts as paid".to_owned()
    })?;
    let found = system.find(&bench.context(), &what.key()).await?;
    let ids: Vec<&str> = found.iter().map(|found| found.order.order_id.as_str()).collect();
    ensure(ids == [order.order.order_id.as_str()], || {
        format!("placed '{}', found {ids:?}", order.order.order_id)
    })?;
    let Some(status) = system.status(&bench.context(), &order.order.order_id).await? else {
        return Err(Stop::Failed("the order has no status".to_owned()));
    };
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
