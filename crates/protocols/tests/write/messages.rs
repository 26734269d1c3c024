//! The cart's Total, and its way through the browser's form.

use punchgate_domain::{
    cart::{Cart, CartLine},
    money::{Currency, StatedAmount},
};
use punchgate_protocols::{
    cxml::{
        Secret,
        decode::{message::OperationAllowed, setup::BuyerCookie},
        dialect::{BaseVersion, FulfillVersion, TotalIncludes},
        encode::PunchOutOrderMessage,
    },
    form::{base64_field, read_cart_form, urlencoded_field},
};

use crate::samples::{cart, cart_line, frame, quantity, supplier_header, versions};

fn write(cart: &Cart, total_includes: TotalIncludes) -> Vec<u8> {
    let versions = versions(BaseVersion::V050, FulfillVersion::V050);
    let secret = Secret::new("s");
    let message = PunchOutOrderMessage {
        buyer_cookie: &BuyerCookie::Text(" a+b%20&c ".to_owned()),
        operation_allowed: OperationAllowed::Edit,
        cart,
        total_includes,
    };
    message
        .write(&frame(&versions, "m"), &supplier_header(&secret))
        .unwrap()
}

fn line(amount: &str, price: &str, basis: Option<&str>, currency: Currency) -> CartLine {
    CartLine {
        quantity: quantity(amount),
        unit_price: StatedAmount::parse(price, currency).unwrap(),
        price_basis: basis.map(quantity),
        ..cart_line("A")
    }
}

#[test]
fn totals_have_the_digits_of_their_currency() {
    type Lines = &'static [(&'static str, &'static str, Option<&'static str>)];
    let cases: [(&str, Lines, &str); 7] = [
        ("USD", &[], "0.00"),
        ("USD", &[("2", "12.50", None), ("1", "0.01", None)], "25.01"),
        ("USD", &[("3", "0.0333", None)], "0.10"),
        ("USD", &[("1", "0.005", None)], "0.01"),
        ("USD", &[("250", "3", Some("100"))], "7.50"),
        ("JPY", &[("3", "99.5", None)], "299"),
        ("KWD", &[("1.5", "0.333", None)], "0.500"),
    ];
    for (currency, lines, expected) in cases {
        let currency = Currency::parse(currency).unwrap();
        let cart = Cart {
            currency,
            lines: lines
                .iter()
                .map(|(amount, price, basis)| line(amount, price, *basis, currency))
                .collect(),
            shipping: None,
            tax: None,
        };
        let xml = String::from_utf8(write(&cart, TotalIncludes::Lines)).unwrap();
        let total = format!("<Total><Money currency=\"{currency}\">{expected}</Money></Total>");
        assert!(xml.contains(&total), "{lines:?}: {xml}");
    }
}

#[test]
fn the_dialect_says_what_the_total_counts() {
    let cart = cart(vec![cart_line("A")]);
    for (includes, expected) in [
        (TotalIncludes::Lines, "25.00"),
        (TotalIncludes::LinesShippingTax, "31.96"),
    ] {
        let xml = String::from_utf8(write(&cart, includes)).unwrap();
        let total = format!("<Total><Money currency=\"USD\">{expected}</Money></Total>");
        assert!(xml.contains(&total), "{includes:?}: {xml}");
    }
}

/// What a browser makes of a hidden field: line ends as CRLF, then percent-encoding with `+` for a blank.
fn posted(name: &str, value: &str) -> String {
    let with_line_ends = value.replace('\n', "\r\n");
    let encoded: String = with_line_ends
        .bytes()
        .map(|byte| match byte {
            b' ' => "+".to_owned(),
            b if b.is_ascii_alphanumeric() || b"*-._".contains(&b) => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect();
    format!("{name}={encoded}")
}

#[test]
fn a_message_survives_the_form() {
    let mut line = cart_line("A");
    line.description = "caf\u{e9} \u{1F600} 100% a+b & \"c\"\n".to_owned();
    let xml = write(&cart(vec![line]), TotalIncludes::Lines);
    let field = base64_field(&xml);
    let read = read_cart_form(posted(field.name, &field.value).as_bytes()).unwrap();
    assert_eq!(read, xml);
    let field = urlencoded_field(&xml);
    let read = read_cart_form(posted(field.name, &field.value).as_bytes()).unwrap();
    // An XML parser reads CRLF as LF: the content is the same.
    let read = String::from_utf8(read).unwrap().replace("\r\n", "\n");
    assert_eq!(read.as_bytes(), xml);
}
