//! What happens here, told to a system of the supplier's that checks every signature by itself.

mod deliveries;
mod hanging;
mod refused;
mod statements;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::support::{
    cxml::{CARD, OUTBOUND_SECRET, Po, SECRET, Setup},
    erp::CUSTOMER,
    receiver::{HOOK_SECRET, Receiver, Told},
    supplier::Supplier,
    world::World,
};

const KEYS: &str = "secrets = { secret = { env = \"HOOKS\" } }";

const TAKEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">\n\
    <cXML payloadID=\"answer@buyer.example\" timestamp=\"2026-03-02T12:00:01+00:00\">\
    <Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

/// A world with a receiver that takes everything, and a partner that takes confirmations.
async fn world() -> (World, Receiver, MockServer) {
    let (hooks, partner) = (Receiver::start().await, MockServer::start().await);
    partner_answers(&partner, 200, TAKEN).await;
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .connectors(hooks.declared("", KEYS))
        .relationship("outbound_url", format!("\"{}/cxml\"", partner.uri()))
        .start()
        .await;
    (world, hooks, partner)
}

async fn partner_answers(partner: &MockServer, status: u16, body: &str) {
    partner.reset().await;
    Mock::given(method("POST"))
        .respond_with(ResponseTemplate::new(status).set_body_raw(body, "text/xml"))
        .mount(partner)
        .await;
}

async fn customer(world: &World) -> Value {
    let list = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    world.get(&format!("/v1/customers/{id}")).await
}

/// An order on a card waits; a person says no.
async fn declined(world: &World, number: &str) {
    let mut po = Po::new(number, "40.00");
    po.card = true;
    world.send(&po.xml()).await;
    let order = world.assert_state(number, "held").await;
    let word = json!({ "expected_version": order.row_version, "reason": "Not without payment" });
    world
        .post(&format!("/v1/orders/{}/decline", order.order_id), word)
        .await;
}

/// A limit that is asked for here, while a clerk sets another one there.
async fn conflict(world: &World) {
    let before = customer(world).await;
    let limit = json!({ "kind": "amount", "amount": "12345.67", "currency": "USD" });
    let body = json!({ "expected_version": before["version"], "limit": limit, "reason": "bank statement" });
    let path = format!("/v1/customers/{}/limit", before["id"].as_str().unwrap());
    let asked = world.api(Method::PUT, &path, Some(body)).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    world.erp.leave_available(CUSTOMER, "5000.00").await;
    world.settle().await;
}

/// Everything that can be told of, caused from outside, but an order that the sink refuses.
async fn everything_happens(world: &World, partner: &MockServer) {
    world
        .punch_out_and_return(&Setup::new("cookie-1"), "TL-1110", "1")
        .await;
    world.send(&Po::new("4500001", "5000.00").xml()).await;
    world.assert_state("4500001", "held").await;
    world.gateway.alerts.round(&[]).await.unwrap();
    world.erp.leave_available(CUSTOMER, "6000.00").await;
    for _ in 0..3 {
        world.settle().await;
    }
    world.assert_state("4500001", "accepted").await;
    world.gateway.alerts.round(&[]).await.unwrap();
    let mut card = Po::new("4500002", "10.00");
    card.card = true;
    world.send(&card.xml()).await;
    world.send(&card.operation("delete").xml()).await;
    declined(world, "4500003").await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    world.settle().await;
    world.erp.release_holds(CUSTOMER).await;
    world.settle().await;
    world.erp.place_unexplained_hold(CUSTOMER, "Z9").await;
    world.settle().await;
    world.erp.release_holds(CUSTOMER).await;
    world.settle().await;
    conflict(world).await;
    // A partner that quotes what it was sent.
    let refused = format!("code=\"406\" text=\"who is {OUTBOUND_SECRET}?\"");
    partner_answers(partner, 200, &TAKEN.replace("code=\"200\" text=\"OK\"", &refused)).await;
    declined(world, "4500004").await;
    world.settle().await;
}

/// The kinds that were told of each subject, in their order; the subjects by a name of the test's.
fn by_subject(told: &[Told]) -> BTreeMap<String, Vec<&str>> {
    let mut subjects: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for one in told {
        let named = ["order_number", "session", "customer", "conflict", "job", "alert"]
            .into_iter()
            .find(|field| !one.data(field).is_empty())
            .unwrap_or_else(|| panic!("about nothing: {}", one.body));
        let name = match named {
            "order_number" => one.data(named).to_owned(),
            other => other.to_owned(),
        };
        // A conflict names the ERP's customer, too.
        let name = match one.kind() {
            "sync.conflict" => "conflict".to_owned(),
            "sync.attention" => "attention".to_owned(),
            "delivery.failed" => "job".to_owned(),
            _ => name,
        };
        subjects.entry(name).or_default().push(one.kind());
    }
    subjects
}

#[tokio::test]
async fn everything_is_told_once_and_in_the_order_of_its_subject() {
    let (world, hooks, partner) = world().await;
    // Customers were read before: their holds and limits are events like any other, and not this test's.
    world.drain().await;
    hooks.answers(ResponseTemplate::new(204)).await;
    everything_happens(&world, &partner).await;
    let told = hooks.told().await;
    let now = world.gateway.surroundings.now().as_second();
    for one in &told {
        assert_eq!(one.signatures, [one.signed_with(HOOK_SECRET)], "{}", one.body);
        assert!((now - one.timestamp).abs() <= 300, "{}", one.timestamp);
        assert_eq!(
            (
                &one.body["id"],
                &one.body["version"],
                &one.body["data"]["supplier"]
            ),
            (&json!(one.id), &json!(1), &json!("ironquay")),
            "{}",
            one.body
        );
        let text = one.body.to_string();
        for secret in [SECRET, OUTBOUND_SECRET, CARD, HOOK_SECRET] {
            assert!(!text.contains(secret), "{text}");
        }
    }
    let ids: BTreeSet<&str> = told.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(ids.len(), told.len(), "nothing is told twice");
    let subjects = by_subject(&told);
    let of = |name: &str| subjects.get(name).cloned().unwrap_or_default();
    let went_on = [
        "order.received",
        "order.held",
        "order.released",
        "order.submitted",
        "order.confirmed",
    ];
    assert_eq!(of("4500001"), went_on);
    assert_eq!(of("4500002"), ["order.received", "order.held", "order.cancelled"]);
    let declined = [
        "order.received",
        "order.held",
        "order.declined",
        "order.confirmed",
    ];
    assert_eq!(of("4500003"), declined);
    assert_eq!(of("4500004"), declined[..3]);
    assert_eq!(of("session"), ["cart.returned"]);
    assert_eq!(of("conflict"), ["sync.conflict"]);
    assert_eq!(of("attention"), ["sync.attention"]);
    assert_eq!(of("job"), ["delivery.failed"]);
    let customer = of("customer");
    let holds: Vec<_> = customer.iter().filter(|kind| kind.starts_with("hold.")).collect();
    let twice = ["hold.placed", "hold.released"].repeat(2);
    assert_eq!(holds, twice.iter().collect::<Vec<_>>(), "{customer:?}");
    assert!(customer.contains(&"limit.changed"), "{customer:?}");
    world.finish_with(&["deliver-confirmation"]).await;
}

/// Who names events hears of these and of no others.
#[tokio::test]
async fn a_receiver_hears_of_what_it_has_asked_for() {
    let hooks = Receiver::start().await;
    let declared = hooks.declared(", events = [\"order.submitted\"]", KEYS);
    let supplier = Supplier::with_buyer().credit("1000.00").connectors(declared);
    let world = supplier.start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let told = hooks.told().await;
    let kinds: Vec<&str> = told.iter().map(Told::kind).collect();
    assert_eq!(kinds, ["order.submitted"]);
    world.finish().await;
}
