//! What the ERP invoices, and what of an order's reservation that gives back.

use std::time::Duration;

use jiff::civil::date;
use punchgate_connector::{
    documents::{DocumentContent, Invoice, InvoiceLine},
    orders::PlacedState,
};
use punchgate_domain::{
    money::Currency,
    quantity::{Quantity, Unit},
};

use serde_json::json;

use super::{TOLD, tell, usd, world, world_of};
use crate::support::{cxml::Po, supplier::Supplier};

/// An invoice over orders by our keys, with 10 % of tax on the whole.
fn collective(orders: &[(&str, &str)], net: &str, total: &str) -> DocumentContent {
    let line = |(reference, net): &(&str, &str)| InvoiceLine {
        line_number: 1,
        part_id: "TL-1110".to_owned(),
        quantity: Quantity::parse("1").unwrap(),
        unit: Unit::new("EA"),
        unit_price: usd(net),
        price_basis: None,
        net: usd(net),
        tax: None,
        description: None,
        order_id: None,
        reference: Some((*reference).to_owned()),
    };
    DocumentContent::Invoice(Invoice {
        invoice_date: date(2026, 3, 2),
        due_date: date(2026, 4, 1),
        currency: Currency::parse("USD").unwrap(),
        net: usd(net),
        tax: None,
        shipping: None,
        total: usd(total),
        lines: orders.iter().map(line).collect(),
    })
}

#[tokio::test]
async fn a_collective_invoice_bills_each_of_its_orders() {
    let (world, _partner) = world().await;
    for (number, total) in [("4500001", "400.00"), ("4500002", "100.00")] {
        world.send(&Po::new(number, total).xml()).await;
    }
    world.settle().await;
    let (one, two) = (world.order("4500001").await, world.order("4500002").await);
    assert_eq!((one.reserved_minor, two.reserved_minor), (40_000, 10_000));
    let orders = [
        (one.order_id.as_str(), "200.00"),
        (two.order_id.as_str(), "50.00"),
    ];
    tell(None, None, collective(&orders, "250.00", "275.00"));
    world.settle().await;
    let (one, two) = (world.order("4500001").await, world.order("4500002").await);
    let reserved = (one.reserved_minor, two.reserved_minor);
    assert_eq!(reserved, (40_000, 10_000), "no exposure shows the invoice yet");
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    let (one, two) = (world.order("4500001").await, world.order("4500002").await);
    let reserved = (one.reserved_minor, two.reserved_minor);
    assert_eq!(
        reserved,
        (20_000, 5_000),
        "no tax was reserved: none is given back"
    );
    world.finish().await;
}

/// Less was delivered and invoiced than was ordered: of a completed order nothing stays reserved.
#[tokio::test]
async fn a_completed_order_lets_go_of_what_was_never_invoiced() {
    let (world, _partner) = world().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    let there = world.erp.live_orders("4500001").await.remove(0);
    for step in ["acknowledge", "ship", "invoice"] {
        world.erp.step(&there, step).await;
    }
    let orders = [(order.order_id.as_str(), "200.00")];
    tell(None, None, collective(&orders, "200.00", "220.00"));
    let done = DocumentContent::Status {
        state: PlacedState::Completed,
        message: None,
    };
    tell(Some(&order.order_id), None, done);
    world.settle().await;
    assert_eq!(
        world.order("4500001").await.reserved_minor,
        40_000,
        "no exposure shows it yet"
    );
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert_eq!(world.order("4500001").await.reserved_minor, 0);
    world.finish().await;
}

/// What a person has entered is known in the ERP by customer and number alone: it lets go of the limit when it has ended.
#[tokio::test]
async fn an_order_entered_by_hand_ends_as_the_erp_says() {
    let supplier = Supplier::with_buyer().credit("1000.00");
    let (world, _partner) = world_of(supplier.relationship("order_sink", "\"none\"")).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "approved").await;
    let taken = json!({ "expected_version": order.row_version, "number": "SO-7", "reason": "entered" });
    world
        .post(&format!("/v1/orders/{}/take-over", order.order_id), taken)
        .await;
    assert_eq!(world.order("4500001").await.reserved_minor, 40_000);
    let done = DocumentContent::Status {
        state: PlacedState::Completed,
        message: None,
    };
    tell(None, Some("99"), done);
    TOLD.with_borrow_mut(|told| told[0].purchase_order_number = Some("4500001".to_owned()));
    world.settle().await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert_eq!(world.order("4500001").await.reserved_minor, 0);
    world.finish().await;
}
