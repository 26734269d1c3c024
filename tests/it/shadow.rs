//! Shadow runs: copies of live orders are judged and compared; nothing comes of them.

mod report;

use std::{collections::BTreeSet, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};

use crate::orders::exported::pass_on;
use crate::support::{
    cxml::{Po, Setup},
    erp::CUSTOMER,
    receiver::Receiver,
    supplier::Supplier,
    world::{Table, World},
};

const KEYS: &str = "secrets = { secret = { env = \"HOOKS\" } }";

/// A relationship in shadow that names everything that it would need to act: sink, address of the buyer, price policy.
fn in_shadow() -> Supplier {
    Supplier::with_buyer()
        .relationship("mode", "\"shadow\"")
        .relationship("outbound_url", "\"https://buyer.example/cxml\"")
        .policy("price_action", "hold")
        .policy("confirmation", "on_erp_order_created")
        .credit("1000.00")
}

/// Nothing has come into being that would make anybody act.
async fn assert_nothing_follows(world: &World, entries_before: i64, after: &str) {
    let entries = world.unfinished().await;
    assert_eq!(
        world.count(Table::Outbox).await,
        entries_before,
        "{after}: {entries:?}"
    );
    assert_eq!(world.count(Table::OrderShipTo).await, 0, "{after}");
    assert_eq!(world.count(Table::Session).await, 0, "{after}");
    for row in world.orders().await {
        let ends = ["shadow", "cancelled", "tombstone"].contains(&row.state.as_str());
        assert!(ends && row.mode == "shadow", "{after}: {row:?}");
        assert_eq!((row.reserved_minor, row.drawn_minor), (0, 0), "{after}");
        let named = (&row.credit_account_id, &row.sink_connector_id, &row.sink_order_id);
        assert_eq!(named, (&None, &None, &None), "{after}");
        assert_eq!(
            (row.sink.as_str(), row.confirmation.as_str()),
            ("none", "none"),
            "{after}"
        );
    }
    let outgoing = world.get("/v1/documents?direction=out").await;
    let kinds: BTreeSet<&str> = (outgoing["items"].as_array().unwrap().iter())
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert!(
        kinds.is_subset(&BTreeSet::from(["Response"])),
        "{after}: {kinds:?}"
    );
    for operation in ["submit_order", "cancel_order", "change_order"] {
        assert_eq!(world.erp.calls(operation), 0, "{after}");
    }
}

async fn available(world: &World) -> Value {
    let found = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    found["items"][0]["available"].clone()
}

/// Documents of a buyer in the order in which they come, with the state in which each leaves its order.
fn documents() -> Vec<(&'static str, Po, &'static str)> {
    let mut changed = Po::new("1", "90.00")
        .payload("po.1.2@buyer.example")
        .operation("update");
    changed.lines[0].quantity = 3;
    let mut refused = Po::new("7", "10.00");
    refused.card = true;
    let again = Po::new("1", "57.10").payload("po.1.9@buyer.example");
    vec![
        ("an order that would go", Po::new("1", "57.10"), "shadow"),
        ("the same once more", Po::new("1", "57.10"), "shadow"),
        ("a change", changed, "shadow"),
        ("the order with other content", again, "shadow"),
        ("one beyond the limit", Po::new("2", "5000.00"), "shadow"),
        (
            "a change without its order",
            Po::new("3", "80.00").operation("update"),
            "shadow",
        ),
        (
            "the order that belongs to it",
            Po::new("3", "70.00").payload("po.3.0@buyer.example"),
            "shadow",
        ),
        (
            "a withdrawal",
            Po::new("1", "57.10")
                .payload("po.1.3@buyer.example")
                .operation("delete"),
            "cancelled",
        ),
        (
            "a change of what was withdrawn",
            Po::new("1", "1.00")
                .payload("po.1.4@buyer.example")
                .operation("update"),
            "cancelled",
        ),
        (
            "a withdrawal once more",
            Po::new("1", "57.10")
                .payload("po.1.5@buyer.example")
                .operation("delete"),
            "cancelled",
        ),
        (
            "a withdrawal without its order",
            Po::new("4", "1.00").operation("delete"),
            "tombstone",
        ),
        ("one on a card", refused, "shadow"),
    ]
}

#[tokio::test]
async fn nothing_follows_from_copies() {
    let hooks = Receiver::start().await;
    let world = in_shadow().connectors(hooks.declared("", KEYS)).start().await;
    // Of the ERP's holds it is told.
    world.settle().await;
    let (before, entries) = (available(&world).await, world.count(Table::Outbox).await);
    let told = hooks.told().await.len();
    for (what, po, state) in documents() {
        let answer = world.send(&po.xml()).await;
        assert_eq!(
            (answer.http, answer.status),
            (200, 200),
            "{what}: {}",
            answer.body
        );
        let order = world.assert_state(&po.number, state).await;
        assert_eq!(order.mode, "shadow", "{what}");
        assert_nothing_follows(&world, entries, what).await;
    }
    let mut test = Po::new("5", "12.00");
    test.envelope.deployment = "test";
    assert_eq!(world.send(&test.xml()).await.status, 200);
    let shop = world.send(&Setup::new("cookie-1").xml()).await;
    assert_eq!(shop.status, 450, "{}", shop.body);
    for _ in 0..3 {
        world.settle().await;
        world.clock.advance(Duration::from_secs(3_600 * 30));
        assert_nothing_follows(&world, entries, "after a while").await;
    }
    assert_eq!(available(&world).await, before);
    assert_eq!(hooks.told().await.len(), told);
    world.finish().await;
}

#[tokio::test]
async fn a_copy_says_what_would_have_become_of_it() {
    let world = in_shadow().start().await;
    for (number, amount, would_be) in [
        ("1", "57.10", "would be approved"),
        ("2", "5000.00", "would be held: limit "),
        // The first one took nothing of the limit.
        ("3", "999.99", "would be approved"),
    ] {
        world.send(&Po::new(number, amount).xml()).await;
        let order = world.order(number).await;
        let said = order.state_reason.unwrap();
        assert!(said.starts_with(would_be), "{number}: {said}");
        let shown = world.get(&format!("/v1/orders/{}", order.order_id)).await;
        assert_eq!(
            (&shown["mode"], &shown["state"]),
            (&json!("shadow"), &json!("shadow"))
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn people_do_nothing_with_a_copy() {
    let world = in_shadow().start().await;
    world.send(&Po::new("1", "5000.00").xml()).await;
    world
        .send(
            &Po::new("1", "57.10")
                .payload("po.1.3@buyer.example")
                .operation("update")
                .xml(),
        )
        .await;
    let order = world.order("1").await;
    let actions = [
        ("confirm", json!({})),
        ("decline", json!({})),
        ("reopen", json!({})),
        ("send-confirmation", json!({})),
        ("cancel-at-sink", json!({})),
        ("take-over", json!({ "number": "SO-1" })),
        ("carry-over", json!({ "version": 2, "by_hand": true })),
        ("carry-over", json!({ "version": 2 })),
        (
            "funds",
            json!({ "kind": "captured", "amount": "57.10", "currency": "USD", "reference": "x" }),
        ),
    ];
    for (action, more) in actions {
        let mut body = json!({ "expected_version": order.row_version, "reason": "because" });
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let path = format!("/v1/orders/{}/{action}", order.order_id);
        let answer = world.api(Method::POST, &path, Some(body)).await;
        assert_eq!(answer.status, 409, "{action}: {}", answer.body);
        let said = answer.body["detail"].as_str().unwrap();
        assert!(said.contains("copy in a shadow run"), "{action}: {said}");
    }
    assert_eq!(world.order("1").await, order);
    assert_nothing_follows(&world, 0, "after all of that").await;

    // A copy with a wrong secret is admitted as what it is.
    let mut wrong = Po::new("2", "40.00");
    wrong.envelope.secret = "guess-what-i-guess".to_owned();
    assert_eq!(world.send(&wrong.xml()).await.status, 401);
    let kept = world.get("/v1/quarantine").await["items"][0]["id"].clone();
    let path = format!("/v1/quarantine/{}/admit", kept.as_str().unwrap());
    world.post(&path, json!({ "relationship": "acme" })).await;
    world.assert_state("2", "shadow").await;
    world.settle().await;
    assert_nothing_follows(&world, 0, "after an admission").await;
    world.finish().await;
}

#[tokio::test]
async fn an_order_of_its_own_keeps_a_relationship_out_of_shadow() {
    let live = Supplier::with_buyer()
        .policy("price_action", "accept")
        .credit("1000.00");
    let world = live.start().await;
    let shadow = live
        .clone()
        .relationship("mode", "\"shadow\"")
        .declared(&world.erp, &world.shop);
    world.send(&Po::new("1", "57.10").xml()).await;
    let refused = world.try_apply(&shadow).await.unwrap_err();
    assert!(refused.contains("orders of its own"), "{refused}");
    // Accepted, it is to be delivered: a cancel of it is no copy.
    world.settle().await;
    world.assert_state("1", "accepted").await;
    world.try_apply(&shadow).await.unwrap_err();
    world.finish().await;
}

#[tokio::test]
async fn what_came_as_a_copy_is_looked_for_before_it_is_entered() {
    let world = in_shadow().policy("price_action", "accept").start().await;
    for (number, amount) in [("2", "990.00"), ("7", "57.10"), ("8", "57.10")] {
        world.send(&Po::new(number, amount).xml()).await;
        world.assert_state(number, "shadow").await;
    }
    // The system beside has entered one of them.
    pass_on(&world, "of-the-system-beside", "7").await;
    let live = in_shadow()
        .policy("price_action", "accept")
        .relationship("mode", "\"production\"");
    // A copy stays one; what comes in production has all of the limit, and goes.
    world.apply(&live.declared(&world.erp, &world.shop)).await;
    world.clock.advance(Duration::from_secs(3));
    world.send(&Po::new("3", "300.00").xml()).await;
    world.settle().await;
    world.assert_state("3", "accepted").await;
    assert_eq!(world.erp.live_orders("2").await.len(), 0);
    // The network sends some of them again.
    for number in ["7", "8"] {
        world.send(&Po::new(number, "57.10").xml()).await;
    }
    world.settle().await;
    assert_eq!(world.erp.live_orders("7").await.len(), 1);
    assert_eq!(world.erp.live_orders("8").await.len(), 1);
    let jobs = world.get("/v1/jobs").await;
    let why = jobs["items"][0]["last_error"].as_str().unwrap();
    assert!(
        why.contains("came as a copy") && why.contains("has 7 already as"),
        "{why}"
    );
    world
        .finish_with(&["deliver-confirmation", "deliver-confirmation", "submit-order"])
        .await;
}

#[tokio::test]
async fn a_connector_is_never_in_shadow() {
    let world = in_shadow().start().await;
    let declared = in_shadow().declared(&world.erp, &world.shop);
    let wrong = declared.replacen("mode = \"production\"", "mode = \"shadow\"", 1);
    let refused = world.try_apply(&wrong).await.unwrap_err();
    assert!(
        refused.contains("'shadow' is no mode; write production or test"),
        "{refused}"
    );
    world.finish().await;
}
