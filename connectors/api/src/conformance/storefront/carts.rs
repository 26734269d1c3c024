//! Reading, filling and closing carts.

use punchgate_domain::cart::Cart;

use super::{Bench, Report, Shop};
use crate::{
    ConnectorError, ErrorKind,
    carts::{CartMove, CartState, FilledCart},
    conformance::report::{Outcome, Stop, ensure},
    sessions::SessionMode,
};

pub(super) async fn run(report: &mut Report, bench: &Bench<'_>, shop: &Shop<'_>) {
    report.note("cart-fill", fill(bench, shop).await);
    report.note("cart-fill-replaces", fill_replaces(bench, shop).await);
    report.note(
        "cart-refuses-a-line-alone",
        refuses_a_line_alone(bench, shop).await,
    );
    report.note("cart-lock", lock(bench, shop).await);
    report.note("cart-return", ends(bench, shop, CartMove::Return).await);
    report.note("cart-cancel", ends(bench, shop, CartMove::Cancel).await);
    report.note("cart-unknown-session", unknown_session(bench, shop).await);
    report.note("cart-wrong-key", wrong_key(bench, shop).await);
}

fn one_line(cart: &Cart) -> Result<&punchgate_domain::cart::CartLine, Stop> {
    match cart.lines.as_slice() {
        [line] => Ok(line),
        lines => Err(Stop::Failed(format!(
            "one line was put in, {} are there",
            lines.len()
        ))),
    }
}

fn is_conflict(result: Result<FilledCart, ConnectorError>, what: &str) -> Result<(), Stop> {
    match result {
        Err(error) if error.kind == ErrorKind::Conflict => Ok(()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Stop::Failed(format!("{what} was filled"))),
    }
}

async fn fill(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let session = bench.open(shop).await?.storefront_session;
    let before = shop.carts.read(&bench.context(), &session).await?;
    let lines = [bench.line(1, 2)];
    let filled = shop.carts.fill(&bench.context(), &session, &lines).await?;
    let read = shop.carts.read(&bench.context(), &session).await?;
    ensure(filled.refused.is_empty(), || {
        format!("refused: {:?}", filled.refused)
    })?;
    ensure(filled.cart.cart == read.cart, || {
        "the answer and a read show different carts".to_owned()
    })?;
    ensure(read.revision > before.revision, || {
        format!("the revision was {}, it is {}", before.revision, read.revision)
    })?;
    let line = one_line(&read.cart)?;
    let order = &bench.fixture.order;
    ensure(
        line.part_id == order.part_id && line.quantity == lines[0].quantity && line.unit == order.unit,
        || {
            format!(
                "the line is {} {} of '{}'",
                line.quantity, line.unit, line.part_id
            )
        },
    )?;
    ensure(line.unit_price == order.unit_price, || {
        format!(
            "the price is {}, {} net was expected",
            line.unit_price, order.unit_price
        )
    })?;
    let kept = line.auxiliary_id == lines[0].auxiliary_id;
    ensure(kept || !bench.capabilities.keeps_auxiliary_ids, || {
        format!("the line's key became {:?}", line.auxiliary_id)
    })?;
    Ok(format!("{} {} at {}", line.quantity, line.unit, line.unit_price))
}

async fn fill_replaces(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let session = bench.open(shop).await?.storefront_session;
    for quantity in [2, 5] {
        let lines = [bench.line(1, quantity)];
        // Twice the same: a repeated call adds nothing.
        shop.carts.fill(&bench.context(), &session, &lines).await?;
        let filled = shop.carts.fill(&bench.context(), &session, &lines).await?;
        let line = one_line(&filled.cart.cart)?;
        ensure(line.quantity == lines[0].quantity, || {
            format!("{quantity} were put in, {} are there", line.quantity)
        })?;
    }
    let emptied = shop.carts.fill(&bench.context(), &session, &[]).await?;
    ensure(emptied.cart.cart.lines.is_empty(), || {
        "an empty list leaves lines in the cart".to_owned()
    })?;
    Ok("replaced, and emptied".to_owned())
}

async fn refuses_a_line_alone(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let session = bench.open(shop).await?.storefront_session;
    let mut unknown = bench.line(2, 1);
    unknown.part_id = bench.unique("absent");
    let lines = [bench.line(1, 1), unknown];
    let filled = shop.carts.fill(&bench.context(), &session, &lines).await?;
    one_line(&filled.cart.cart)?;
    let refused: Vec<(u32, &str)> = filled
        .refused
        .iter()
        .map(|line| (line.line, line.code.as_str()))
        .collect();
    ensure(refused == [(2, "unknown_part")], || {
        format!("refused: {refused:?}")
    })?;
    Ok("the other line is in the cart".to_owned())
}

async fn lock(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let session = bench.open(shop).await?.storefront_session;
    let lines = [bench.line(1, 2)];
    shop.carts.fill(&bench.context(), &session, &lines).await?;
    for _ in ["once", "again"] {
        let cart = shop
            .carts
            .close(&bench.context(), &session, CartMove::Lock)
            .await?;
        ensure(cart.state == CartState::Locked, || {
            format!("locked, it is {}", cart.state.as_str())
        })?;
        one_line(&cart.cart)?;
    }
    let on_locked = shop.carts.fill(&bench.context(), &session, &[]).await;
    is_conflict(on_locked, "a locked cart")?;
    let cart = shop
        .carts
        .close(&bench.context(), &session, CartMove::Unlock)
        .await?;
    ensure(cart.state == CartState::Open, || {
        format!("unlocked, it is {}", cart.state.as_str())
    })?;
    one_line(&cart.cart)?;
    shop.carts.fill(&bench.context(), &session, &[]).await?;
    Ok("locked twice, not filled, unlocked, filled".to_owned())
}

/// After its end a cart is only read.
async fn ends(bench: &Bench<'_>, shop: &Shop<'_>, to: CartMove) -> Outcome {
    let request = bench.request(SessionMode::Create, Vec::new());
    let session = shop
        .sessions
        .open(&bench.context(), &request)
        .await?
        .storefront_session;
    let lines = [bench.line(1, 2)];
    shop.carts.fill(&bench.context(), &session, &lines).await?;
    for _ in ["once", "again"] {
        let cart = shop.carts.close(&bench.context(), &session, to).await?;
        ensure(cart.state == to.target(), || {
            format!("it is {}", cart.state.as_str())
        })?;
    }
    let filled = shop.carts.fill(&bench.context(), &session, &[]).await;
    is_conflict(filled, "a closed cart")?;
    match shop
        .carts
        .close(&bench.context(), &session, CartMove::Unlock)
        .await
    {
        Err(error) if error.kind == ErrorKind::Conflict => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Stop::Failed("a closed cart was opened again".to_owned())),
    }
    match shop.sessions.open(&bench.context(), &request).await {
        Err(error) if error.kind == ErrorKind::Conflict => {}
        Err(error) => return Err(error.into()),
        Ok(_) => return Err(Stop::Failed("a closed session has a new login".to_owned())),
    }
    let cart = shop.carts.read(&bench.context(), &session).await?;
    one_line(&cart.cart)?;
    Ok("only read after that".to_owned())
}

async fn unknown_session(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let absent = bench.unique("absent");
    match shop.carts.read(&bench.context(), &absent).await {
        Err(error) if error.kind == ErrorKind::NotFound => Ok("not found".to_owned()),
        Err(error) => Err(error.into()),
        Ok(_) => Err(Stop::Failed("a session that is not there has a cart".to_owned())),
    }
}

/// Only its own key opens a session's cart: not one that begins alike, contains it or is a pattern of it.
async fn wrong_key(bench: &Bench<'_>, shop: &Shop<'_>) -> Outcome {
    let session = bench.open(shop).await?.storefront_session;
    let keys = [
        format!("{session}x"),
        format!("x{session}"),
        format!(" {session} "),
        format!("{session}' or '1'='1"),
        "%".to_owned(),
        "*".to_owned(),
        "Zähl-客户-0123456789012345678901234567890".to_owned(),
    ];
    for key in keys {
        match shop.carts.read(&bench.context(), &key).await {
            Err(error) if matches!(error.kind, ErrorKind::NotFound | ErrorKind::Invalid) => {}
            Err(error) => return Err(error.into()),
            Ok(cart) => {
                return Err(Stop::Failed(format!(
                    "the key '{key}' opened the cart of '{}'",
                    cart.storefront_session
                )));
            }
        }
    }
    Ok("not found by any of them".to_owned())
}
