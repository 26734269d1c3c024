//! The archive on the command line: found, shown without secrets, delivered again with the payloadID that it has.

use std::time::Duration;

use punchgate_app::clock::{Clock as _, SystemClock};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use super::{Printed, punchgate};
use crate::support::{
    cxml::{OUTBOUND_SECRET, Po, SECRET, between},
    supplier::{RELATIONSHIP, SUPPLIER_ID, Supplier},
    world::World,
};

const TAKEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">\n\
    <cXML payloadID=\"answer@buyer.example\" timestamp=\"2026-03-02T12:00:01+00:00\">\
    <Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

/// A declined order whose rejection the buyer's address has refused.
async fn refused_by_the_buyer() -> (World, MockServer) {
    let partner = MockServer::start().await;
    let url = format!("\"{}/cxml\"", partner.uri());
    let supplier = Supplier::with_buyer().credit("100.00");
    let world = supplier.relationship("outbound_url", url).start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(404))
        .up_to_n_times(1)
        .mount(&partner)
        .await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(TAKEN, "text/xml"))
        .mount(&partner)
        .await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let order = world.assert_state("4500001", "held").await;
    let word = json!({ "expected_version": order.row_version, "reason": "Not without payment" });
    let path = format!("/v1/orders/{}/decline", order.order_id);
    world.post(&path, word).await;
    world.drain().await;
    (world, partner)
}

async fn run(world: &World, words: &[&str]) -> Printed {
    let (first, rest) = words.split_first().unwrap();
    let command = [&["documents", first, "--supplier", SUPPLIER_ID], rest].concat();
    punchgate(world, &command).await
}

/// The documents that a list names.
async fn listed(world: &World, words: &[&str]) -> Vec<Value> {
    let ran = run(world, &[&["list", "--json"], words].concat()).await;
    assert_eq!(ran.code, 0, "{words:?}: {}", ran.err);
    serde_json::from_str(&ran.out).unwrap()
}

#[tokio::test]
async fn documents_are_found_by_what_is_known_of_them() {
    let (world, _partner) = refused_by_the_buyer().await;
    let order = world.order("4500001").await;
    let payload = order.payload_id.as_str();
    let now = world.gateway.surroundings.now();
    let (before, after) = (
        (now - Duration::from_secs(3600)).to_string(),
        (now + Duration::from_secs(3600)).to_string(),
    );
    for (words, kinds) in [
        (vec!["--kind", "OrderRequest"], vec!["OrderRequest"]),
        (
            vec!["--direction", "out"],
            vec!["ConfirmationRequest", "Response"],
        ),
        (vec!["--status", "failed"], vec!["ConfirmationRequest"]),
        (
            vec![
                "--relationship",
                RELATIONSHIP,
                "--direction",
                "in",
                "--search",
                "4500001",
                "--kind",
                "OrderRequest",
            ],
            vec!["OrderRequest"],
        ),
        (
            vec!["--search", payload, "--direction", "in"],
            vec!["OrderRequest"],
        ),
        (
            vec!["--since", &before, "--until", &after, "--direction", "out"],
            vec!["ConfirmationRequest", "Response"],
        ),
        (vec!["--since", &after], vec![]),
        (vec!["--until", "2020-01-01"], vec![]),
        (vec!["--relationship", "nobody"], vec![]),
        (
            vec!["--limit", "1", "--status", "failed"],
            vec!["ConfirmationRequest"],
        ),
    ] {
        let found = listed(&world, &words).await;
        let mut found: Vec<&str> = found.iter().map(|it| it["kind"].as_str().unwrap()).collect();
        found.sort_unstable();
        assert_eq!(found, kinds, "{words:?}");
    }
    let none = run(&world, &["list", "--kind", "Nothing"]).await;
    assert_eq!((none.code, none.out.as_str()), (0, ""));
    assert!(none.err.contains("No document is so"), "{}", none.err);
    world.finish_with(&["deliver-confirmation"]).await;
}

#[tokio::test]
async fn a_document_is_shown_without_secrets_and_delivered_again_as_the_same() {
    let (world, partner) = refused_by_the_buyer().await;
    let sent = listed(&world, &["--kind", "ConfirmationRequest"]).await[0].clone();
    let id = sent["id"].as_str().unwrap();
    let came = listed(&world, &["--kind", "OrderRequest"]).await[0].clone();
    let came = came["id"].as_str().unwrap();
    for (document, root) in [(id, "<ConfirmationRequest"), (came, "<OrderRequest")] {
        let shown = run(&world, &["show", document]).await;
        assert_eq!(shown.code, 0, "{}", shown.err);
        assert!(
            shown.out.contains(root) && shown.err.contains(document),
            "{}",
            shown.err
        );
        for secret in [SECRET, OUTBOUND_SECRET] {
            assert!(
                !shown.out.contains(secret) && !shown.err.contains(secret),
                "{document}"
            );
        }
    }
    let shown = run(&world, &["show", id, "--json"]).await;
    let shown: Value = serde_json::from_str(&shown.out).unwrap();
    assert_eq!(
        (&shown["job"]["state"], &shown["job"]["attempts"][0]["attempt"]),
        (&json!("dead"), &json!(1)),
        "{shown}"
    );

    let again = ["replay", id, "--by", "sam", "--reason", "their address is mended"];
    let replayed = run(&world, &again).await;
    assert_eq!(replayed.code, 0, "{}", replayed.err);
    // The command goes by the machine's clock, the world by its own.
    let ahead = SystemClock.now().duration_since(world.gateway.surroundings.now());
    world.clock.advance(ahead.unsigned_abs() + Duration::from_secs(1));
    world.drain().await;
    let requests = partner.received_requests().await.unwrap();
    let ids: Vec<String> = requests
        .iter()
        .map(|request| {
            let body = String::from_utf8_lossy(&request.body).into_owned();
            between(&body, "payloadID=\"", "\"").unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1], "the same payloadID");
    assert_eq!(world.order("4500001").await.confirmation, "sent");

    for (document, said) in [
        (id, "is delivered"),
        (came, "punchgate jobs list"),
        ("nothing", "there is no document"),
    ] {
        let refused = run(&world, &["replay", document, "--by", "sam", "--reason", "x"]).await;
        assert_eq!(refused.code, 1, "{document}");
        assert!(refused.err.contains(said), "{document}: {}", refused.err);
    }
    let missing = run(&world, &["show", "nothing"]).await;
    assert_eq!(missing.code, 1);
    world.finish().await;
}
