//! What is refused: the Status, a text that says what to do, and nothing else happened. Through real HTTP.

mod table;

use reqwest::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::support::{
    cxml::{Answer, CARD, Po, SECRET, Setup},
    supplier::Supplier,
    world::{Table, World},
};

/// Nothing came of it: no session, no order, no call of shop or ERP since.
struct Quiet {
    calls: [usize; 3],
}

impl Quiet {
    fn before(world: &World) -> Self {
        Self { calls: calls(world) }
    }

    async fn after(&self, world: &World, what: &str) {
        assert_eq!(world.count(Table::Session).await, 0, "{what}: a session");
        assert_eq!(world.count(Table::Order).await, 0, "{what}: an order");
        world.drain().await;
        assert_eq!(calls(world), self.calls, "{what}: calls of shop and ERP");
    }
}

fn calls(world: &World) -> [usize; 3] {
    [
        world.shop.calls("open_session"),
        world.erp.calls("submit_order"),
        world.erp.calls("find_order"),
    ]
}

#[tokio::test]
async fn a_body_that_is_cut_short_is_to_be_sent_again() {
    let world = Supplier::with_buyer().start().await;
    let quiet = Quiet::before(&world);
    let xml = Po::new("4500001", "400.00").xml();
    let mut stream = TcpStream::connect(world.address).await.unwrap();
    let head = format!(
        "POST /cxml HTTP/1.1\r\nhost: {}\r\ncontent-type: text/xml\r\ncontent-length: {}\r\n\r\n",
        world.address,
        xml.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(&xml.as_bytes()[..xml.len() / 2]).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    // A sender that is gone need not be answered; one that still listens is told to send again.
    if !answer.is_empty() {
        let answer = String::from_utf8(answer).unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 503") && answer.contains("code=\"560\""),
            "{answer}"
        );
    }
    quiet.after(&world, "a truncated body").await;
    assert_eq!(world.count(Table::Document).await, 0);
    world.finish().await;
}

#[tokio::test]
async fn an_unknown_sender_and_a_wrong_secret_cannot_be_told_apart() {
    let world = Supplier::with_buyer().start().await;
    let mut wrong = Po::new("4500001", "400.00");
    wrong.envelope.secret = "not-the-secret".to_owned();
    let mut unknown = Po::new("4500001", "400.00");
    unknown.envelope.sender = "AN09999999999";
    unknown.envelope.from = "AN09999999999";
    let answers = [world.send(&wrong.xml()).await, world.send(&unknown.xml()).await];
    let shown = |answer: &Answer| {
        let payload = crate::support::cxml::between(&answer.body, "payloadID=\"", "\"")
            .unwrap()
            .to_owned();
        let time = crate::support::cxml::between(&answer.body, "timestamp=\"", "\"")
            .unwrap()
            .to_owned();
        (
            answer.http,
            answer.status,
            answer.body.replace(&payload, "").replace(&time, ""),
        )
    };
    assert_eq!(shown(&answers[0]), shown(&answers[1]));
    assert_eq!(answers[0].status, 401);
    world.finish().await;
}

#[tokio::test]
async fn a_switched_off_relationship_says_so_and_keeps_the_order() {
    let world = Supplier::with_buyer()
        .relationship("enabled", "false")
        .start()
        .await;
    let quiet = Quiet::before(&world);
    let answer = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!((answer.http, answer.status), (200, 403), "{}", answer.body);
    assert!(
        answer.text.contains("switched off") && answer.text.contains("Ask the supplier"),
        "{}",
        answer.text
    );
    quiet.after(&world, "a disabled relationship").await;
    assert_eq!(world.count(Table::Quarantine).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_unread() {
    let world = Supplier::with_buyer()
        .limit("document_bytes", 65_536)
        .start()
        .await;
    let quiet = Quiet::before(&world);
    let mut po = Po::new("4500001", "400.00");
    po.comment = "x".repeat(70_000);
    let answer = world.send(&po.xml()).await;
    assert_eq!(answer.status, 499, "{}", answer.body);
    assert!(answer.text.contains("larger than"), "{}", answer.text);
    quiet.after(&world, "too large").await;
    assert_eq!(world.count(Table::Quarantine).await, 1, "its beginning is kept");
    world.finish().await;
}

#[tokio::test]
async fn refused_orders_are_kept_without_secrets_and_cards_and_their_number_is_capped() {
    let world = Supplier::with_buyer()
        .limit("quarantine_per_address", 5)
        .start()
        .await;
    let mut po = Po::new("4500001", "400.00");
    po.card = true;
    po.envelope.secret = "guess-what-i-guess".to_owned();
    for _ in 0..8 {
        assert_eq!(world.send(&po.xml()).await.status, 401);
    }
    assert_eq!(world.count(Table::Quarantine).await, 5, "capped for one address");
    let kept = world.get("/v1/quarantine").await;
    let first = &kept["items"][0];
    assert_eq!(
        (&first["reason"], &first["order_number"]),
        (&"authentication-failed".into(), &"4500001".into()),
        "{kept}"
    );
    let bodies = kept_bodies(&world).await;
    assert_eq!(bodies.len(), 5);
    for body in bodies {
        assert!(body.contains("4500001"), "it is the order");
        for secret in ["guess-what-i-guess", SECRET, CARD] {
            assert!(!body.contains(secret), "{secret}");
        }
    }
    world.finish().await;
}

/// The bytes of all quarantined requests.
async fn kept_bodies(world: &World) -> Vec<String> {
    let sql = "select supplier_id, quarantine_id from quarantine";
    let ids: Vec<(String, String)> = match world.db() {
        punchgate_storage::Db::Sqlite { readers, .. } => {
            sqlx::query_as(sql).fetch_all(readers).await.unwrap()
        }
        punchgate_storage::Db::Postgres { pool, .. } => sqlx::query_as(sql).fetch_all(pool).await.unwrap(),
    };
    let mut tx = world.db().read().await.unwrap();
    let mut bodies = Vec::new();
    for (supplier, id) in ids {
        let row = punchgate_storage::quarantine::body(&mut tx, &supplier, &id)
            .await
            .unwrap()
            .unwrap();
        bodies.push(String::from_utf8(row.unpack().unwrap()).unwrap());
    }
    tx.rollback().await.unwrap();
    bodies
}

#[tokio::test]
async fn a_setup_request_that_is_not_believed_is_noted_and_one_of_a_stranger_is_not_kept() {
    let world = Supplier::with_buyer().start().await;
    let mut stranger = Setup::new("cookie-0");
    stranger.envelope.from = "AN09999999999";
    stranger.envelope.sender = "AN09999999999";
    stranger.envelope.to = "AN08888888888";
    assert_eq!(world.send(&stranger.xml()).await.status, 401);
    let kept = world.count(Table::Quarantine).await;
    assert_eq!(kept, 0, "of whom nobody knows only orders are worth keeping");
    let mut setup = Setup::new("cookie-1");
    setup.envelope.secret = "wrong".to_owned();
    assert_eq!(world.send(&setup.xml()).await.status, 401);
    let page = world.get("/v1/quarantine?search=cookie-1").await;
    let item = &page["items"][0];
    assert_eq!(
        (&item["state"], &item["kind"]),
        (&json!("noted"), &json!("PunchOutSetupRequest")),
        "{page}"
    );
    let path = format!("/v1/quarantine/{}/admit", item["id"].as_str().unwrap());
    let body = Some(json!({ "relationship": "acme" }));
    assert_eq!(world.api(Method::POST, &path, body).await.status, 501);
    assert_eq!(
        (
            world.count(Table::Document).await,
            world.count(Table::Session).await
        ),
        (0, 0)
    );
    world.finish().await;
}
