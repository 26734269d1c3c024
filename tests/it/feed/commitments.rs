//! What the ERP commits to, and what the buyer is told of it.

use std::time::Duration;

use punchgate_connector::documents::{
    Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, DocumentContent,
};
use punchgate_domain::quantity::{Quantity, Unit};
use serde_json::json;
use wiremock::{Mock, ResponseTemplate, matchers::method};

use super::{attribute, received, tell, usd, world, world_of};
use crate::support::{cxml::Po, supplier::Supplier, world::World};

/// `quantity status` of line 1, part by part.
fn acknowledged(outcome: AcknowledgementOutcome, parts: &[(&str, AcknowledgementStatus)]) -> DocumentContent {
    let part = |(quantity, status): &(&str, AcknowledgementStatus)| AcknowledgementLine {
        line_number: 1,
        part_id: "TL-1110".to_owned(),
        quantity: Quantity::parse(quantity).unwrap(),
        unit: Unit::new("EA"),
        status: *status,
        unit_price: Some(usd("20.00")),
        delivery_date: None,
        message: None,
    };
    DocumentContent::Acknowledgement(Acknowledgement {
        outcome,
        message: None,
        lines: parts.iter().map(part).collect(),
    })
}

fn split() -> DocumentContent {
    let parts = [
        ("14", AcknowledgementStatus::Accepted),
        ("6", AcknowledgementStatus::Backordered),
    ];
    acknowledged(AcknowledgementOutcome::Changed, &parts)
}

const SPLIT: &str = "<ConfirmationItem quantity=\"20\" lineNumber=\"1\"><UnitOfMeasure>EA</UnitOfMeasure>\
    <ConfirmationStatus quantity=\"14\" type=\"accept\"><UnitOfMeasure>EA</UnitOfMeasure></ConfirmationStatus>\
    <ConfirmationStatus quantity=\"6\" type=\"backordered\"><UnitOfMeasure>EA</UnitOfMeasure></ConfirmationStatus>\
    </ConfirmationItem>";

/// Twenty pieces at 20.00.
async fn ordered(world: &World) -> String {
    let mut po = Po::new("4500001", "400.00");
    po.lines[0].quantity = 20;
    po.lines[0].unit = "EA".to_owned();
    po.lines[0].price = "20.00".to_owned();
    world.send(&po.xml()).await;
    world.settle().await;
    world.assert_state("4500001", "accepted").await.order_id
}

async fn send_confirmation(world: &World) {
    let order = world.order("4500001").await;
    let word = json!({ "expected_version": order.row_version, "reason": "told by telephone too" });
    let path = format!("/v1/orders/{}/send-confirmation", order.order_id);
    world.post(&path, word).await;
    world.settle().await;
}

#[tokio::test]
async fn a_line_that_the_erp_splits_is_confirmed_once_with_its_parts() {
    let (world, partner) = world().await;
    let id = ordered(&world).await;
    tell(Some(&id), None, split());
    world.settle().await;
    send_confirmation(&world).await;
    let sent = received(&partner).await;
    assert_eq!(sent.len(), 2, "{sent:?}");
    for document in &sent {
        assert!(
            document.contains("type=\"detail\"") && document.contains(SPLIT),
            "{document}"
        );
    }
    assert_eq!(attribute(&sent[1], "operation"), "update");
    world.finish().await;
}

/// Whatever the policy: a person tells the buyer what the ERP committed to, not more.
#[tokio::test]
async fn a_person_commits_to_no_more_than_the_erp_did() {
    for (policy, by_itself) in [("manual", 0), ("on_erp_order_created", 2)] {
        let supplier = Supplier::with_buyer()
            .credit("1000.00")
            .policy("confirmation", policy);
        let (world, partner) = world_of(supplier).await;
        let id = ordered(&world).await;
        tell(Some(&id), None, split());
        world.settle().await;
        let sent = received(&partner).await;
        assert_eq!(sent.len(), by_itself, "{policy}: {sent:?}");
        send_confirmation(&world).await;
        let sent = received(&partner).await;
        assert!(sent.last().unwrap().contains(SPLIT), "{policy}: {sent:?}");
        world.finish().await;
    }
}

/// The sink has, or had, another order under our key: what it says of that is not told of this one.
#[tokio::test]
async fn an_acknowledgement_of_another_order_of_the_sink_is_noted_only() {
    let (world, partner) = world().await;
    let id = ordered(&world).await;
    tell(Some(&id), Some("another"), split());
    world.settle().await;
    assert!(received(&partner).await.is_empty());
    let seen = world.get(&format!("/v1/orders/{id}")).await.to_string();
    assert!(seen.contains("it is about another, and the order is"), "{seen}");
    world.finish().await;
}

/// More than was ordered stops the document, which a person sees, and not the order.
#[tokio::test]
async fn more_than_was_ordered_is_not_confirmed() {
    let (world, partner) = world().await;
    let id = ordered(&world).await;
    let parts = [("21", AcknowledgementStatus::Accepted)];
    tell(
        Some(&id),
        None,
        acknowledged(AcknowledgementOutcome::Changed, &parts),
    );
    world.settle().await;
    assert!(received(&partner).await.is_empty());
    world.assert_state("4500001", "accepted").await;
    let jobs = world.get(&format!("/v1/jobs?order={id}")).await.to_string();
    assert!(jobs.contains("the sink commits to 1 more"), "{jobs}");
    world.finish_with(&["deliver-confirmation"]).await;
}

/// Nothing is sent to a buyer that is switched off, for however long; it is when the switch is on again.
#[tokio::test]
async fn a_buyer_that_is_switched_off_is_told_nothing() {
    let (world, partner) = world().await;
    let id = ordered(&world).await;
    let switch = async |on: bool| {
        let body = json!({ "enabled": on, "reason": "their secret leaked" });
        world.post("/v1/relationships/acme/switch", body).await;
    };
    switch(false).await;
    tell(Some(&id), None, split());
    for _ in 0..4 {
        world.settle().await;
        world.clock.advance(Duration::from_secs(24 * 3600));
    }
    assert!(received(&partner).await.is_empty());
    switch(true).await;
    // The buyer is away when it begins: it is tried again like any other.
    let busy = ResponseTemplate::new(503);
    let away = Mock::given(method("POST")).respond_with(busy).up_to_n_times(1);
    away.with_priority(1).mount(&partner).await;
    for _ in 0..2 {
        world.clock.advance(Duration::from_secs(600));
        world.settle().await;
    }
    assert_eq!(received(&partner).await.len(), 2);
    assert_eq!(world.order("4500001").await.confirmation, "sent");
    world.finish().await;
}
