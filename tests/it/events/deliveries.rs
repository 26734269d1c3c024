//! A message on its way: retries, refusals, rotation, replay, receivers that are gone.

use std::time::Duration;

use serde_json::json;
use wiremock::ResponseTemplate;

use super::KEYS;
use crate::support::{
    cxml::Po,
    receiver::{HOOK_SECRET, HOOK_SECRET_BEFORE, Receiver, Told},
    supplier::Supplier,
    world::World,
};

const SUBMITTED: &str = ", events = [\"order.received\", \"order.submitted\"]";

/// A world whose receiver hears of an order's arrival and submission.
async fn world(hooks: &Receiver, keys: &str) -> (Supplier, World) {
    let declared = hooks.declared(SUBMITTED, keys);
    let supplier = Supplier::with_buyer().credit("1000.00").connectors(declared);
    let world = supplier.start().await;
    (supplier, world)
}

fn kinds(told: &[Told]) -> Vec<&str> {
    told.iter().map(Told::kind).collect()
}

#[tokio::test]
async fn a_retry_is_the_same_message_signed_anew_and_what_follows_waits() {
    let hooks = Receiver::start().await;
    let (_, world) = world(&hooks, KEYS).await;
    hooks.answers(ResponseTemplate::new(503)).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    let mut told = hooks.told().await;
    hooks
        .answers(ResponseTemplate::new(200).set_body_string("x".repeat(100_000)))
        .await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    let taken = hooks.told().await;
    assert_eq!(kinds(&taken), ["order.received", "order.submitted"]);
    told.push(taken[0].clone());
    assert!(told.len() >= 3, "{}", told.len());
    for one in &told {
        assert_eq!((&one.id, &one.raw), (&told[0].id, &told[0].raw));
        assert_eq!(one.signatures, [one.signed_with(HOOK_SECRET)]);
    }
    assert!(
        told[0].timestamp < taken[0].timestamp,
        "signed with the time of the attempt"
    );
    world.finish().await;
}

#[tokio::test]
async fn it_comes_again_when_the_receiver_wants_it() {
    for retry_after in ["1800", "Mon, 02 Mar 2026 12:30:00 GMT"] {
        let hooks = Receiver::start().await;
        let (_, world) = world(&hooks, KEYS).await;
        let busy = ResponseTemplate::new(429).insert_header("retry-after", retry_after);
        hooks.answers(busy).await;
        world.send(&Po::new("4500001", "400.00").xml()).await;
        world.settle().await;
        assert_eq!(hooks.told().await.len(), 1);
        // A date is reckoned from the moment of the answer, which real time has moved a little.
        world.clock.advance(Duration::from_secs(1700));
        world.settle().await;
        assert_eq!(hooks.told().await.len(), 1, "{retry_after}: not before its time");
        hooks.answers(ResponseTemplate::new(204)).await;
        world.clock.advance(Duration::from_secs(101));
        world.settle().await;
        assert_eq!(kinds(&hooks.told().await), ["order.received", "order.submitted"]);
        world.finish().await;
    }
}

/// A refusal is for a person, at once; it parks what is about the same order and nothing else, until it is replayed.
#[tokio::test]
async fn a_dead_letter_parks_its_order_alone_and_is_replayed() {
    for (status, word) in [
        (400, "answered 400"),
        (410, "set enabled = false"),
        (401, "the same secret"),
        (302, "redirects are not followed"),
    ] {
        let hooks = Receiver::start().await;
        let (_, world) = world(&hooks, KEYS).await;
        hooks.answers(ResponseTemplate::new(status)).await;
        world.send(&Po::new("4500001", "400.00").xml()).await;
        world.settle().await;
        let first = hooks.told().await;
        assert_eq!(kinds(&first), ["order.received"], "{status}");
        hooks.answers(ResponseTemplate::new(204)).await;
        world.send(&Po::new("4500002", "40.00").xml()).await;
        world.clock.advance(Duration::from_secs(3600));
        world.settle().await;
        let others = hooks.told().await;
        assert_eq!(kinds(&others), ["order.received", "order.submitted"], "{status}");
        assert!(others.iter().all(|one| one.data("order_number") == "4500002"));

        let dead = world.get("/v1/jobs?state=dead&kind=tell-event").await;
        let job = &dead["items"][0];
        assert!(
            job["last_error"].as_str().unwrap().contains(word),
            "{status}: {job}"
        );
        let path = format!("/v1/jobs/{}/replay", job["id"].as_str().unwrap());
        world.post(&path, json!({ "reason": "mended there" })).await;
        hooks.answers(ResponseTemplate::new(204)).await;
        world.settle().await;
        let after = hooks.told().await;
        assert_eq!(kinds(&after), ["order.received", "order.submitted"], "{status}");
        assert_eq!((&after[0].id, &after[0].raw), (&first[0].id, &first[0].raw));
        world.finish().await;
    }
}

#[tokio::test]
async fn during_a_rotation_both_secrets_sign() {
    let hooks = Receiver::start().await;
    let both = "secrets = { secret = { env = \"HOOKS\" }, previous_secret = { env = \"HOOKS_BEFORE\" } }";
    let (_, world) = world(&hooks, both).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let told = hooks.told().await;
    assert_eq!(told.len(), 2);
    for one in &told {
        let expected = [HOOK_SECRET, HOOK_SECRET_BEFORE].map(|secret| one.signed_with(secret));
        assert_eq!(one.signatures, expected);
    }
    world.finish().await;
}

/// Nothing is written for a receiver that is switched off; what was written before waits, and goes out when it is on.
#[tokio::test]
async fn a_receiver_that_is_switched_off_is_told_nothing_new() {
    let hooks = Receiver::start().await;
    let (supplier, world) = world(&hooks, KEYS).await;
    hooks.answers(ResponseTemplate::new(503)).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let waiting = world.unfinished().await.len();
    assert_eq!(waiting, 2);

    let off = hooks.declared(SUBMITTED, &format!("enabled = false\n{KEYS}"));
    switch(&world, &supplier.clone().connectors(off)).await;
    hooks.answers(ResponseTemplate::new(204)).await;
    world.send(&Po::new("4500002", "40.00").xml()).await;
    world.settle().await;
    assert_eq!(world.unfinished().await.len(), waiting, "nothing new");
    assert!(hooks.told().await.is_empty());
    // Longer than anything is tried: a switch is waited for.
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(40 * 3600));
        world.settle().await;
    }

    let on = hooks.declared(SUBMITTED, &format!("enabled = true\n{KEYS}"));
    switch(&world, &supplier.connectors(on)).await;
    world.clock.advance(Duration::from_secs(3600));
    world.settle().await;
    let told = hooks.told().await;
    assert_eq!(kinds(&told), ["order.received", "order.submitted"]);
    assert!(told.iter().all(|one| one.data("order_number") == "4500001"));
    world.finish().await;
}

/// What waits for a receiver whose place another system has taken does not wait for ever.
#[tokio::test]
async fn a_receiver_that_is_no_more_is_waited_for_by_nothing() {
    let hooks = Receiver::start().await;
    let (_, world) = world(&hooks, KEYS).await;
    hooks.answers(ResponseTemplate::new(503)).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    world
        .meddle("delete from connector_instance where connector_id = 'hooks'")
        .await;
    world.clock.advance(Duration::from_secs(3600));
    world.settle().await;
    world.finish().await;
}

/// As a change that another process has made.
async fn switch(world: &World, supplier: &Supplier) {
    world.apply(&supplier.declared(&world.erp, &world.shop)).await;
    // The directory and connectors are believed for two seconds.
    world.clock.advance(Duration::from_secs(3));
}

/// An address inside the network that nobody has allowed is not called, and a person is told so.
#[tokio::test]
async fn an_address_that_is_not_allowed_is_not_called() {
    let hooks = Receiver::start().await;
    let declared = hooks
        .declared(SUBMITTED, KEYS)
        .replace(", allow_networks = [\"127.0.0.0/8\"]", "");
    let supplier = Supplier::with_buyer().credit("1000.00").connectors(declared);
    let world = supplier.start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    assert!(hooks.told().await.is_empty());
    let dead = world.get("/v1/jobs?state=dead&kind=tell-event").await;
    let said = dead["items"][0]["last_error"].as_str().unwrap();
    assert!(said.contains("may not be reached"), "{said}");
    world.finish_with(&["tell-event", "tell-event"]).await;
}
