//! Any value that a document can carry whole. Texts are without blanks around them: readers trim.

use proptest::{collection::vec, option, prelude::*};
use punchgate_domain::{
    cart::{Cart, CartLine, Charge, Classification},
    money::StatedAmount,
    purchase_order::{
        Address, Contact, MaskedCard, OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder,
        StatedDate,
    },
    quantity::{Quantity, Unit},
};
use punchgate_protocols::cxml::decode::setup::{
    BuyerCookie, ItemId, SetupItem, SetupOperation, SetupRequest,
};
use rust_decimal::Decimal;

use crate::samples::{order_line, usd};

fn text() -> impl Strategy<Value = String> {
    "[!-~é😀]([ -~é😀]{0,12}[!-~é😀])?"
}

fn token() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][A-Za-z0-9._-]{0,8}"
}

fn amount() -> impl Strategy<Value = StatedAmount> {
    (0_i64..10_000_000, 0_u32..5)
        .prop_map(|(digits, scale)| StatedAmount::from_decimal(Decimal::new(digits, scale), usd()))
}

fn quantity() -> impl Strategy<Value = Quantity> {
    (1_i64..1_000_000, 0_u32..4)
        .prop_map(|(digits, scale)| Quantity::from_decimal(Decimal::new(digits, scale)))
}

fn charge() -> impl Strategy<Value = Charge> {
    (amount(), text()).prop_map(|(amount, description)| Charge { amount, description })
}

fn date() -> impl Strategy<Value = StatedDate> {
    (0_i64..4_000_000_000, -12_i8..=12).prop_map(|(second, hours)| {
        let instant = jiff::Timestamp::from_second(second).unwrap();
        let local = jiff::tz::Offset::constant(hours).to_datetime(instant);
        let sign = if hours < 0 { '-' } else { '+' };
        StatedDate {
            text: format!(
                "{}{sign}{:02}:00",
                local.strftime("%Y-%m-%dT%H:%M:%S"),
                hours.abs()
            ),
            date: local.date(),
            instant: Some(instant),
            has_offset: true,
        }
    })
}

fn extrinsics() -> impl Strategy<Value = Vec<(String, String)>> {
    // A label that names a secret is not read back, whatever stands under it.
    let label = text().prop_filter("a label of no secret", |label| {
        let mut letters = label.chars().filter(char::is_ascii_alphanumeric);
        !letters.any(|letter| letter.eq_ignore_ascii_case(&'v')) || !label.to_lowercase().contains('c')
    });
    vec((label, text()), 0..3)
}

fn classifications() -> impl Strategy<Value = Vec<Classification>> {
    vec(
        (text(), text()).prop_map(|(domain, code)| Classification { domain, code }),
        1..3,
    )
}

pub(super) fn cookie() -> impl Strategy<Value = BuyerCookie> {
    prop_oneof![
        "[ -~é😀\t\n\r]{0,20}".prop_map(BuyerCookie::Text),
        Just(BuyerCookie::Markup("<a b=\"1\">x &amp; y</a><c/>".to_owned())),
        Just(BuyerCookie::Markup(
            " <URL>http://a.example/?x=1&amp;y</URL> ".to_owned()
        )),
    ]
}

fn contact() -> impl Strategy<Value = Contact> {
    (option::of(token()), text(), option::of(text())).prop_map(|(role, name, email)| Contact {
        role,
        name,
        email,
    })
}

fn address() -> impl Strategy<Value = Address> {
    let place = (
        vec(text(), 0..3),
        vec(text(), 1..3),
        text(),
        option::of(text()),
        option::of(text()),
    );
    let rest = (
        option::of(text()),
        text(),
        option::of("[A-Z]{2}"),
        option::of(text()),
        option::of("[0-9 ]{3}[0-9]"),
    );
    (place, rest).prop_map(|(place, rest)| {
        let (deliver_to, street, city, state, postal_code) = place;
        let (address_id, name, country_code, email, phone) = rest;
        Address {
            address_id,
            name,
            deliver_to,
            street,
            city,
            state,
            postal_code,
            country_code,
            email,
            phone: phone.map(|phone| phone.trim().to_owned()),
        }
    })
}

fn item_id() -> impl Strategy<Value = ItemId> {
    (text(), option::of(text())).prop_map(|(part_id, auxiliary_id)| ItemId {
        part_id,
        auxiliary_id,
        buyer_part_id: None,
    })
}

fn setup_item() -> impl Strategy<Value = SetupItem> {
    (item_id(), quantity(), option::of(1_u32..1000)).prop_map(|(item, quantity, line_number)| SetupItem {
        item,
        quantity,
        line_number,
        unit: None,
        unit_price: None,
        description: None,
    })
}

pub(super) fn setup_request() -> impl Strategy<Value = SetupRequest> {
    let operation = prop_oneof![
        Just(SetupOperation::Create),
        Just(SetupOperation::Edit),
        Just(SetupOperation::Inspect),
        Just(SetupOperation::Source),
    ];
    let who = (
        cookie(),
        extrinsics(),
        vec(contact(), 0..3),
        option::of(address()),
    );
    let urls = (option::of(text()), option::of(text()));
    let items = (option::of(item_id()), vec(setup_item(), 0..4));
    (operation, who, urls, items).prop_map(|(operation, who, urls, items)| {
        let (buyer_cookie, extrinsics, contacts, ship_to) = who;
        SetupRequest {
            operation,
            buyer_cookie,
            browser_form_post: urls.0,
            supplier_setup: urls.1,
            extrinsics,
            contacts,
            ship_to,
            selected_item: items.0,
            items: items.1,
        }
    })
}

fn cart_line() -> impl Strategy<Value = CartLine> {
    let ids = (text(), option::of(text()), option::of(text()), option::of(text()));
    let amounts = (quantity(), token(), amount());
    let texts = (text(), option::of(text()), classifications(), extrinsics());
    (ids, amounts, texts, option::of(0_u32..100)).prop_map(|(ids, amounts, texts, lead_time_days)| CartLine {
        part_id: ids.0,
        auxiliary_id: ids.1,
        quantity: amounts.0,
        unit: Unit::new(amounts.1),
        unit_price: amounts.2,
        price_basis: None,
        description: texts.0,
        short_name: texts.1,
        language: "en".to_owned(),
        classifications: texts.2,
        manufacturer_part_id: ids.2,
        manufacturer_name: ids.3,
        lead_time_days,
        image_url: None,
        extrinsics: texts.3,
        charge: None,
    })
}

pub(super) fn cart() -> impl Strategy<Value = Cart> {
    (vec(cart_line(), 0..4), option::of(charge()), option::of(charge())).prop_map(|(lines, shipping, tax)| {
        Cart {
            currency: usd(),
            lines,
            shipping,
            tax,
        }
    })
}

fn any_order_line() -> impl Strategy<Value = OrderLine> {
    let basis = option::of((quantity(), quantity()));
    let places = (option::of(address()), option::of(date()), vec(text(), 0..3));
    (
        cart_line(),
        option::of(text()),
        basis,
        places,
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(
                line,
                buyer_part_id,
                basis,
                (ship_to, requested_delivery, comments),
                (is_ad_hoc, is_return),
            )| {
                let (price_basis, price_basis_factor) = basis.unzip();
                OrderLine {
                    quantity: line.quantity,
                    unit: line.unit,
                    part_id: line.part_id,
                    auxiliary_id: line.auxiliary_id,
                    buyer_part_id,
                    unit_price: line.unit_price,
                    price_basis,
                    price_basis_factor,
                    description: line.description,
                    classifications: line.classifications,
                    manufacturer_part_id: line.manufacturer_part_id,
                    manufacturer_name: line.manufacturer_name,
                    requested_delivery,
                    ship_to,
                    is_ad_hoc,
                    is_return,
                    comments,
                    extrinsics: line.extrinsics,
                    ..order_line(0)
                }
            },
        )
}

fn payment() -> impl Strategy<Value = Payment> {
    prop_oneof![
        Just(Payment::Terms),
        ("[0-9]{4}", "20[3-9][0-9]-12-31").prop_map(|(last_digits, expiration)| {
            Payment::Card(MaskedCard {
                last_digits,
                expiration: Some(expiration),
            })
        }),
    ]
}

pub(super) fn order() -> impl Strategy<Value = PurchaseOrder> {
    let kind = (
        prop_oneof![
            Just(OrderOperation::New),
            Just(OrderOperation::Update),
            Just(OrderOperation::Delete)
        ],
        prop_oneof![
            Just(OrderType::Regular),
            Just(OrderType::Release),
            Just(OrderType::Blanket),
            Just(OrderType::Other("stockTransport".to_owned())),
        ],
        date(),
        option::of(date()),
    );
    let ids = (
        text(),
        option::of(token()),
        option::of(text()),
        option::of(text()),
        option::of(text()),
    );
    let money = (
        amount(),
        option::of(charge()),
        option::of(charge()),
        payment(),
        option::of(0_u32..120),
    );
    let parties = (option::of(address()), address(), vec(contact(), 0..3));
    let rest = (vec(text(), 0..3), extrinsics(), vec(any_order_line(), 1..4));
    (kind, ids, money, parties, rest).prop_map(|(kind, ids, money, parties, rest)| PurchaseOrder {
        order_number: ids.0,
        operation: kind.0,
        order_type: kind.1,
        stated_version: ids.1,
        order_date: kind.2,
        requested_delivery: kind.3,
        requisition_id: ids.2,
        agreement_id: ids.3,
        total: money.0,
        tax: money.1,
        shipping: money.2,
        ship_to: parties.0,
        bill_to: Some(parties.1),
        payment: money.3,
        payment_terms_days: money.4,
        contacts: parties.2,
        comments: rest.0,
        replaces_payload_id: ids.4,
        extrinsics: rest.1,
        lines: (1..)
            .zip(rest.2)
            .map(|(line_number, line)| OrderLine { line_number, ..line })
            .collect(),
    })
}
