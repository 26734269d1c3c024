//! Orders whose sink is the shop, followed to their end: what its people do there is known here, once.

use std::time::Duration;

use punchgate_app::orders::WITHDRAWAL_DUE;
use punchgate_storage::erp_document;
use reqwest::Method;
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::{
    hooks::Message,
    support::{
        cxml::Po,
        http,
        supplier::{SUPPLIER_ID, Supplier},
        world::World,
    },
};

const NUMBER: &str = "4500001";
const MINUTE: Duration = Duration::from_secs(60);
const TAKEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">\n\
    <cXML payloadID=\"answer@buyer.example\" timestamp=\"2026-03-02T12:00:01+00:00\">\
    <Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

/// An order of ten pieces that the shop has taken, and the buyer's address for confirmations.
struct InShop {
    world: World,
    partner: MockServer,
}

impl InShop {
    async fn start(supplier: Supplier) -> Self {
        let partner = MockServer::start().await;
        let taken = ResponseTemplate::new(200).set_body_raw(TAKEN, "text/xml");
        Mock::given(method("POST"))
            .respond_with(taken)
            .mount(&partner)
            .await;
        let world = supplier
            .relationship("order_sink", "\"storefront\"")
            .relationship("outbound_url", format!("\"{}/cxml\"", partner.uri()))
            .policy("price_action", "accept")
            .credit("1000.00")
            .start()
            .await;
        let mut po = Po::new(NUMBER, "57.10");
        po.lines[0].quantity = 10;
        po.lines[0].price = "5.71".to_owned();
        world.send(&po.xml()).await;
        world.settle().await;
        world.assert_state(NUMBER, "accepted").await;
        Self { world, partner }
    }

    /// At the shop's desk.
    async fn desk(&self, what: &str, set: Value) {
        let url = format!("{}/desk/orders/{NUMBER}/{what}", self.world.shop.url);
        let done = http().post(url).json(&set).send().await.unwrap();
        assert!(done.status().is_success(), "{what} {set}: {}", done.status());
    }

    /// A minute later, when the shop is asked again.
    async fn later(&self) {
        self.world.clock.advance(MINUTE);
        self.world.settle().await;
    }

    /// What came of it: each document in a line, in the order in which they came.
    async fn documents(&self) -> Vec<String> {
        let order = self.world.order(NUMBER).await;
        let mut tx = self.world.db().read().await.unwrap();
        let mut rows = erp_document::of_order(&mut tx, SUPPLIER_ID, &order.order_id)
            .await
            .unwrap();
        tx.rollback().await.unwrap();
        rows.sort_by_key(|row| row.head.first_seen_at);
        rows.iter()
            .map(|row| {
                let content: Value = serde_json::from_str(&row.content).unwrap();
                let lines = content["lines"].as_array().cloned().unwrap_or_default();
                let lines: Vec<String> = lines
                    .iter()
                    .map(|line| {
                        let status = line["status"].as_str().unwrap_or_default();
                        format!("{} {status}", line["quantity"].as_str().unwrap())
                    })
                    .collect();
                let state = content["state"].as_str().unwrap_or_default();
                let message = content["message"].as_str().unwrap_or_default();
                let text = format!("{} {state} {} {message}", row.head.kind, lines.join(", "));
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// Confirmations that the buyer has got.
    async fn confirmations(&self) -> Vec<String> {
        let requests = self.partner.received_requests().await.unwrap();
        requests
            .into_iter()
            .map(|request| String::from_utf8(request.body).unwrap())
            .collect()
    }

    async fn matters(&self) -> Vec<Value> {
        let found = self.world.get("/v1/sync").await;
        found["attention"].as_array().cloned().unwrap_or_default()
    }
}

#[tokio::test]
async fn the_shop_confirms_ships_in_parts_and_completes() {
    let shop = InShop::start(Supplier::with_buyer()).await;
    assert!(shop.documents().await.is_empty() && shop.confirmations().await.is_empty());

    shop.desk("lines/1", json!({ "confirmed": "10" })).await;
    shop.later().await;
    assert_eq!(shop.documents().await, ["acknowledgement 10 accepted"]);
    let told = shop.confirmations().await;
    assert_eq!(told.len(), 1);
    assert!(told[0].contains("type=\"accept\""), "{}", told[0]);

    shop.desk("lines/1", json!({ "shipped": "4" })).await;
    shop.later().await;
    shop.desk("lines/1", json!({ "shipped": "3", "invoiced": "4" }))
        .await;
    shop.later().await;
    shop.desk("lines/1", json!({ "shipped": "10" })).await;
    shop.later().await;
    shop.later().await;
    let expected = [
        "acknowledgement 10 accepted",
        "shipment 4",
        "status open line 1: 4 ST invoiced; line 1: 3 ST shipped, and 4 before",
        "shipment 6",
    ];
    assert_eq!(shop.documents().await, expected);
    assert_eq!(shop.confirmations().await.len(), 1, "nothing was confirmed anew");
    let order = shop.world.assert_state(NUMBER, "accepted").await;
    assert_eq!((order.reserved_minor, order.billed_minor), (5_710, 0));

    shop.desk("payment", json!({ "payment": "paid" })).await;
    shop.desk("state", json!({ "state": "completed" })).await;
    shop.later().await;
    assert_eq!(
        shop.documents().await.last().unwrap(),
        "status completed it is paid"
    );
    assert!(shop.matters().await.is_empty(), "so orders on terms end");
    let order = shop.world.assert_state(NUMBER, "accepted").await;
    assert_eq!(order.billed_minor, 5_710, "nothing of it is open any more");

    let asked = shop.world.shop.calls("order_status");
    shop.world.clock.advance(MINUTE * 60 * 24 * 40);
    shop.world.settle().await;
    assert_eq!(shop.world.shop.calls("order_status"), asked, "it has ended");
    shop.world.finish().await;
}

#[tokio::test]
async fn what_is_cancelled_in_part_is_told_the_buyer_as_rejected() {
    let shop = InShop::start(Supplier::with_buyer()).await;
    shop.desk("lines/1", json!({ "confirmed": "10", "cancelled": "3" }))
        .await;
    shop.later().await;
    assert_eq!(shop.documents().await, ["acknowledgement 7 accepted, 3 rejected"]);
    let told = shop.confirmations().await;
    assert_eq!(told.len(), 1);
    assert!(
        told[0].contains("quantity=\"3\" type=\"reject\"")
            && told[0].contains("quantity=\"7\" type=\"accept\""),
        "{}",
        told[0]
    );
    shop.world.finish().await;
}

#[tokio::test]
async fn a_hold_in_the_shop_is_seen_and_its_release_too() {
    let shop = InShop::start(Supplier::with_buyer()).await;
    let hold = json!({ "state": "on_hold", "code": "FRAUD", "message": "Being looked at" });
    shop.desk("state", hold).await;
    shop.later().await;
    let order = shop.world.assert_state(NUMBER, "held_by_erp").await;
    assert_eq!(order.state_reason.as_deref(), Some("Being looked at (FRAUD)"));
    assert_eq!(order.reserved_minor, 5_710);
    shop.later().await;
    shop.world.assert_state(NUMBER, "held_by_erp").await;

    shop.desk("state", json!({ "state": "open" })).await;
    shop.later().await;
    shop.world.assert_state(NUMBER, "accepted").await;
    assert_eq!(
        shop.documents().await,
        ["status on_hold Being looked at", "status open"]
    );
    shop.world.finish().await;
}

#[tokio::test]
async fn what_the_shop_cancels_lets_go_of_the_limit() {
    let shop = InShop::start(Supplier::with_buyer()).await;
    shop.desk("state", json!({ "state": "cancelled" })).await;
    shop.later().await;
    let order = shop.world.assert_state(NUMBER, "rejected").await;
    assert_eq!(order.reserved_minor, 0);
    assert_eq!(shop.documents().await, ["status cancelled"]);
    shop.world.finish().await;
}

/// Until the shop has let go of it, it takes up its share of the limit.
#[tokio::test]
async fn what_the_buyer_withdrew_is_cancelled_in_the_shop_at_a_person_s_word() {
    for has_left in [false, true] {
        let shop = InShop::start(Supplier::with_buyer()).await;
        let world = &shop.world;
        if has_left {
            shop.desk("lines/1", json!({ "shipped": "4" })).await;
        }
        let withdrawal = Po::new(NUMBER, "57.10").operation("delete");
        world.send(&withdrawal.xml()).await;
        world.drain().await;
        let order = world.assert_state(NUMBER, "cancelled").await;
        assert_eq!(order.reserved_minor, 5_710);
        let path = format!("/v1/orders/{}/cancel-at-sink", order.order_id);
        let word = json!({ "expected_version": order.row_version, "reason": "the buyer called" });
        assert_eq!(world.api(Method::POST, &path, Some(word)).await.status, 204);
        world.drain().await;
        let order = world.assert_state(NUMBER, "cancelled").await;
        assert_eq!(order.reserved_minor, if has_left { 5_710 } else { 0 });
        assert_eq!(world.shop.calls("cancel_order"), 1);
        let said = order.state_reason.unwrap_or_default();
        assert_eq!(said.contains("has left, in whole or in part"), has_left, "{said}");
        let left: &[&str] = if has_left { &[WITHDRAWAL_DUE] } else { &[] };
        shop.world.finish_with(left).await;
    }
}

#[tokio::test]
async fn paid_before_its_goods_have_left_is_a_matter_for_a_person() {
    let shop = InShop::start(Supplier::with_buyer()).await;
    shop.desk("payment", json!({ "payment": "paid" })).await;
    shop.later().await;
    let matters = shop.matters().await;
    assert_eq!(matters.len(), 1, "{matters:?}");
    assert_eq!(matters[0]["matter"], "paid-early");
    let text = matters[0]["text"].as_str().unwrap();
    assert!(
        text.contains(NUMBER) && text.contains("paid before its goods"),
        "{text}"
    );
    shop.later().await;
    assert_eq!(shop.matters().await.len(), 1, "once");

    shop.desk("payment", json!({ "payment": "none" })).await;
    shop.later().await;
    assert!(shop.matters().await.is_empty());
    shop.world.finish().await;
}

#[tokio::test]
async fn an_order_that_the_shop_has_lost_is_a_matter_for_a_person() {
    let shop = InShop::start(Supplier::with_buyer()).await;
    shop.desk("forget", json!({})).await;
    shop.later().await;
    shop.later().await;
    let matters = shop.matters().await;
    assert_eq!(matters.len(), 1, "{matters:?}");
    assert_eq!(matters[0]["matter"], "gone-from-shop");
    shop.world.assert_state(NUMBER, "accepted").await;
    shop.world.finish().await;
}

#[tokio::test]
async fn an_order_that_lies_still_is_asked_after_seldom_and_a_hint_asks_at_once() {
    let hints = Supplier::with_buyer().hints("shop", "scheme = \"vendure\"");
    let shop = InShop::start(hints).await;
    // A day without news; from then on once an hour.
    for _ in 0..24 {
        shop.world.clock.advance(MINUTE * 61);
        shop.world.settle().await;
    }
    let asked = shop.world.shop.calls("order_status");
    for _ in 0..30 {
        shop.later().await;
    }
    assert_eq!(shop.world.shop.calls("order_status"), asked, "within the hour");

    shop.desk("lines/1", json!({ "shipped": "2" })).await;
    let now = shop.world.gateway.surroundings.now().as_second();
    let hint = Message::new("msg_1", now, r#"{"type":"fulfilment.state"}"#);
    let (status, _) = hint
        .send(shop.world.address, &format!("{SUPPLIER_ID}/shop"))
        .await;
    assert_eq!(status, 202);
    shop.world.settle().await;
    assert_eq!(shop.documents().await, ["shipment 2"]);
    assert_eq!(shop.world.shop.calls("order_status"), asked + 1);
    shop.world.finish().await;
}

#[tokio::test]
async fn of_an_order_that_the_shop_passes_on_only_the_state_is_the_shops_to_tell() {
    let exports = Supplier::with_buyer().switch("shop_exports_to_erp", true);
    let shop = InShop::start(exports).await;
    shop.desk("lines/1", json!({ "confirmed": "10", "shipped": "10" }))
        .await;
    shop.later().await;
    assert!(shop.documents().await.is_empty(), "{:?}", shop.documents().await);
    let hold = json!({ "state": "on_hold", "code": "A", "message": "B" });
    shop.desk("state", hold).await;
    shop.later().await;
    assert_eq!(shop.documents().await, ["status on_hold B"]);
    shop.world.assert_state(NUMBER, "held_by_erp").await;
    // The ERP does not have it yet, and is asked after each of two answers of the shop.
    shop.world.finish_with(&["find-in-erp"; 2]).await;
}
