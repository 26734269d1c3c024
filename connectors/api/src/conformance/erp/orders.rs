//! Submitting, finding and cancelling orders.

use super::{Bench, Orders, Outcome, Report};
use crate::{
    ErrorKind,
    conformance::report::{Stop, applies, ensure},
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, PlacedState, SubmitOutcome},
    published::order::REFERENCE_LENGTH,
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Orders) {
    report.note("order-find-nothing", find_nothing(bench, system).await);
    report.note("order-submit-and-find", submit_and_find(bench, system).await);
    report.note("order-submit-twice", submit_twice(bench, system).await);
    report.note(
        "order-submit-in-parallel",
        submit_in_parallel(bench, system).await,
    );
    report.note("order-unknown-customer", unknown_customer(bench, system).await);
    report.note("order-held-customer", held_customer(bench, system).await);
    report.note("order-find-by-number", find_by_number(bench, system).await);
    report.note("order-cancel", cancel(bench, system).await);
    report.note("order-cancel-unknown", cancel_unknown(bench, system).await);
}

pub(super) fn submission(bench: &Bench<'_>) -> OrderSubmission {
    let mut reference = bench.unique("ord");
    // As long as it may be: what is cut on the other side is not found again.
    while reference.len() < REFERENCE_LENGTH {
        reference.push('x');
    }
    bench.fixture.order.submission(&bench.fixture.customer, reference)
}

pub(super) async fn created(
    bench: &Bench<'_>,
    system: &dyn Orders,
    what: &OrderSubmission,
) -> Result<PlacedOrder, Stop> {
    match system.submit(&bench.context(), what).await? {
        SubmitOutcome::Created(order) => Ok(order),
        other => Err(Stop::Failed(format!("a new order was not created: {other:?}"))),
    }
}

pub(super) async fn find(
    bench: &Bench<'_>,
    system: &dyn Orders,
    key: &OrderKey,
) -> Result<Vec<PlacedOrder>, Stop> {
    let found = system.find(&bench.context(), key).await?;
    let other = found.iter().find(|order| order.reference != key.reference);
    ensure(other.is_none(), || {
        format!("looked for '{}', found {other:?}", key.reference)
    })?;
    Ok(found)
}

/// The orders of a number, by their keys; skips the case where the system cannot be searched so.
async fn of_number(
    bench: &Bench<'_>,
    system: &dyn Orders,
    customer: &str,
    number: &str,
) -> Result<Vec<PlacedOrder>, Stop> {
    let found = system.find_by_number(&bench.context(), customer, number).await?;
    let Some(mut found) = found else {
        let why = "the system cannot be searched by customer and buyer's number";
        return Err(Stop::Skipped(why.to_owned()));
    };
    let asked = |order: &&PlacedOrder| {
        order.customer == customer && order.purchase_order_number.as_deref() == Some(number)
    };
    let other = found.iter().find(|order| !asked(order));
    ensure(other.is_none(), || {
        format!("looked for '{number}' of '{customer}', found {other:?}")
    })?;
    found.sort_by(|a, b| a.order_id.cmp(&b.order_id));
    Ok(found)
}

/// Cancels what a case has left; whether cancelling works is a case of its own.
pub(super) async fn clean_up(bench: &Bench<'_>, system: &dyn Orders, orders: &[PlacedOrder]) {
    for order in orders {
        let _ = system
            .cancel(
                &bench.context(),
                &order.order_id,
                &order.reference,
                "conformance test",
            )
            .await;
    }
}

async fn find_nothing(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let found = find(bench, system, &submission(bench).key()).await?;
    ensure(found.is_empty(), || format!("found {found:?}"))?;
    Ok("an empty list".to_owned())
}

async fn submit_and_find(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let what = submission(bench);
    let order = created(bench, system, &what).await?;
    let found = find(bench, system, &what.key()).await?;
    clean_up(bench, system, &found).await;
    ensure(found.len() == 1, || {
        format!("created one order, found {}", found.len())
    })?;
    ensure(found.iter().all(|other| other.order_id == order.order_id), || {
        format!("created '{}', found {found:?}", order.order_id)
    })?;
    let number = &what.order.order_number;
    let kept = order
        .purchase_order_number
        .as_ref()
        .is_none_or(|kept| kept == number);
    ensure(kept && order.customer == what.customer, || {
        format!("the order came back changed: {order:?}")
    })?;
    ensure(
        matches!(
            order.state,
            PlacedState::Open | PlacedState::Draft | PlacedState::OnHold { .. }
        ),
        || format!("a new order is {:?}", order.state),
    )?;
    Ok(format!("order {}, {:?}", order.order_number, order.state))
}

async fn submit_twice(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let what = submission(bench);
    let first = created(bench, system, &what).await?;
    let second = system.submit(&bench.context(), &what).await?;
    let found = find(bench, system, &what.key()).await?;
    clean_up(bench, system, &found).await;
    match second {
        SubmitOutcome::Existing(order) => {
            ensure(order.order_id == first.order_id && found.len() == 1, || {
                format!(
                    "'{}' exists, '{}' was created, {} are found",
                    order.order_id,
                    first.order_id,
                    found.len()
                )
            })?;
            Ok("the second is known as existing".to_owned())
        }
        SubmitOutcome::Created(order) => {
            ensure(!bench.capabilities.order_ref_unique, || {
                "a second order, although the system states that references are unique".to_owned()
            })?;
            ensure(found.len() == 2 && order.order_id != first.order_id, || {
                format!("two orders were created, {} are found", found.len())
            })?;
            Ok("the system creates a second order, and both are found: search before create".to_owned())
        }
        SubmitOutcome::Rejected(refusal) => {
            ensure(found.len() == 1, || {
                format!("one order was created, {} are found", found.len())
            })?;
            Ok(format!("the second is rejected: {}", refusal.code))
        }
    }
}

async fn submit_in_parallel(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let what = submission(bench);
    let contexts = [bench.context(), bench.context(), bench.context(), bench.context()];
    let [first, second, third, fourth] = contexts.each_ref().map(|ctx| system.submit(ctx, &what));
    let (first, second, third, fourth) = tokio::join!(first, second, third, fourth);
    let outcomes = [first, second, third, fourth];
    let found = find(bench, system, &what.key()).await?;
    clean_up(bench, system, &found).await;
    let (mut made, mut unsure) = (0_usize, 0_usize);
    for outcome in outcomes {
        match outcome {
            Ok(SubmitOutcome::Created(_)) => made += 1,
            Ok(_) => {}
            // A system may turn away what comes too thick; the one who asks looks before it asks again.
            Err(error) if error.retryable() || error.kind == ErrorKind::Unknown => unsure += 1,
            Err(error) => return Err(error.into()),
        }
    }
    ensure(made > 0, || "none of four submissions was served".to_owned())?;
    ensure((made..=made + unsure).contains(&found.len()), || {
        format!(
            "{made} orders were created, {unsure} requests have no outcome, {} orders are found",
            found.len()
        )
    })?;
    ensure(found.len() == 1 || !bench.capabilities.order_ref_unique, || {
        format!(
            "{} orders, although the system states that references are unique",
            found.len()
        )
    })?;
    Ok(format!(
        "four submissions made {} orders, all of them found; {unsure} were turned away",
        found.len()
    ))
}

async fn unknown_customer(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let mut what = submission(bench);
    what.customer = bench.unique("absent");
    let detail = match system.submit(&bench.context(), &what).await {
        Ok(SubmitOutcome::Rejected(refusal)) => refusal.code,
        Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Rejected) => error.to_string(),
        Err(error) => return Err(error.into()),
        Ok(other) => return Err(Stop::Failed(format!("an order of nobody: {other:?}"))),
    };
    let found = find(bench, system, &what.key()).await?;
    ensure(found.is_empty(), || format!("rejected, yet found: {found:?}"))?;
    Ok(detail)
}

async fn held_customer(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    applies(
        bench.capabilities.enforces_holds,
        "the system does not enforce holds: the gateway does",
    )?;
    let Some(held) = &bench.fixture.held_customer else {
        return Err(Stop::Skipped("no customer on hold was given".to_owned()));
    };
    let mut what = submission(bench);
    what.customer.clone_from(held);
    match system.submit(&bench.context(), &what).await? {
        SubmitOutcome::Rejected(refusal) => Ok(format!("rejected: {}", refusal.message)),
        SubmitOutcome::Created(order) => {
            clean_up(bench, system, std::slice::from_ref(&order)).await;
            match order.state {
                PlacedState::OnHold { message, .. } => Ok(format!("on hold: {message}")),
                state => Err(Stop::Failed(format!("the order of a held customer is {state:?}"))),
            }
        }
        SubmitOutcome::Existing(order) => Err(Stop::Failed(format!("a new order exists: {order:?}"))),
    }
}

/// Found whatever the reference: a stranger's order looks no other. Of no other customer, and also when it is cancelled.
async fn find_by_number(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let first = submission(bench);
    let (customer, number) = (first.customer.as_str(), first.order.order_number.as_str());
    let nothing = of_number(bench, system, customer, number).await?;
    ensure(nothing.is_empty(), || {
        format!("nothing was ordered, found {nothing:?}")
    })?;
    let mut second = submission(bench);
    second.order.order_number.clone_from(&first.order.order_number);
    let mut orders = vec![created(bench, system, &first).await?];
    // A system may insist on numbers of their own.
    if let SubmitOutcome::Created(order) = system.submit(&bench.context(), &second).await? {
        orders.push(order);
    }
    let found = of_number(bench, system, customer, number).await;
    let absent = bench.unique("absent");
    let others = of_number(bench, system, &absent, number).await;
    clean_up(bench, system, &orders).await;
    let mut keys: Vec<&str> = orders.iter().map(|order| order.order_id.as_str()).collect();
    keys.sort_unstable();
    let later = of_number(bench, system, customer, number).await;
    for (when, found) in [("", found?), (", and cancelled since", later?)] {
        let seen: Vec<&str> = found.iter().map(|order| order.order_id.as_str()).collect();
        ensure(seen == keys, || {
            format!("'{number}' was ordered as {keys:?}{when}, found {seen:?}")
        })?;
    }
    let others = others?;
    ensure(others.is_empty(), || {
        format!("'{absent}' has ordered nothing, found {others:?}")
    })?;
    Ok(format!("{} with one number, all of them found", keys.len()))
}

async fn cancel(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let what = submission(bench);
    let order = created(bench, system, &what).await?;
    for time in ["first", "second"] {
        let context = bench.context();
        let outcome = system
            .cancel(&context, &order.order_id, &order.reference, "conformance test")
            .await;
        match outcome {
            Ok(CancelOutcome::Cancelled(_)) => {}
            Ok(CancelOutcome::Refused { message, .. }) => {
                return Err(Stop::Failed(format!("the {time} cancel was refused: {message}")));
            }
            Err(error) if error.kind == ErrorKind::Unsupported => {
                return Err(Stop::Skipped("the system cancels no orders".to_owned()));
            }
            Err(error) => return Err(error.into()),
        }
    }
    let found = find(bench, system, &what.key()).await?;
    let states: Vec<&PlacedState> = found.iter().map(|order| &order.state).collect();
    ensure(states == [&PlacedState::Cancelled], || {
        format!("a cancelled order is still to be found, as cancelled; found {states:?}")
    })?;
    Ok("cancelled, also the second time".to_owned())
}

async fn cancel_unknown(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    let absent = bench.unique("absent");
    match system
        .cancel(&bench.context(), &absent, &absent, "conformance test")
        .await
    {
        Err(error) if error.kind == ErrorKind::NotFound => Ok("not found".to_owned()),
        Err(error) if error.kind == ErrorKind::Unsupported => {
            Err(Stop::Skipped("the system cancels no orders".to_owned()))
        }
        Err(error) => Err(error.into()),
        Ok(outcome) => Err(Stop::Failed(format!("an order that is not there: {outcome:?}"))),
    }
}
