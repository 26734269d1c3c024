//! Builders: an account with a limit of 50,000, 31,400 open, 12,000 reserved, and an order on terms.

use punchgate_domain::{
    Instant,
    cart::{CartLine, Charge},
    credit::{CheckPoint, CreditPolicy, CreditRequest, CreditStanding, PartyHold, TenderUse},
    customer::{AgreedTerms, CreditLimit, Exposure, Parties, PartyRole},
    hold::{Hold, HoldSource, HoldTexts, Permission, PermissionSet},
    ids::HoldId,
    money::{Currency, Money, StatedAmount},
    policy::{CartCheck, OfferedLine, OrderedLine, PriceTolerance, Words, cart_check},
    purchase_order::{OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder, StatedDate},
    quantity::{Quantity, Unit},
};

pub(crate) fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

pub(crate) fn money(text: &str) -> Money {
    let (currency, amount) = text.split_once(' ').unwrap_or(("USD", text));
    let currency = Currency::parse(currency).unwrap();
    StatedAmount::parse(amount, currency).unwrap().to_money().unwrap()
}

pub(crate) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub(crate) fn now() -> Instant {
    at("2026-03-04T10:00:00Z")
}

pub(crate) fn standing() -> CreditStanding {
    CreditStanding {
        account: "acme".into(),
        currency: usd(),
        limit: CreditLimit::Amount(money("50000")),
        exposure: Some(Exposure {
            amount: money("31400"),
            as_of: at("2026-03-04T09:02:00Z"),
            includes_open_orders: true,
        }),
        reserved: money("12000"),
        overrides: Vec::new(),
        rates: Vec::new(),
    }
}

pub(crate) fn request(total: &str) -> CreditRequest {
    CreditRequest {
        check_point: CheckPoint::PurchaseOrder,
        order: Some("order-1".into()),
        parties: Parties {
            sold_to: "acme-east".into(),
            ship_tos: vec!["acme-dock".into()],
            payer: "acme".into(),
        },
        holds: Vec::new(),
        terms: AgreedTerms::Account,
        total: money(total),
        tender: TenderUse::Terms,
        own: None,
        policy: CreditPolicy::default(),
    }
}

pub(crate) fn hold(id: &str, removes: &[Permission]) -> Hold {
    Hold {
        id: HoldId::new(id),
        source: HoldSource::Erp,
        removes: PermissionSet::of(removes),
        reason_code: "overdue".to_owned(),
        texts: HoldTexts {
            internal: Some(format!("{id}: 3 invoices overdue")),
            accounts_payable: None,
            shopper: Some(format!("{id}: please call us")),
        },
        since: at("2026-03-01T00:00:00Z"),
        until: None,
    }
}

pub(crate) fn party_hold(party: PartyRole, id: &str, removes: &[Permission]) -> PartyHold {
    PartyHold {
        party,
        hold: hold(id, removes),
    }
}

pub(crate) fn stated(text: &str) -> StatedAmount {
    StatedAmount::parse(text, usd()).unwrap()
}

pub(crate) fn charge(text: &str) -> Option<Charge> {
    Some(Charge {
        amount: stated(text),
        description: "charge".to_owned(),
    })
}

pub(crate) fn cart_line(part: &str, key: &str, price: &str) -> CartLine {
    CartLine {
        part_id: part.to_owned(),
        auxiliary_id: Some(key.to_owned()),
        quantity: Quantity::parse("1").unwrap(),
        unit: Unit::new("EA"),
        unit_price: stated(price),
        price_basis: None,
        description: part.to_owned(),
        short_name: None,
        language: "en".to_owned(),
        classifications: Vec::new(),
        manufacturer_part_id: None,
        manufacturer_name: None,
        lead_time_days: None,
        image_url: None,
        extrinsics: Vec::new(),
        charge: None,
    }
}

pub(crate) fn order_line(number: u32, part: &str, key: &str, price: &str) -> OrderLine {
    OrderLine {
        line_number: number,
        quantity: Quantity::parse("1").unwrap(),
        unit: Unit::new("EA"),
        part_id: part.to_owned(),
        auxiliary_id: (!key.is_empty()).then(|| key.to_owned()),
        buyer_part_id: None,
        unit_price: stated(price),
        price_basis: None,
        price_basis_factor: None,
        description: part.to_owned(),
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
    }
}

pub(crate) fn order(total: &str, lines: Vec<OrderLine>) -> PurchaseOrder {
    PurchaseOrder {
        order_number: "4500001".to_owned(),
        operation: OrderOperation::New,
        order_type: OrderType::Regular,
        stated_version: None,
        order_date: StatedDate {
            text: "2026-03-04".to_owned(),
            date: jiff::civil::date(2026, 3, 4),
            instant: None,
            has_offset: false,
        },
        requested_delivery: None,
        requisition_id: None,
        agreement_id: None,
        total: stated(total),
        tax: None,
        shipping: None,
        ship_to: None,
        bill_to: None,
        payment: Payment::Terms,
        payment_terms_days: None,
        contacts: Vec::new(),
        comments: Vec::new(),
        replaces_payload_id: None,
        extrinsics: Vec::new(),
        lines,
    }
}

/// Lines against a cart where nothing is mapped.
pub(crate) fn price_check(ordered: &[OrderLine], cart: &[CartLine], tolerance: &PriceTolerance) -> CartCheck {
    price_check_mapped(ordered, cart, tolerance, |text| text)
}

/// The same with parts and units that are called otherwise here.
pub(crate) fn price_check_mapped(
    ordered: &[OrderLine],
    cart: &[CartLine],
    tolerance: &PriceTolerance,
    ours: fn(&str) -> &str,
) -> CartCheck {
    fn map<'a>(words: Words<'a>, ours: fn(&str) -> &str) -> Words<'a> {
        Words {
            part_id: ours(words.part_id),
            unit: ours(words.unit),
        }
    }
    let offered: Vec<_> = cart
        .iter()
        .map(|line| OfferedLine {
            line,
            ours: map(Words::of_cart(line), ours),
        })
        .collect();
    let ordered = ordered.iter().enumerate().map(|(place, line)| OrderedLine {
        place,
        line,
        ours: map(Words::of_order(line), ours),
    });
    cart_check(ordered, &offered, tolerance)
}
