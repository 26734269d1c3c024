//! Pairs of messages and rows.

use punchgate_domain::money::{Currency, StatedAmount};
use serde_json::{Value, json};

use super::*;

fn read<T: serde::de::DeserializeOwned>(value: &Value) -> T {
    // As the transport reads it: from text, by way of a value.
    let value: Value = serde_json::from_str(&value.to_string()).unwrap();
    serde_json::from_value(value).unwrap()
}

fn line(over: &Value) -> Value {
    let mut line = json!({
        "auxiliaryId": "G1-7", "sku": "HX-1001", "name": "Sechskantschraube, M8 × 40", "quantity": 3, "unit": "EA",
        "unitPrice": 1628, "linePrice": 4884, "unspsc": "31160000", "manufacturer": null,
        "manufacturerPartId": null, "leadTimeDays": 3, "imageUrl": null
    });
    merge(&mut line, over);
    line
}

fn cart(over: &Value) -> Value {
    let mut cart = json!({
        "id": "s-1", "session": "x", "mode": "edit", "state": "open", "revision": 3, "currency": "USD",
        "decimals": 2, "language": "pt_BR", "lines": [line(&json!({}))], "subTotal": 4884, "shipping": null,
        "shippingName": null, "tax": null, "refused": []
    });
    merge(&mut cart, over);
    cart
}

fn merge(value: &mut Value, over: &Value) {
    for (key, part) in over.as_object().unwrap() {
        value[key] = part.clone();
    }
}

fn usd(text: &str) -> StatedAmount {
    StatedAmount::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

#[test]
fn carts() {
    let over = json!({"state": "locked", "shipping": 990, "shippingName": "Standard", "tax": 0});
    let FilledCart { cart, refused } = filled(read(&cart(&over)), "s-1").unwrap();
    assert!(refused.is_empty());
    assert_eq!(
        (cart.mode, cart.state, cart.revision),
        (SessionMode::Edit, CartState::Locked, 3)
    );
    let line = &cart.cart.lines[0];
    assert_eq!(line.unit_price, usd("16.28"));
    assert_eq!((line.quantity.text(), line.language.as_str()), ("3", "pt-BR"));
    assert_eq!(line.auxiliary_id.as_deref(), Some("G1-7"));
    assert_eq!(
        (line.classifications[0].domain.as_str(), line.lead_time_days),
        ("UNSPSC", Some(3))
    );
    let shipping = cart.cart.shipping.unwrap();
    assert_eq!(
        (shipping.amount, shipping.description.as_str()),
        (usd("9.90"), "Standard")
    );
    assert_eq!(cart.cart.tax.unwrap().amount, usd("0.00"));
}

#[test]
fn what_a_line_costs_is_kept_exactly() {
    // Unit price, line price, quantity → unit price, basis.
    let cases = [
        (1628, 4884, 3, "16.28", None),
        (1628, 4881, 3, "16.27", None),
        (333, 1000, 3, "10.00", Some("3")),
        (0, 0, 5, "0.00", None),
        (0, 1, 2, "0.01", Some("2")),
    ];
    for (unit, total, quantity, price, basis) in cases {
        let over = json!({"unitPrice": unit, "linePrice": total, "quantity": quantity});
        let wire = read(&cart(&json!({"lines": [line(&over)], "subTotal": total})));
        let line = &filled(wire, "s-1").unwrap().cart.cart.lines[0];
        assert_eq!(line.unit_price, usd(price), "{over}");
        assert_eq!(line.price_basis.as_ref().map(Quantity::text), basis, "{over}");
        assert_eq!(
            line.amount().unwrap(),
            rust_decimal::Decimal::new(total, 2),
            "{over}"
        );
    }
}

#[test]
fn decimals_are_the_shops_and_not_the_currencys() {
    for (decimals, expected) in [(0, "1628"), (2, "16.28"), (4, "0.1628")] {
        let wire = read(&cart(&json!({"decimals": decimals, "currency": "JPY"})));
        let line = &filled(wire, "s-1").unwrap().cart.cart.lines[0];
        assert_eq!(line.unit_price.text(), expected);
    }
}

#[test]
fn carts_that_are_refused() {
    let of_line = |over: Value| json!({"lines": [line(&over)]});
    let cases = [
        (json!({"id": "s-2"}), "id"),
        (json!({"state": "frozen"}), "state"),
        (json!({"mode": "buy"}), "mode"),
        (json!({"currency": "Dollars"}), "currency"),
        (json!({"decimals": 9}), "decimals"),
        (json!({"shipping": -1}), "shipping"),
        (json!({"tax": -1}), "tax"),
        (of_line(json!({"quantity": 0})), "lines[0].quantity"),
        (
            of_line(json!({"unitPrice": -5, "linePrice": -15})),
            "lines[0].unitPrice",
        ),
        (of_line(json!({"leadTimeDays": -2})), "lines[0].leadTimeDays"),
        (json!({"state": "locked", "subTotal": 4885}), "subTotal"),
        (
            json!({"state": "returned", "lines": [], "subTotal": 1}),
            "subTotal",
        ),
    ];
    for (over, path) in cases {
        let problem = filled(read(&cart(&over)), "s-1").unwrap_err().to_string();
        assert!(problem.starts_with(&format!("{path}: ")), "{over}: {problem}");
    }
    // A read in the middle of a change is no fault of anybody.
    assert!(filled(read(&cart(&json!({"subTotal": 1}))), "s-1").is_ok());
    for over in [
        json!({"quantity": 1.5}),
        json!({"unitPrice": "16.28"}),
        json!({"linePrice": 1e30}),
    ] {
        let wire = serde_json::from_value::<wire::Cart>(cart(&of_line(over.clone())));
        assert!(wire.is_err(), "{over}");
    }
}

#[test]
fn logins() {
    let now: Instant = "2026-03-01T09:30:00Z".parse().unwrap();
    let cases = [
        ("https://shop.example/#punchout=t", "2026-03-01T09:35:00Z", true),
        ("http://127.0.0.1:80/#punchout=t", "2026-03-01T09:35:00Z", true),
        ("https://shop.example/#punchout=t", "2026-03-01T10:30:00Z", false),
        ("javascript:alert(1)", "2026-03-01T09:35:00Z", false),
        ("//shop.example/", "2026-03-01T09:35:00Z", false),
        ("", "2026-03-01T09:35:00Z", false),
    ];
    for (url, until, good) in cases {
        let wire = json!({"id": "s", "loginUrl": url, "loginExpiresAt": until, "refused": []});
        assert_eq!(opened(read(&wire), now).is_ok(), good, "{url} {until}");
    }
}

#[test]
fn lines_go_out_as_plain_decimals() {
    for (stated, sent) in [("4", "4"), ("4.00", "4"), ("+0.50", "0.5"), ("100", "100")] {
        let line = FillLine {
            line: 1,
            part_id: "P".to_owned(),
            auxiliary_id: None,
            quantity: Quantity::parse(stated).unwrap(),
            unit: None,
            unit_price: None,
        };
        assert_eq!(fill_line(&line).quantity, sent, "{stated}");
    }
}
