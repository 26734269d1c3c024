//! Admitting, discarding and putting back: at once, and cut short in between.

use std::time::Duration;

use punchgate_app::clock::micros;
use punchgate_storage::{
    Lane, history,
    quarantine::{self, Taking},
};
use reqwest::Method;
use serde_json::{Value, json};

use super::punchgate;
use crate::support::{
    api::ApiAnswer,
    cxml::Po,
    supplier::{RELATIONSHIP, SUPPLIER_ID, Supplier},
    world::{Table, World},
};

const TAKER: &str = "ironquay.acme";

/// An order with a wrong secret, kept; another buyer's relationship beside.
async fn kept() -> (World, String) {
    let world = Supplier::with_buyer()
        .beside("borealis", "AN01000000909")
        .start()
        .await;
    let mut po = Po::new("4500001", "400.00");
    po.envelope.secret = "wrong".to_owned();
    world.send(&po.xml()).await;
    let id = world.get("/v1/quarantine").await["items"][0]["id"].clone();
    (world, id.as_str().unwrap().to_owned())
}

async fn say(world: &World, id: &str, word: &str) -> ApiAnswer {
    let body = match word {
        "admit" => Some(json!({ "relationship": RELATIONSHIP })),
        "admit elsewhere" => Some(json!({ "relationship": "borealis" })),
        _ => None,
    };
    let path = word.split(' ').next().unwrap_or_default();
    world
        .api(Method::POST, &format!("/v1/quarantine/{id}/{path}"), body)
        .await
}

/// A refusal that says this.
fn taking(at: i64) -> Taking<'static> {
    Taking {
        relationship: TAKER,
        by: "api:sam",
        at,
    }
}

fn assert_refused(answer: &ApiAnswer, said: &str) {
    let detail = answer.body["detail"].as_str().unwrap_or_default();
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(detail.contains(said), "{detail}");
}

async fn item(world: &World, id: &str) -> Value {
    world.get(&format!("/v1/quarantine/{id}")).await
}

/// What the crash of an admission leaves behind that got as far as this.
async fn give(world: &World, id: &str) {
    let mut tx = world.db().begin(Lane::Intake).await.unwrap();
    let now = micros(world.gateway.surroundings.now());
    assert!(
        quarantine::give(&mut tx, SUPPLIER_ID, id, &taking(now))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
}

/// Two words at once → in whichever order they come, they agree with what is there afterwards.
#[tokio::test]
async fn two_people_at_once() {
    for (one, other) in [
        ("admit", "discard"),
        ("discard", "admit"),
        ("admit", "admit"),
        ("admit", "admit elsewhere"),
        ("discard", "discard"),
    ] {
        let (world, id) = kept().await;
        let (first, second) = tokio::join!(say(&world, &id, one), say(&world, &id, other));
        let done: Vec<(&str, Value)> = [(one, first), (other, second)]
            .into_iter()
            .filter(|(_, answer)| answer.status < 300)
            .map(|(word, answer)| (word, answer.body))
            .collect();
        let orders = world.count(Table::Order).await;
        let item = item(&world, &id).await;
        let what = format!("{one} beside {other}: {done:?} {item}");
        if (one, other) == ("admit", "admit") {
            let mut ends: Vec<&str> = done
                .iter()
                .filter_map(|(_, body)| body["disposition"].as_str())
                .collect();
            ends.sort_unstable();
            assert_eq!(ends, ["accepted", "repeated"], "{what}");
        } else {
            assert_eq!(done.len(), 1, "{what}");
        }
        match done[0].0 {
            "discard" => assert_eq!((orders, item["state"].as_str()), (0, Some("discarded")), "{what}"),
            word => {
                let taker = if word == "admit" {
                    TAKER
                } else {
                    "ironquay.borealis"
                };
                assert_eq!((orders, item["state"].as_str()), (1, Some("admitted")), "{what}");
                assert_eq!(item["admitted_as"], taker, "{what}");
            }
        }
        world.settle().await;
        world.finish().await;
    }
}

#[tokio::test]
async fn an_admission_that_was_cut_short_before_it_was_received() {
    let (world, id) = kept().await;
    give(&world, &id).await;
    assert_refused(&say(&world, &id, "discard").await, "put it back");
    let elsewhere = say(&world, &id, "admit elsewhere").await;
    assert_refused(&elsewhere, "the end of that was not seen");
    let shown = item(&world, &id).await;
    assert_eq!(
        (&shown["state"], &shown["admitted_as"]),
        (&json!("waiting"), &json!(TAKER))
    );
    assert!(
        shown["advice"]
            .as_str()
            .unwrap()
            .contains("api:sam gave the request"),
        "{shown}"
    );
    assert_refused(&say(&world, &id, "put-back").await, "api:sam may still be at it");
    world.clock.advance(Duration::from_secs(301));
    assert_eq!(say(&world, &id, "put-back").await.status, 204);
    let shown = item(&world, &id).await;
    assert_eq!(
        (&shown["admitted_as"], &shown["decided_by"]),
        (&Value::Null, &Value::Null)
    );
    assert_refused(&say(&world, &id, "put-back").await, "given to nobody");
    assert_eq!(say(&world, &id, "admit elsewhere").await.status, 200);
    assert_eq!(world.order("4500001").await.relationship_id, "borealis");
    world.settle().await;
    world.finish().await;
}

/// Who admitted it first stays, whoever sees it through; nobody is told that there is an order where none is.
#[tokio::test]
async fn an_admission_that_was_cut_short_is_seen_through_by_another() {
    let (world, id) = kept().await;
    give(&world, &id).await;
    let again = say(&world, &id, "admit").await;
    assert_eq!(
        (again.status, &again.body["disposition"]),
        (200, &json!("accepted"))
    );
    let shown = item(&world, &id).await;
    assert_eq!(
        (&shown["state"], &shown["decided_by"]),
        (&json!("admitted"), &json!("api:sam"))
    );
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn an_admission_that_was_cut_short_after_it_was_received() {
    let (world, id) = kept().await;
    say(&world, &id, "admit").await;
    let first = item(&world, &id).await;
    world.meddle("update quarantine set state = 'waiting'").await;
    world.clock.advance(Duration::from_secs(301));
    assert_refused(&say(&world, &id, "discard").await, TAKER);
    assert_refused(
        &say(&world, &id, "put-back").await,
        "order 4500001 of ironquay.acme is there",
    );
    let again = say(&world, &id, "admit").await;
    assert_eq!(
        (again.status, &again.body["disposition"]),
        (200, &json!("repeated"))
    );
    let shown = item(&world, &id).await;
    for key in ["state", "admitted_as", "decided_by", "decided_at"] {
        assert_eq!(shown[key], first[key], "{key}");
    }
    assert_eq!(world.count(Table::Order).await, 1);
    world.settle().await;
    world.finish().await;
}

/// Put back while somebody else was at it all the same: the order counts.
#[tokio::test]
async fn an_order_that_comes_after_all_is_told() {
    let (world, id) = kept().await;
    say(&world, &id, "admit").await;
    world
        .meddle("update quarantine set state = 'waiting', admitted_as = null, decided_by = null, decided_at = null")
        .await;
    let mut tx = world.db().begin(Lane::Intake).await.unwrap();
    assert!(
        quarantine::admitted(&mut tx, SUPPLIER_ID, &id, &taking(1))
            .await
            .unwrap()
    );
    tx.commit().await.unwrap();
    let shown = item(&world, &id).await;
    assert_eq!(
        (&shown["state"], &shown["admitted_as"]),
        (&json!("admitted"), &json!(TAKER))
    );
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn who_decided_what_is_shown_and_told_in_the_history() {
    let (world, id) = kept().await;
    let waiting = item(&world, &id).await;
    assert!(
        waiting["advice"].as_str().unwrap().contains("mend the cause"),
        "{waiting}"
    );
    assert!(
        waiting["text"].as_str().unwrap().contains("orderID=\"4500001\""),
        "{waiting}"
    );
    say(&world, &id, "admit").await;
    let listed = world.get("/v1/quarantine").await["items"][0].clone();
    let shown = item(&world, &id).await;
    for key in ["admitted_as", "decided_by", "decided_at", "advice"] {
        assert!(
            listed[key].is_string() && listed[key] == shown[key],
            "{key}: {listed}"
        );
    }
    assert_refused(&say(&world, &id, "discard").await, "look for the order there");
    let by = shown["decided_by"].as_str().unwrap();
    let list = [
        "quarantine",
        "list",
        "--supplier",
        SUPPLIER_ID,
        "--state",
        "admitted",
    ];
    let listed = punchgate(&world, &list).await;
    assert!(
        listed
            .out
            .contains(&format!("admitted as {TAKER} by {by} at 2026-03-02T12:")),
        "{}",
        listed.out
    );
    let printed = punchgate(&world, &["quarantine", "show", "--supplier", SUPPLIER_ID, &id]).await;
    assert!(
        printed.err.contains(&format!("admitted as {TAKER} by {by}"))
            && printed
                .err
                .contains("what to do: look for the order at ironquay.acme"),
        "{}",
        printed.err
    );
    let mut tx = world.db().read().await.unwrap();
    let told = history::of_subject(&mut tx, SUPPLIER_ID, "quarantine", &id, 9)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    assert_eq!(
        (told.len(), told[0].to_value.as_deref(), told[0].who.as_str()),
        (1, Some(TAKER), by)
    );
    let missing = world.api(Method::GET, "/v1/quarantine/none", None).await;
    assert_eq!(missing.status, 404);
    for word in ["discard", "put-back"] {
        assert_eq!(say(&world, "none", word).await.status, 404, "{word}");
    }
    world.settle().await;
    world.finish().await;
}

/// Of what could not be read nobody complains by its outline: the real place is told, and what helps.
#[tokio::test]
async fn a_malformed_order_is_told_by_its_own_mistake() {
    let world = Supplier::with_buyer().start().await;
    let whole = Po::new("4500077", "400.00").xml();
    let broken = whole.replace("</OrderRequestHeader>", "</OrderRequestHeade>");
    // With an address that says whose it is.
    let answer = world
        .send_to(&format!("/{TAKER}"), "text/xml", broken.into_bytes())
        .await;
    assert_eq!(answer.status, 406, "{}", answer.body);
    let kept = world.get("/v1/quarantine").await["items"][0].clone();
    let id = kept["id"].as_str().unwrap();
    let place = kept["detail"].as_str().unwrap();
    assert!(place.starts_with("line 5, column "), "{place}");
    assert!(
        kept["advice"].as_str().unwrap().contains("send it again"),
        "{kept}"
    );
    let admitted = say(&world, id, "admit").await;
    let told = admitted.body["detail"].as_str().unwrap();
    assert_eq!(admitted.body["code"], "malformed-document");
    assert!(
        told.contains(place) && told.contains("send it again") && !told.contains("1:2"),
        "{told}"
    );
    assert_eq!(item(&world, id).await["admitted_as"], Value::Null);
    assert_eq!(say(&world, id, "discard").await.status, 204);
    world.finish().await;
}
