//! What the ERP commits to around a change that is carried over to it.

use std::time::Duration;

use punchgate_app::clock::Clock;
use reqwest::Method;
use serde_json::json;

use super::{accepted, received, tell, tell_at, world_of};
use crate::support::{cxml::Po, supplier::Supplier, world::World};

/// An order of 400.00 that is 500.00 since a minute after the ERP had it, and our key of it.
async fn changed(world: &World, by_hand: bool) -> String {
    world.send(&Po::new("1", "400.00").xml()).await;
    world.settle().await;
    world.clock.advance(Duration::from_secs(60));
    world
        .send(&Po::new("1", "500.00").operation("update").xml())
        .await;
    let order = world.assert_state("1", "accepted").await;
    let body = json!({
        "expected_version": order.row_version,
        "version": 2,
        "reason": "the buyer called",
        "by_hand": by_hand,
    });
    let path = format!("/v1/orders/{}/carry-over", order.order_id);
    assert_eq!(world.api(Method::POST, &path, Some(body)).await.status, 204);
    world.settle().await;
    assert_eq!(world.assert_state("1", "accepted").await.version, 2);
    order.order_id
}

/// It is about the version that the ERP had then, and comes when it has another.
#[tokio::test]
async fn what_was_written_before_a_change_is_told_by_a_person() {
    for by_hand in [false, true] {
        let supplier = Supplier::with_buyer()
            .credit("1000.00")
            .policy("confirmation", "on_erp_acknowledgement");
        let (world, partner) = world_of(supplier).await;
        let id = changed(&world, by_hand).await;
        tell(Some(&id), None, accepted());
        world.settle().await;
        assert!(received(&partner).await.is_empty(), "by hand: {by_hand}");
        let order = world.order("1").await;
        let shown = order.state_reason.clone().unwrap_or_default();
        assert!(shown.contains("may be about the version before"), "{shown}");
        // Nothing is lost: the person has looked.
        let word = json!({ "expected_version": order.row_version, "reason": "it is about this one" });
        world
            .post(&format!("/v1/orders/{id}/send-confirmation"), word)
            .await;
        world.settle().await;
        let sent = received(&partner).await;
        assert_eq!(sent.len(), 1, "{sent:?}");
        assert!(
            sent[0].contains("po.1.update.500.00@buyer.example"),
            "{}",
            sent[0]
        );
        // And what is written since is told by itself.
        world.clock.advance(Duration::from_secs(60));
        tell_at(Clock::now(&world.clock), Some(&id), None, accepted());
        world.settle().await;
        assert_eq!(received(&partner).await.len(), 2);
        world.finish().await;
    }
}
