//! What a shop may name at checkout, and that it is told no more lenient than the purchase order is judged.

use serde_json::{Value, json};

use crate::support::{
    cxml::Po,
    erp::CUSTOMER,
    supplier::{RELATIONSHIP, Supplier},
    world::World,
};

/// On hold in the ERP.
const ON_HOLD: &str = "C-1003";

async fn world() -> World {
    let supplier = Supplier::with_buyer()
        // What nobody has mapped is a case of its own.
        .policy("unmapped", "pass")
        .mapping("ship_to", "DOCK-7", ON_HOLD)
        .mapping("ship_to", "DOCK-8", "C-1002")
        .mapping("ship_to", "DOCK-9", "C-9999")
        // A place that is the customer's own, and no customer.
        .mapping("ship_to", "DOCK-5", "S-12")
        // The ERP's id of one place is the buyer's of another.
        .mapping("ship_to", ON_HOLD, "C-1002")
        .mapping("customer", "SITE-3", ON_HOLD);
    let world = supplier.credit("1000.00").start().await;
    world
        .erp
        .place_hold("C-1004", &["order_on_terms"], "Please call us.")
        .await;
    world.round().await;
    world
}

async fn our_id(world: &World, external: &str) -> String {
    let found = world.get(&format!("/v1/customers?search={external}")).await;
    found["items"][0]["id"].as_str().unwrap().to_owned()
}

async fn options(world: &World, customer: Option<&str>, relationship: bool, ship_to: Option<&str>) -> Value {
    let ask = json!({
        "customer": customer, "relationship": relationship.then_some(RELATIONSHIP), "ship_to": ship_to,
        "amount": "10.00", "currency": "USD",
    });
    world.post("/v1/checkout-options", ask).await
}

fn allows_terms(options: &Value) -> bool {
    let mut tenders = options["tenders"].as_array().unwrap().iter();
    tenders.find(|tender| tender["tender"] == "terms").unwrap()["allowed"] == true
}

#[tokio::test]
#[rustfmt::skip] // one row a line
async fn whoever_receives_is_known_by_any_id() {
    let world = world().await;
    let (ours, held) = (our_id(&world, CUSTOMER).await, our_id(&world, ON_HOLD).await);
    let (erps, ours, held) = (Some(CUSTOMER), Some(ours.as_str()), held.as_str());
    // customer, with the relationship, ship-to; whether terms are open, what is warned of
    type Row<'a> = (Option<&'a str>, bool, Option<&'a str>, bool, &'a str);
    let rows: &[Row<'_>] = &[
        (erps, false, None, true, ""),
        (erps, false, Some(""), true, ""),
        (erps, false, Some(CUSTOMER), true, ""),
        (erps, false, Some(ON_HOLD), false, ""),
        (ours, false, Some(ON_HOLD), false, ""),
        (erps, false, Some(held), false, ""),
        (ours, false, Some(held), false, ""),
        (erps, false, Some("C-1002"), true, ""),
        (None, true, Some("DOCK-7"), false, ""),
        (erps, true, Some("DOCK-7"), false, ""),
        (ours, true, Some("DOCK-7"), false, ""),
        (None, true, Some("DOCK-8"), true, ""),
        (None, true, Some("DOCK-5"), true, ""),
        (erps, false, Some("NORTH"), true, ""),
        (ours, false, Some("S-11"), true, ""),
        (None, true, Some("C-1004"), false, ""),
        (None, true, Some(held), false, ""),
        (None, true, Some(ON_HOLD), false, ""),
        (None, true, Some("SITE-3"), false, ""),
        (erps, true, Some("SITE-3"), false, ""),
        (None, true, Some("DOCK-9"), true, "mapped to 'C-9999', which is not known from erp yet"),
        (None, true, Some("NOWHERE"), true, "'NOWHERE' is mapped to nothing in relationship acme"),
        (erps, false, Some("DOCK-7"), true, "If it is the buyer's address id, name the relationship"),
        (ours, false, Some("NOWHERE"), true, "'NOWHERE' is no customer's id at erp"),
    ];
    for (customer, relationship, ship_to, allowed, warned) in rows {
        let found = options(&world, *customer, *relationship, *ship_to).await;
        let row = format!("{customer:?} {relationship} {ship_to:?}: {found}");
        assert_eq!(allows_terms(&found), *allowed, "{row}");
        let warnings = found["warnings"].as_array().unwrap();
        assert_eq!(warnings.len(), usize::from(!warned.is_empty()), "{row}");
        assert!(warnings.iter().all(|warning| warning.as_str().unwrap().contains(warned)), "{row}");
    }
    world.finish().await;
}

#[tokio::test]
async fn the_purchase_order_is_judged_alike() {
    let world = world().await;
    for ship_to in ["DOCK-5", "DOCK-7", "DOCK-8", "DOCK-9", "SITE-3", "NOWHERE", ""] {
        let asked = options(&world, None, true, Some(ship_to)).await;
        let mut po = Po::new(format!("PO-{ship_to}"), "10.00");
        po.ship_to = Some(ship_to.to_owned());
        world.send(&po.xml()).await;
        world.settle().await;
        let state = if allows_terms(&asked) { "accepted" } else { "held" };
        world.assert_state(&po.number, state).await;
    }
    world.finish().await;
}

/// In most ERPs places have numbers of their own: one may look like the id of somebody else.
#[tokio::test]
async fn a_place_is_the_customers_own_before_it_is_a_customer() {
    let supplier = Supplier::with_buyer()
        .mapping("ship_to", "DOCK-6", "S-12")
        .mapping("ship_to", "DOCK-7", ON_HOLD);
    let world = supplier.credit("1000.00").start().await;
    world
        .meddle(
            "insert into customer_ship_to (supplier_id, customer_id, ship_to_id, address, active) \
             select supplier_id, customer_id, 'C-1003', address, 1 from customer_ship_to where ship_to_id = 'S-12'",
        )
        .await;
    world
        .meddle("update customer_ship_to set external_id = 'C-1003' where ship_to_id = 'S-12'")
        .await;
    for (ship_to, relationship, place, allowed) in [
        ("DOCK-7", true, true, true),
        (ON_HOLD, false, false, true),
        ("DOCK-6", true, true, false),
        ("S-12", false, false, false),
        ("NORTH", false, false, false),
    ] {
        let customer = (!relationship).then_some(CUSTOMER);
        let asked = options(&world, customer, relationship, Some(ship_to)).await;
        assert_eq!(allows_terms(&asked), allowed, "{ship_to}: {asked}");
        assert_eq!(asked["warnings"], json!([]), "{ship_to}: {asked}");
        if place {
            let mut po = Po::new(format!("PO-{ship_to}"), "10.00");
            po.ship_to = Some(ship_to.to_owned());
            world.send(&po.xml()).await;
            world.settle().await;
            let state = if allowed { "accepted" } else { "held" };
            world.assert_state(&po.number, state).await;
        }
    }
    // Whom the place belongs to is who wakes the order.
    world.erp.release_holds(ON_HOLD).await;
    world.settle().await;
    world.assert_state("PO-DOCK-6", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn nobody_named_and_nobody_known_are_told() {
    let world = world().await;
    let ask = |more: Value| {
        let mut body = json!({ "amount": "10.00", "currency": "USD" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        body
    };
    for (more, status, detail) in [
        (json!({}), 422, "name a customer or a relationship"),
        (json!({ "customer": "C-7777" }), 404, "C-7777"),
        (json!({ "relationship": "nobody" }), 404, "nobody"),
        (
            json!({ "customer": CUSTOMER, "connector": "shop" }),
            404,
            CUSTOMER,
        ),
    ] {
        let path = "/v1/checkout-options";
        let answer = world.api(reqwest::Method::POST, path, Some(ask(more))).await;
        assert_eq!(answer.status, status, "{}", answer.body);
        assert!(answer.body.to_string().contains(detail), "{}", answer.body);
    }
    world.finish().await;
}
