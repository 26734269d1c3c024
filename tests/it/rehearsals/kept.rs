//! What is kept of a decision: enough to make it again; what is not kept is said, and nothing is written.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{change_of, rehearse};
use crate::support::{cxml::Po, erp::CUSTOMER, supplier::Supplier, world::World};

fn as_it_was() -> Value {
    json!({ "limit_factor": "1" })
}

/// Every decision that was kept leads to what was decided.
async fn all_the_same(world: &World, numbers: &[&str]) {
    let found = rehearse(world, &as_it_was()).await;
    for number in numbers {
        let order = change_of(&found, number);
        assert_eq!(order["change"], "same", "{order}");
    }
}

#[tokio::test]
async fn whatever_a_decision_rested_on_leads_there_again() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    // Beyond the limit, on hold, by an override, by card, without terms.
    let customer = world.get(&format!("/v1/customers?search={CUSTOMER}")).await["items"][0]["id"].clone();
    world.send(&Po::new("over", "1500.00").xml()).await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Stopped.")
        .await;
    world.round().await;
    world.send(&Po::new("hold", "10.00").xml()).await;
    world.erp.release_holds(CUSTOMER).await;
    let given = json!({ "customer": customer, "until": "2026-04-01T00:00:00Z", "reason": "they called" });
    world.post("/v1/overrides", given).await;
    world.send(&Po::new("passed", "1500.00").xml()).await;
    let mut card = Po::new("card", "10.00");
    card.card = true;
    world.send(&card.xml()).await;
    world.erp.set_terms(CUSTOMER, "").await;
    world.clock.advance(Duration::from_secs(1));
    world.round().await;
    world.send(&Po::new("terms", "10.00").xml()).await;
    let numbers = ["over", "hold", "passed", "card", "terms"];
    let states = ["held", "held", "approved", "held", "held"];
    for (number, state) in numbers.into_iter().zip(states) {
        world.assert_state(number, state).await;
    }
    all_the_same(&world, &numbers).await;
    // Overrides count in a rehearsal, too: what they let pass, they let pass with any limit.
    let none = rehearse(&world, &json!({ "limit_factor": "0" })).await;
    assert_eq!(change_of(&none, "passed")["change"], "same", "{none}");
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn the_version_that_counts_is_rehearsed_with_what_it_took_up_before() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("1", "600.00").xml()).await;
    world.clock.advance(Duration::from_secs(60));
    world
        .send(&Po::new("1", "900.00").operation("update").xml())
        .await;
    world.assert_state("1", "approved").await;
    let found = rehearse(&world, &as_it_was()).await;
    let order = change_of(&found, "1");
    assert_eq!(order["change"], "same", "{order}");
    assert_eq!(order["decided_at"], "2026-03-02T12:01:00Z");
    assert!(
        order["then"]["figures"]
            .as_str()
            .unwrap()
            .contains("reserved USD 0.00 = available USD 1,000.00")
    );
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn what_else_holds_an_order_holds_it_with_any_limit() {
    let world = Supplier::with_buyer()
        .credit("100.00")
        .mapping("unit", "PCE", "EA")
        .policy("unmapped", "hold")
        .start()
        .await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.assert_state("1", "held").await;
    let unlimited = json!({ "limits": [{ "customer": CUSTOMER, "amount": "unlimited" }] });
    let found = rehearse(&world, &unlimited).await;
    let order = change_of(&found, "1");
    assert_eq!(order["change"], "other_reasons", "{order}");
    assert_eq!(order["proposed"]["state"], "held");
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn what_was_not_kept_is_said_of_the_order() {
    let world = Supplier::with_buyer()
        .credit("5000.00")
        .relationship("customer", "\"C-7777\"")
        .start()
        .await;
    world.send(&Po::new("nobody", "10.00").xml()).await;
    world
        .send(&Po::new("gone", "10.00").operation("delete").xml())
        .await;
    world
        .meddle("update customer set external_id = 'C-7777' where external_id = 'C-1001'")
        .await;
    for number in ["lost", "broken", "newer", "doubtful", "kept"] {
        world.send(&Po::new(number, "10.00").xml()).await;
    }
    world
        .meddle("update order_event set basis = null where order_id = (select order_id from purchase_order where order_number = 'lost')")
        .await;
    world
        .meddle("update order_event set basis = '{' where basis is not null and order_id = (select order_id from purchase_order where order_number = 'broken')")
        .await;
    world
        .meddle("update order_event set basis = replace(basis, '\"layout\":1', '\"layout\":9') where order_id = (select order_id from purchase_order where order_number = 'newer')")
        .await;
    world
        .meddle("update order_event set to_state = 'held' where basis is not null and order_id = (select order_id from purchase_order where order_number = 'doubtful')")
        .await;
    let found = world.post(super::PATH, as_it_was()).await;
    for (number, part) in [
        ("nobody", "nobody knew its customer"),
        ("gone", "it was never decided"),
        ("lost", "what it was decided on was not kept"),
        ("broken", "cannot be read"),
        ("newer", "layout 9"),
        ("doubtful", "leads to approved, and not to held"),
    ] {
        let order = change_of(&found, number);
        assert_eq!(order["change"], "not_rehearsed", "{order}");
        let why = order["not_rehearsed"].as_str().unwrap();
        assert!(why.contains(part), "{number}: {why}");
        assert!(order["then"].is_null() && order["proposed"].is_null());
    }
    assert_eq!(
        found["orders"].as_array().unwrap().len(),
        6,
        "one is as it was: {found}"
    );
    world.drain().await;
    world.finish().await;
}

#[tokio::test]
async fn a_rehearsal_writes_nothing_and_moves_no_order() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    for (number, amount) in [("1", "400.00"), ("2", "5000.00")] {
        world.send(&Po::new(number, amount).xml()).await;
    }
    world.settle().await;
    let before = (
        world.orders().await,
        histories(&world).await,
        world.erp.calls("submit_order"),
    );
    for proposal in [
        json!({ "limit_factor": "0" }),
        json!({ "limits": [{ "customer": CUSTOMER, "amount": "unlimited" }] }),
        json!({ "hold_rules": [{ "id": "o", "when": "over_limit", "removes": ["order"], "code": "OVER" }] }),
    ] {
        rehearse(&world, &proposal).await;
        assert!(world.unfinished().await.is_empty());
    }
    world.settle().await;
    let after = (
        world.orders().await,
        histories(&world).await,
        world.erp.calls("submit_order"),
    );
    assert_eq!(before, after);
    world.finish().await;
}

/// What was changed of the customer, and by which holds.
async fn histories(world: &World) -> (Value, Value) {
    let found = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    let id = found["items"][0]["id"].as_str().unwrap().to_owned();
    let view = world
        .api(Method::GET, &format!("/v1/customers/{id}"), None)
        .await
        .body;
    (view["holds"].clone(), view["history"].clone())
}
