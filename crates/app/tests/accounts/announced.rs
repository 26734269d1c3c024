//! What of a customer's holds and limit is told to others: what has come to pass, once, and not by what it is called.

use punchgate_storage::{
    Lane,
    connector_instance::{self, ConnectorInstanceRow},
};

use super::{
    fake_erp::{Trick, hold},
    world::World,
};

/// A connector that hears of holds and limits. The customer is known before.
async fn listen(world: &World) {
    let row = ConnectorInstanceRow {
        supplier_id: world.supplier().to_owned(),
        connector_id: "hooks".to_owned(),
        kind: "events-webhook".to_owned(),
        mode: "production".to_owned(),
        settings: "{}".to_owned(),
        sync: "{}".to_owned(),
        webhook: None,
        secrets: None,
        key_id: None,
        events: Some("hold.placed hold.released limit.changed".to_owned()),
        enabled: 1,
        version: 1,
        created_at: 0,
        updated_at: 0,
    };
    let mut tx = world.surroundings.db.begin(Lane::Intake).await.unwrap();
    connector_instance::put(&mut tx, &row).await.unwrap();
    tx.commit().await.unwrap();
}

/// The kinds that wait to be told, first to last, all in one stream.
async fn told(world: &World) -> Vec<String> {
    let mut entries = world.entries("tell-event").await;
    entries.sort_by_key(|entry| entry.seq);
    assert!(
        entries.iter().all(|entry| entry.stream == entries[0].stream),
        "{entries:?}"
    );
    let kind = |payload: &str| {
        let read: serde_json::Value = serde_json::from_str(payload).unwrap();
        read["kind"].as_str().unwrap().to_owned()
    };
    entries.iter().map(|entry| kind(&entry.payload)).collect()
}

#[tokio::test]
async fn a_hold_that_the_erp_renames_is_placed_once_and_one_that_it_keeps_is_back() {
    for world in World::all().await {
        let id = world.customer("100").await;
        listen(&world).await;
        let request = world.hold_request(&id, "cheque").await;
        let supplier = world.supplier();
        world.accounts.place_hold(supplier, &request).await.unwrap();
        world.erp.trick(Trick::RenameHolds);
        world.push("100").await;
        world.pull().await;
        assert_eq!(told(&world).await, ["hold.placed"]);
        world.erp.change("100", |row| row.holds.clear());
        world.pull().await;
        assert_eq!(told(&world).await, ["hold.placed", "hold.released"]);
        world.clear_outbox().await;

        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
        world.pull().await;
        assert_eq!(told(&world).await, ["hold.placed"]);
        world.clear_outbox().await;
        world.erp.trick(Trick::KeepHolds);
        world.release(&id, "dunning").await;
        world.push("100").await;
        assert_eq!(told(&world).await, ["hold.released", "hold.placed"]);
    }
}

#[tokio::test]
async fn a_release_that_the_erp_refuses_is_taken_back() {
    for world in World::all().await {
        let id = world.customer("100").await;
        listen(&world).await;
        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
        world.pull().await;
        world.erp.trick(Trick::RefuseRelease);
        world.release(&id, "dunning").await;
        world.push("100").await;
        assert_eq!(
            told(&world).await,
            ["hold.placed", "hold.released", "hold.placed"]
        );
    }
}

/// A limit that is asked for has not changed before the ERP has it; its echo is no second change.
#[tokio::test]
async fn a_limit_has_changed_when_the_erp_has_it() {
    for world in World::all().await {
        let id = world.customer("100").await;
        listen(&world).await;
        world.ask_limit(&id, 700_000).await;
        assert!(told(&world).await.is_empty());
        world.push("100").await;
        world.pull().await;
        assert_eq!(told(&world).await, ["limit.changed"]);
    }
}
