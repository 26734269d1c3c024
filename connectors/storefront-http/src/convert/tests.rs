//! Pairs of messages and rows.

use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::*;

/// As the transport reads it: from text, by way of a value.
fn read<T: DeserializeOwned>(value: &Value) -> T {
    let value: Value = serde_json::from_str(&value.to_string()).unwrap();
    serde_json::from_value(value).unwrap()
}

fn cart_json(line: &Value, shipping: &Value) -> Value {
    let mut full = json!({
        "part_id": "GLV-100", "auxiliary_id": "c7:1", "quantity": "4", "unit": "BX",
        "unit_price": {"amount": "12.4000", "currency": "USD"}, "description": "Handschuhe, Größe L"
    });
    for (key, value) in line.as_object().unwrap() {
        full[key] = value.clone();
    }
    json!({"cart": {
        "storefront_session": "s-1", "session": "x", "mode": "edit", "state": "open", "revision": 3,
        "currency": "USD", "lines": [full], "shipping": shipping, "tax": null
    }})
}

#[test]
fn carts() {
    let shipping = json!({"amount": "9.90", "currency": "USD"});
    let wire = read(&cart_json(
        &json!({"quantity": 2.5, "price_basis": 100}),
        &shipping,
    ));
    let read = filled(wire, "s-1").unwrap().cart;
    assert_eq!(
        (read.mode, read.state, read.revision),
        (SessionMode::Edit, CartState::Open, 3)
    );
    let line = &read.cart.lines[0];
    assert_eq!(
        (
            line.quantity.text(),
            line.unit_price.text(),
            line.language.as_str()
        ),
        ("2.5", "12.4000", "en")
    );
    assert_eq!(line.price_basis.as_ref().unwrap().text(), "100");
    assert_eq!(read.cart.shipping.unwrap().amount.text(), "9.90");
    assert_eq!(read.cart.tax, None);
}

#[test]
fn carts_that_are_refused() {
    let none = Value::Null;
    let euro = json!({"amount": "9.90", "currency": "EUR"});
    let cases = [
        (
            cart_json(&json!({"quantity": "0"}), &none),
            "cart.lines[0].quantity",
        ),
        (
            cart_json(&json!({"quantity": "-1"}), &none),
            "cart.lines[0].quantity",
        ),
        (
            cart_json(&json!({"price_basis": "0"}), &none),
            "cart.lines[0].price_basis",
        ),
        (
            cart_json(&json!({"unit_price": euro}), &none),
            "cart.lines[0].unit_price.currency",
        ),
        (cart_json(&json!({}), &euro), "cart.shipping.currency"),
    ];
    for (case, path) in cases {
        let problem = filled(read(&case), "s-1").unwrap_err().to_string();
        assert!(problem.starts_with(path), "{problem}");
    }
    let of_another = read(&cart_json(&json!({}), &none));
    assert!(filled(of_another, "s-2").is_err());
}

#[test]
fn logins() {
    let now: punchgate_domain::Instant = "2026-03-01T09:30:00Z".parse().unwrap();
    let cases = [
        ("https://shop.example/login?c=1", "2026-03-01T09:35:00Z", true),
        ("HTTP://127.0.0.1:80/login", "2026-03-01T09:35:00Z", true),
        ("https://shop.example/login?c=1", "2026-03-01T10:30:00Z", false),
        ("javascript:alert(1)", "2026-03-01T09:35:00Z", false),
        ("//shop.example/", "2026-03-01T09:35:00Z", false),
        ("", "2026-03-01T09:35:00Z", false),
    ];
    for (url, until, good) in cases {
        let wire = read(&json!({"storefront_session": "s", "login_url": url, "login_expires_at": until}));
        assert_eq!(opened(wire, now).is_ok(), good, "{url} {until}");
    }
}

#[test]
fn a_login_is_never_shown() {
    let wire = read(&json!({
        "storefront_session": "s", "login_url": "https://shop.example/?code=geheim",
        "login_expires_at": "2026-03-01T09:35:00Z"
    }));
    let opened = opened(wire, "2026-03-01T09:30:00Z".parse().unwrap()).unwrap();
    assert!(!format!("{opened:?}").contains("geheim"));
}

#[test]
fn more_without_a_cursor_is_refused() {
    let cases = [
        (
            json!({"items": [], "next_cursor": null, "more": false}),
            Some(None),
        ),
        (
            json!({"items": [], "next_cursor": "2", "more": true}),
            Some(Some("2")),
        ),
        (
            json!({"items": [], "next_cursor": "2", "more": false}),
            Some(None),
        ),
        (json!({"items": [], "next_cursor": null, "more": true}), None),
    ];
    for (case, expected) in cases {
        let found = found_items(read(&case)).ok().map(|found| found.next_cursor);
        assert_eq!(found, expected.map(|cursor| cursor.map(Cursor::new)), "{case}");
    }
}

#[test]
fn orders_with_quantities() {
    let wire = read(&json!({
        "order_id": "1", "order_number": "1", "reference": "r", "customer": "C", "state": "open",
        "created_at": "2026-03-01T00:00:00Z", "payment_state": "authorised",
        "lines": [{"line_number": 1, "part_id": "P", "unit": "EA", "ordered": 10, "shipped": "4"}]
    }));
    let order = shop_order(wire).unwrap();
    assert_eq!(order.payment, PaymentState::Authorised);
    let line = &order.lines[0];
    let quantities = [
        &line.ordered,
        &line.confirmed,
        &line.shipped,
        &line.invoiced,
        &line.cancelled,
    ];
    assert_eq!(quantities.map(Quantity::text), ["10", "0", "4", "0", "0"]);
}

const PUBLISHED: &str = include_str!("../../../../docs/protocols/storefront.md");

/// The last JSON example below a heading of the published text: an answer.
fn published<T: DeserializeOwned>(heading: &str) -> T {
    let section = PUBLISHED.split(&format!("\n{heading}\n")).nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let example = section
        .split("```json\n")
        .last()
        .unwrap()
        .split("\n```")
        .next()
        .unwrap();
    read(&serde_json::from_str(example).unwrap())
}

#[test]
fn the_published_answers_are_read() {
    let now = "2026-03-01T09:30:00Z".parse().unwrap();
    let session = opened(published("## open_session"), now).unwrap();
    assert_eq!(session.storefront_session, "8fd1c2");
    let cart = filled(published("## read_cart"), "8fd1c2").unwrap().cart.cart;
    assert_eq!(cart.lines[0].unit_price.text(), "12.4000");
    let wire: crate::wire::WireDescription = published("## describe");
    let stated = capabilities(&wire.qualities);
    assert!(stated.edit && stated.inspect && stated.parallel_sessions && !stated.line_price_override);
    assert_eq!(stated.page_size, 100);
}
