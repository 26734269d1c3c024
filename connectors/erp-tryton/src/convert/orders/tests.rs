//! Orders and sales.

use punchgate_connector::orders::OrderSubmission;
use punchgate_domain::{
    money::{Currency, StatedAmount},
    purchase_order::{OrderOperation, OrderType, Payment, StatedDate},
    quantity::Unit,
};
use serde_json::json;

use super::*;
use crate::config::settings_of;

fn line(changes: impl FnOnce(&mut OrderLine)) -> OrderLine {
    let usd = Currency::parse("USD").unwrap();
    let mut line = OrderLine {
        line_number: 10,
        quantity: Quantity::parse("2").unwrap(),
        unit: Unit::new("EA"),
        part_id: "HX-1".to_owned(),
        auxiliary_id: None,
        buyer_part_id: None,
        unit_price: StatedAmount::parse("16.65", usd).unwrap(),
        price_basis: None,
        price_basis_factor: None,
        description: "Bolts".to_owned(),
        classifications: Vec::new(),
        manufacturer_part_id: None,
        manufacturer_name: None,
        requested_delivery: None,
        ship_to: None,
        is_ad_hoc: false,
        is_return: false,
        schedule_lines: 0,
        comments: Vec::new(),
        extrinsics: Vec::new(),
    };
    changes(&mut line);
    line
}

fn submission(line: OrderLine) -> OrderSubmission {
    let date = jiff::civil::date(2026, 3, 1);
    OrderSubmission {
        reference: "ref-1".to_owned(),
        customer: "2".to_owned(),
        terms: None,
        test: false,
        contact: None,
        order: PurchaseOrder {
            order_number: "PÖ-1".to_owned(),
            operation: OrderOperation::New,
            order_type: OrderType::Regular,
            stated_version: None,
            order_date: StatedDate {
                text: date.to_string(),
                date,
                instant: None,
                has_offset: false,
            },
            requested_delivery: None,
            requisition_id: None,
            agreement_id: None,
            total: StatedAmount::parse("33.30", Currency::parse("USD").unwrap()).unwrap(),
            tax: None,
            shipping: None,
            ship_to: None,
            bill_to: None,
            payment: Payment::Terms,
            payment_terms_days: None,
            contacts: Vec::new(),
            comments: vec!["Ring twice".to_owned()],
            replaces_payload_id: None,
            extrinsics: Vec::new(),
            lines: vec![line],
        },
    }
}

fn records() -> Records {
    let address = |id: i64, delivery: i64, invoice: i64| {
        let row = json!({"id": id, "active": 1, "street": "x", "delivery": delivery, "invoice": invoice});
        ship_to::address(Row::of(&row).unwrap()).unwrap().unwrap()
    };
    let unit = |id: i64, name: &str, category: i64| {
        let row = json!({"id": id, "name": name, "symbol": null, "category": category});
        units::unit(Row::of(&row).unwrap()).unwrap()
    };
    Records {
        buyer: Buyer {
            id: 2,
            addresses: vec![address(21, 0, 0), address(22, 1, 0), address(23, 0, 1)],
            terms: Some(4),
            price_list: Some(1),
            has_tax_rule: false,
        },
        products: vec![
            Product {
                id: 1,
                code: "HX-1".to_owned(),
                salable: true,
                unit_category: 1,
                taxes: vec![8],
            },
            Product {
                id: 2,
                code: "OLD".to_owned(),
                salable: false,
                unit_category: 1,
                taxes: Vec::new(),
            },
        ],
        units: vec![unit(1, "Unit", 1), unit(2, "Kilogram", 2)],
        currency: 1,
        shipment_address: None,
    }
}

#[test]
fn a_sale_has_everything_that_the_server_does_not_compute() {
    let settings = settings_of(&json!({"module": true}));
    let values = sale_values(&settings, &submission(line(|_| {})), &records()).unwrap();
    let ordered = values["punchgate_ordered"].as_str().unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(ordered).unwrap(),
        json!([{"line": 10, "part": "HX-1", "quantity": "2", "price": "16.65", "unit": "EA"}])
    );
    let mut expected = json!({
        "company": 1, "currency": 1, "party": 2, "reference": "PÖ-1", "punchgate_reference": "ref-1",
        "sale_date": {"__class__": "date", "year": 2026, "month": 3, "day": 1}, "payment_term": 4,
        "invoice_address": 23, "shipment_address": 22, "comment": "Ring twice", "price_list": 1,
        "lines": [["create", [{
            "type": "line", "product": 1, "quantity": 2, "unit": 1, "description": "Bolts", "note": null,
            "unit_price": {"__class__": "Decimal", "decimal": "16.65"}, "taxes": [["add", [8]]],
            "sequence": 10, "punchgate_line": 10
        }]]]
    });
    expected["punchgate_ordered"] = json!(ordered);
    // By their text: a number with its digits is not equal to one of another origin.
    assert_eq!(
        values.to_string().parse::<Value>().unwrap(),
        expected.to_string().parse::<Value>().unwrap()
    );
}

#[test]
fn terms_and_ship_to_of_the_order_go_before_those_of_the_customer() {
    let settings = settings_of(&json!({}));
    let mut submission = submission(line(|_| {}));
    submission.terms = Some("5".to_owned());
    submission.test = true;
    let records = Records {
        shipment_address: Some(99),
        ..records()
    };
    let values = sale_values(&settings, &submission, &records).unwrap();
    assert_eq!(
        (&values["payment_term"], &values["shipment_address"]),
        (&json!(5), &json!(99))
    );
    assert_eq!(values["description"], json!("ref-1"));
    assert!(values["comment"].as_str().unwrap().starts_with(TEST_MARK));
    assert!(values.get("punchgate_ordered").is_none());
}

#[test]
fn prices_of_one_unit_are_exact_or_refused() {
    let usd = Currency::parse("USD").unwrap();
    let quantity = |text: Option<&str>| text.map(|text| Quantity::parse(text).unwrap());
    let cases = [
        ("16.65", None, None, Some("16.65")),
        ("1665", Some("100"), None, Some("16.65")),
        ("12", Some("1"), Some("12"), Some("144")),
        ("1", Some("8"), None, Some("0.125")),
        ("1", Some("3"), None, None),
        ("1", Some("0"), None, None),
        ("79228162514264337593543950335", None, Some("10"), None),
    ];
    for (price, basis, factor, expected) in cases {
        let line = line(|line| {
            line.unit_price = StatedAmount::parse(price, usd).unwrap();
            line.price_basis = quantity(basis);
            line.price_basis_factor = quantity(factor);
        });
        let expected: Option<Decimal> = expected.map(|text| text.parse().unwrap());
        assert_eq!(unit_price(&line), expected, "{price} {basis:?} {factor:?}");
    }
}

#[test]
fn what_tryton_cannot_take_is_refused_by_its_field() {
    let eur = Currency::parse("EUR").unwrap();
    let cases = [
        (
            line(|line| line.part_id = "NONE".to_owned()),
            "item",
            "lines[10].part_id",
        ),
        (
            line(|line| line.part_id = "OLD".to_owned()),
            "item",
            "lines[10].part_id",
        ),
        (
            line(|line| line.unit = Unit::new("PAL")),
            "item",
            "lines[10].unit",
        ),
        (
            line(|line| line.unit = Unit::new("KGM")),
            "item",
            "lines[10].unit",
        ),
        (
            line(|line| line.price_basis = Quantity::parse("3").ok()),
            "ok",
            "",
        ),
        (
            line(|line| line.price_basis = Quantity::parse("7").ok()),
            "price",
            "lines[10].unit_price",
        ),
        (
            line(|line| line.unit_price = StatedAmount::parse("1", eur).unwrap()),
            "price",
            "lines[10].unit_price",
        ),
    ];
    let settings = settings_of(&json!({}));
    for (line, code, field) in cases {
        let submission = submission(line);
        let judged = preflight(&submission).and_then(|()| sale_values(&settings, &submission, &records()));
        match judged {
            Ok(_) => assert_eq!(code, "ok", "{submission:?}"),
            Err(refusal) => assert_eq!(
                (refusal.code.as_str(), refusal.fields[0].field.as_str()),
                (code, field)
            ),
        }
    }
    let mut lacking = records();
    lacking.buyer.addresses.clear();
    let refusal = sale_values(&settings, &submission(line(|_| {})), &lacking).unwrap_err();
    assert_eq!(refusal.code, "address");
    for reference in ["", &"x".repeat(65)] {
        let mut submission = submission(line(|_| {}));
        submission.reference = reference.to_owned();
        assert_eq!(preflight(&submission).unwrap_err().fields[0].field, "reference");
    }
    let mut empty = submission(line(|_| {}));
    empty.order.lines.clear();
    assert_eq!(preflight(&empty).unwrap_err().code, "item");
}

#[test]
fn inactive_customers_do_not_order() {
    let settings = settings_of(&json!({}));
    let active = json!({"id": 2, "active": true, "customer_payment_term": 4, "customer_tax_rule": 3});
    let buyer = buyer(&settings, Row::of(&active).unwrap()).unwrap().unwrap();
    assert!(buyer.has_tax_rule && buyer.terms == Some(4) && buyer.addresses.is_empty());
    let inactive = json!({"id": 2, "active": 0});
    assert!(
        super::buyer(&settings, Row::of(&inactive).unwrap())
            .unwrap()
            .is_none()
    );
}
