//! What of a customer's holds and limit is told to others: what has come to pass, once, and not by what it is called.

use std::time::Duration;

use punchgate_domain::{hold::PermissionSet, ids::CustomerId};
use punchgate_storage::{
    Lane,
    connector_instance::{self, ConnectorInstanceRow},
    history::ChangeRow,
};

use super::{
    fake_erp::{Trick, hold},
    world::World,
};

/// A connector that hears of holds and limits. The customer is known before.
async fn listen(world: &World) {
    listen_to(world, "hold.placed hold.released limit.changed").await;
}

async fn listen_to(world: &World, kinds: &str) {
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
        secrets_changed_at: None,
        events: Some(kinds.to_owned()),
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

/// Listens, then two customers get a hold with a code that is in no table.
async fn unexplained(world: &World) -> [CustomerId; 2] {
    let ids = [world.customer("100").await, world.customer("200").await];
    listen_to(world, "sync.attention").await;
    for id in ["100", "200"] {
        let mut unsaid = hold("h1", "Z9", "Please call us.");
        unsaid.removes = None;
        world.erp.change(id, |row| row.holds.push(unsaid));
        world.pull().await;
    }
    ids
}

async fn lines_of_removes(world: &World, id: &CustomerId) -> Vec<ChangeRow> {
    let history = world.view(id).await.history;
    let of_removes = history.into_iter().filter(|line| line.field == "hold:h1/removes");
    of_removes.collect()
}

/// Of a code that is in no table somebody hears once, however many have such a hold.
#[tokio::test]
async fn a_hold_code_that_nobody_has_explained_is_told_once() {
    for world in World::all().await {
        let ids = unexplained(&world).await;
        let explained = world.sync.explain_holds(&world.scope, &world.policy);
        explained.await.unwrap();
        assert_eq!(told(&world).await, ["sync.attention"]);
        let stands = world.accounts.sync_attention(world.supplier()).await.unwrap();
        let told_of: Vec<_> = stands
            .iter()
            .map(|row| {
                (
                    row.connector_id.as_str(),
                    row.name.as_str(),
                    row.external_id.as_str(),
                )
            })
            .collect();
        assert_eq!(told_of, [("erp", "Z9", "100")]);
        for id in &ids {
            let lines = lines_of_removes(&world, id).await;
            assert_eq!(lines.len(), 1, "{lines:?}");
            assert!(
                lines[0].why.contains("'Z9'") && lines[0].why.contains("sync.hold_codes"),
                "{lines:?}"
            );
        }
        // The same hold with another text is nothing new.
        world.erp.change("100", |row| row.holds[0].texts.internal = None);
        world.pull().await;
        assert_eq!(told(&world).await, ["sync.attention"]);
        assert_eq!(lines_of_removes(&world, &ids[0]).await.len(), 1);
    }
}

/// Until it is in the table; taken out of it again, somebody has to know once more.
#[tokio::test]
async fn a_hold_code_that_is_explained_needs_nobody_until_it_is_taken_out_again() {
    for mut world in World::all().await {
        let ids = unexplained(&world).await;
        let unexplained = world.policy.clone();
        let warns = PermissionSet::EMPTY;
        world.policy.hold_codes.insert("Z9".to_owned(), warns);
        // Lines of one instant have no order.
        let a_moment = Duration::from_secs(1);
        world.clock.advance(a_moment);
        let explained = world.sync.explain_holds(&world.scope, &world.policy);
        explained.await.unwrap();
        let stands = world.accounts.sync_attention(world.supplier()).await.unwrap();
        assert!(stands.is_empty(), "{stands:?}");

        world.clear_outbox().await;
        world.clock.advance(a_moment);
        let explained = world.sync.explain_holds(&world.scope, &unexplained);
        explained.await.unwrap();
        assert_eq!(told(&world).await, ["sync.attention"]);
        let last = lines_of_removes(&world, &ids[0]).await.remove(0);
        assert!(last.why.contains("is in no table"), "{last:?}");
    }
}
