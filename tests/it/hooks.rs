//! Webhooks of ERPs and shops: a hint makes a change effective at once, whoever cannot prove himself is told nothing.

mod live;
mod tokens;

use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};
use punchgate_app::hooks::HintedFeed;
use punchgate_domain::ids::{ConnectorId, SupplierId};
use serde_json::Value;
use sha2::Sha256;

use crate::support::{
    http,
    receiver::{HOOK_SECRET, HOOK_SECRET_BEFORE},
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
};

const STANDARD: &str = "scheme = \"standard-webhooks\"";
const BY_TYPE: &str = "scheme = \"vendure\"\nother_feeds = \"documents\"\n\
                       [supplier.connector.webhook.feeds]\n\"customer.*\" = \"accounts\"\nping = \"none\"\n";

/// A message, signed by the test's own hand.
#[derive(Clone)]
pub(crate) struct Message {
    id: String,
    timestamp: i64,
    body: String,
    signature: String,
}

impl Message {
    pub(crate) fn new(id: &str, timestamp: i64, body: &str) -> Self {
        Self::signed_with(HOOK_SECRET, id, timestamp, body)
    }

    fn signed_with(secret: &str, id: &str, timestamp: i64, body: &str) -> Self {
        let key = BASE64_STANDARD.decode(&secret["whsec_".len()..]).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{id}.{timestamp}.{body}").as_bytes());
        Self {
            id: id.to_owned(),
            timestamp,
            body: body.to_owned(),
            signature: format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes())),
        }
    }

    /// Its status and what was answered.
    pub(crate) async fn send(&self, address: impl std::fmt::Display, connector: &str) -> (u16, Value) {
        let url = format!("http://{address}/api/v1/hooks/{connector}");
        let request = http()
            .post(url)
            .header("webhook-id", &self.id)
            .header("webhook-timestamp", self.timestamp)
            .header("webhook-signature", &self.signature)
            .body(self.body.clone());
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

fn path(connector: &str) -> String {
    format!("{SUPPLIER_ID}/{connector}")
}

fn now(world: &World) -> i64 {
    world.gateway.surroundings.now().as_second()
}

/// The feeds of a connector that are due.
async fn due(world: &World, connector: &str) -> Vec<&'static str> {
    let (supplier, connector) = (SupplierId::from(SUPPLIER_ID), ConnectorId::from(connector));
    let mut due = Vec::new();
    for feed in HintedFeed::ALL {
        if world
            .gateway
            .hooks
            .is_due(&supplier, &connector, feed)
            .await
            .unwrap()
        {
            due.push(feed.as_str());
        }
    }
    due
}

#[tokio::test]
async fn a_thousand_hints_are_one_reading() {
    let world = Supplier::with_buyer().hints("erp", STANDARD).start().await;
    for number in 0..1_000 {
        let message = Message::new(&format!("msg_{number}"), now(&world), "{}");
        let (status, _) = message.send(world.address, &path("erp")).await;
        assert_eq!(status, 202);
    }
    assert_eq!(due(&world, "erp").await, ["accounts", "exposure", "documents"]);
    let before = world.erp.calls("accounts");
    world.round().await;
    let reading = world.erp.calls("accounts") - before;
    world.round().await;
    assert_eq!(
        world.erp.calls("accounts") - before,
        2 * reading,
        "as without any hint"
    );
    assert!(reading > 0);
    assert!(due(&world, "erp").await.is_empty());
    // The next hint is another matter.
    let again = Message::new("msg_1000", now(&world), "{}");
    assert_eq!(again.send(world.address, &path("erp")).await.0, 202);
    assert_eq!(due(&world, "erp").await.len(), 3);
    world.finish().await;
}

#[tokio::test]
async fn a_hint_is_due_until_a_reading_that_began_after_it_has_ended_well() {
    let world = Supplier::with_buyer().hints("erp", STANDARD).start().await;
    let hooks = &world.gateway.hooks;
    let (supplier, erp) = (SupplierId::from(SUPPLIER_ID), ConnectorId::from("erp"));
    let send = async |id: &str| {
        let (status, _) = Message::new(id, now(&world), "{}")
            .send(world.address, &path("erp"))
            .await;
        assert_eq!(status, 202);
    };
    let feed = HintedFeed::Accounts;
    assert_eq!(hooks.begin(&supplier, &erp, feed).await.unwrap(), None);
    send("msg_1").await;
    let first = hooks.begin(&supplier, &erp, feed).await.unwrap().unwrap();
    // It comes while the reading is under way, which may have passed by what it means.
    send("msg_2").await;
    hooks.serve(&supplier, &erp, feed, first).await.unwrap();
    assert!(hooks.is_due(&supplier, &erp, feed).await.unwrap());
    let second = hooks.begin(&supplier, &erp, feed).await.unwrap().unwrap();
    // One that failed is begun again; a late word of the first takes nothing back.
    assert_eq!(hooks.begin(&supplier, &erp, feed).await.unwrap(), Some(second));
    hooks.serve(&supplier, &erp, feed, second).await.unwrap();
    hooks.serve(&supplier, &erp, feed, first).await.unwrap();
    assert!(!hooks.is_due(&supplier, &erp, feed).await.unwrap());
    // The ERP is away: it stays due, and is answered when it is back.
    send("msg_3").await;
    world.erp.misbehave(true, 0).await;
    world.round().await;
    assert!(hooks.is_due(&supplier, &erp, feed).await.unwrap());
    world.erp.misbehave(false, 0).await;
    world.round().await;
    assert!(due(&world, "erp").await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn who_cannot_prove_himself_is_told_nothing() {
    let supplier = Supplier::with_buyer().hints("erp", STANDARD);
    let world = supplier.start().await;
    let right = Message::new("msg_1", now(&world), "{}");
    let other = |change: &dyn Fn(&mut Message)| {
        let mut message = right.clone();
        change(&mut message);
        message
    };
    let rows = [
        (other(&|message| message.body = "{ }".to_owned()), path("erp")),
        (other(&|message| message.id = "msg_2".to_owned()), path("erp")),
        (other(&|message| message.timestamp += 1), path("erp")),
        (
            other(&|message| message.signature = "v1,".to_owned()),
            path("erp"),
        ),
        (Message::new("msg_1", now(&world) - 301, "{}"), path("erp")),
        (
            Message::signed_with(HOOK_SECRET_BEFORE, "msg_1", now(&world), "{}"),
            path("erp"),
        ),
        (right.clone(), path("shop")),
        (right.clone(), path("nobody")),
        (right.clone(), "nobody/erp".to_owned()),
        (right.clone(), format!("{}/erp", SUPPLIER_ID.to_uppercase())),
        (right.clone(), "%00/%27".to_owned()),
    ];
    let mut answers = Vec::new();
    for (message, connector) in rows {
        answers.push(message.send(world.address, &connector).await);
    }
    let bare = http().post(format!("http://{}/api/v1/hooks/{}", world.address, path("erp")));
    let bare = bare.send().await.unwrap();
    answers.push((bare.status().as_u16(), bare.json().await.unwrap()));
    assert_eq!(answers[0].0, 401);
    assert_eq!(answers[0].1["code"], "signature-invalid");
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert!(due(&world, "erp").await.is_empty());
    // The same message where it belongs; and where the connector is switched off.
    assert_eq!(right.send(world.address, &path("erp")).await.0, 202);
    world
        .meddle("update connector_instance set enabled = 0 where connector_id = 'erp'")
        .await;
    let off = Message::new("msg_3", now(&world), "{}")
        .send(world.address, &path("erp"))
        .await;
    assert_eq!(off, answers[0]);
    world.finish().await;
}

#[tokio::test]
async fn whoever_is_refused_all_the_time_is_heard_no_more() {
    let world = Supplier::with_buyer().hints("erp", STANDARD).start().await;
    let wrong = Message::signed_with(HOOK_SECRET_BEFORE, "msg_1", now(&world), "{}");
    let mut statuses = Vec::new();
    for _ in 0..160 {
        statuses.push(wrong.send(world.address, &path("erp")).await.0);
    }
    let heard = statuses.iter().filter(|status| **status == 401).count();
    assert_eq!(heard, 150);
    assert!(statuses[150..].iter().all(|status| *status == statuses[159]));
    world.clock.advance(std::time::Duration::from_secs(60));
    let right = Message::new("msg_2", now(&world), "{}");
    assert_eq!(right.send(world.address, &path("erp")).await.0, 202);
    world.finish().await;
}

/// Of many suppliers the webhooks come from the same addresses of a shop's maker: wrong settings of one silence no other.
#[tokio::test]
async fn a_connector_with_wrong_settings_silences_no_other() {
    let world = Supplier::with_buyer()
        .hints("erp", STANDARD)
        .hints("shop", STANDARD)
        .start()
        .await;
    let wrong = Message::signed_with(HOOK_SECRET_BEFORE, "msg_1", now(&world), "{}");
    for connector in [
        path("shop"),
        path("switched-off-long-ago"),
        "nobody/erp".to_owned(),
    ] {
        for number in 1..=151 {
            let expected = if number <= 150 { 401 } else { 429 };
            let (status, _) = wrong.send(world.address, &connector).await;
            assert_eq!(status, expected, "{connector} {number}");
        }
    }
    let right = Message::new("msg_2", now(&world), "{}");
    assert_eq!(right.send(world.address, &path("erp")).await.0, 202);
    world.finish().await;
}

/// Who has asked too much is not listened to: what follows is not even read. A body that is too large counts, too.
#[tokio::test]
async fn nothing_is_read_of_whoever_has_asked_too_much() {
    let world = Supplier::with_buyer().hints("erp", STANDARD).start().await;
    let large = Message::new("msg_1", now(&world), &" ".repeat(1024 * 1024 + 1));
    let small = Message::signed_with(HOOK_SECRET_BEFORE, "msg_2", now(&world), "{}");
    assert_eq!(large.send(world.address, &path("erp")).await.0, 413);
    for number in 2..=150 {
        assert_eq!(small.send(world.address, &path("erp")).await.0, 401, "{number}");
    }
    assert_eq!(large.send(world.address, &path("erp")).await.0, 429);
    world.finish().await;
}

#[tokio::test]
async fn a_repeated_message_is_taken_once() {
    let world = Supplier::with_buyer().hints("erp", STANDARD).start().await;
    let message = Message::new("msg_1", now(&world), "{}");
    assert_eq!(message.send(world.address, &path("erp")).await.0, 202);
    world.round().await;
    assert_eq!(message.send(world.address, &path("erp")).await.0, 200);
    // The sender's next attempt is signed anew and has the same id.
    world.clock.advance(std::time::Duration::from_secs(600));
    let again = Message::new("msg_1", now(&world), "{}");
    assert_eq!(again.send(world.address, &path("erp")).await.0, 200);
    assert!(due(&world, "erp").await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn the_type_says_which_feed() {
    let world = Supplier::with_buyer()
        .hints("erp", BY_TYPE)
        .hints("shop", "scheme = \"vendure\"")
        .start()
        .await;
    let rows: [(&str, &str, &[&str]); 5] = [
        ("erp", r#"{"type":"ping"}"#, &[]),
        ("erp", r#"{"type":"customer.moved"}"#, &["accounts"]),
        ("erp", r#"{"type":"order.shipped"}"#, &["documents"]),
        ("erp", "no json", &["documents"]),
        // A shop is asked after orders, whatever else its messages mean.
        ("shop", r#"{"type":"order.state"}"#, &["documents"]),
    ];
    for (number, (connector, body, expected)) in rows.into_iter().enumerate() {
        let message = Message::new(&format!("msg_{number}"), now(&world), body);
        assert_eq!(
            message.send(world.address, &path(connector)).await.0,
            202,
            "{body}"
        );
        assert_eq!(due(&world, connector).await, expected, "{body}");
        world.round().await;
    }
    let large = Message::new("msg_9", now(&world), &"x".repeat(1024 * 1024 + 1));
    assert_eq!(large.send(world.address, &path("erp")).await.0, 413);
    world.finish().await;
}
