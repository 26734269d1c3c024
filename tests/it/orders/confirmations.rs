//! Confirmations to the buyer, at an address that behaves as partners' addresses do.

use std::time::Duration;

use punchgate_app::{accounts::Author, restoration};
use serde_json::json;
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::method};

use crate::support::{
    cxml::{OUTBOUND_SECRET, Po, between},
    supplier::Supplier,
    world::World,
};

const TAKEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">\n\
    <cXML payloadID=\"answer@buyer.example\" timestamp=\"2026-03-02T12:00:01+00:00\">\
    <Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

/// A world whose buyer takes confirmations at a stub.
async fn world_with(supplier: Supplier) -> (World, MockServer) {
    let partner = MockServer::start().await;
    let url = format!("\"{}/cxml\"", partner.uri());
    (supplier.relationship("outbound_url", url).start().await, partner)
}

fn answering(status: u16, body: &str) -> Mock {
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(status).set_body_raw(body, "text/xml"))
}

async fn received(partner: &MockServer) -> Vec<String> {
    let requests: Vec<Request> = partner.received_requests().await.unwrap();
    requests
        .into_iter()
        .map(|request| String::from_utf8(request.body).unwrap())
        .collect()
}

async fn decline(world: &World, number: &str) {
    let order = world.assert_state(number, "held").await;
    let word = json!({ "expected_version": order.row_version, "reason": "Not without payment" });
    world
        .post(&format!("/v1/orders/{}/decline", order.order_id), word)
        .await;
}

#[tokio::test]
async fn a_declined_order_goes_out_as_a_rejection_and_a_retry_says_the_same() {
    let (world, partner) = world_with(Supplier::with_buyer().credit("100.00")).await;
    let busy = answering(503, "")
        .up_to_n_times(2)
        .mount_as_scoped(&partner)
        .await;
    let mut po = Po::new("4500001", "400.00");
    po.card = true;
    world.send(&po.xml()).await;
    decline(&world, "4500001").await;
    world.drain().await;
    world.clock.advance(Duration::from_secs(3600));
    world.drain().await;
    assert_eq!(busy.received_requests().await.len(), 2, "503 is tried again");
    let first = busy.received_requests().await;
    drop(busy);
    answering(200, TAKEN).mount(&partner).await;
    world.clock.advance(Duration::from_secs(3600));
    world.drain().await;
    let mut sent: Vec<String> = first
        .into_iter()
        .map(|request| String::from_utf8(request.body).unwrap())
        .collect();
    sent.extend(
        received(&partner)
            .await
            .into_iter()
            .skip(sent.len().saturating_sub(2)),
    );
    for document in &sent {
        assert!(
            document.contains("type=\"reject\"") && document.contains("Not without payment"),
            "{document}"
        );
        assert!(document.contains("orderID=\"4500001\""), "{document}");
        assert!(document.contains(OUTBOUND_SECRET), "it proves who sends");
        let id = |document: &str| {
            let payload = between(document, "payloadID=\"", "\"").unwrap().to_owned();
            (
                payload,
                between(document, "confirmID=\"", "\"").unwrap().to_owned(),
            )
        };
        assert_eq!(id(document), id(&sent[0]));
    }
    let order = world.assert_state("4500001", "declined").await;
    assert_eq!(order.confirmation, "sent");
    assert!(world.erp.orders().await.is_empty());
    world.finish().await;
}

#[tokio::test]
async fn what_the_partner_refuses_is_for_a_person_at_once() {
    let refused = TAKEN.replace("code=\"200\" text=\"OK\"", "code=\"406\" text=\"Not Acceptable\"");
    for (http, body) in [(400, ""), (404, "no such page"), (200, refused.as_str())] {
        let (world, partner) = world_with(Supplier::with_buyer().credit("100.00")).await;
        answering(http, body).mount(&partner).await;
        let mut po = Po::new("4500001", "400.00");
        po.card = true;
        world.send(&po.xml()).await;
        decline(&world, "4500001").await;
        for _ in 0..3 {
            world.drain().await;
            world.clock.advance(Duration::from_secs(3600));
        }
        assert_eq!(
            received(&partner).await.len(),
            1,
            "HTTP {http} {body} is not tried again"
        );
        let left = world.unfinished().await;
        assert_eq!((left.len(), left[0].state.as_str()), (1, "dead"), "{http}");
        let found = world.get("/v1/documents?kind=ConfirmationRequest").await;
        assert_eq!(found["items"][0]["status"], "failed", "{found}");
        let id = found["items"][0]["id"].as_str().unwrap();
        assert!(
            !world
                .get(&format!("/v1/documents/{id}"))
                .await
                .to_string()
                .contains(OUTBOUND_SECRET)
        );
        world.finish_with(&["deliver-confirmation"]).await;
    }
}

#[tokio::test]
async fn the_erp_acknowledges_and_the_buyer_is_told_once() {
    let (world, partner) = world_with(Supplier::with_buyer().credit("1000.00")).await;
    answering(200, TAKEN).mount(&partner).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    for _ in 0..3 {
        world.settle().await;
    }
    let sent = received(&partner).await;
    assert_eq!(sent.len(), 1, "{sent:?}");
    assert!(
        sent[0].contains("<ConfirmationRequest>") && sent[0].contains("type=\"accept\""),
        "{}",
        sent[0]
    );
    assert_eq!(world.order("4500001").await.confirmation, "sent");
    world.finish().await;
}

/// Confirmation policy → when the confirmation is there: after submission, after the ERP's acknowledgement.
#[tokio::test]
async fn the_policy_says_when() {
    for (policy, created, acknowledged) in [
        ("on_erp_order_created", 1, 1),
        ("on_erp_acknowledgement", 0, 1),
        ("manual", 0, 0),
        ("never", 0, 0),
    ] {
        let (world, partner) = world_with(
            Supplier::with_buyer()
                .credit("1000.00")
                .policy("confirmation", policy),
        )
        .await;
        answering(200, TAKEN).mount(&partner).await;
        world.send(&Po::new("4500001", "400.00").xml()).await;
        world.drain().await;
        assert_eq!(received(&partner).await.len(), created, "{policy}: created");
        world.settle().await;
        assert_eq!(
            received(&partner).await.len(),
            acknowledged,
            "{policy}: acknowledged"
        );
        world.finish().await;
    }
}

/// Restored from a backup, a confirmation that had gone out since says the same under the same payloadID.
#[tokio::test]
async fn a_confirmation_of_a_copy_keeps_its_payload_id() {
    let (world, partner) = world_with(Supplier::with_buyer().credit("100.00")).await;
    answering(503, "").up_to_n_times(1).mount(&partner).await;
    answering(200, TAKEN).mount(&partner).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    decline(&world, "4500001").await;
    world.drain().await;
    let author = Author::new("cli:sam", "the disk was lost").unwrap();
    let surroundings = &world.gateway.surroundings;
    let settle = Duration::from_secs(60);
    restoration::begin(surroundings, surroundings.now(), settle, &author)
        .await
        .unwrap();
    world.clock.advance(Duration::from_secs(3600));
    world.drain().await;
    let ids: Vec<String> = received(&partner)
        .await
        .iter()
        .map(|document| between(document, "payloadID=\"", "\"").unwrap().to_owned())
        .collect();
    assert_eq!(ids.len(), 2);
    assert_eq!(ids[0], ids[1]);
    world.finish().await;
}
