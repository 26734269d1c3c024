//! The kill switch of a relationship: who turns it, what stops, what goes on.

use std::time::Duration;

use punchgate_storage::history;
use reqwest::Method;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use super::punchgate;
use crate::support::{
    cxml::{Po, Setup},
    supplier::{RELATIONSHIP, SUPPLIER_ID, Supplier, api_key},
    world::{Table, World},
};

const SWITCH: &str = "/v1/relationships/acme/switch";
const TAKEN: &str = "<cXML payloadID=\"a@b\" timestamp=\"2026-03-02T12:00:01+00:00\"><Response>\
                     <Status code=\"200\" text=\"OK\"/></Response></cXML>";

async fn turn(world: &World, enabled: bool) -> Value {
    let body = json!({ "enabled": enabled, "reason": "the buyer's secret leaked" });
    world.post(SWITCH, body).await
}

#[tokio::test]
async fn a_relationship_that_is_off_opens_no_session() {
    let world = Supplier::with_buyer().start().await;
    let off = turn(&world, false).await;
    assert_eq!(
        (&off["id"], &off["enabled"]),
        (&json!(RELATIONSHIP), &json!(false))
    );
    let refused = world.send(&Setup::new("cookie-1").xml()).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(world.count(Table::Session).await, 0);
    world.clock.advance(Duration::from_secs(60));
    let again = turn(&world, false).await;
    assert_eq!(again, off, "it stands so already, since the same instant");
    let on = turn(&world, true).await;
    assert!(on["enabled"] == true && on["since"] != off["since"], "{on}");
    let opened = world.send(&Setup::new("cookie-1").xml()).await;
    assert_eq!(opened.status, 200, "{}", opened.body);
    let mut tx = world.db().read().await.unwrap();
    let told = history::of_subject(&mut tx, SUPPLIER_ID, "relationship", RELATIONSHIP, 9)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    let lines: Vec<_> = told
        .iter()
        .map(|line| {
            (
                line.from_value.as_deref(),
                line.to_value.as_deref(),
                line.why.as_str(),
            )
        })
        .collect();
    let why = "the buyer's secret leaked";
    assert_eq!(
        lines,
        [
            (Some("false"), Some("true"), why),
            (Some("true"), Some("false"), why)
        ]
    );
    assert!(told.iter().all(|line| !line.who.is_empty()));
    world.finish().await;
}

#[tokio::test]
async fn a_switch_is_turned_by_name_with_a_reason_and_the_right_to() {
    let world = Supplier::with_buyer().start().await;
    let whole = json!({ "enabled": false, "reason": "leak" });
    let rows = [
        (
            "all",
            "/v1/relationships/nobody/switch",
            whole.clone(),
            404,
            "unknown-relationship",
        ),
        (
            "all",
            SWITCH,
            json!({ "enabled": false, "reason": " " }),
            422,
            "validation",
        ),
        ("all", SWITCH, json!({ "enabled": false }), 422, "validation"),
        ("all", SWITCH, json!({ "reason": "leak" }), 422, "validation"),
        ("reader", SWITCH, whole, 403, "scope-insufficient"),
    ];
    for (key, path, body, status, code) in rows {
        let told = format!("{key} {path} {body}");
        let answer = world
            .api_as(Some(&api_key(key)), Method::POST, path, Some(body))
            .await;
        assert_eq!(
            (answer.status, &answer.body["code"]),
            (status, &json!(code)),
            "{told}: {}",
            answer.body
        );
    }
    let opened = world.send(&Setup::new("cookie-1").xml()).await;
    assert_eq!(opened.status, 200, "nothing was switched: {}", opened.body);
    world.finish().await;
}

#[tokio::test]
async fn a_switch_is_turned_on_the_command_line() {
    let world = Supplier::with_buyer().start().await;
    let switch = |relationship: &'static str, to: &'static str| {
        let world = &world;
        async move {
            let words = [
                "relationship",
                "switch",
                relationship,
                to,
                "--by",
                "sam",
                "--reason",
                "leak",
            ];
            punchgate(world, &words).await
        }
    };
    for (relationship, said) in [
        ("acme", "write SUPPLIER.RELATIONSHIP"),
        ("ironkey.acme", "there is no supplier 'ironkey'"),
        ("ironquay.nobody", "there is no relationship 'ironquay.nobody'"),
    ] {
        let refused = switch(relationship, "off").await;
        assert!(
            refused.code == 1 && refused.err.contains(said),
            "{relationship}: {}",
            refused.err
        );
    }
    let off = switch("ironquay.acme", "off").await;
    assert!(
        off.code == 0 && off.out.starts_with("ironquay.acme is off since 2"),
        "{}{}",
        off.out,
        off.err
    );
    // The gateway that runs beside it believes what it has read for two seconds.
    world.clock.advance(Duration::from_secs(2));
    let refused = world.send(&Setup::new("cookie-1").xml()).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    world.finish().await;
}

#[tokio::test]
async fn a_confirmation_waits_until_the_relationship_is_on_again() {
    let partner = MockServer::start().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(200).set_body_raw(TAKEN, "text/xml"))
        .mount(&partner)
        .await;
    let supplier = Supplier::with_buyer().credit("100.00");
    let url = format!("\"{}/cxml\"", partner.uri());
    let world = supplier.relationship("outbound_url", url).start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let order = world.assert_state("4500001", "held").await;
    turn(&world, false).await;
    let word = json!({ "expected_version": order.row_version, "reason": "Not without payment" });
    world
        .post(&format!("/v1/orders/{}/decline", order.order_id), word)
        .await;
    for _ in 0..3 {
        world.drain().await;
        world.clock.advance(Duration::from_secs(3600));
    }
    assert_eq!(partner.received_requests().await.unwrap().len(), 0);
    turn(&world, true).await;
    world.drain().await;
    assert_eq!(partner.received_requests().await.unwrap().len(), 1);
    assert_eq!(world.order("4500001").await.confirmation, "sent");
    world.finish().await;
}
