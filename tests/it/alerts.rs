//! People are told of what needs them: by mail over a real mail server (`scripts/with-smtp`), and what does not need one.

mod mailbox;
mod sending;
mod server;

use std::{sync::Arc, time::Duration};

use punchgate::{gateway::Gateway, jobs};
use punchgate_app::{
    alerts::MachineTrouble,
    attention::{self, Code, Matter},
};
use punchgate_domain::ids::SupplierId;

use crate::support::{
    cxml::Po,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
};

/// One look at what there is to tell; how many mails it made.
async fn look(gateway: &Gateway) -> usize {
    gateway.alerts.round(&[]).await.unwrap()
}

/// What is due is sent.
async fn send(gateway: &Arc<Gateway>) {
    Box::pin(jobs::drain(gateway)).await.unwrap();
}

/// A world with an order that waits for more credit.
async fn with_held_order(number: &str) -> World {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    held(&world, number).await;
    world
}

async fn held(world: &World, number: &str) {
    world.send(&Po::new(number, "5000.00").xml()).await;
    world.assert_state(number, "held").await;
    world.drain().await;
}

/// A mail server at a port where nobody listens, as it is while it is away.
async fn nobody_s_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}

/// The gateway with a mail server that is away, for these recipients.
async fn away(world: &World, to: &[&str]) -> Arc<Gateway> {
    let mut config = world.gateway.config.clone();
    let email = &mut config.alerts.email;
    email.host = "localhost".to_owned();
    email.port = nobody_s_port().await;
    email.from = "punchgate@gateway.example".to_owned();
    email.to = to.iter().map(|one| (*one).to_owned()).collect();
    world.assembled(config)
}

#[tokio::test]
async fn without_a_mail_server_nobody_is_written_to() {
    let world = with_held_order("4500001").await;
    assert_eq!(look(&world.gateway).await, 0);
    assert_eq!(world.gateway.alerts.check().await, None);
    world.finish().await;
}

#[tokio::test]
async fn one_mail_a_recipient_whoever_looks_however_often() {
    let world = with_held_order("4500001").await;
    let gateway = away(&world, &["a@supplier.example", "b@supplier.example"]).await;
    assert_eq!(look(&gateway).await, 2);
    assert_eq!(look(&gateway).await, 0);
    // After a restart, too.
    let again = world.assembled(gateway.config.clone());
    world.clock.advance(Duration::from_secs(3_600));
    held(&world, "4500002").await;
    assert_eq!(look(&again).await, 0, "the first mails have not been taken yet");
    world.finish_with(&["send-alert", "send-alert"]).await;
}

#[tokio::test]
async fn a_supplier_names_whom_it_wants_told_and_the_installation_its_own() {
    let supplier = Supplier::with_buyer()
        .credit("1000.00")
        .key("alerts_to", "[\"desk@supplier.example\"]");
    let world = supplier.start().await;
    held(&world, "4500001").await;
    let gateway = away(&world, &["admin@gateway.example"]).await;
    let full = MachineTrouble {
        code: Code::Disk,
        subject: "database".to_owned(),
        detail: "next to nothing is free".to_owned(),
    };
    assert_eq!(gateway.alerts.round(&[full]).await.unwrap(), 2);
    let mut told: Vec<String> = Vec::new();
    for entry in world.unfinished().await {
        let mail: serde_json::Value = serde_json::from_str(&entry.payload).unwrap();
        told.push(format!(
            "{}: {}",
            mail["to"].as_str().unwrap(),
            mail["subject"].as_str().unwrap()
        ));
    }
    told.sort();
    assert_eq!(
        told,
        [
            "admin@gateway.example: 127.0.0.1: The disk is nearly full (1 alert)",
            "desk@supplier.example: Ironquay Industrial Supply: Orders: held (1 alert)",
        ]
    );
    world.finish_with(&["send-alert", "send-alert"]).await;
}

#[tokio::test]
async fn addresses_that_are_none_are_refused() {
    let supplier = Supplier::with_buyer();
    let world = supplier.start().await;
    for wrong in ["[\"nobody\"]", "[\"a@b.example\\r\\nBcc: eve@evil.example\"]"] {
        let declared = supplier
            .clone()
            .key("alerts_to", wrong)
            .declared(&world.erp, &world.shop);
        let refused = world.try_apply(&declared).await.unwrap_err();
        assert!(refused.contains("alerts_to"), "{wrong}: {refused}");
    }
    world.finish().await;
}

#[tokio::test]
async fn a_server_that_is_away_shows_where_people_look_first() {
    let world = with_held_order("4500001").await;
    let gateway = away(&world, &["a@supplier.example"]).await;
    look(&gateway).await;
    let mails = async || {
        let supplier = SupplierId::new(SUPPLIER_ID);
        let all = attention::list(&world.gateway.surroundings, &supplier)
            .await
            .unwrap();
        let of_mails = |one: &&attention::Waiting| matches!(one.matter, Matter::Mails { .. });
        all.iter().find(of_mails).map(|one| one.matter.advice())
    };
    assert_eq!(mails().await, None, "it has not been tried yet");
    send(&gateway).await;
    let advice = mails().await.unwrap();
    assert!(
        advice.contains("gives no answer") && advice.contains("punchgate alerts test"),
        "{advice}"
    );
    // It is never given up.
    for _ in 0..20 {
        world.clock.advance(Duration::from_secs(24 * 3_600));
        send(&gateway).await;
    }
    let left = world.unfinished().await;
    assert_eq!((left.len(), left[0].state.as_str()), (1, "pending"), "{left:?}");
    // Whoever is told of nothing any more is not written to.
    let nobody = world.assembled(away(&world, &[]).await.config.clone());
    world.clock.advance(Duration::from_secs(3_600));
    send(&nobody).await;
    world.finish().await;
}
