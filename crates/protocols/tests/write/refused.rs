//! What cannot be written is an error that names the fact; nothing is left out in silence.

use punchgate_domain::{
    money::{Currency, StatedAmount},
    purchase_order::{Contact, OrderLine, OrderType, PurchaseOrder},
    quantity::Unit,
};
use punchgate_protocols::cxml::{
    Secret,
    decode::{message::OperationAllowed, setup::BuyerCookie},
    dialect::{BaseVersion, FulfillVersion, TotalIncludes},
    encode::{
        Confirmation, ConfirmationRequest, ConfirmedLine, Header, LineOutcome, LinePart, OrderReference,
        OrderRequest, ProfileRequest, ProfileResponse, PunchOutOrderMessage,
    },
};

use crate::samples::{
    buyer_header, cart, cart_line, contact, frame, moment, order, order_line, quantity, stated_date,
    supplier_header, usd_amount, versions,
};

fn assert_refused<T: std::fmt::Debug>(
    result: Result<T, punchgate_protocols::cxml::encode::WriteError>,
    expected: &str,
) {
    let said = result.unwrap_err().to_string();
    assert!(said.contains(expected), "'{said}' does not say '{expected}'");
}

#[test]
fn orders_that_the_grammar_cannot_express() {
    let line = |change: fn(&mut OrderLine)| {
        let mut line = order_line(7);
        change(&mut line);
        PurchaseOrder {
            lines: vec![line],
            ..order()
        }
    };
    let header = |change: fn(&mut PurchaseOrder)| {
        let mut order = order();
        change(&mut order);
        order
    };
    let cases = [
        (
            line(|line| line.price_basis = Some(quantity("5"))),
            "more than one unit (line 7)",
        ),
        (
            line(|line| line.price_basis_factor = Some(quantity("5"))),
            "more than one unit (line 7)",
        ),
        (
            line(|line| line.buyer_part_id = Some("B".to_owned())),
            "the buyer's part number (line 7)",
        ),
        (line(|line| line.is_return = true), "a return (line 7)"),
        (line(|line| line.schedule_lines = 2), "delivery schedules"),
        (
            line(|line| line.classifications.clear()),
            "line 7 has no classification",
        ),
        (header(|order| order.lines.clear()), "at least one line"),
        (header(|order| order.bill_to = None), "a billing address"),
        (
            header(|order| order.order_type = OrderType::Blanket),
            "a blanket order",
        ),
        (
            header(|order| order.order_type = OrderType::Other("odd".to_owned())),
            "order type 'odd'",
        ),
        (
            header(|order| order.requested_delivery = Some(stated_date("2026-12-01T00:00:00+00:00"))),
            "a requested delivery",
        ),
        (
            header(|order| {
                order.contacts = vec![Contact {
                    role: Some("end user".to_owned()),
                    ..contact()
                }];
            }),
            "'end user' is no contact role",
        ),
    ];
    let versions = versions(BaseVersion::V014, FulfillVersion::V050);
    let secret = Secret::new("s");
    for (order, expected) in cases {
        let request = OrderRequest {
            order: &order,
            card_number: None,
        };
        assert_refused(
            request.write(&frame(&versions, "p"), &buyer_header(&secret)),
            expected,
        );
    }
}

#[test]
fn carts_that_cannot_go() {
    let mut with_basis = cart_line("A");
    with_basis.price_basis = Some(quantity("5"));
    let mut in_euro = cart_line("A");
    in_euro.unit_price = StatedAmount::parse("1", Currency::parse("EUR").unwrap()).unwrap();
    let mut huge = cart_line("A");
    huge.quantity = quantity("7000000000000000000000000000");
    huge.unit_price = usd_amount("7000000000000000000000000000");
    let text = || BuyerCookie::Text(String::new());
    let markup = |xml: &str| BuyerCookie::Markup(xml.to_owned());
    let cases = [
        (cart(vec![with_basis]), text(), "more than one unit (line 1)"),
        (
            cart(vec![cart_line("A"), in_euro]),
            text(),
            "holds an amount in EUR",
        ),
        (cart(vec![huge]), text(), "too large"),
        (cart(vec![]), markup("<a>"), "not well-formed"),
        (
            cart(vec![]),
            markup("</BuyerCookie><BuyerCookie>"),
            "not well-formed",
        ),
        (cart(vec![]), markup("&entity;"), "not well-formed"),
        (cart(vec![]), markup("<!DOCTYPE a><a/>"), "not well-formed"),
        (cart(vec![]), markup("<p:a/>"), "not well-formed"),
        (cart(vec![]), markup("<é/>"), "outside us-ascii"),
    ];
    let versions = versions(BaseVersion::V014, FulfillVersion::V050);
    let secret = Secret::new("s");
    for (cart, buyer_cookie, expected) in cases {
        let message = PunchOutOrderMessage {
            buyer_cookie: &buyer_cookie,
            operation_allowed: OperationAllowed::Edit,
            cart: &cart,
            total_includes: TotalIncludes::Lines,
        };
        assert_refused(
            message.write(&frame(&versions, "p"), &supplier_header(&secret)),
            expected,
        );
    }
}

#[test]
fn confirmations_that_contradict_themselves() {
    let (one, two, unit) = (quantity("1"), quantity("2"), Unit::new("EA"));
    let part = |outcome| LinePart {
        outcome,
        quantity: &one,
        unit_price: None,
        shipment_date: None,
        delivery_date: None,
        comments: &[],
    };
    let (halves, half) = ([part(LineOutcome::Accept); 2], [part(LineOutcome::Reject)]);
    let line = |line_number, parts| ConfirmedLine {
        line_number,
        quantity: &two,
        unit: &unit,
        parts,
    };
    let cases: [(Confirmation<'_>, &str); 6] = [
        (Confirmation::Except(&[]), "type except names at least one line"),
        (
            Confirmation::Detail(&[line(3, &half)]),
            "the parts of line 3 must sum to its quantity 2",
        ),
        (Confirmation::Detail(&[line(3, &[])]), "the parts of line 3"),
        (
            Confirmation::Detail(&[line(3, &halves), line(4, &halves), line(3, &halves)]),
            "line 3 is named twice",
        ),
        (Confirmation::AllDetail(&[line(3, &halves)]), "line 3 is 'accept'"),
        (
            Confirmation::AllDetail(&[]),
            "type allDetail names at least one line",
        ),
    ];
    let versions = versions(BaseVersion::V014, FulfillVersion::V050);
    let secret = Secret::new("s");
    for (confirmation, expected) in cases {
        let request = ConfirmationRequest {
            confirm_id: "C",
            notice_date: moment(),
            replaces_payload_id: None,
            order: OrderReference {
                order_number: "PO",
                order_date: None,
                payload_id: "",
            },
            confirmation,
            total: None,
            shipping: None,
            tax: None,
            comments: &[],
        };
        assert_refused(
            request.write(&frame(&versions, "p"), &supplier_header(&secret)),
            expected,
        );
    }
}

#[test]
fn headers_without_credentials_and_empty_profiles() {
    let versions = versions(BaseVersion::V014, FulfillVersion::V050);
    let secret = Secret::new("s");
    let full = buyer_header(&secret);
    let cases = [
        (Header { from: &[], ..full }, "Header/From"),
        (Header { to: &[], ..full }, "Header/To"),
        (Header { sender: &[], ..full }, "Header/Sender"),
    ];
    for (header, expected) in cases {
        assert_refused(ProfileRequest.write(&frame(&versions, "p"), &header), expected);
    }
    let profile = ProfileResponse {
        effective_date: moment(),
        options: &[],
        transactions: &[],
    };
    assert_refused(
        profile.write(&frame(&versions, "p")),
        "at least one accepted request",
    );
}
