//! Orders that wait: for a hold, a limit, a person; and how they go on by themselves, once.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::support::{
    cxml::{CARD, Po},
    erp::CUSTOMER,
    supplier::Supplier,
    world::World,
};

async fn customer(world: &World) -> serde_json::Value {
    let found = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    found["items"][0].clone()
}

#[tokio::test]
async fn a_hold_in_the_erp_stops_an_order_and_its_release_lets_it_go_on_once() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    world.round().await;
    let answer = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!(
        (answer.http, answer.status),
        (200, 200),
        "a credit reason refuses no order"
    );
    world.settle().await;
    world.assert_state("4500001", "held").await;
    assert!(world.erp.orders().await.is_empty());
    world.erp.release_holds(CUSTOMER).await;
    for _ in 0..3 {
        world.settle().await;
    }
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    assert_eq!(world.erp.calls("submit_order"), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_hold_that_came_between_approval_and_submission_counts() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.assert_state("4500001", "approved").await;
    world.erp.place_hold(CUSTOMER, &["order"], "Stopped.").await;
    world.round().await;
    world.settle().await;
    world.assert_state("4500001", "held").await;
    assert!(world.erp.orders().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_raised_limit_lets_waiting_orders_go_on_first_come_first_served() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    for (number, amount) in [("1", "600.00"), ("2", "500.00"), ("3", "150.00")] {
        world.send(&Po::new(number, amount).xml()).await;
        world.clock.advance(Duration::from_secs(1));
    }
    world.settle().await;
    assert!(world.erp.orders().await.is_empty());
    world.erp.leave_available(CUSTOMER, "800.00").await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    assert_ne!(world.order("2").await.state, "accepted", "200 is left");
    // First come, first served does not mean that a small order waits behind a large one for nothing.
    let third = world.order("3").await.state;
    world.erp.leave_available(CUSTOMER, "5000.00").await;
    world.settle().await;
    for number in ["1", "2", "3"] {
        world.assert_state(number, "accepted").await;
        assert_eq!(
            world.erp.live_orders(number).await.len(),
            1,
            "{number}; before: third {third}"
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_hold_of_ours_ends_by_itself() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    let (id, version) = {
        let customer = customer(&world).await;
        (
            customer["id"].as_str().unwrap().to_owned(),
            customer["version"].clone(),
        )
    };
    let hold = json!({
        "expected_version": version, "code": "review", "removes": ["order"], "shopper": "Under review.",
        "until": "2026-03-02T13:00:00Z", "reason": "new controller"
    });
    world.post(&format!("/v1/customers/{id}/holds"), hold).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    world.assert_state("4500001", "held").await;
    world.clock.advance(Duration::from_secs(61 * 60));
    world.settle().await;
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn an_override_passes_one_order_and_changes_neither_hold_nor_erp() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    world.round().await;
    for number in ["1", "2"] {
        world.send(&Po::new(number, "400.00").xml()).await;
    }
    world.settle().await;
    let order = world.assert_state("1", "held").await;
    world
        .post(
            "/v1/overrides",
            json!({ "order": order.order_id, "reason": "promised by the director" }),
        )
        .await;
    world.settle().await;
    world.assert_state("2", "held").await;
    // The ERP enforces its holds itself: it takes the order and keeps it on hold.
    let passed = world.assert_state("1", "held_by_erp").await;
    assert_eq!(
        passed.erp_created_at, None,
        "most ERPs leave a held order out of what is open"
    );
    assert_eq!(world.erp.live_orders("1").await.len(), 1);
    assert_eq!(
        customer(&world).await["stops_terms"],
        true,
        "the hold is still there"
    );
    world.erp.release_holds(CUSTOMER).await;
    world.settle().await;
    world.settle().await;
    world.assert_state("2", "accepted").await;
    let there = world.erp.live_orders("1").await.remove(0);
    world.erp.step(&there, "release").await;
    world.settle().await;
    let released = world.assert_state("1", "accepted").await;
    assert!(released.erp_created_at >= Some(world.gateway.surroundings.now().as_microsecond()));
    // It is asked after once more, though it is released by now.
    world.finish_with(&["ask-sink"]).await;
}

/// Not every ERP tells when it lets an order go: it is asked, and as long as nothing is new nothing is written.
#[tokio::test]
async fn an_order_that_the_erp_holds_is_asked_after_every_hour() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    world.round().await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("1", "held").await;
    let passed = json!({ "order": order.order_id, "reason": "promised by the director" });
    world.post("/v1/overrides", passed).await;
    world.settle().await;
    let held = world.assert_state("1", "held_by_erp").await;
    let asked = world.erp.calls("find_order");
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(3600));
        world.settle().await;
    }
    assert_eq!(world.erp.calls("find_order"), asked + 3);
    assert_eq!(world.assert_state("1", "held_by_erp").await, held);
    // What a person has carried over there, the sink has: asking takes nothing of it back.
    world
        .send(&Po::new("1", "300.00").operation("update").xml())
        .await;
    let order = world.order("1").await;
    let done = json!({
        "version": 2,
        "by_hand": true,
        "expected_version": order.row_version,
        "reason": "changed in the ERP",
    });
    let path = format!("/v1/orders/{}/carry-over", order.order_id);
    world.post(&path, done).await;
    world.clock.advance(Duration::from_secs(3600));
    world.settle().await;
    assert_eq!(world.erp.calls("find_order"), asked + 4);
    let after = world.assert_state("1", "held_by_erp").await;
    assert_eq!((after.version, after.reserved_minor), (2, 30_000));
    world.finish_with(&["ask-sink"]).await;
}

#[tokio::test]
async fn a_card_is_masked_and_never_goes_on_terms() {
    for (policy, state) in [("hold", "held"), ("refuse", "declined")] {
        let world = Supplier::with_buyer()
            .credit("5000.00")
            .policy("pcard", policy)
            .start()
            .await;
        let mut po = Po::new("4500001", "400.00");
        po.card = true;
        let answer = world.send(&po.xml()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        world.settle().await;
        let order = world.assert_state("4500001", state).await;
        assert_eq!((order.tender.as_str(), order.reserved_minor), ("card", 0));
        assert!(world.erp.orders().await.is_empty());
        let archived = world.get("/v1/documents?kind=OrderRequest").await;
        let id = archived["items"][0]["id"].as_str().unwrap();
        let read = world.get(&format!("/v1/documents/{id}")).await.to_string();
        assert!(!read.contains(CARD), "{read}");
        world.finish().await;
    }
}

#[tokio::test]
async fn a_test_document_on_a_production_relationship_is_stored_and_never_submitted() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    let mut po = Po::new("4500001", "400.00");
    po.envelope.deployment = "test";
    let answer = world.send(&po.xml()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let order = world.assert_state("4500001", "held").await;
    assert!(order.state_reason.unwrap().contains("test document"));
    let word = json!({ "expected_version": order.row_version, "reason": "looks fine" });
    world
        .api(
            Method::POST,
            &format!("/v1/orders/{}/confirm", order.order_id),
            Some(word),
        )
        .await;
    world.settle().await;
    world.assert_state("4500001", "held").await;
    assert!(world.erp.orders().await.is_empty());
    // The production order with the same number is another one.
    world
        .send(&Po::new("4500001", "400.00").payload("real@buyer.example").xml())
        .await;
    world.settle().await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}
