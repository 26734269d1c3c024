//! Trouble on the line to a shop: half a cart is no cart, and nobody says of an order that was taken that it was not.

use super::{Bench, Report, Shop, orders::submission};
use crate::{
    ShopOrders,
    conformance::{
        line::{OF_A_READING, cut_at_each, judge_order, judge_reading, lose_answers, of_carts, told},
        report::{Outcome, Stop},
    },
    context::Trouble,
};

pub(super) async fn carts(report: &mut Report, bench: &Bench<'_>, shop: &Shop<'_>) {
    for (case, trouble) in of_carts() {
        report.note(case, reading(bench, shop, trouble).await);
    }
}

pub(super) async fn orders(report: &mut Report, bench: &Bench<'_>, system: &dyn ShopOrders) {
    let disturbed = async |trouble, after| disturbed(bench, system, trouble, after).await;
    let cut = cut_at_each(disturbed).await;
    let at = cut.as_ref().ok().copied();
    report.note(
        "order-place-cut",
        cut.map(|at| format!("made at exchange {}: unknown, and found", at + 1)),
    );
    report.note("order-place-answer-lost", lose_answers(at, disturbed).await);
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
    told(met)
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
