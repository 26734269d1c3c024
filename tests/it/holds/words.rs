//! What a decision says of a hold: what is true when somebody reads it, and nothing of that is stored with the order.

use std::time::Duration;

use serde_json::Value;

use super::{LATE, RULE, TEXTS, supplier, world};
use crate::support::{cxml::Po, world::World};

/// The order as it is listed, and as it is shown.
async fn read(world: &World, id: &str) -> (Value, Value) {
    let listed = world.get("/v1/orders").await["items"][0].clone();
    (listed, world.get(&format!("/v1/orders/{id}")).await)
}

#[tokio::test]
async fn a_decision_is_read_in_the_words_of_today() {
    let world = world(&format!("{RULE}{TEXTS}")).await;
    world.send(&Po::new("4500001", "10.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "held").await;
    let bare = "the customer is on hold (PAST-DUE)";
    assert_eq!(order.state_reason.as_deref(), Some(bare));
    let stored = order.decision.clone().unwrap();
    for words in ["7,310.20", "COBALT", "Please pay"] {
        assert!(!stored.contains(words), "{stored}");
    }
    let said = async |expected: &str| {
        let expected = format!("{bare}: {expected}");
        let (listed, shown) = read(&world, &order.order_id).await;
        assert_eq!(listed["reason"], *expected, "{listed}");
        assert_eq!(shown["reason"], *expected, "{shown}");
        assert_eq!(shown["decision"]["reasons"][0]["text"], *expected, "{shown}");
    };
    said("COBALT: USD 7,310.20 since 2025-12-30").await;

    world.erp.pay(LATE, "1000.00").await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    said("COBALT: USD 6,310.20 since 2025-12-30").await;
    let before = world.assert_state("4500001", "held").await;

    let other = TEXTS.replace("{customer_code}: {overdue_amount} since {oldest_due}", "Ask Kim.");
    let file = supplier(&format!("{RULE}{other}")).declared(&world.erp, &world.shop);
    world.apply(&file).await;
    world.clock.advance(Duration::from_secs(3));
    said("Ask Kim.").await;
    world.settle().await;
    let after = world.assert_state("4500001", "held").await;
    assert_eq!(
        (after.decision.as_ref(), after.decided_at),
        (before.decision.as_ref(), before.decided_at),
        "the same is not decided again"
    );
    world.finish().await;
}
