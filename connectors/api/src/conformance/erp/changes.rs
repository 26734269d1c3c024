//! Changing an order that is there.
//!
//! What the lines came to shows in the order's total: where a system tells none, only its word counts.

use punchgate_domain::{money::StatedAmount, purchase_order::OrderLine, quantity::Quantity};

use super::{
    Bench, Orders, Outcome, Report,
    orders::{clean_up, created, find, submission},
};
use crate::{
    ErrorKind,
    conformance::report::{Stop, applies, ensure},
    orders::{ChangeOutcome, OrderChange, OrderSubmission, PlacedOrder, PlacedState},
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, system: &dyn Orders) {
    report.note("order-change", change(bench, system).await);
    report.note("order-change-twice", twice(bench, system).await);
    report.note("order-change-older", older(bench, system).await);
    report.note("order-change-cancelled", cancelled(bench, system).await);
    report.note("order-change-unknown", unknown(bench, system).await);
}

fn offered(bench: &Bench<'_>) -> Result<(), Stop> {
    applies(
        bench.capabilities.order_change,
        "the system does not change orders: a person does it there",
    )
}

/// The same order with these quantities, a line each.
fn with_lines(what: &OrderSubmission, quantities: &[u32]) -> OrderSubmission {
    let mut changed = what.clone();
    let Some(first) = what.order.lines.first() else {
        return changed;
    };
    let line = |(number, quantity): (u32, &u32)| OrderLine {
        line_number: number,
        quantity: Quantity::from_decimal((*quantity).into()),
        ..first.clone()
    };
    changed.order.lines = (1..).zip(quantities).map(line).collect();
    let pieces: u32 = quantities.iter().sum();
    let price = &first.unit_price;
    let total = price.value().checked_mul(pieces.into()).unwrap_or_default();
    changed.order.total = StatedAmount::from_decimal(total, price.currency());
    changed
}

fn revision(order: &PlacedOrder, revision: u32, submission: OrderSubmission) -> OrderChange {
    OrderChange {
        order_id: order.order_id.clone(),
        revision,
        submission,
    }
}

async fn changed(bench: &Bench<'_>, system: &dyn Orders, change: &OrderChange) -> Result<PlacedOrder, Stop> {
    match system.change(&bench.context(), change).await? {
        ChangeOutcome::Changed(order) => Ok(order),
        ChangeOutcome::Refused { code, message, .. } => {
            Err(Stop::Failed(format!("a change was refused: {message} ({code})")))
        }
    }
}

/// The one live order of the reference, and that it is what was asked for.
async fn is_now(
    bench: &Bench<'_>,
    system: &dyn Orders,
    order: &PlacedOrder,
    wanted: &OrderSubmission,
) -> Result<PlacedOrder, Stop> {
    let found = find(bench, system, &wanted.key()).await?;
    let mut live = found.into_iter().filter(|one| one.state.is_live());
    let (Some(there), None) = (live.next(), live.next()) else {
        return Err(Stop::Failed(
            "a change leaves one live order: found none or several".to_owned(),
        ));
    };
    ensure(there.order_id == order.order_id, || {
        format!(
            "order '{}' was changed, '{}' is there",
            order.order_id, there.order_id
        )
    })?;
    let total = &wanted.order.total;
    let fits = there
        .total
        .as_ref()
        .is_none_or(|told| told.value() == total.value());
    ensure(fits, || {
        format!("it should come to {total}, and is {:?}", there.total)
    })?;
    Ok(there)
}

/// Raised, lowered, a line more, a line less.
async fn change(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    offered(bench)?;
    let what = submission(bench);
    let order = created(bench, system, &what).await?;
    let steps: [&[u32]; 4] = [&[5], &[1], &[1, 3], &[3]];
    let outcome = steps_through(bench, system, &order, &what, &steps).await;
    clean_up(bench, system, std::slice::from_ref(&order)).await;
    outcome.map(|()| "raised, lowered, a line added and taken away".to_owned())
}

async fn steps_through(
    bench: &Bench<'_>,
    system: &dyn Orders,
    order: &PlacedOrder,
    what: &OrderSubmission,
    steps: &[&[u32]],
) -> Result<(), Stop> {
    for (number, quantities) in (2..).zip(steps) {
        let wanted = with_lines(what, quantities);
        changed(bench, system, &revision(order, number, wanted.clone())).await?;
        is_now(bench, system, order, &wanted).await?;
    }
    Ok(())
}

/// The gateway asks once more where it saw no answer: that must change nothing.
async fn twice(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    offered(bench)?;
    let what = submission(bench);
    let order = created(bench, system, &what).await?;
    let wanted = with_lines(&what, &[4, 1]);
    let change = revision(&order, 2, wanted.clone());
    let outcome = async {
        for _ in 0..2 {
            changed(bench, system, &change).await?;
            is_now(bench, system, &order, &wanted).await?;
        }
        Ok("the second changes nothing".to_owned())
    };
    let outcome = outcome.await;
    clean_up(bench, system, std::slice::from_ref(&order)).await;
    outcome
}

/// A request that comes through late undoes no later one, where the system keeps which was the last.
async fn older(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    offered(bench)?;
    let what = submission(bench);
    let order = created(bench, system, &what).await?;
    let outcome = async {
        let wanted = with_lines(&what, &[4]);
        let now = changed(bench, system, &revision(&order, 3, wanted.clone())).await?;
        applies(
            now.revision.is_some(),
            "the system does not keep which change was the last",
        )?;
        ensure(now.revision == Some(3), || {
            format!("change 3 was carried out, the order says {:?}", now.revision)
        })?;
        let late = revision(&order, 2, with_lines(&what, &[9]));
        // Whether it is refused or passed over in silence.
        system.change(&bench.context(), &late).await?;
        is_now(bench, system, &order, &wanted).await?;
        Ok("change 2 after change 3 does nothing".to_owned())
    };
    let outcome = outcome.await;
    clean_up(bench, system, std::slice::from_ref(&order)).await;
    outcome
}

/// A cancel wins.
async fn cancelled(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    offered(bench)?;
    let what = submission(bench);
    let order = created(bench, system, &what).await?;
    clean_up(bench, system, std::slice::from_ref(&order)).await;
    let change = revision(&order, 2, with_lines(&what, &[5]));
    let said = match system.change(&bench.context(), &change).await {
        Ok(ChangeOutcome::Refused { code, message, .. }) => format!("{message} ({code})"),
        Err(error) if matches!(error.kind, ErrorKind::Conflict | ErrorKind::Rejected) => error.to_string(),
        Err(error) => return Err(error.into()),
        Ok(ChangeOutcome::Changed(_)) => {
            return Err(Stop::Failed("a cancelled order was changed".to_owned()));
        }
    };
    let found = find(bench, system, &what.key()).await?;
    let live = found.iter().any(|one| one.state != PlacedState::Cancelled);
    ensure(!live, || format!("a change revived a cancelled order: {found:?}"))?;
    Ok(said)
}

async fn unknown(bench: &Bench<'_>, system: &dyn Orders) -> Outcome {
    offered(bench)?;
    let what = submission(bench);
    let change = OrderChange {
        order_id: bench.unique("absent"),
        revision: 2,
        submission: with_lines(&what, &[5]),
    };
    match system.change(&bench.context(), &change).await {
        Err(error) if error.kind == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
        Ok(outcome) => return Err(Stop::Failed(format!("an order that is not there: {outcome:?}"))),
    }
    let found = find(bench, system, &what.key()).await?;
    clean_up(bench, system, &found).await;
    ensure(found.is_empty(), || format!("a change made an order: {found:?}"))?;
    Ok("not found".to_owned())
}
