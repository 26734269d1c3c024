//! Documents of the ERP are kept, whoever they are about, and tell how far an order is.

use std::time::Duration;

use jiff::civil::date;
use punchgate_connector::documents::{
    Allocation, DocumentContent, Invoice, InvoiceLine, Payment, Shipment, ShipmentLine,
};
use punchgate_domain::{
    money::Currency,
    quantity::{Quantity, Unit},
};
use serde_json::{Value, json};

use super::{TOLD, accepted, tell, usd, world};
use crate::support::{clock::NOW, cxml::Po, world::World};

/// So many pieces of line 1 have left.
fn shipped(quantity: &str, unit: &str) -> DocumentContent {
    DocumentContent::Shipment(Shipment {
        shipped_at: NOW.parse().unwrap(),
        carrier: Some("Harbour Freight Lines".to_owned()),
        tracking_numbers: vec!["HFL1".to_owned()],
        tracking_url: None,
        delivery_date: None,
        ship_to: None,
        lines: vec![ShipmentLine {
            line_number: 1,
            part_id: "TL-1110".to_owned(),
            quantity: Quantity::parse(quantity).unwrap(),
            unit: Unit::new(unit),
            lot: None,
            serial_numbers: vec!["7".to_owned()],
        }],
    })
}

/// One piece of line 1, of the order in the head.
fn bill(total: &str) -> Invoice {
    Invoice {
        invoice_date: date(2026, 3, 2),
        due_date: date(2026, 4, 1),
        currency: Currency::parse("USD").unwrap(),
        net: usd("400.00"),
        tax: None,
        shipping: None,
        total: usd(total),
        lines: vec![InvoiceLine {
            line_number: 1,
            part_id: "TL-1110".to_owned(),
            quantity: Quantity::parse("1").unwrap(),
            unit: Unit::new("ST"),
            unit_price: usd("400.00"),
            price_basis: None,
            net: usd("400.00"),
            tax: None,
            description: None,
            order_id: None,
            reference: None,
        }],
    }
}

fn paid(amount: &str, invoice: &str, part: &str) -> DocumentContent {
    DocumentContent::Payment(Payment {
        amount: usd(amount),
        paid_at: NOW.parse().unwrap(),
        allocations: vec![Allocation {
            invoice_document_id: invoice.to_owned(),
            amount: usd(part),
        }],
    })
}

async fn listed(world: &World, query: &str) -> Vec<Value> {
    let answer = world.get(&format!("/v1/erp-documents?{query}")).await;
    answer["items"].as_array().unwrap().clone()
}

fn texts(documents: &[Value], key: &str) -> Vec<String> {
    let text = |document: &Value| document[key].as_str().unwrap_or("-").to_owned();
    documents.iter().map(text).collect()
}

#[tokio::test]
async fn an_order_s_documents_tell_how_far_it_is() {
    let (world, _partner) = world().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    let id = order.order_id.as_str();
    let before = world.get(&format!("/v1/orders/{id}")).await;
    let line = &before["lines"][0];
    assert_eq!(
        (&line["confirmed"], &line["shipped"]),
        (&Value::Null, &json!("0"))
    );
    tell(Some(id), None, accepted());
    tell(None, order.sink_order_id.as_deref(), shipped("1", "ST"));
    tell(Some(id), None, DocumentContent::Invoice(bill("440.00")));
    let memo = DocumentContent::CreditMemo {
        memo: bill("40.00"),
        invoice_document_id: Some("D-3".to_owned()),
    };
    tell(Some(id), None, memo);
    tell(None, None, paid("500.00", "D-3", "300.00"));
    world.settle().await;
    let view = world.get(&format!("/v1/orders/{id}")).await;
    let documents = view["erp_documents"].as_array().unwrap();
    assert_eq!(
        texts(documents, "kind"),
        ["acknowledgement", "shipment", "invoice", "credit_memo"]
    );
    assert_eq!(
        documents[2]["open"],
        json!({ "amount": "100.00", "currency": "USD" })
    );
    let line = &view["lines"][0];
    let counted = ["confirmed", "shipped", "invoiced", "credited"].map(|key| line[key].as_str().unwrap());
    assert_eq!(counted, ["1", "1", "1", "1"]);
    assert_eq!(view["findings"], json!([]));
    // More than was ordered, and in a unit that nobody ordered in: said, and nothing stops.
    tell(Some(id), None, shipped("2", "ST"));
    tell(Some(id), None, shipped("1", "BX"));
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let view = world.get(&format!("/v1/orders/{id}")).await;
    assert_eq!(view["lines"][0]["shipped"], "3");
    let findings = view["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(
        findings[0].as_str().unwrap().contains("1 BX of line 1"),
        "{findings:?}"
    );
    assert_eq!(view["state"], "accepted");
    world.finish().await;
}

#[tokio::test]
async fn a_document_that_comes_again_is_no_event_and_one_that_says_something_else_takes_its_place() {
    let (world, _partner) = world().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    tell(
        Some(&order.order_id),
        None,
        DocumentContent::Invoice(bill("440.00")),
    );
    let again = |total: Option<&str>| {
        TOLD.with_borrow_mut(|told| {
            let mut document = told[0].clone();
            if let Some(total) = total {
                document.content = DocumentContent::Invoice(bill(total));
            }
            told.push(document);
        });
    };
    // Once more in the same page, too.
    again(None);
    world.settle().await;
    let first = listed(&world, "").await;
    let billed = world.order("4500001").await.billed_minor;
    again(None);
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert_eq!(listed(&world, "").await, first, "it is as it was");
    again(Some("450.00"));
    again(Some("460.00"));
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let id = first[0]["id"].as_str().unwrap();
    let view = world.get(&format!("/v1/erp-documents/{id}")).await;
    assert_eq!(view["total"]["amount"], "460.00");
    assert_eq!(view["first_seen_at"], first[0]["first_seen_at"]);
    assert_ne!(view["updated_at"], first[0]["updated_at"]);
    let said: Vec<(&Value, &Value)> = view["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| (&change["field"], &change["to"]))
        .collect();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|(field, _)| *field == "total"), "{said:?}");
    assert_eq!(listed(&world, "").await.len(), 1);
    let after = world.order("4500001").await;
    assert!(after.billed_minor <= billed, "it is billed once");
    world.finish().await;
}

#[tokio::test]
async fn what_is_about_nobody_known_here_is_kept_and_finds_its_order_later() {
    let (world, _partner) = world().await;
    world.send(&Po::new("4500001", "10.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    let sink = order.sink_order_id.unwrap();
    let (letters, digits) = sink.split_at(sink.find(|letter: char| letter.is_ascii_digit()).unwrap());
    let next = format!("{letters}{}", digits.parse::<u64>().unwrap() + 1);
    tell(None, Some(&next), shipped("1", "ST"));
    tell(None, Some("elsewhere"), shipped("1", "ST"));
    TOLD.with_borrow_mut(|told| told[1].customer = "C-9999".to_owned());
    world.settle().await;
    let kept = listed(&world, "kind=shipment").await;
    assert_eq!(texts(&kept, "customer_external_id").len(), 2);
    assert!(
        kept.iter()
            .all(|document| document["orders"][0]["order"].is_null()),
        "{kept:?}"
    );
    let of_nobody = kept
        .iter()
        .find(|document| document["customer"].is_null())
        .unwrap();
    assert_eq!(of_nobody["customer_external_id"], "C-9999");
    // The order that the ERP gives the next number is the one that the document is about.
    world.send(&Po::new("4500002", "10.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500002", "accepted").await;
    assert_eq!(order.sink_order_id.as_deref(), Some(next.as_str()));
    let view = world.get(&format!("/v1/orders/{}", order.order_id)).await;
    assert_eq!(view["lines"][0]["shipped"], "1");
    assert_eq!(
        listed(&world, &format!("order={}", order.order_id)).await.len(),
        1
    );
    world.finish().await;
}

#[tokio::test]
async fn documents_are_found_by_what_they_are() {
    let (world, _partner) = world().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    let id = order.order_id.as_str();
    tell(Some(id), None, accepted());
    tell(Some(id), None, DocumentContent::Invoice(bill("440.00")));
    tell(None, None, paid("440.00", "D-2", "440.00"));
    TOLD.with_borrow_mut(|told| {
        told[0].issued_at = "2026-03-01T00:00:00Z".parse().unwrap();
        told[2].issued_at = "2026-03-03T00:00:00Z".parse().unwrap();
    });
    world.settle().await;
    let customer = order.customer_id.as_deref().unwrap();
    let found = [
        (String::new(), vec!["D-3", "D-2", "D-1"]),
        ("kind=invoice".to_owned(), vec!["D-2"]),
        ("number=D-1".to_owned(), vec!["D-1"]),
        (format!("order={id}"), vec!["D-2", "D-1"]),
        (format!("customer={customer}"), vec!["D-3", "D-2", "D-1"]),
        (format!("customer={customer}&connector=shop"), vec![]),
        ("customer=nobody".to_owned(), vec![]),
        (
            "connector=erp&since=2026-03-02T00:00:00Z".to_owned(),
            vec!["D-3", "D-2"],
        ),
        ("until=2026-03-03T00:00:00Z".to_owned(), vec!["D-2", "D-1"]),
    ];
    for (query, expected) in found {
        assert_eq!(
            texts(&listed(&world, &query).await, "document_id"),
            expected,
            "{query}"
        );
    }
    let page = world.get("/v1/erp-documents?limit=2").await;
    let next = page["next"].as_str().unwrap();
    let rest = listed(&world, &format!("limit=2&cursor={next}")).await;
    assert_eq!(texts(&rest, "document_id"), ["D-1"]);
    for (query, status) in [("kind=letter", 422), ("since=yesterday", 422), ("cursor=x", 400)] {
        let answer = world
            .api(reqwest::Method::GET, &format!("/v1/erp-documents?{query}"), None)
            .await;
        assert_eq!(answer.status, status, "{query}");
    }
    let answer = world
        .api(reqwest::Method::GET, "/v1/erp-documents/nothing", None)
        .await;
    assert_eq!(answer.status, 404);
    world.finish().await;
}
