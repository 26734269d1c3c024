//! An order against the cart that it came from.

use serde_json::json;

use crate::support::{
    cxml::{Line, Po, Setup, between},
    supplier::Supplier,
    world::World,
};

/// Punches out, puts ten of a part into the cart, returns it: the line as an order repeats it.
async fn returned_cart(world: &World) -> Line {
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
    }
}

/// The content of the first element of that name.
fn text_of(document: &str, element: &str) -> String {
    let rest = between(document, &format!("<{element}"), &format!("</{element}>")).unwrap();
    rest.split_once('>').unwrap().1.to_owned()
}

#[tokio::test]
async fn an_order_at_the_price_of_its_cart_goes_on() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
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
    let world = Supplier::with_buyer().credit("5000.00").start().await;
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
