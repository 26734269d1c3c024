//! Trouble on the line to a shop: half a cart is no cart, and nobody says of an order that was taken that it was not.

use super::{Bench, Report, Shop, orders::submission};
use crate::{
    ShopOrders,
    conformance::{
        line::{EXCHANGES, LOST_ANSWERS, OF_A_READING, judge_order, judge_reading, made_at, undisturbed},
        report::{Outcome, Stop},
    },
    context::Trouble,
};

pub(super) async fn carts(report: &mut Report, bench: &Bench<'_>, shop: &Shop<'_>) {
    let troubles = [
        ("cart-throttled", Trouble::Throttled(Some(7))),
        ("cart-throttled-without-a-word", Trouble::Throttled(None)),
        ("cart-server-error", Trouble::Broken),
        ("cart-page-for-people", Trouble::Page),
        ("cart-truncated", Trouble::Halved),
        ("cart-line-cut", Trouble::Cut),
        ("cart-token-expired", Trouble::Expired),
    ];
    for (case, trouble) in troubles {
        report.note(case, reading(bench, shop, trouble).await);
    }
}

pub(super) async fn orders(report: &mut Report, bench: &Bench<'_>, system: &dyn ShopOrders) {
    let cut = order_cut(bench, system).await;
    let at = cut.as_ref().ok().copied();
    report.note(
        "order-place-cut",
        cut.map(|at| format!("made at exchange {}: unknown, and found", at + 1)),
    );
    report.note("order-place-answer-lost", answer_lost(bench, system, at).await);
}

/// A cart of one line, with the trouble at one exchange in turn.
async fn reading(bench: &Bench<'_>, shop: &Shop<'_>, trouble: Trouble) -> Outcome {
    let session = bench.open(shop).await?.storefront_session;
    shop.carts
        .fill(&bench.context(), &session, &[bench.line(1, 2)])
        .await?;
    let whole = shop.carts.read(&bench.context(), &session).await?.cart;
    let mut met = 0;
    for after in OF_A_READING {
        let (context, disturbance) = bench.disturbed(trouble, after);
        let read = shop.carts.read(&context, &session).await;
        if !disturbance.was_met() {
            break;
        }
        met += 1;
        judge_reading(trouble, &disturbance, read.map(|read| read.cart), &whole)?;
    }
    match met {
        0 => Err(undisturbed()),
        met => Ok(format!("at one of {met} exchanges: told")),
    }
}

/// The line is cut at every exchange in turn; after which of them the order is there.
async fn order_cut(bench: &Bench<'_>, system: &dyn ShopOrders) -> Result<u32, Stop> {
    let mut at_each = Vec::new();
    for after in 0..EXCHANGES {
        let Some(there) = disturbed(bench, system, Trouble::Cut, after).await? else {
            break;
        };
        at_each.push(there);
    }
    made_at(&at_each)
}

/// Where the line makes the order, other things come instead of its answer.
async fn answer_lost(bench: &Bench<'_>, system: &dyn ShopOrders, at: Option<u32>) -> Outcome {
    let at = at.ok_or_else(undisturbed)?;
    let mut met = 0;
    for trouble in LOST_ANSWERS {
        let there = disturbed(bench, system, trouble, at).await?;
        met += u32::from(there.is_some());
    }
    match met {
        0 => Err(undisturbed()),
        _ => Ok("a page for people, half of it, 500: unknown, and found".to_owned()),
    }
}

/// Whether the order is there after the trouble; nothing if there was no such exchange.
async fn disturbed(
    bench: &Bench<'_>,
    system: &dyn ShopOrders,
    trouble: Trouble,
    after: u32,
) -> Result<Option<bool>, Stop> {
    let what = submission(bench);
    let (context, disturbance) = bench.disturbed(trouble, after);
    let outcome = system.place(&context, &what).await;
    let found = system.find(&bench.context(), &what.key()).await?;
    if bench.capabilities.order_cancel {
        for placed in &found {
            let (id, reference) = (&placed.order.order_id, &placed.order.reference);
            // Whether cancelling works is a case of its own.
            let _ = system
                .cancel(&bench.context(), id, reference, "conformance test")
                .await;
        }
    }
    if !disturbance.was_met() {
        return Ok(None);
    }
    judge_order(trouble, &disturbance, outcome, found.len())?;
    Ok(Some(found.len() == 1))
}
