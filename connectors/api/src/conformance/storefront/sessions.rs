//! Opening sessions.

use super::{Bench, Report, Shop};
use crate::{
    ErrorKind,
    carts::CartState,
    conformance::report::{Outcome, Stop, applies, ensure},
    sessions::SessionMode,
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, shop: &Shop<'_>) {
    report.note("session-open", open(bench, shop).await);
    report.note("session-open-again", open_again(bench, shop).await);
    report.note("session-carts-apart", carts_apart(bench, shop).await);
    report.note("session-edit", edit(bench, shop).await);
    report.note("session-inspect", inspect(bench, shop).await);
    report.note("session-unknown-customer", unknown_customer(bench, shop).await);
}

async fn open(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let request = bench.request(SessionMode::Create, Vec::new());
    let opened = shop.sessions.open(&bench.context(), &request).await?;
    let cart = shop
        .carts
        .read(&bench.context(), &opened.storefront_session)
        .await?;
    ensure(
        cart.session == request.session && cart.mode == SessionMode::Create,
        || {
            format!(
                "opened '{}' to create, the cart says '{}', {}",
                request.session,
                cart.session,
                cart.mode.as_str()
            )
        },
    )?;
    ensure(
        cart.state == CartState::Open && cart.cart.lines.is_empty(),
        || {
            format!(
                "a new cart is {} with {} lines",
                cart.state.as_str(),
                cart.cart.lines.len()
            )
        },
    )?;
    Ok("an open, empty cart".to_owned())
}

async fn open_again(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let request = bench.request(SessionMode::Create, Vec::new());
    let first = shop.sessions.open(&bench.context(), &request).await?;
    let lines = [bench.line(1, 1)];
    shop.carts
        .fill(&bench.context(), &first.storefront_session, &lines)
        .await?;
    let second = shop.sessions.open(&bench.context(), &request).await?;
    ensure(second.storefront_session == first.storefront_session, || {
        "the same key opened another session".to_owned()
    })?;
    ensure(second.login_url != first.login_url, || {
        "the login is the same as before: it is to work once".to_owned()
    })?;
    let cart = shop
        .carts
        .read(&bench.context(), &first.storefront_session)
        .await?;
    ensure(cart.cart.lines.len() == 1, || {
        format!("opening again changed the cart: {} lines", cart.cart.lines.len())
    })?;
    Ok("the same session, a new login".to_owned())
}

async fn carts_apart(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    applies(
        bench.capabilities.parallel_sessions,
        "the shop has one cart a customer",
    )?;
    let (full, empty) = (bench.open(shop).await?, bench.open(shop).await?);
    let lines = [bench.line(1, 3)];
    shop.carts
        .fill(&bench.context(), &full.storefront_session, &lines)
        .await?;
    let other = shop
        .carts
        .read(&bench.context(), &empty.storefront_session)
        .await?;
    ensure(other.cart.lines.is_empty(), || {
        "what was put into one session's cart is in another's".to_owned()
    })?;
    Ok("two sessions of one customer, two carts".to_owned())
}

async fn edit(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    applies(bench.capabilities.edit, "the shop opens no cart for change")?;
    let items = vec![bench.line(1, 4)];
    let request = bench.request(SessionMode::Edit, items);
    let opened = shop.sessions.open(&bench.context(), &request).await?;
    let cart = shop
        .carts
        .read(&bench.context(), &opened.storefront_session)
        .await?;
    let line = match cart.cart.lines.as_slice() {
        [line] => line,
        lines => {
            return Err(Stop::Failed(format!(
                "opened with one line, the cart has {}",
                lines.len()
            )));
        }
    };
    ensure(line.quantity == request.items[0].quantity, || {
        format!("opened with 4, the cart has {}", line.quantity)
    })?;
    let kept = line.auxiliary_id == request.items[0].auxiliary_id;
    ensure(kept || !bench.capabilities.keeps_auxiliary_ids, || {
        format!("the line's key became {:?}", line.auxiliary_id)
    })?;
    Ok("the lines are there".to_owned())
}

async fn inspect(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    applies(bench.capabilities.inspect, "the shop opens no cart for looking")?;
    let request = bench.request(SessionMode::Inspect, vec![bench.line(1, 4)]);
    let opened = shop.sessions.open(&bench.context(), &request).await?;
    let lines = [bench.line(1, 5)];
    let filled = shop
        .carts
        .fill(&bench.context(), &opened.storefront_session, &lines)
        .await;
    match filled {
        Err(error) if error.kind == ErrorKind::Conflict => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Stop::Failed("a cart to look at was changed".to_owned())),
    }
    let cart = shop
        .carts
        .read(&bench.context(), &opened.storefront_session)
        .await?;
    let quantity = cart.cart.lines.first().map(|line| line.quantity.clone());
    ensure(quantity == Some(request.items[0].quantity.clone()), || {
        format!("opened with 4, the cart has {quantity:?}")
    })?;
    Ok("can be looked at, not changed".to_owned())
}

async fn unknown_customer(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let mut request = bench.request(SessionMode::Create, Vec::new());
    request.customer.external_id = bench.unique("absent");
    match shop.sessions.open(&bench.context(), &request).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok("not found".to_owned()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Stop::Failed("a session of nobody was opened".to_owned())),
    }
}
