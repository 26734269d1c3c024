//! Orders after a backup was restored: the ERP may have what the copy does not know.

use std::time::Duration;

use punchgate_app::{accounts::Author, restoration};
use punchgate_storage::{
    Lane,
    operator::{self, AccountRow, SignedInRow},
    outbox::{self, job_key},
};
use serde_json::json;

use super::exported::pass_on;
use crate::support::{
    cxml::Po,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
};

/// How long a request that was under way may have an effect: as the settings have it where nobody sets it.
const SETTLE: Duration = Duration::from_secs(300);

async fn world() -> World {
    let supplier = Supplier::with_buyer().policy("price_action", "accept");
    supplier.credit("1000.00").start().await
}

/// The database is a copy as of now.
async fn restore(world: &World) -> u64 {
    let author = Author::new("cli:sam", "the disk was lost").unwrap();
    let surroundings = &world.gateway.surroundings;
    restoration::begin(surroundings, surroundings.now(), SETTLE, &author)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_order_that_is_sent_again_is_looked_for_by_its_number() {
    let world = world().await;
    restore(&world).await;
    // Nothing goes out before what was under way must have settled.
    world.clock.advance(Duration::from_secs(1));
    world.send(&Po::new("4500000", "57.10").xml()).await;
    world.drain().await;
    world.assert_state("4500000", "approved").await;
    world.clock.advance(SETTLE * 10);
    world.settle().await;
    world.assert_state("4500000", "accepted").await;
    // Two orders of before: one had reached the ERP, under a key that was lost with the rest.
    pass_on(&world, "lost-with-the-disk", "4500001").await;
    for number in ["4500001", "4500002"] {
        world.send(&Po::new(number, "57.10").xml()).await;
    }
    world.settle().await;
    world.assert_state("4500002", "accepted").await;
    world.assert_state("4500001", "approved").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    let jobs = world.get("/v1/jobs").await;
    let (id, why) = (&jobs["items"][0]["id"], &jobs["items"][0]["last_error"]);
    let why = why.as_str().unwrap();
    assert!(
        why.contains("has 4500001 already as") && why.contains("replay this job"),
        "{why}"
    );

    // A person has looked: it is another order with the same number.
    let path = format!("/v1/jobs/{}/replay", id.as_str().unwrap());
    world.post(&path, json!({ "reason": "another order" })).await;
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 2);
    world.finish().await;
}

#[tokio::test]
async fn leases_of_the_copy_are_void_and_later_references_are_looked_under() {
    let world = world().await;
    world.send(&Po::new("4500001", "57.10").xml()).await;
    let order = world.assert_state("4500001", "approved").await;
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    let known = [job_key("submit-order", 1)];
    let now = order.received_at + 1;
    let claimed = outbox::claim(&mut tx, SUPPLIER_ID, now, 10, &known)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(claimed.len(), 1);
    signed_in(&world).await;
    assert_eq!(restore(&world).await, 1);
    assert_eq!(ways_in(&world).await, (false, false), "everybody is signed out");
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    assert!(
        !outbox::heartbeat(&mut tx, &claimed[0]).await.unwrap(),
        "the lease is nobody's"
    );
    tx.rollback().await.unwrap();

    // Since the copy the ERP had refused it, and took it under its second reference.
    let reference = format!("{}.2", order.order_id);
    let there = pass_on(&world, &reference, "4500001").await;
    world.drain().await;
    world.assert_state("4500001", "approved").await;
    world.clock.advance(SETTLE);
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    assert_eq!(order.sink_order_id.as_deref(), Some(there.order_id.as_str()));
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1, "not sent again");
    world.finish().await;
}

#[tokio::test]
async fn a_backup_of_tomorrow_is_none() {
    let world = world().await;
    let author = Author::new("cli:sam", "the disk was lost").unwrap();
    let surroundings = &world.gateway.surroundings;
    let tomorrow = surroundings.now() + Duration::from_secs(86_400);
    let refused = restoration::begin(surroundings, tomorrow, SETTLE, &author).await;
    assert!(refused.unwrap_err().to_string().contains("still to come"));
    assert_eq!(restoration::last(surroundings).await.unwrap(), None);
    world.finish().await;
}

/// What the browser of somebody who is signed in keeps, and a link that sets a password, as they are stored.
const KEPT: &[u8] = &[7];

async fn signed_in(world: &World) {
    let account = AccountRow {
        name: "sam".to_owned(),
        password: None,
        link_hash: Some(KEPT.to_vec()),
        link_until: Some(i64::MAX),
        enabled: 1,
        created_at: 0,
        updated_at: 0,
    };
    let session = SignedInRow {
        name: "sam".to_owned(),
        opened_at: 0,
        seen_at: 0,
    };
    let mut tx = world.db().begin(Lane::Background).await.unwrap();
    assert!(operator::insert(&mut tx, &account).await.unwrap());
    operator::open_session(&mut tx, KEPT, &session).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(ways_in(world).await, (true, true));
}

/// Whether the session and the link are good for anything.
async fn ways_in(world: &World) -> (bool, bool) {
    let mut tx = world.db().read().await.unwrap();
    let session = operator::session(&mut tx, KEPT).await.unwrap();
    let link = operator::find_by_link(&mut tx, KEPT).await.unwrap();
    tx.rollback().await.unwrap();
    (session.is_some(), link.is_some())
}
