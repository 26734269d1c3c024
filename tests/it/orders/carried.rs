//! A change of the buyer's that a person has carried over to the sink, and a withdrawn order cancelled there: once, by
//! what it asks for, and never against a cancel.

use std::{collections::BTreeMap, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    api::ApiAnswer,
    cxml::Po,
    erp::{CUSTOMER, ErpOrder},
    supplier::Supplier,
    world::World,
};

/// An accepted order of 400.00, for which the buyer has sent a change to this total.
async fn changed_to(supplier: Supplier, total: &str) -> World {
    let world = supplier.start().await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let update = Po::new("1", total).operation("update");
    assert_eq!(world.send(&update.xml()).await.status, 200);
    world
}

async fn say(world: &World, what: &str, more: Value) -> ApiAnswer {
    let order = world.order("1").await;
    let mut body = json!({ "expected_version": order.row_version, "reason": "the buyer called" });
    body.as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    let path = format!("/v1/orders/{}/{what}", order.order_id);
    world.api(Method::POST, &path, Some(body)).await
}

async fn carry_over(world: &World, version: u32) -> ApiAnswer {
    say(world, "carry-over", json!({ "version": version })).await
}

async fn only_order(world: &World) -> ErpOrder {
    let mut live = world.erp.live_orders("1").await;
    assert_eq!(live.len(), 1, "{live:?}");
    live.remove(0)
}

async fn total_there(world: &World) -> String {
    let id = only_order(world).await.id;
    let state = world.erp.state().await;
    let orders = state["orders"].as_array().unwrap();
    let order = orders
        .iter()
        .find(|order| order["order_id"] == id.as_str())
        .unwrap();
    order["total"]["amount"].as_str().unwrap().to_owned()
}

async fn history(world: &World) -> String {
    let order = world.order("1").await;
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    seen["history"].to_string()
}

/// A second order of this amount is held or goes: so much is left of the limit.
async fn leaves(world: &World, number: &str, amount: &str, state: &str) {
    world.send(&Po::new(number, amount).xml()).await;
    world.assert_state(number, state).await;
}

#[tokio::test]
async fn a_change_is_carried_over_once_under_ten_requests() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "900.00").await;
    let order = world.order("1").await;
    let path = format!("/v1/orders/{}/carry-over", order.order_id);
    let body = json!({ "expected_version": order.row_version, "version": 2, "reason": "the buyer called" });
    let asked = || world.api(Method::POST, &path, Some(body.clone()));
    let answers = tokio::join!(
        asked(),
        asked(),
        asked(),
        asked(),
        asked(),
        asked(),
        asked(),
        asked(),
        asked(),
        asked()
    );
    let answers: [ApiAnswer; 10] = answers.into();
    let mut statuses: BTreeMap<u16, usize> = BTreeMap::new();
    for answer in &answers {
        *statuses.entry(answer.status).or_default() += 1;
    }
    assert_eq!(statuses, BTreeMap::from([(204, 1), (409, 9)]), "{answers:?}");
    // What it asks for beyond the order is taken before the sink is told.
    let seen = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    assert_eq!(seen["change"]["version"], 2, "{seen}");
    leaves(&world, "2", "101.00", "held").await;
    world.settle().await;
    let after = world.assert_state("1", "accepted").await;
    assert_eq!((after.version, after.total_text.as_str()), (2, "900.00"));
    assert_eq!((after.reserved_minor, after.state_reason), (90_000, None));
    assert_eq!(total_there(&world).await, "900.00");
    assert_eq!(world.erp.calls("change_order"), 1);
    assert_eq!(world.erp.calls("submit_order"), 1);
    let history = history(&world).await;
    assert!(
        history.contains("the buyer called") && history.contains("version 2 is in the sink"),
        "{history}"
    );
    // A reading of the ERP shows what it is now: that, and no more, is taken.
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    leaves(&world, "3", "100.00", "approved").await;
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn a_smaller_order_gives_back_what_it_needs_no_more() {
    let world = changed_to(Supplier::with_buyer().credit("500.00"), "100.00").await;
    leaves(&world, "2", "300.00", "held").await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.settle().await;
    let after = world.assert_state("1", "accepted").await;
    assert_eq!((after.version, after.reserved_minor), (2, 10_000));
    assert_eq!(total_there(&world).await, "100.00");
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world.assert_state("2", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn a_line_cut_after_the_write_changes_once() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "900.00").await;
    world.erp.misbehave(false, 1).await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.settle().await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    let after = world.assert_state("1", "accepted").await;
    assert_eq!((after.version, after.reserved_minor), (2, 90_000));
    assert_eq!(total_there(&world).await, "900.00");
    assert_eq!(world.erp.calls("change_order"), 1, "found, not told again");
    world.finish().await;
}

#[tokio::test]
async fn an_erp_that_is_away_is_told_when_it_is_back() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "900.00").await;
    world.erp.misbehave(true, 0).await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.drain().await;
    // The buyer is not told anything, and nobody else gets what it asks for.
    let waiting = world.assert_state("1", "accepted").await;
    assert_eq!((waiting.version, waiting.reserved_minor), (1, 40_000));
    leaves(&world, "2", "101.00", "held").await;
    world.erp.misbehave(false, 0).await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    assert_eq!(world.assert_state("1", "accepted").await.version, 2);
    assert_eq!(total_there(&world).await, "900.00");
    world.finish().await;
}

#[tokio::test]
async fn a_buyer_who_withdraws_meanwhile_wins() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "900.00").await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world
        .send(&Po::new("1", "400.00").operation("delete").xml())
        .await;
    world.settle().await;
    world.assert_state("1", "cancelled").await;
    assert_eq!(
        world.erp.calls("change_order"),
        0,
        "nothing is changed that is withdrawn"
    );
    assert_eq!(total_there(&world).await, "400.00");
    // The withdrawal waits for a person, who has the gateway cancel it there.
    assert_eq!(say(&world, "cancel-at-sink", json!({})).await.status, 204);
    world.settle().await;
    let cancelled = world.assert_state("1", "cancelled").await;
    assert_eq!(cancelled.reserved_minor, 0);
    assert!(world.erp.live_orders("1").await.is_empty());
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    leaves(&world, "2", "1000.00", "approved").await;
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn credit_that_is_short_for_the_difference_holds_the_change() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "1120.00").await;
    let answer = carry_over(&world, 2).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(answer.body.to_string().contains("120.00"), "{answer:?}");
    let held = world.assert_state("1", "accepted").await;
    let shown = held.state_reason.clone().unwrap_or_default();
    assert!(
        shown.contains("cannot be carried over") && shown.contains("120.00"),
        "{shown}"
    );
    assert_eq!((held.version, held.reserved_minor), (1, 40_000));
    world.settle().await;
    assert_eq!(world.erp.calls("change_order"), 0);
    // What it takes already is enough for what is left.
    world.erp.leave_available(CUSTOMER, "720.00").await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.settle().await;
    assert_eq!(total_there(&world).await, "1120.00");
    world.finish().await;
}

#[tokio::test]
async fn a_unit_that_no_mapping_knows_stands_against_a_change() {
    let supplier = Supplier::with_buyer()
        .credit("1000.00")
        .mapping("unit", "PCE", "ST");
    let world = supplier.start().await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let mut update = Po::new("1", "500.00").operation("update");
    "QXZ".clone_into(&mut update.lines[0].unit);
    assert_eq!(world.send(&update.xml()).await.status, 200);
    let answer = carry_over(&world, 2).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(
        answer
            .body
            .to_string()
            .contains("no mapping knows the unit 'QXZ' of line 1"),
        "{answer:?}"
    );
    world.settle().await;
    assert_eq!(world.erp.calls("change_order"), 0);
    // Whoever knows what it is enters it, and says so once more.
    let entry = json!({ "kind": "unit", "source": "QXZ", "target": "ST" });
    let entries = json!({ "items": [entry], "reason": "asked the buyer" });
    world.post("/v1/relationships/acme/mappings", entries).await;
    world.clock.advance(Duration::from_secs(5));
    world.settle().await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.settle().await;
    assert_eq!(total_there(&world).await, "500.00");
    world.finish().await;
}

#[tokio::test]
async fn a_hold_stands_against_a_change() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "500.00").await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    world.settle().await;
    let answer = carry_over(&world, 2).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    world.erp.release_holds(CUSTOMER).await;
    world.settle().await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.settle().await;
    assert_eq!(world.assert_state("1", "accepted").await.version, 2);
    world.finish().await;
}

/// Between the person's word and the ERP's return something has come.
#[tokio::test]
async fn a_hold_that_comes_before_the_erp_is_told_stops_the_change() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "900.00").await;
    world.erp.misbehave(true, 0).await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.drain().await;
    leaves(&world, "2", "101.00", "held").await;
    world.erp.misbehave(false, 0).await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    world.round().await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    let kept = world.assert_state("1", "accepted").await;
    assert_eq!((kept.version, kept.reserved_minor), (1, 40_000));
    assert_eq!(total_there(&world).await, "400.00");
    assert!(
        history(&world)
            .await
            .contains("version 2 was not carried over: the customer is on hold")
    );
    world.finish().await;
}

#[tokio::test]
async fn what_the_erp_refuses_stays_as_it_was() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "900.00").await;
    let there = only_order(&world).await;
    world.erp.step(&there, "ship").await;
    assert_eq!(carry_over(&world, 2).await.status, 204);
    world.settle().await;
    let after = world.assert_state("1", "accepted").await;
    let shown = after.state_reason.clone().unwrap_or_default();
    assert!(
        shown.contains("shipped") && shown.contains("was not carried over"),
        "{shown}"
    );
    assert_eq!((after.version, after.reserved_minor), (1, 40_000));
    assert_eq!(total_there(&world).await, "400.00");
    // What it asked for is free again.
    leaves(&world, "2", "600.00", "approved").await;
    world.settle().await;
    // And an order that is shipped is kept, too, where the buyer withdraws it.
    world
        .send(&Po::new("1", "400.00").operation("delete").xml())
        .await;
    world.settle().await;
    assert_eq!(say(&world, "cancel-at-sink", json!({})).await.status, 204);
    world.settle().await;
    let kept = world.assert_state("1", "cancelled").await;
    let shown = kept.state_reason.clone().unwrap_or_default();
    assert!(shown.contains("the sink keeps it"), "{shown}");
    assert_eq!(kept.reserved_minor, 40_000, "nothing is lost");
    world.finish_with(&["withdrawal-due"]).await;
}

#[tokio::test]
async fn only_the_newest_version_of_an_order_that_the_sink_has_is_carried_over() {
    let world = changed_to(Supplier::with_buyer().credit("1000.00"), "500.00").await;
    world
        .send(&Po::new("1", "600.00").operation("update").xml())
        .await;
    for (version, status) in [(1, 409), (2, 409), (4, 404)] {
        let answer = carry_over(&world, version).await;
        assert_eq!(answer.status, status, "{version}: {answer:?}");
    }
    assert_eq!(say(&world, "cancel-at-sink", json!({})).await.status, 409);
    let stale = json!({ "version": 3, "expected_version": 1 });
    assert_eq!(say(&world, "carry-over", stale).await.status, 409);
    // A person may also have done it there.
    let done = json!({ "version": 3, "by_hand": true });
    assert_eq!(say(&world, "carry-over", done).await.status, 204);
    world.settle().await;
    let after = world.assert_state("1", "accepted").await;
    assert_eq!((after.version, after.reserved_minor), (3, 60_000));
    assert_eq!(world.erp.calls("change_order"), 0);
    world.finish().await;
}

#[tokio::test]
async fn a_shop_that_takes_orders_is_changed_by_hand() {
    let supplier = Supplier::with_buyer()
        .credit("1000.00")
        .relationship("order_sink", "\"storefront\"");
    let world = changed_to(supplier, "500.00").await;
    let answer = carry_over(&world, 2).await;
    assert_eq!(answer.status, 409, "{answer:?}");
    assert!(answer.body.to_string().contains("by_hand"), "{answer:?}");
    let done = json!({ "version": 2, "by_hand": true });
    assert_eq!(say(&world, "carry-over", done).await.status, 204);
    assert_eq!(world.assert_state("1", "accepted").await.version, 2);
    world.settle().await;
    world.finish().await;
}

/// Nobody decides what is done already; what it takes of the limit counts all the same.
#[tokio::test]
async fn an_order_by_card_that_a_person_puts_on_terms_takes_up_all_of_it() {
    let supplier = Supplier::with_buyer().credit("1000.00").policy("pcard", "hold");
    let world = supplier.start().await;
    let mut by_card = Po::new("1", "400.00");
    by_card.card = true;
    world.send(&by_card.xml()).await;
    let held = world.assert_state("1", "held").await;
    let funds = json!({
        "expected_version": held.row_version,
        "reason": "charged at the counter",
        "kind": "captured",
        "amount": "400.00",
        "currency": "USD",
        "reference": "ch_1",
    });
    world
        .post(&format!("/v1/orders/{}/funds", held.order_id), funds)
        .await;
    world.settle().await;
    let paid = world.assert_state("1", "accepted").await;
    assert_eq!((paid.tender.as_str(), paid.reserved_minor), ("card", 0));
    let on_terms = Po::new("1", "700.00").operation("update");
    world.send(&on_terms.xml()).await;
    let done = json!({ "version": 2, "by_hand": true });
    assert_eq!(say(&world, "carry-over", done).await.status, 204);
    let after = world.assert_state("1", "accepted").await;
    assert_eq!((after.tender.as_str(), after.reserved_minor), ("terms", 70_000));
    leaves(&world, "2", "301.00", "held").await;
    world.settle().await;
    world.finish().await;
}
