//! What is stored is what was told, and reads again.

use jiff::{Timestamp, civil::date};
use punchgate_connector::documents::Allocation;
use punchgate_domain::{
    money::Currency,
    quantity::{Quantity, Unit},
};
use serde_json::{Value, json};

use super::*;

fn usd(text: &str) -> StatedAmount {
    StatedAmount::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

fn of(content: DocumentContent) -> StoredDocument {
    StoredDocument::of(&ErpDocument {
        document_id: "D-1".to_owned(),
        number: None,
        order_id: Some("SO-1".to_owned()),
        reference: None,
        purchase_order_number: None,
        customer: "C-1".to_owned(),
        issued_at: "2026-03-02T12:00:00Z".parse().unwrap(),
        content,
    })
}

fn invoice() -> Invoice {
    Invoice {
        invoice_date: date(2026, 3, 2),
        due_date: date(2026, 4, 1),
        currency: Currency::parse("USD").unwrap(),
        net: usd("100.00"),
        tax: Some(usd("10.00")),
        shipping: None,
        total: usd("110.00"),
        lines: vec![InvoiceLine {
            line_number: 10,
            part_id: "GLV-100".to_owned(),
            quantity: Quantity::parse("4.0").unwrap(),
            unit: Unit::new("BX"),
            unit_price: usd("25.0000"),
            price_basis: Some(Quantity::parse("1").unwrap()),
            net: usd("100.00"),
            tax: None,
            description: Some("Gloves".to_owned()),
            order_id: None,
            reference: Some("r-1".to_owned()),
        }],
    }
}

fn at() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

fn acknowledgement() -> Acknowledgement {
    Acknowledgement {
        outcome: AcknowledgementOutcome::Changed,
        message: Some("later".to_owned()),
        lines: vec![AcknowledgementLine {
            line_number: 10,
            part_id: "GLV-100".to_owned(),
            quantity: Quantity::parse("3").unwrap(),
            unit: Unit::new("BX"),
            status: AcknowledgementStatus::Backordered,
            unit_price: Some(usd("25")),
            delivery_date: Some(date(2026, 3, 9)),
            message: None,
        }],
    }
}

fn shipment() -> Shipment {
    Shipment {
        shipped_at: at(),
        carrier: None,
        tracking_numbers: vec!["1Z".to_owned()],
        tracking_url: None,
        delivery_date: None,
        ship_to: Some(Address {
            address_id: Some("DOCK-2".to_owned()),
            city: "Dayton".to_owned(),
            ..Address::default()
        }),
        lines: vec![ShipmentLine {
            line_number: 10,
            part_id: "GLV-100".to_owned(),
            quantity: Quantity::parse("4").unwrap(),
            unit: Unit::new("BX"),
            lot: Some("L7".to_owned()),
            serial_numbers: Vec::new(),
        }],
    }
}

/// Of every kind: some of what it is stored as, and the invoices that it settles.
fn kinds() -> [(DocumentContent, Value, &'static [&'static str]); 6] {
    let on_hold = PlacedState::OnHold {
        code: "CREDIT".to_owned(),
        message: "over the limit".to_owned(),
    };
    let payment = Payment {
        amount: usd("110.00"),
        paid_at: at(),
        allocations: vec![Allocation {
            invoice_document_id: "INV-1".to_owned(),
            amount: usd("90.00"),
        }],
    };
    [
        (
            DocumentContent::Acknowledgement(acknowledgement()),
            json!({"kind": "acknowledgement", "outcome": "changed", "order_id": "SO-1"}),
            &[],
        ),
        (
            DocumentContent::Status {
                state: on_hold,
                message: None,
            },
            json!({"kind": "status", "state": "on_hold", "hold_code": "CREDIT", "message": "over the limit"}),
            &[],
        ),
        (
            DocumentContent::Shipment(shipment()),
            json!({"kind": "shipment", "tracking_numbers": ["1Z"]}),
            &[],
        ),
        (
            DocumentContent::Invoice(invoice()),
            json!({"kind": "invoice", "total": {"amount": "110.00", "currency": "USD"}, "due_date": "2026-04-01"}),
            &[],
        ),
        (
            DocumentContent::CreditMemo {
                memo: invoice(),
                invoice_document_id: Some("INV-1".to_owned()),
            },
            json!({"kind": "credit_memo", "invoice_document_id": "INV-1"}),
            &["INV-1"],
        ),
        (
            DocumentContent::Payment(payment),
            json!({"kind": "payment", "allocations":
                [{"invoice_document_id": "INV-1", "amount": "90.00", "currency": "USD"}]}),
            &["INV-1"],
        ),
    ]
}

#[test]
fn every_kind_reads_again_as_it_was_stored() {
    for (content, expected, settles) in kinds() {
        let stored = of(content);
        assert_eq!(stored.content.settles(), settles);
        let text = serde_json::to_string(&stored).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        for (key, said) in expected.as_object().unwrap() {
            assert_eq!(value[key], *said, "{text}");
        }
        assert_eq!(value["v"], 1, "{text}");
        let again: StoredDocument = serde_json::from_value(value).unwrap();
        assert_eq!(again, stored);
        assert_eq!(
            serde_json::to_string(&again).unwrap(),
            text,
            "one document, one text"
        );
    }
}
