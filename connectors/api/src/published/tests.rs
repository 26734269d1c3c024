//! Values and orders as the protocols write them.

use jiff::civil::date;
use punchgate_domain::{
    money::{Currency, Money, StatedAmount},
    purchase_order::{MaskedCard, Payment},
    quantity::{Quantity, Unit},
};
use serde_json::{Value, json};

use super::{
    order::{WireOrder, WireOrderNumber, WireSubmission, placed_state},
    values::{WireAmount, WireDecimal, date as read_date, instant, instant_text},
};
use crate::{
    ErrorKind,
    conformance::OrderFixture,
    orders::{OrderSubmission, PlacedState},
};

fn euro() -> Currency {
    Currency::parse("EUR").unwrap()
}

fn submission() -> OrderSubmission {
    let fixture = OrderFixture {
        part_id: "P-1".into(),
        unit: Unit::new("BX"),
        unit_price: StatedAmount::parse("12.4050", euro()).unwrap(),
        date: date(2026, 3, 1),
        live: false,
    };
    fixture.submission("C-1", "ref-1".into())
}

fn written(submission: &OrderSubmission) -> Value {
    serde_json::to_value(WireSubmission::of("submit_order", submission).unwrap()).unwrap()
}

#[test]
fn decimals() {
    let cases = [
        (json!("12.50"), Some("12.50")),
        (json!("-3"), Some("-3")),
        (json!(7), Some("7")),
        (json!(0.1), Some("0.1")),
        (json!("1e3"), None),
        (json!("1,5"), None),
        (json!(""), None),
        (json!("NaN"), None),
        (json!("123456789012345678901234567890"), None),
    ];
    for (value, expected) in cases {
        let decimal: WireDecimal = serde_json::from_value(value.clone()).unwrap();
        let quantity = decimal.quantity("quantity").ok();
        assert_eq!(quantity.as_ref().map(Quantity::text), expected, "{value}");
    }
    for value in [json!(true), json!([]), json!(null), json!({"a": 1})] {
        assert!(serde_json::from_value::<WireDecimal>(value).is_err());
    }
    // Digits of a number that no float holds.
    let long: WireDecimal = serde_json::from_str("12345678901234567.12345678").unwrap();
    assert_eq!(long.quantity("q").unwrap().text(), "12345678901234567.12345678");
}

#[test]
fn money_is_exact_or_refused() {
    let cases = [
        ("10.00", "USD", Some(1000)),
        ("10", "USD", Some(1000)),
        ("-0.10", "USD", Some(-10)),
        ("10.001", "USD", None),
        ("10.0", "JPY", Some(10)),
        ("10.5", "JPY", None),
        ("1.234", "KWD", Some(1234)),
        ("1", "dollars", None),
    ];
    for (amount, currency, minor) in cases {
        let read = WireAmount::new(WireDecimal::new(amount), currency).money();
        assert_eq!(read.ok().map(Money::minor), minor, "{amount} {currency}");
    }
}

#[test]
fn instants_and_dates() {
    let micro = instant("2026-03-01T10:30:00.123456+01:00", "at").unwrap();
    assert_eq!(instant_text(micro), "2026-03-01T09:30:00.123456Z");
    for text in ["2026-03-01", "2026-03-01T09:30:00", "", "now"] {
        assert!(instant(text, "at").is_err(), "{text}");
    }
    assert_eq!(read_date("2026-02-28", "on").unwrap(), date(2026, 2, 28));
    for text in ["2026-02-30", "2026-03-01T00:00", "01.03.2026", ""] {
        assert!(read_date(text, "on").is_err(), "{text}");
    }
}

#[test]
fn a_submission() {
    let body = written(&submission());
    let expected = json!({
        "line_number": 1, "part_id": "P-1", "auxiliary_id": null, "buyer_part_id": null, "quantity": "2",
        "unit": "BX", "unit_price": {"amount": "12.4050", "currency": "EUR"}, "price_basis": null,
        "price_basis_factor": null, "amount": {"amount": "24.8100", "currency": "EUR"},
        "description": "Conformance test", "requested_delivery": null, "comments": []
    });
    assert_eq!(body["lines"], json!([expected]));
    assert_eq!(body["total"], json!({"amount": "24.8100", "currency": "EUR"}));
    assert_eq!(
        (&body["payment"], &body["test"], &body["order_date"]),
        (&json!("terms"), &json!(true), &json!("2026-03-01"))
    );
}

#[test]
fn price_bases_are_in_the_amount() {
    let mut submission = submission();
    let line = &mut submission.order.lines[0];
    line.price_basis = Some(Quantity::parse("100").unwrap());
    line.price_basis_factor = Some(Quantity::parse("50").unwrap());
    let body = written(&submission);
    let amount: WireAmount = serde_json::from_value(body["lines"][0]["amount"].clone()).unwrap();
    assert_eq!(
        amount.stated().unwrap(),
        StatedAmount::parse("12.405", euro()).unwrap()
    );
}

#[test]
fn no_card_number_leaves() {
    let mut submission = submission();
    submission.order.payment = Payment::Card(MaskedCard {
        last_digits: "4242".into(),
        expiration: Some("2027-01".into()),
    });
    let body = written(&submission);
    assert_eq!(body["payment"], "card");
    assert!(!body.to_string().contains("4242"));
}

#[test]
fn submissions_that_cannot_be_written() {
    let usd = StatedAmount::parse("1", Currency::parse("USD").unwrap()).unwrap();
    let changes: [fn(&mut OrderSubmission, StatedAmount); 4] = [
        |submission, _| submission.reference.clear(),
        |submission, _| submission.reference = "x".repeat(65),
        |submission, usd| submission.order.lines[0].unit_price = usd,
        |submission, _| submission.order.lines[0].price_basis = Some(Quantity::parse("0").unwrap()),
    ];
    for change in changes {
        let mut submission = submission();
        change(&mut submission, usd.clone());
        let error = WireSubmission::of("submit_order", &submission).unwrap_err();
        assert_eq!((error.kind, error.retryable()), (ErrorKind::Invalid, false));
    }
}

#[test]
fn states_of_orders() {
    assert_eq!(placed_state("open", None).unwrap(), PlacedState::Open);
    assert!(placed_state("on_hold", None).is_err());
    assert!(placed_state("OPEN", None).is_err());
    assert!(PlacedState::Draft.is_live() && !PlacedState::Cancelled.is_live());
}

#[test]
fn an_order_of_a_number_is_of_that_customer_and_number_whoever_entered_it() {
    let asked = WireOrderNumber {
        customer: "C-1",
        purchase_order_number: "4500017",
    };
    let mut order = json!({
        "order_id": "1", "order_number": "1", "reference": "shop-9", "purchase_order_number": "4500017",
        "customer": "C-1", "state": "open", "created_at": "2026-03-01T00:00:00Z"
    });
    let cases = [
        (json!({}), Ok("shop-9")),
        (json!({"reference": ""}), Ok("")),
        (json!({"reference": null}), Ok("")),
        (json!({"customer": "C-2"}), Err("customer: 'C-2' is not 'C-1'")),
        (
            json!({"purchase_order_number": "45"}),
            Err("purchase_order_number: '45' is not '4500017'"),
        ),
        (
            json!({"purchase_order_number": null}),
            Err("purchase_order_number: is missing"),
        ),
    ];
    for (changes, expected) in cases {
        let mut order = order.clone();
        for (key, value) in changes.as_object().unwrap() {
            order[key] = value.clone();
        }
        let wire: WireOrder = serde_json::from_value(order).unwrap();
        match (wire.placed_under(&asked), expected) {
            (Ok(placed), Ok(reference)) => assert_eq!(placed.reference, reference, "{changes}"),
            (Err(mismatch), Err(problem)) => {
                assert!(mismatch.to_string().starts_with(problem), "{changes}: {mismatch}");
            }
            (read, _) => panic!("{changes}: {read:?}"),
        }
    }
    // Of what the gateway submitted, the reference is never missing.
    order["reference"] = Value::Null;
    let wire: WireOrder = serde_json::from_value(order).unwrap();
    assert_eq!(wire.placed().unwrap_err().to_string(), "reference: is missing");
}
