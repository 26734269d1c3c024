//! An order against the cart that it came from.

use std::time::Duration;

use serde_json::json;

use crate::support::{
    cxml::{Line, Po, Setup, between},
    supplier::Supplier,
    world::World,
};

/// Punches out, puts ten of a part into the cart, returns it: the line as an order repeats it.
pub(crate) async fn returned_cart(world: &World) -> Line {
    let message = world
        .punch_out_and_return(&Setup::new("cookie-1"), "TL-1110", "10")
        .await;
    let text = |element: &str| text_of(&message, element);
    Line {
        part: text("SupplierPartID"),
        auxiliary: Some(text("SupplierPartAuxiliaryID")),
        quantity: 10,
        price: text_of(
            between(&message, "<ItemDetail>", "</ItemDetail>").unwrap(),
            "Money",
        ),
        unit: text("UnitOfMeasure"),
        ship_to: None,
    }
}

/// The content of the first element of that name.
fn text_of(document: &str, element: &str) -> String {
    let rest = between(document, &format!("<{element}"), &format!("</{element}>")).unwrap();
    rest.split_once('>').unwrap().1.to_owned()
}

#[tokio::test]
async fn an_order_at_the_price_of_its_cart_goes_on() {
    let world = Supplier::with_buyer()
        .policy("price_action", "hold")
        .credit("5000.00")
        .start()
        .await;
    let line = returned_cart(&world).await;
    let mut po = Po::new("4500001", "571.10");
    assert_eq!(line.price, "57.11");
    po.lines = vec![line];
    world.send(&po.xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    assert!(
        order.cart_snapshot_id.is_some() && order.session_id.is_some(),
        "the order knows its cart"
    );
    world.finish().await;
}

#[tokio::test]
async fn a_price_beyond_the_tolerance_is_held_until_a_person_confirms() {
    let world = Supplier::with_buyer()
        .policy("price_action", "hold")
        .credit("5000.00")
        .start()
        .await;
    let mut line = returned_cart(&world).await;
    line.price = "50.00".to_owned();
    let mut po = Po::new("4500001", "500.00");
    po.lines = vec![line];
    let answer = world.send(&po.xml()).await;
    assert_eq!(answer.status, 200, "a price refuses no order");
    world.settle().await;
    let order = world.assert_state("4500001", "held").await;
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    assert_eq!(seen["decision"]["reasons"][0]["code"], "price-differs", "{seen}");
    assert!(world.erp.orders().await.is_empty());
    let word = json!({ "expected_version": seen["row_version"], "reason": "agreed on the telephone" });
    world
        .post(&format!("/v1/orders/{}/confirm", order.order_id), word)
        .await;
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

/// An order without a cart: one line of the shop's catalogue at this unit and price.
fn typed_in(number: &str, part: &str, unit: &str, price: &str) -> Po {
    let mut po = Po::new(number, price);
    part.clone_into(&mut po.lines[0].part);
    unit.clone_into(&mut po.lines[0].unit);
    po
}

#[tokio::test]
async fn an_order_without_a_cart_is_compared_with_the_contract() {
    let supplier = Supplier::with_buyer().policy("price_action", "hold");
    let world = supplier.credit("5000.00").start().await;
    let line = returned_cart(&world).await;
    for (number, po, state, said) in [
        (
            "1",
            typed_in("1", "TL-1110", &line.unit, &line.price),
            "accepted",
            "",
        ),
        (
            "2",
            typed_in("2", "TL-1110", &line.unit, "50.00"),
            "held",
            "price USD 50 ordered, USD 57.11 offered",
        ),
        (
            "3",
            typed_in("3", "TL-1110", "PAL", &line.price),
            "held",
            "unit PAL ordered",
        ),
        (
            "4",
            typed_in("4", "XX-0000", &line.unit, "10.00"),
            "held",
            "the shop does not know this part",
        ),
    ] {
        let answer = world.send(&po.xml()).await;
        assert_eq!(answer.status, 200, "a price refuses no order");
        world.settle().await;
        let order = world.assert_state(number, state).await;
        let reason = order.state_reason.unwrap_or_default();
        assert!(reason.contains(said), "{number}: {reason}");
        assert_eq!(
            world.erp.live_orders(number).await.len(),
            usize::from(state == "accepted")
        );
    }
    // What was asked is not asked again: a person confirms what stands there.
    let asked = world.shop.calls("/item");
    assert!(asked >= 4, "each of them was asked for: {asked}");
    let order = world.assert_state("4", "held").await;
    world.clock.advance(Duration::from_secs(1));
    let word = json!({ "expected_version": order.row_version, "reason": "agreed on the telephone" });
    world
        .post(&format!("/v1/orders/{}/confirm", order.order_id), word)
        .await;
    world.settle().await;
    world.assert_state("4", "accepted").await;
    assert_eq!(world.shop.calls("/item"), asked);
    world.finish().await;
}

/// A line key of a cart under which another part is ordered, and a line that was put beside those of the cart.
#[tokio::test]
async fn what_was_changed_after_the_cart_is_found() {
    let supplier = Supplier::with_buyer().policy("price_action", "hold");
    let world = supplier.credit("5000.00").start().await;
    let line = returned_cart(&world).await;
    let mut swapped = Po::new("1", "571.10");
    swapped.lines = vec![line.clone()];
    "TL-1120".clone_into(&mut swapped.lines[0].part);
    let mut beside = Po::new("2", "601.10");
    beside.lines = vec![
        line.clone(),
        typed_in("2", "XX-0000", "EA", "30.00").lines.remove(0),
    ];
    for (po, said) in [
        (swapped, "part TL-1120 ordered, TL-1110 offered"),
        (beside, "part XX-0000 has no price"),
    ] {
        world.send(&po.xml()).await;
        world.settle().await;
        let reason = world
            .assert_state(&po.number, "held")
            .await
            .state_reason
            .unwrap_or_default();
        assert!(reason.contains(said), "{reason}");
    }
    assert!(world.erp.orders().await.is_empty());
    world.finish().await;
}

/// The shop does not answer: the order waits and says why; where prices only warn it goes on.
#[tokio::test]
async fn an_order_waits_for_a_shop_that_is_away() {
    for (action, state) in [("hold", "approved"), ("warn", "accepted")] {
        let supplier = Supplier::with_buyer()
            .policy("price_action", action)
            .credit("5000.00");
        let world = supplier.start().await;
        // Nobody listens at that port.
        let away = supplier.declared(&world.erp, &world.shop);
        world
            .apply(&away.replace(&world.shop.url, "http://127.0.0.1:1"))
            .await;
        // A change of a connector counts within two seconds.
        world.clock.advance(Duration::from_secs(2));
        world.send(&typed_in("1", "TL-1110", "ST", "57.11").xml()).await;
        world.drain().await;
        let order = world.assert_state("1", state).await;
        let reason = order.state_reason.unwrap_or_default();
        assert_eq!(
            reason.starts_with("waits for its contract prices: "),
            action == "hold",
            "{reason}"
        );
        let left: &[&str] = if action == "hold" {
            &["compare-prices", "submit-order"]
        } else {
            &[]
        };
        world.finish_with(left).await;
    }
}

/// Nobody has seen a difference that is told after the word of a person.
#[tokio::test]
async fn a_confirmation_speaks_of_what_was_known() {
    let world = Supplier::with_buyer()
        .policy("price_action", "hold")
        .credit("10.00")
        .start()
        .await;
    world.send(&typed_in("1", "TL-1110", "ST", "50.00").xml()).await;
    let order = world.assert_state("1", "held").await;
    let path = format!("/v1/orders/{}/confirm", order.order_id);
    let word = |version: i64| json!({ "expected_version": version, "reason": "agreed" });
    world.post(&path, word(order.row_version)).await;
    world.settle().await;
    let order = world.assert_state("1", "held").await;
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    let codes = |list: &str| -> Vec<String> {
        let reasons = seen["decision"][list].as_array().unwrap().iter();
        reasons
            .map(|reason| reason["code"].as_str().unwrap().to_owned())
            .collect()
    };
    assert!(codes("reasons").contains(&"price-differs".to_owned()), "{seen}");
    // Now it was seen.
    world.clock.advance(Duration::from_secs(1));
    world.post(&path, word(order.row_version)).await;
    world.settle().await;
    let order = world.assert_state("1", "held").await;
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    assert_eq!(seen["decision"]["reasons"][0]["code"], "over-limit", "{seen}");
    assert_eq!(seen["decision"]["warnings"][0]["code"], "price-differs", "{seen}");
    world.finish().await;
}

#[tokio::test]
async fn what_nothing_stands_against_is_not_confirmed() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("1", "57.11").xml()).await;
    let order = world.assert_state("1", "approved").await;
    let word = json!({ "expected_version": order.row_version, "reason": "agreed" });
    let path = format!("/v1/orders/{}/confirm", order.order_id);
    let answer = world.api(reqwest::Method::POST, &path, Some(word)).await;
    assert_eq!(answer.status, 409, "{}", answer.body);
    world.settle().await;
    world.finish().await;
}

/// What the buyer calls by other names is compared, and submitted, in ours.
#[tokio::test]
async fn parts_and_units_are_mapped() {
    let supplier = Supplier::with_buyer()
        .policy("price_action", "hold")
        .mapping("part", "OLD-DRILL", "TL-1110")
        .mapping("unit", "PCE", "ST");
    let world = supplier.credit("1000.00").start().await;
    world
        .send(&typed_in("1", "OLD-DRILL", "PCE", "57.11").xml())
        .await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    let submitted = world.erp.submitted();
    assert!(
        submitted.contains("TL-1110") && submitted.contains("\"ST\""),
        "{submitted}"
    );
    assert!(
        !submitted.contains("OLD-DRILL") && !submitted.contains("PCE"),
        "{submitted}"
    );
    world.finish().await;
}

/// The same where the buyer ordered from a cart: as the cart said it, or as the mapping turns it.
#[tokio::test]
async fn what_is_mapped_is_as_the_cart_offered_it() {
    let supplier = Supplier::with_buyer()
        .policy("price_action", "hold")
        .mapping("part", "OLD-DRILL", "TL-1110")
        .mapping("unit", "PCE", "ST");
    let world = supplier.credit("5000.00").start().await;
    let line = returned_cart(&world).await;
    assert_eq!((line.part.as_str(), line.unit.as_str()), ("TL-1110", "ST"));
    for (number, part, unit) in [
        ("1", "TL-1110", "ST"),
        ("2", "TL-1110", "PCE"),
        ("3", "OLD-DRILL", "ST"),
        ("4", "OLD-DRILL", "PCE"),
    ] {
        let mut po = Po::new(number, "571.10");
        po.lines = vec![Line {
            part: part.to_owned(),
            unit: unit.to_owned(),
            ..line.clone()
        }];
        world.send(&po.xml()).await;
        world.settle().await;
        let order = world.assert_state(number, "accepted").await;
        assert!(order.cart_snapshot_id.is_some());
    }
    assert_eq!(world.shop.calls("/item"), 0, "the cart tells the price");
    world.finish().await;
}

/// Two boxes of five are the ten pieces of the cart; nobody pays another price by ordering boxes.
#[tokio::test]
async fn a_box_is_as_many_pieces_as_the_mapping_says() {
    let supplier = Supplier::with_buyer()
        .policy("price_action", "hold")
        .mapping("unit", "BX", "5 ST");
    let world = supplier.credit("5000.00").start().await;
    let line = returned_cart(&world).await;
    for (number, price, total, state) in [
        ("1", "285.55", "571.10", "accepted"),
        ("2", "300.00", "600.00", "held"),
    ] {
        let mut po = Po::new(number, total);
        po.lines = vec![Line {
            quantity: 2,
            unit: "BX".to_owned(),
            price: price.to_owned(),
            ..line.clone()
        }];
        world.send(&po.xml()).await;
        world.settle().await;
        world.assert_state(number, state).await;
    }
    let submitted = world.erp.submitted();
    for part in ["\"quantity\": \"10\"", "\"unit\": \"ST\"", "\"57.11\""] {
        let plain = part.replace(": ", ":");
        assert!(
            submitted.contains(part) || submitted.contains(&plain),
            "{part}: {submitted}"
        );
    }
    world.finish().await;
}

/// A cart tells prices for what was in it, as long as was agreed; then the contract does.
#[tokio::test]
async fn a_cart_tells_no_price_for_less_nor_for_ever() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    // Days later, in how many lines of how many; whether that is the cart's price.
    let rows: &[(u32, &[u32], bool)] = &[
        (0, &[10], true),
        (0, &[12], true),
        (0, &[9], false),
        (0, &[4, 6], true),
        (0, &[4, 5], false),
        (29, &[10], true),
        (2, &[10], false),
    ];
    let world = Supplier::with_buyer()
        .number("cart_prices_valid_days", 30)
        .policy("price_action", "hold")
        .credit("20000.00")
        .start()
        .await;
    let line = returned_cart(&world).await;
    // The cart had a price of its own.
    world
        .meddle("update cart_snapshot set content = replace(content, '57.11', '50.00')")
        .await;
    for (number, (days, quantities, as_in_cart)) in rows.iter().enumerate() {
        world.clock.advance(DAY * *days);
        world.round().await;
        let total = quantities.iter().sum::<u32>() * 50;
        let mut po = Po::new(number.to_string(), &format!("{total}.00"));
        po.lines = quantities
            .iter()
            .map(|quantity| Line {
                quantity: *quantity,
                price: "50.00".to_owned(),
                ..line.clone()
            })
            .collect();
        world.send(&po.xml()).await;
        world.settle().await;
        let row = format!("{days} days later {quantities:?}");
        let state = if *as_in_cart { "accepted" } else { "held" };
        let order = world.assert_state(&po.number, state).await;
        let reason = order.state_reason.unwrap_or_default();
        let differs = reason.contains("price USD 50 ordered, USD 57.11 offered");
        assert_eq!(differs, !as_in_cart, "{row}: {reason}");
    }
    world.finish().await;
}

/// What a person has confirmed stays as good as it was then, however long the ERP is away.
#[tokio::test]
async fn a_confirmed_order_outlives_its_cart() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    let world = Supplier::with_buyer()
        .number("cart_prices_valid_days", 1)
        .policy("price_action", "hold")
        .credit("5000.00")
        .start()
        .await;
    let mut line = returned_cart(&world).await;
    line.price = "50.00".to_owned();
    let mut po = Po::new("1", "500.00");
    po.lines = vec![line];
    world.send(&po.xml()).await;
    world.settle().await;
    let order = world.assert_state("1", "held").await;
    let word = json!({ "expected_version": order.row_version, "reason": "agreed on the telephone" });
    world.erp.misbehave(true, 0).await;
    world
        .post(&format!("/v1/orders/{}/confirm", order.order_id), word)
        .await;
    world.drain().await;
    world.clock.advance(DAY * 2);
    world.erp.misbehave(false, 0).await;
    world.round().await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    assert_eq!(world.shop.calls("/item"), 0);
    world.finish().await;
}
