//! Orders in and out.

use punchgate_connector::conformance::OrderFixture;
use punchgate_domain::{
    cart::Charge,
    money::{Currency, StatedAmount},
    purchase_order::StatedDate,
};
use serde_json::{Value, json};

use super::*;

fn submission() -> OrderSubmission {
    let fixture = OrderFixture {
        part_id: "HX-1001".to_owned(),
        unit: Unit::new("EA"),
        unit_price: usd("16.28"),
        date: jiff::civil::date(2026, 3, 1),
        live: true,
    };
    fixture.submission("C-1", "ref-1".to_owned())
}

fn usd(text: &str) -> StatedAmount {
    StatedAmount::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

#[test]
fn prices_and_what_they_stand_for() {
    // Price, basis, factor → price, basis.
    let cases = [
        ("16.28", None, None, "16.28", None),
        ("16.2800", None, None, "16.28", None),
        ("1500", Some("100"), None, "1500", Some("100")),
        ("2.50", Some("1"), Some("12"), "30", Some("1")),
        ("100", None, None, "100", None),
    ];
    for (price, basis, factor, sent, for_so_many) in cases {
        let mut what = submission();
        let line = &mut what.order.lines[0];
        line.unit_price = usd(price);
        line.price_basis = basis.map(quantity);
        line.price_basis_factor = factor.map(quantity);
        let input = order_input(&what).unwrap();
        let line = &input.lines[0];
        assert_eq!(
            (line.unit_price.as_str(), line.price_basis.as_deref()),
            (sent, for_so_many),
            "{price}"
        );
    }
}

fn charge(amount: StatedAmount) -> Charge {
    Charge {
        amount,
        description: "Freight".to_owned(),
    }
}

#[test]
fn freight_is_what_the_order_states() {
    for (stated, sent) in [(None, "0"), (Some("12.40"), "12.4"), (Some("0.00"), "0")] {
        let mut what = submission();
        what.order.shipping = stated.map(|amount| charge(usd(amount)));
        assert_eq!(order_input(&what).unwrap().freight, sent, "{stated:?}");
    }
}

#[test]
fn what_vendure_has_no_field_for_is_told_to_people() {
    let mut what = submission();
    what.order.comments = vec!["Gate 4".to_owned()];
    what.order.requested_delivery = Some(StatedDate::unreadable("soon"));
    what.order.lines[0].comments = vec!["No pallets".to_owned()];
    let input = order_input(&what).unwrap();
    assert_eq!(
        input.comments,
        ["Gate 4", "Requested delivery: soon", "Line 1: No pallets"]
    );
}

#[test]
fn freight_that_is_not_even_sent() {
    let currency = |code| Currency::parse(code).unwrap();
    for amount in [
        StatedAmount::parse("9.90", currency("EUR")).unwrap(),
        StatedAmount::unreadable("?", currency("USD")),
        usd("-1.00"),
    ] {
        let mut what = submission();
        what.order.shipping = Some(charge(amount));
        let refusal = order_input(&what).unwrap_err();
        assert_eq!(
            (refusal.code.as_str(), refusal.fields[0].field.as_str()),
            ("price", "freight")
        );
    }
}

/// Code, field, and what is wrong.
type Case = (&'static str, &'static str, Box<dyn Fn(&mut OrderSubmission)>);

#[test]
fn orders_that_are_not_even_sent() {
    let elsewhere = Address {
        name: "Plant 3".to_owned(),
        ..Address::default()
    };
    let cases: [Case; 7] = [
        ("other", "reference", Box::new(|what| what.reference.clear())),
        (
            "other",
            "reference",
            Box::new(|what| what.reference = "x".repeat(65)),
        ),
        (
            "item",
            "lines[0].quantity",
            Box::new(|what| what.order.lines[0].is_return = true),
        ),
        (
            "item",
            "lines[0].quantity",
            Box::new(|what| what.order.lines[0].quantity = Quantity::unreadable("?")),
        ),
        (
            "item",
            "lines[0].quantity",
            Box::new(|what| {
                let currency = Currency::parse("USD").unwrap();
                what.order.lines[0].unit_price = StatedAmount::unreadable("?", currency);
            }),
        ),
        (
            "price",
            "lines[0].unitPrice",
            Box::new(|what| {
                let euro = Currency::parse("EUR").unwrap();
                what.order.lines[0].unit_price = StatedAmount::parse("1", euro).unwrap();
            }),
        ),
        (
            "address",
            "ship_to",
            Box::new(move |what| what.order.lines[0].ship_to = Some(elsewhere.clone())),
        ),
    ];
    for (code, field, change) in cases {
        let mut what = submission();
        change(&mut what);
        let refusal = order_input(&what).unwrap_err();
        assert_eq!(
            (refusal.code.as_str(), refusal.fields[0].field.as_str()),
            (code, field)
        );
    }
    // The same place on every line is one place.
    let mut what = submission();
    what.order.lines[0].ship_to = what.order.ship_to.take();
    assert_eq!(
        order_input(&what).unwrap().ship_to.unwrap().company,
        "Müller & Søn"
    );
}

fn wire(over: &Value) -> wire::Order {
    let mut order = json!({
        "id": "7", "code": "G1", "reference": "ref-1", "number": "PO-1", "account": "C-1", "state": "PaymentAuthorized",
        "createdAt": "2026-03-01T09:30:00.000Z", "currency": "USD", "decimals": 2, "subTotal": 3256,
        "payment": "authorised",
        "lines": [{"line": 1, "sku": "HX-1001", "unit": "EA", "ordered": 10, "shipped": 4, "cancelled": 1}]
    });
    for (key, part) in over.as_object().unwrap() {
        order[key] = part.clone();
    }
    serde_json::from_value(order).unwrap()
}

#[test]
fn orders_that_are_read() {
    let read = order(wire(&json!({}))).unwrap();
    assert_eq!(read.order.total, Some(usd("32.56")));
    let line = &read.lines[0];
    assert_eq!(
        [&line.ordered, &line.shipped, &line.cancelled].map(Quantity::text),
        ["10", "4", "1"]
    );
    let cases = [
        ("Draft", "none", PlacedState::Draft),
        ("ArrangingPayment", "none", PlacedState::Draft),
        ("PaymentAuthorized", "authorised", PlacedState::Open),
        ("PartiallyShipped", "authorised", PlacedState::Open),
        ("Delivered", "authorised", PlacedState::Open),
        ("Delivered", "paid", PlacedState::Completed),
        ("Cancelled", "authorised", PlacedState::Cancelled),
        ("PickedByRobot", "authorised", PlacedState::Open),
    ];
    for (state, payment, expected) in cases {
        let read = order(wire(&json!({"state": state, "payment": payment}))).unwrap();
        assert_eq!(read.order.state, expected, "{state} {payment}");
    }
}

#[test]
fn orders_that_are_refused() {
    let shipped = |ordered: u32, shipped: u32, cancelled: u32| json!({"lines": [{"line": 1, "sku": "P", "unit": "EA", "ordered": ordered, "shipped": shipped, "cancelled": cancelled}]});
    for (over, path) in [
        (json!({"payment": "maybe"}), "payment"),
        (json!({"createdAt": "yesterday"}), "createdAt"),
        (json!({"currency": "?"}), "currency"),
        (shipped(4, 5, 0), "lines[0].shipped"),
        (shipped(4, 0, 5), "lines[0].shipped"),
        (shipped(4, 2, 3), "lines[0].shipped"),
    ] {
        let problem = order(wire(&over)).unwrap_err().to_string();
        assert!(problem.starts_with(path), "{over}: {problem}");
    }
    assert!(
        order_of(wire(&json!({})), "ref-2").is_err(),
        "a mix-up of the shop"
    );
}

#[test]
fn outcomes() {
    let placement = |value: Value| serde_json::from_value::<wire::Placement>(value).unwrap();
    let bare =
        json!({"outcome": "rejected", "order": null, "code": "hold", "message": "Call us.", "field": null});
    let Ok(SubmitOutcome::Rejected(refusal)) = outcome(placement(bare), "ref-1") else {
        panic!("not rejected");
    };
    assert_eq!(
        (
            refusal.code.as_str(),
            refusal.message.as_str(),
            refusal.fields.len()
        ),
        ("hold", "Call us.", 0)
    );
    for kind in ["created", "existing", "postponed"] {
        let without = json!({"outcome": kind, "order": null, "code": null, "message": null, "field": null});
        assert!(outcome(placement(without), "ref-1").is_err(), "{kind}");
    }
}

#[test]
fn cancellations() {
    let fields = json!({
        "id": "7", "code": "G1", "reference": "ref-1", "number": "PO-1", "account": "C-1", "state": "Cancelled",
        "createdAt": "2026-03-01T09:30:00.000Z", "currency": "USD", "decimals": 2, "subTotal": 0, "payment": "none",
        "lines": []
    });
    let told = |kind: &str, order: &Value, asked: (&str, &str)| {
        let wire = json!({"outcome": kind, "order": order, "code": "fulfilled", "message": "It is packed."});
        cancelled(serde_json::from_value(wire).unwrap(), asked)
    };
    let asked = ("7", "ref-1");
    let done = told("cancelled", &fields, asked).unwrap().unwrap();
    assert!(matches!(done, CancelOutcome::Cancelled(order) if order.state == PlacedState::Cancelled));
    let kept = told("rejected", &fields, asked).unwrap().unwrap();
    assert!(
        matches!(kept, CancelOutcome::Refused { code, message, .. } if code == "fulfilled" && message == "It is packed.")
    );
    assert!(told("unknown", &Value::Null, asked).unwrap().is_none());
    // Another order, or none, or nobody knows what: it is asked again, not believed.
    for (kind, order, asked) in [
        ("cancelled", &fields, ("8", "ref-1")),
        ("cancelled", &fields, ("7", "ref-2")),
        ("cancelled", &Value::Null, asked),
        ("rejected", &Value::Null, asked),
        ("postponed", &fields, asked),
    ] {
        assert!(told(kind, order, asked).is_err(), "{kind} {asked:?}");
    }
}
