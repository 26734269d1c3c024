//! The same document again, the same order under another document, other content under a known id.

use crate::support::{cxml::Po, supplier::Supplier, world::Table};

#[tokio::test]
async fn an_order_comes_in_is_submitted_and_confirmed() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let answer = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!((answer.http, answer.status), (200, 200), "{}", answer.body);
    assert_eq!(world.order("4500001").await.state, "approved");
    world.settle().await;
    let order = world.order("4500001").await;
    assert_eq!(order.state, "accepted", "{:?}", order.state_reason);
    let live = world.erp.live_orders("4500001").await;
    assert_eq!(live.len(), 1);
    assert_eq!(order.sink_order_id.as_deref(), Some(live[0].id.as_str()));
    assert_eq!(world.count(Table::Order).await, 1);
    world.finish().await;
}
