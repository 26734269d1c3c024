//! Values to write: carts, orders, addresses, headers.

use punchgate_domain::{
    cart::{Cart, CartLine, Charge, Classification},
    money::{Currency, StatedAmount},
    purchase_order::{
        Address, Contact, OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder, StatedDate,
    },
    quantity::{Quantity, Unit},
};
use punchgate_protocols::cxml::{
    DeploymentMode, Secret,
    dialect::{BaseVersion, DtdVersions, FulfillVersion},
    encode::{Charset, Frame, Header, PartyCredential, SenderProof},
};

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

pub(crate) fn usd_amount(text: &str) -> StatedAmount {
    StatedAmount::parse(text, usd()).unwrap()
}

pub(crate) fn quantity(text: &str) -> Quantity {
    Quantity::parse(text).unwrap()
}

pub(crate) fn moment() -> jiff::Timestamp {
    "2026-11-22T03:57:18.123456Z".parse().unwrap()
}

pub(crate) fn versions(base: BaseVersion, fulfill: FulfillVersion) -> DtdVersions {
    DtdVersions::uniform(base, fulfill)
}

pub(crate) fn frame<'a>(versions: &'a DtdVersions, payload_id: &'a str) -> Frame<'a> {
    Frame {
        payload_id,
        timestamp: moment(),
        lang: "en-US",
        versions,
        charset: Charset::Utf8,
    }
}

const BUYER: &[PartyCredential<'_>] = &[
    PartyCredential {
        domain: "NetworkID",
        identity: "AN01000000001-T",
    },
    PartyCredential {
        domain: "DUNS",
        identity: "123456789",
    },
];
const SUPPLIER: &[PartyCredential<'_>] = &[PartyCredential {
    domain: "DUNS",
    identity: "987654321",
}];

pub(crate) fn buyer_header(secret: &Secret) -> Header<'_> {
    Header {
        from: BUYER,
        to: SUPPLIER,
        sender: &BUYER[..1],
        proof: SenderProof::SharedSecret(secret),
        user_agent: "Suite 1.0",
        mode: DeploymentMode::Test,
    }
}

pub(crate) fn supplier_header(secret: &Secret) -> Header<'_> {
    Header {
        from: SUPPLIER,
        to: BUYER,
        sender: SUPPLIER,
        proof: SenderProof::SharedSecret(secret),
        user_agent: "Punchgate",
        mode: DeploymentMode::Production,
    }
}

pub(crate) fn cart_line(part: &str) -> CartLine {
    CartLine {
        part_id: part.to_owned(),
        auxiliary_id: Some(format!("line-{part}")),
        quantity: quantity("2"),
        unit: Unit::new("EA"),
        unit_price: usd_amount("12.5000"),
        price_basis: None,
        description: "Safety gloves, nitrile".to_owned(),
        short_name: Some("Gloves".to_owned()),
        language: "en".to_owned(),
        classifications: vec![Classification {
            domain: "UNSPSC".to_owned(),
            code: "46181504".to_owned(),
        }],
        manufacturer_part_id: Some("N-100".to_owned()),
        manufacturer_name: Some("Acme".to_owned()),
        lead_time_days: Some(3),
        image_url: Some("https://shop.example/gloves.png".to_owned()),
        extrinsics: vec![("colour".to_owned(), "blue".to_owned())],
        charge: None,
    }
}

pub(crate) fn cart(lines: Vec<CartLine>) -> Cart {
    let charge = |amount: &str, description: &str| {
        Some(Charge {
            amount: usd_amount(amount),
            description: description.to_owned(),
        })
    };
    Cart {
        currency: usd(),
        lines,
        shipping: charge("4.90", "Freight"),
        tax: charge("2.06", "Sales tax"),
    }
}

pub(crate) fn stated_date(text: &str) -> StatedDate {
    let instant: jiff::Timestamp = text.parse().unwrap();
    StatedDate {
        text: text.to_owned(),
        date: text[..10].parse().unwrap(),
        instant: Some(instant),
        has_offset: true,
    }
}

pub(crate) fn address() -> Address {
    Address {
        address_id: Some("PLANT-1".to_owned()),
        name: "Plant 1".to_owned(),
        deliver_to: vec!["Dock 4".to_owned(), "Pat Example".to_owned()],
        street: vec!["1 Main Street".to_owned()],
        city: "Pittsburgh".to_owned(),
        state: Some("PA".to_owned()),
        postal_code: Some("15222".to_owned()),
        country_code: Some("US".to_owned()),
        email: Some("dock@buyer.example".to_owned()),
        phone: Some("412 555 0100".to_owned()),
    }
}

pub(crate) fn contact() -> Contact {
    Contact {
        role: Some("endUser".to_owned()),
        name: "Pat Example".to_owned(),
        email: Some("pat@buyer.example".to_owned()),
    }
}

pub(crate) fn order_line(number: u32) -> OrderLine {
    let line = cart_line("GLV-1");
    OrderLine {
        line_number: number,
        quantity: line.quantity,
        unit: line.unit,
        part_id: line.part_id,
        auxiliary_id: line.auxiliary_id,
        buyer_part_id: None,
        unit_price: line.unit_price,
        price_basis: None,
        price_basis_factor: None,
        description: line.description,
        classifications: line.classifications,
        manufacturer_part_id: line.manufacturer_part_id,
        manufacturer_name: line.manufacturer_name,
        requested_delivery: Some(stated_date("2026-12-01T00:00:00-05:00")),
        ship_to: None,
        is_ad_hoc: false,
        is_return: false,
        schedule_lines: 0,
        comments: vec!["Leave at the dock".to_owned()],
        extrinsics: vec![("colour".to_owned(), "blue".to_owned())],
    }
}

pub(crate) fn order() -> PurchaseOrder {
    let cart = cart(Vec::new());
    PurchaseOrder {
        order_number: "PO-1001".to_owned(),
        operation: OrderOperation::New,
        order_type: OrderType::Regular,
        stated_version: Some("1".to_owned()),
        order_date: stated_date("2026-11-22T09:00:00-05:00"),
        requested_delivery: None,
        requisition_id: Some("REQ-7".to_owned()),
        agreement_id: Some("CONTRACT-9".to_owned()),
        total: usd_amount("50.00"),
        tax: cart.tax,
        shipping: cart.shipping,
        ship_to: Some(address()),
        bill_to: Some(Address {
            address_id: Some("HQ".to_owned()),
            name: "Headquarters".to_owned(),
            ..Address::default()
        }),
        payment: Payment::Terms,
        payment_terms_days: Some(30),
        contacts: vec![contact()],
        comments: vec!["Call before delivery".to_owned()],
        replaces_payload_id: None,
        extrinsics: vec![("costCenter".to_owned(), "4711".to_owned())],
        lines: vec![order_line(1), order_line(2)],
    }
}
