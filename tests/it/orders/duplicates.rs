//! The same document again, the same order under another document, other content under a known id.

use crate::support::{
    cxml::Po,
    supplier::{RELATIONSHIP, SUPPLIER_ID, Supplier},
    world::Table,
};

#[tokio::test]
async fn an_order_comes_in_is_submitted_and_confirmed() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let answer = world.send(&Po::new("4500001", "400.00").xml()).await;
    assert_eq!((answer.http, answer.status), (200, 200), "{}", answer.body);
    world.assert_state("4500001", "approved").await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    let live = world.erp.live_orders("4500001").await;
    assert_eq!(live.len(), 1);
    assert_eq!(order.sink_order_id.as_deref(), Some(live[0].id.as_str()));
    assert_eq!(world.count(Table::Order).await, 1);
    world.finish().await;
}

#[tokio::test]
async fn the_same_document_again_gets_the_same_answer() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let po = Po::new("4500001", "400.00");
    let first = world.send(&po.xml()).await;
    let again = world.send(&po.xml()).await;
    world.settle().await;
    // Another layout and another attribute order are the same content.
    let reordered = po.xml().replace("><", ">\n  <").replace(
        "orderDate=\"2026-03-02T11:58:00+00:00\" type=\"new\"",
        "type=\"new\"   orderDate=\"2026-03-02T11:58:00+00:00\"",
    );
    let late = world.send(&reordered).await;
    for answer in [&again, &late] {
        assert_eq!(
            (answer.http, answer.status, &answer.text),
            (first.http, first.status, &first.text)
        );
    }
    world.settle().await;
    assert_eq!(world.count(Table::Order).await, 1);
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn another_content_under_a_known_payload_id_is_409_and_kept() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    let known = Po::new("4500001", "400.00").envelope.payload_id;
    let answer = world
        .send(&Po::new("4500002", "77.00").payload(&known).xml())
        .await;
    assert_eq!((answer.http, answer.status), (200, 409), "{}", answer.body);
    assert!(answer.text.contains("payloadID of its own"), "{}", answer.text);
    world.settle().await;
    assert_eq!(world.count(Table::Order).await, 1);
    assert_eq!(world.order("4500001").await.total_text, "400.00");
    // An operator finds what was refused.
    let kept = world.get("/v1/documents?status=conflict").await;
    assert_eq!(kept["items"].as_array().unwrap().len(), 1, "{kept}");
    assert_eq!(kept["items"][0]["payload_id"], known.as_str());
    assert_eq!(kept["items"][0]["order_number"], "4500002");
    world.finish().await;
}

#[tokio::test]
async fn the_same_order_under_another_payload_id_is_no_second_order() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    let first = world.send(&Po::new("4500001", "400.00").xml()).await;
    let second = world
        .send(&Po::new("4500001", "400.00").payload("other@buyer.example").xml())
        .await;
    assert_eq!(
        (second.http, second.status, second.text),
        (first.http, first.status, first.text)
    );
    world.settle().await;
    assert_eq!(world.count(Table::Order).await, 1);
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

/// Policy for a known order with other content → Status, total that counts, ERP orders' total.
#[tokio::test]
async fn a_known_order_with_other_content_follows_the_policy() {
    for (policy, status, total) in [
        ("review", 200, "400.00"),
        ("change", 200, "250.00"),
        ("409", 409, "400.00"),
    ] {
        let world = Supplier::with_buyer()
            .credit("1000.00")
            .policy("known_order", policy)
            .start()
            .await;
        world.send(&Po::new("4500001", "400.00").xml()).await;
        let other = world
            .send(&Po::new("4500001", "250.00").payload("other@buyer.example").xml())
            .await;
        assert_eq!(
            (other.http, other.status),
            (200, status),
            "{policy}: {}",
            other.body
        );
        world.settle().await;
        let order = world.assert_state("4500001", "accepted").await;
        assert_eq!(order.total_text, total, "{policy}");
        assert_eq!(world.count(Table::Order).await, 1, "{policy}");
        assert_eq!(world.erp.live_orders("4500001").await.len(), 1, "{policy}");
        if policy == "review" {
            let history = world.get(&format!("/v1/orders/{}", order.order_id)).await;
            let noted = history["history"].as_array().unwrap().iter().any(|event| {
                event["detail"]
                    .as_str()
                    .is_some_and(|detail| detail.contains("known with other content"))
            });
            assert!(noted, "an operator sees the document: {history}");
        }
        world.finish().await;
    }
}

/// What was remembered under the old policy stands in nobody's way under the new one.
#[tokio::test]
async fn a_sender_is_found_to_repeat_its_payload_id() {
    let supplier = Supplier::with_buyer().credit("1000.00");
    let world = supplier.start().await;
    let second = Po::new("4500002", "100.00").payload("constant@buyer.example");
    let first = Po::new("4500001", "100.00").payload("constant@buyer.example");
    assert_eq!(world.send(&first.xml()).await.status, 200);
    assert_eq!(world.send(&second.xml()).await.status, 409);
    let ignoring = supplier.policy("duplicates", "ignore");
    world.apply(&ignoring.declared(&world.erp, &world.shop)).await;
    world.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(world.send(&second.xml()).await.status, 200);
    world.settle().await;
    world.assert_state("4500002", "accepted").await;
    world.finish().await;
}

#[tokio::test]
async fn a_sender_with_a_constant_payload_id_can_be_served() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .policy("duplicates", "ignore")
        .start()
        .await;
    for number in ["4500001", "4500002", "4500001"] {
        let answer = world
            .send(&Po::new(number, "100.00").payload("constant@buyer.example").xml())
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    world.settle().await;
    assert_eq!(
        world.count(Table::Order).await,
        2,
        "the order's identity still counts"
    );
    world.finish().await;
}

#[tokio::test]
async fn an_order_with_a_mirroring_dialect_says_409_in_http_too() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .policy("known_order", "409")
        .overlay("http_status", "mirror")
        .start()
        .await;
    let first = world
        .send_to(
            &path(),
            "text/xml",
            Po::new("4500001", "40.00").xml().into_bytes(),
        )
        .await;
    assert_eq!((first.http, first.status), (200, 200));
    let other = world
        .send(&Po::new("4500001", "41.00").payload("other@buyer.example").xml())
        .await;
    assert_eq!((other.http, other.status), (409, 409), "{}", other.body);
    world.settle().await;
    world.finish().await;
}

/// The address that names the relationship.
fn path() -> String {
    format!("/{SUPPLIER_ID}.{RELATIONSHIP}")
}
