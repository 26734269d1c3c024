//! Shared secrets and card numbers are found nowhere: not in the database's files, not in the log.

use std::{
    io,
    sync::{Arc, Mutex},
};

use punchgate_storage::Db;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{
    cxml::{CARD, OUTBOUND_SECRET, Po, SECRET, Setup},
    supplier::{Supplier, api_key},
    world::World,
};

/// Everything that is logged while the test runs.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Every value of every table, bodies unpacked, as one text; and the files of SQLite as they are.
async fn everything(world: &World) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    if let Some(path) = world.database.url().strip_prefix("sqlite://") {
        for suffix in ["", "-wal"] {
            let path = format!("{path}{suffix}");
            all.push((path.clone(), std::fs::read(path).unwrap_or_default()));
        }
    }
    let columns = "select codec, raw_length, body from document union all \
                   select codec, raw_length, body from document_part union all \
                   select codec, raw_length, body from quarantine";
    let rows: Vec<(String, i64, Vec<u8>)> = match world.db() {
        Db::Sqlite { readers, .. } => sqlx::query_as(columns).fetch_all(readers).await.unwrap(),
        Db::Postgres { pool, .. } => sqlx::query_as(columns).fetch_all(pool).await.unwrap(),
    };
    for (codec, raw_length, body) in rows {
        let body = punchgate_storage::body::unpack(&codec, raw_length, body).unwrap();
        all.push((format!("a body in {codec}"), body));
    }
    if let Db::Postgres { pool, .. } = world.db() {
        let tables: Vec<(String,)> = sqlx::query_as(
            "select table_name::text from information_schema.tables where table_schema = 'public'",
        )
        .fetch_all(pool)
        .await
        .unwrap();
        for (table,) in tables {
            let sql = format!("select coalesce(string_agg(t::text, chr(10)), '') from \"{table}\" t");
            all.push((table, dump(pool, sql).await.into_bytes()));
        }
    }
    all
}

#[expect(
    clippy::disallowed_methods,
    reason = "a table's name cannot be bound; it comes from the catalogue"
)]
async fn dump(pool: &sqlx::PgPool, sql: String) -> String {
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_one(pool)
        .await
        .unwrap()
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

// One thread, so that the log of this test alone is caught.
#[tokio::test(flavor = "current_thread")]
async fn secrets_and_cards_are_in_neither_database_nor_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    let caught = tracing::subscriber::set_default(subscriber);
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    let mut card = Po::new("4500001", "400.00");
    card.card = true;
    world.send(&card.xml()).await;
    world.send(&Po::new("4500002", "100.00").xml()).await;
    let mut wrong = card.clone();
    wrong.envelope.secret = format!("{SECRET}x");
    wrong.comment = format!("it has always been {SECRET}x");
    world.send(&wrong.xml()).await;
    world.send(&card.xml().replace("</Request>", "</Requests>")).await;
    world
        .send(
            &card
                .xml()
                .replace("<cXML ", "<cXML bad=\"")
                .replace("<Header>", "<Header"),
        )
        .await;
    let mut stray = Po::new("4500003", "10.00");
    stray.comment = format!("pay with 4111 1111 1111 1111 please, our secret is {SECRET}");
    world.send(&stray.xml()).await;
    let parts = format!(
        "--edge\r\nContent-Type: text/xml\r\n\r\n{}\r\n--edge\r\nContent-Type: text/plain\r\n\r\nnothing\r\n--edge--\r\n",
        card.clone().payload("multipart@buyer.example").xml()
    );
    world
        .send_to("", "multipart/related; boundary=edge", parts.into_bytes())
        .await;
    world
        .punch_out_and_return(&Setup::new("cookie-1"), "TL-1110", "1")
        .await;
    world.settle().await;
    let mut all = everything(&world).await;
    drop(caught);
    all.push(("the log".to_owned(), log.0.lock().unwrap().clone()));
    assert!(
        contains(&all.last().unwrap().1, "4500001") || all.last().unwrap().1.len() > 1000,
        "the log was caught"
    );
    let key = api_key("all");
    let key_secret = key.rsplit('_').next().unwrap();
    for (place, bytes) in &all {
        for secret in [
            SECRET,
            OUTBOUND_SECRET,
            CARD,
            key_secret,
            &world.shop.declared().1[6..],
            &world.erp.declared().1[6..],
        ] {
            assert!(!contains(bytes, secret), "{place} holds {secret}");
        }
    }
    world.finish().await;
}

/// The document in UTF-32, which nobody reads.
fn utf_32(text: &str) -> Vec<u8> {
    let units = ['\u{feff}'].into_iter().chain(text.chars());
    units.flat_map(|one| u32::from(one).to_le_bytes()).collect()
}

/// Bodies with a secret and a card number in them that are refused, or carry them in an unexpected place.
fn devious(po: &str, escaped: &str) -> Vec<(&'static str, Vec<u8>)> {
    let encoded = po.replace('<', "%3C").replace('>', "%3E").replace(' ', "+");
    let stray = po.replace("<SharedSecret>", "<SharedSecret '>");
    let blank = po.replace("<SharedSecret>", "< SharedSecret>");
    let attribute = po.replace(
        "</Sender>",
        &format!("</Sender><SharedSecret value=\"{SECRET}x\"/>"),
    );
    let signature = po.replace(
        "</Sender>",
        &format!("</Sender><DigitalSignature encoding=\"{SECRET}x\"><a b='{SECRET}x'/></DigitalSignature>"),
    );
    let entity = po.replace("<SharedSecret>", &format!("<SharedSecret>&{SECRET};"));
    let attached = format!(
        "--edge\r\n\r\n{po}\r\n--edge\r\nContent-Type: text/xml\r\n\r\n{po}\r\n--edge\r\n\
         Content-Type: text/plain\r\n\r\ncard {CARD}\r\n--edge--\r\n"
    );
    let cut_off = attached.replace("--edge--", "");
    vec![
        ("text/xml", format!("\n\0{po}").into_bytes()),
        ("text/xml", stray.into_bytes()),
        ("text/xml", blank.into_bytes()),
        ("text/xml", attribute.into_bytes()),
        ("text/xml", signature.into_bytes()),
        ("text/xml", entity.into_bytes()),
        (
            "text/xml",
            format!("<Envelope><Body>{escaped}</Body></Envelope>").into_bytes(),
        ),
        ("text/xml", utf_32(po)),
        (
            "application/x-www-form-urlencoded",
            format!("cxml-urlencoded={encoded}").into_bytes(),
        ),
        ("application/json", format!("{{\"xml\": {po:?}}}").into_bytes()),
        ("multipart/related; boundary=edge", attached.into_bytes()),
        ("multipart/related; boundary=edge", cut_off.into_bytes()),
    ]
}

#[tokio::test]
async fn refused_bodies_and_attachments_keep_no_secret_however_they_are_written() {
    let world = Supplier::with_buyer().credit("5000.00").start().await;
    let mut card = Po::new("4500001", "400.00");
    card.card = true;
    card.envelope.secret = format!("{SECRET}x");
    let po = card.xml();
    let escaped = po.replace('<', "&lt;").replace('>', "&gt;");
    for (content_type, body) in devious(&po, &escaped) {
        world.send_to("", content_type, body).await;
    }
    // Believed, with a secret and a card in its attachments.
    card.envelope.secret = SECRET.to_owned();
    let accepted = format!(
        "--edge\r\n\r\n{}\r\n--edge\r\nContent-Type: text/xml\r\n\r\n{po}\r\n--edge\r\n\r\ncard {CARD}\r\n--edge--\r\n",
        card.xml()
    );
    world
        .send_to("", "multipart/related; boundary=edge", accepted.into_bytes())
        .await;
    world.settle().await;
    for (place, bytes) in everything(&world).await {
        let narrow: Vec<u8> = bytes.iter().copied().filter(|byte| *byte != 0).collect();
        for secret in [SECRET, CARD] {
            assert!(
                !contains(&bytes, secret) && !contains(&narrow, secret),
                "{place} holds {secret}: {}",
                String::from_utf8_lossy(&narrow)
            );
        }
    }
    world.finish().await;
}

/// Whoever reads the history would read it.
#[tokio::test]
async fn a_reason_with_the_number_of_a_card_is_refused() {
    let world = Supplier::with_buyer().credit("10.00").start().await;
    world.send(&Po::new("1", "57.11").xml()).await;
    world.settle().await;
    let order = world.assert_state("1", "held").await;
    let reason = format!("charged {CARD} by telephone");
    let word = serde_json::json!({ "expected_version": order.row_version, "reason": reason });
    let path = format!("/v1/orders/{}/decline", order.order_id);
    let answer = world.api(reqwest::Method::POST, &path, Some(word)).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    let off = serde_json::json!({ "enabled": false, "reason": reason });
    let path = format!("/v1/relationships/{}/switch", order.relationship_id);
    let answer = world.api(reqwest::Method::POST, &path, Some(off)).await;
    assert_eq!(answer.status, 422, "{answer:?}");
    world.assert_state("1", "held").await;
    for (place, bytes) in everything(&world).await {
        assert!(!contains(&bytes, CARD), "{place}");
    }
    world.finish().await;
}
