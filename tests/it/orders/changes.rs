//! Updates and deletes, before and after what they change.

use std::time::Duration;

use punchgate_app::orders::WITHDRAWAL_DUE;
use serde_json::json;

use crate::support::{cxml::Po, supplier::Supplier, world::Table};

#[tokio::test]
async fn an_update_of_an_approved_order_replaces_it_before_it_is_submitted() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let answer = world
        .send(&Po::new("4500001", "900.00").operation("update").xml())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let order = world.assert_state("4500001", "approved").await;
    assert_eq!(
        (order.version, order.total_text.as_str(), order.reserved_minor),
        (2, "900.00", 90_000)
    );
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    assert_eq!(
        world.erp.calls("submit_order"),
        1,
        "the first version was never submitted"
    );
    world.finish().await;
}

#[tokio::test]
async fn an_update_beyond_the_limit_is_held_and_lets_go_of_its_reservation() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world
        .send(&Po::new("4500001", "1400.00").operation("update").xml())
        .await;
    let order = world.order("4500001").await;
    assert!(
        ["held", "referred"].contains(&order.state.as_str()),
        "{}",
        order.state
    );
    assert_eq!(order.reserved_minor, 0);
    // What it let go of is there for another order.
    world.send(&Po::new("4500002", "1000.00").xml()).await;
    world.assert_state("4500002", "approved").await;
    world.settle().await;
    assert!(world.erp.live_orders("4500001").await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn an_update_of_an_accepted_order_waits_for_a_person() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let before = world.assert_state("4500001", "accepted").await;
    let answer = world
        .send(&Po::new("4500001", "500.00").operation("update").xml())
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    world.settle().await;
    let after = world.assert_state("4500001", "accepted").await;
    assert_eq!(
        (after.total_text, after.document_id),
        (before.total_text, before.document_id)
    );
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    let seen = world.get(&format!("/v1/orders/{}", after.order_id)).await;
    let noted = seen["history"].as_array().unwrap().iter().any(|event| {
        event["detail"]
            .as_str()
            .is_some_and(|detail| detail.contains("a person carries the change over"))
    });
    assert!(noted, "{seen}");
    let shown = after.state_reason.unwrap_or_default();
    assert!(
        shown.contains("a person carries the change over"),
        "the list shows it, too: {shown}"
    );
    world.finish().await;
}

#[tokio::test]
async fn an_update_that_comes_first_waits_for_its_order_and_then_counts() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let update = world
        .send(&Po::new("4500001", "500.00").operation("update").xml())
        .await;
    assert_eq!(update.status, 200, "{}", update.body);
    world.assert_state("4500001", "received").await;
    world.settle().await;
    assert_eq!(world.erp.calls("submit_order"), 0);
    let new = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!(new.status, 200, "{}", new.body);
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    assert_eq!(order.total_text, "500.00");
    assert_eq!(world.count(Table::Order).await, 1);
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.clock.advance(Duration::from_secs(16 * 60));
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn an_update_whose_order_never_comes_is_for_a_person() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world
        .send(&Po::new("4500001", "500.00").operation("update").xml())
        .await;
    world.clock.advance(Duration::from_secs(14 * 60));
    world.settle().await;
    world.assert_state("4500001", "received").await;
    world.clock.advance(Duration::from_secs(2 * 60));
    world.settle().await;
    let order = world.order("4500001").await;
    assert!(
        ["held", "referred"].contains(&order.state.as_str()),
        "{} {:?}",
        order.state,
        order.state_reason
    );
    assert!(world.erp.orders().await.is_empty());
    world.finish().await;
}

/// What the ERP has let go of is in none of its readings: the next version reserves like a new order.
#[tokio::test]
async fn a_version_after_a_rejection_reserves_again() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("1", "600.00").xml()).await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    let there = world.erp.live_orders("1").await.remove(0);
    world.erp.cancel(&there).await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world.assert_state("1", "rejected").await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world
        .send(&Po::new("1", "601.00").operation("update").xml())
        .await;
    world.assert_state("1", "approved").await;
    world.send(&Po::new("2", "600.00").xml()).await;
    world.assert_state("2", "held").await;
    world.settle().await;
    world.finish().await;
}

/// Money secured is no word on a change whose order has not come.
#[tokio::test]
async fn funds_let_no_change_pass_without_its_order() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world
        .send(&Po::new("1", "500.00").operation("update").xml())
        .await;
    world.clock.advance(Duration::from_secs(16 * 60));
    world.settle().await;
    let order = world.assert_state("1", "referred").await;
    let funds = json!({
        "expected_version": order.row_version, "kind": "captured", "amount": "500.00", "currency": "USD",
        "reference": "ch_1", "reason": "paid by card"
    });
    world
        .post(&format!("/v1/orders/{}/funds", order.order_id), funds)
        .await;
    world.settle().await;
    let order = world.assert_state("1", "referred").await;
    let word = json!({ "expected_version": order.row_version, "reason": "it is an order of its own" });
    world
        .post(&format!("/v1/orders/{}/confirm", order.order_id), word)
        .await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    world.finish().await;
}

/// However often it is changed: before its order has come, or a person has said so, it goes nowhere; and what came last
/// counts.
#[tokio::test]
async fn a_further_update_waits_for_the_order_too() {
    for minutes in [1, 16] {
        let supplier = Supplier::with_buyer().credit("1000.00");
        let world = supplier.policy("known_order", "change").start().await;
        world
            .send(&Po::new("4500001", "500.00").operation("update").xml())
            .await;
        world.clock.advance(Duration::from_secs(minutes * 60));
        world.settle().await;
        let state = world.order("4500001").await.state;
        world
            .send(&Po::new("4500001", "600.00").operation("update").xml())
            .await;
        world.settle().await;
        world.assert_state("4500001", &state).await;
        assert_eq!(world.erp.calls("submit_order"), 0);
        world.send(&Po::new("4500001", "400.00").xml()).await;
        world.settle().await;
        let order = world.assert_state("4500001", "accepted").await;
        assert_eq!(order.total_text, "600.00");
        world.clock.advance(Duration::from_secs(16 * 60));
        world.settle().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn a_delete_that_comes_first_leaves_a_tombstone() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let delete = world
        .send(&Po::new("4500001", "400.00").operation("delete").xml())
        .await;
    assert_eq!(delete.status, 200, "{}", delete.body);
    let new = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!(new.status, 200, "{}", new.body);
    world.settle().await;
    world.assert_state("4500001", "tombstone").await;
    assert!(world.erp.orders().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_delete_of_a_held_order_ends_it() {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let delete = world
        .send(&Po::new("4500001", "400.00").operation("delete").xml())
        .await;
    assert_eq!(delete.status, 200, "{}", delete.body);
    world.settle().await;
    world.assert_state("4500001", "cancelled").await;
    // Nothing revives it.
    world.erp.leave_available("C-1001", "5000.00").await;
    world.settle().await;
    world.assert_state("4500001", "cancelled").await;
    assert!(world.erp.orders().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn a_delete_of_an_approved_order_wins_over_its_submission() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world
        .send(&Po::new("4500001", "400.00").operation("delete").xml())
        .await;
    world.settle().await;
    world.assert_state("4500001", "cancelled").await;
    assert!(world.erp.orders().await.is_empty());
    // Its credit is free again.
    world.send(&Po::new("4500002", "1000.00").xml()).await;
    world.assert_state("4500002", "approved").await;
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn a_delete_of_an_accepted_order_is_for_a_person_and_keeps_its_reservation() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let po = Po::new("4500001", "400.00");
    world.send(&po.xml()).await;
    world.settle().await;
    let accepted = world.assert_state("4500001", "accepted").await;
    for payload in ["1", "2"] {
        let delete = Po::new("4500001", "400.00").operation("delete").payload(payload);
        assert_eq!(world.send(&delete.xml()).await.status, 200);
        world.settle().await;
        let cancelled = world.assert_state("4500001", "cancelled").await;
        assert_eq!(
            cancelled.reserved_minor, accepted.reserved_minor,
            "the ERP still has it"
        );
    }
    let left = world.unfinished().await;
    let text = left[0].last_error.clone().unwrap_or_default();
    assert!(text.contains("cancel it there"), "{text}");
    assert_eq!(
        (left.len(), left[0].kind.as_str()),
        (1, WITHDRAWAL_DUE),
        "told once"
    );
    // Once it is cancelled there, nobody needs to look any more.
    let live = world.erp.live_orders("4500001").await;
    world.erp.cancel(&live[0]).await;
    world.settle().await;
    let cancelled = world.assert_state("4500001", "cancelled").await;
    assert_eq!(cancelled.reserved_minor, 0);
    world.finish().await;
}
