//! Freight and tax of a cart, and the order that follows from it: whether its buyer repeats them or not.

use crate::support::{
    cxml::{Line, Po, Setup, between},
    supplier::Supplier,
    world::World,
};

const FREIGHT: &str = "12.50";
const TAX: &str = "3.10";

/// The lines of a returned cart, as an order repeats them.
fn lines(message: &str) -> Vec<Line> {
    let items = message.split("<ItemIn ").skip(1);
    let text = |item: &str, element: &str| {
        let rest = between(item, &format!("<{element}"), &format!("</{element}>")).unwrap();
        rest.split_once('>').unwrap().1.to_owned()
    };
    items
        .map(|item| Line {
            part: text(item, "SupplierPartID"),
            auxiliary: Some(text(item, "SupplierPartAuxiliaryID")),
            quantity: between(item, "quantity=\"", "\"").unwrap().parse().unwrap(),
            price: text(item, "Money"),
            unit: text(item, "UnitOfMeasure"),
            ship_to: None,
        })
        .collect()
}

/// What the header of a returned cart states of freight and tax.
fn beside(message: &str) -> [Option<String>; 2] {
    ["Shipping", "Tax"].map(|name| {
        let charge = between(message, &format!("<{name}>"), &format!("</{name}>"))?;
        Some(between(charge, "\">", "</Money>").unwrap().to_owned())
    })
}

async fn ordered(world: &World, po: Po) {
    let number = po.number.clone();
    world.send(&po.xml()).await;
    world.settle().await;
    let order = world.assert_state(&number, "accepted").await;
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    assert_eq!(seen["decision"]["warnings"], serde_json::json!([]), "{seen}");
}

/// Ten pieces at 57.11, freight and tax of the shop. Where they went back, the order may repeat them or not.
#[tokio::test]
async fn an_order_matches_its_cart_with_and_without_them() {
    for dialect in ["ariba", "coupa"] {
        for (place, articles_and_charges) in [("omit", 1), ("header", 1), ("line", 3)] {
            let world = Supplier::with_buyer()
                .policy("price_action", "hold")
                .credit("5000.00")
                .charges(FREIGHT, TAX)
                .relationship("dialect", format!("\"{dialect}\""))
                .relationship("cart", format!("{{ freight = \"{place}\", tax = \"{place}\" }}"))
                .start()
                .await;
            let message = world
                .punch_out_and_return(&Setup::new("cookie-1"), "TL-1110", "10")
                .await;
            let lines = lines(&message);
            assert_eq!(lines.len(), articles_and_charges, "{place}: {message}");
            let (lines_make, all) = ("571.10", "586.70");

            let mut repeated = Po::new("1", if place == "omit" { lines_make } else { all });
            repeated.lines.clone_from(&lines);
            repeated.charges = beside(&message);
            assert_eq!(repeated.charges[0].is_some(), place == "header", "{message}");
            ordered(&world, repeated).await;

            // The cart again, for another order: a suite that drops them, or states them by itself.
            let setup = Setup::new("cookie-2");
            let message = world.punch_out_and_return(&setup, "TL-1110", "10").await;
            let mut dropped = Po::new("2", lines_make);
            dropped.lines = self::lines(&message);
            dropped.lines.truncate(1);
            ordered(&world, dropped).await;
            world.finish().await;
        }
    }
}

#[tokio::test]
async fn freight_that_is_a_line_is_held_to_its_price() {
    let world = Supplier::with_buyer()
        .policy("price_action", "hold")
        .credit("5000.00")
        .charges(FREIGHT, TAX)
        .relationship("cart", "{ freight = \"line\" }")
        .start()
        .await;
    let message = world
        .punch_out_and_return(&Setup::new("cookie-1"), "TL-1110", "10")
        .await;
    let mut po = Po::new("1", "572.10");
    po.lines = lines(&message);
    po.lines[1].price = "1.00".to_owned();
    world.send(&po.xml()).await;
    world.settle().await;
    let order = world.assert_state("1", "held").await;
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    let reason = seen["decision"]["reasons"][0]["text"].as_str().unwrap();
    assert!(reason.contains("line 2") && reason.contains("12.5"), "{reason}");
    world.finish().await;
}
