//! OrderRequest: the purchase order, cards masked as they are read.

use std::collections::BTreeSet;

use punchgate_domain::{
    money::{Currency, StatedAmount},
    purchase_order::{MaskedCard, OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder, StatedDate},
    quantity::Unit,
};

use rust_decimal::Decimal;

use super::{Stopped, value};
use crate::cxml::{
    Severity, StatedTimestamp, element::Element, finding::Findings, timestamp::parse_stated_date,
};

/// Longest order number: it is a key of what is stored.
const ORDER_ID_BYTES: usize = 255;
/// Most digits of a card that are kept.
const CARD_DIGITS: usize = 4;

/// Reads an order. Refused only where it cannot be told which order it is, or what it asks for.
pub(super) fn read(
    request: Element<'_>,
    sent_at: &StatedTimestamp,
    findings: &mut Findings,
) -> Result<PurchaseOrder, Stopped> {
    let Some(header) = request.child("OrderRequestHeader") else {
        let text = "OrderRequestHeader is missing: it cannot be told which order this is.";
        return Err(Stopped::unusable(request, "order-header-missing", text));
    };
    let Some(order_number) = header.filled_attribute("orderID") else {
        let text = "orderID is missing: it cannot be told which order this is.";
        return Err(Stopped::unusable(header, "order-id-missing", text));
    };
    if order_number.len() > ORDER_ID_BYTES {
        let text = format!("orderID is longer than {ORDER_ID_BYTES} bytes; no order number of a person is.");
        return Err(Stopped::unusable(header, "order-id-too-long", text));
    }
    let (operation, unknown) = operation(header, findings);
    let items: Vec<Element<'_>> = request
        .children()
        .filter(|child| child.name() == "ItemOut")
        .collect();
    if items.is_empty() && operation != OrderOperation::Delete {
        let text = "The order has no ItemOut: nothing is ordered.";
        return Err(Stopped::unusable(request, "order-lines-missing", text));
    }
    // Once for all lines: looked up by each of them it would be searched for among all the others.
    let currency = header.child("Total").and_then(money_currency);
    let mut lines = Vec::with_capacity(items.len());
    for (item, number) in items.into_iter().zip(1_u32..) {
        lines.push(line(item, number, currency, findings));
    }
    note_repeated_numbers(request, &lines, findings);
    let total = total(header, &lines, findings)?;
    note_unknown(header, HEADER, findings);
    Ok(PurchaseOrder {
        order_number: order_number.to_owned(),
        operation,
        order_type: unknown.map_or_else(|| order_type(header), OrderType::Other),
        stated_version: header.filled_attribute("orderVersion").map(str::to_owned),
        order_date: order_date(header, sent_at, findings),
        requested_delivery: value::date(header, "requestedDeliveryDate", findings),
        requisition_id: header.filled_attribute("requisitionID").map(str::to_owned),
        agreement_id: header.filled_attribute("agreementID").map(str::to_owned),
        total,
        tax: header
            .child("Tax")
            .and_then(|tax| value::stated_charge(tax, findings)),
        shipping: header
            .child("Shipping")
            .and_then(|shipping| value::stated_charge(shipping, findings)),
        ship_to: header.child("ShipTo").map(value::address),
        bill_to: header.child("BillTo").map(value::address),
        payment: payment(header),
        payment_terms_days: payment_days(header),
        contacts: value::contacts(header),
        comments: value::comments(header),
        replaces_payload_id: header
            .child("DocumentReference")
            .and_then(|reference| reference.filled_attribute("payloadID"))
            .map(str::to_owned),
        extrinsics: value::extrinsics(header),
        lines,
    })
}

/// What is asked of the order. What nobody knows changes nothing by itself: it comes as a new order of an unknown
/// type, which waits for a person.
fn operation(header: Element<'_>, findings: &mut Findings) -> (OrderOperation, Option<String>) {
    match header.filled_attribute("type").map(str::to_lowercase).as_deref() {
        None | Some("new") => (OrderOperation::New, None),
        Some("update") => (OrderOperation::Update, None),
        Some("delete") => (OrderOperation::Delete, None),
        Some(other) => {
            let text = format!("type '{other}' is not one of new, update and delete; a person decides.");
            findings.note(
                Severity::Error,
                "order-type-unknown",
                header.offset(),
                || header.path(),
                text,
            );
            (OrderOperation::New, Some(other.to_owned()))
        }
    }
}

fn order_type(header: Element<'_>) -> OrderType {
    match header.filled_attribute("orderType") {
        None => OrderType::Regular,
        Some(kind) if kind.eq_ignore_ascii_case("regular") => OrderType::Regular,
        Some(kind) if kind.eq_ignore_ascii_case("release") => OrderType::Release,
        Some(kind) if kind.eq_ignore_ascii_case("blanket") => OrderType::Blanket,
        Some(other) => OrderType::Other(other.to_owned()),
    }
}

/// The date of the order; where none is understood, the one on which the document was sent.
fn order_date(header: Element<'_>, sent_at: &StatedTimestamp, findings: &mut Findings) -> StatedDate {
    value::date(header, "orderDate", findings).unwrap_or_else(|| {
        let sent = parse_stated_date(&sent_at.text);
        let text = match &sent {
            Some(sent) => format!(
                "orderDate is missing or unreadable; {} is taken, when it was sent.",
                sent.date
            ),
            None => {
                "orderDate is missing or unreadable, and so is the timestamp; a person decides.".to_owned()
            }
        };
        findings.note(
            Severity::Warning,
            "order-date-missing",
            header.offset(),
            || header.path(),
            text,
        );
        sent.unwrap_or_else(|| StatedDate::unreadable(header.attribute("orderDate").unwrap_or_default()))
    })
}

/// The Total as stated; where none is, the sum of the lines.
fn total(header: Element<'_>, lines: &[OrderLine], findings: &mut Findings) -> Result<StatedAmount, Stopped> {
    let stated = header.child("Total");
    if let Some(total) = stated.and_then(|total| value::stated_money(total, findings)) {
        return Ok(total);
    }
    let text = "Total is missing or empty; the sum of the lines is taken.";
    findings.note(
        Severity::Warning,
        "total-missing",
        header.offset(),
        || header.path(),
        text,
    );
    let currency = lines
        .first()
        .map(|line| line.unit_price.currency())
        .or_else(|| stated.and_then(money_currency));
    let Some(currency) = currency else {
        let text = "Neither Total nor any line states a currency.";
        return Err(Stopped::unusable(header, "currency-missing", text));
    };
    let sum = lines
        .iter()
        .map(OrderLine::amount)
        .try_fold(Decimal::ZERO, |sum, amount| sum.checked_add(amount?));
    Ok(sum.map_or_else(
        || StatedAmount::unreadable("", currency),
        |sum| StatedAmount::from_decimal(sum, currency),
    ))
}

fn money_currency(parent: Element<'_>) -> Option<Currency> {
    Currency::parse(parent.child("Money")?.filled_attribute("currency")?).ok()
}

fn payment(header: Element<'_>) -> Payment {
    let card = header.child("Payment").and_then(|payment| payment.child("PCard"));
    match card {
        Some(card) => {
            let last = last_digits(card.attribute("number").unwrap_or_default());
            Payment::Card(MaskedCard {
                last_digits: last,
                expiration: card.filled_attribute("expiration").map(str::to_owned),
            })
        }
        None => Payment::Terms,
    }
}

/// The digits at the end of a number that may be masked already. A number so short that its end would tell
/// it all is not kept at all.
fn last_digits(number: &str) -> String {
    let places = number
        .chars()
        .filter(|place| place.is_ascii_alphanumeric() || *place == '*');
    let places: Vec<char> = places.collect();
    if places.len() <= 2 * CARD_DIGITS {
        return String::new();
    }
    let masked = places.get(places.len() - CARD_DIGITS..).unwrap_or_default();
    masked.iter().filter(|place| place.is_ascii_digit()).collect()
}

fn payment_days(header: Element<'_>) -> Option<u32> {
    header
        .children()
        .filter(|child| child.name() == "PaymentTerm")
        .filter_map(|term| term.filled_attribute("payInNumberOfDays")?.parse().ok())
        .max()
}

fn line(item: Element<'_>, place: u32, currency: Option<Currency>, findings: &mut Findings) -> OrderLine {
    let ids = value::item_id(item);
    let detail = item
        .child("ItemDetail")
        .or_else(|| item.child("BlanketItemDetail"));
    let (description, _, _) = detail.map_or_else(Default::default, value::description);
    let basis = detail.and_then(|detail| detail.child("PriceBasisQuantity"));
    note_unknown(item, ITEM, findings);
    OrderLine {
        line_number: line_number(item, place, findings),
        quantity: value::ordered_quantity(item, findings),
        unit: detail.map_or_else(|| Unit::new(""), value::unit),
        part_id: ids.part_id,
        auxiliary_id: ids.auxiliary_id,
        buyer_part_id: ids.buyer_part_id,
        unit_price: unit_price(item, detail, currency, findings),
        price_basis: basis.and_then(|basis| value::stated_quantity(basis, "quantity", findings)),
        price_basis_factor: basis
            .and_then(|basis| value::stated_quantity(basis, "conversionFactor", findings)),
        description,
        classifications: detail.map(value::classifications).unwrap_or_default(),
        manufacturer_part_id: detail.and_then(|detail| detail.child_text("ManufacturerPartID")),
        manufacturer_name: detail.and_then(|detail| detail.child_text("ManufacturerName")),
        requested_delivery: value::date(item, "requestedDeliveryDate", findings),
        ship_to: item.child("ShipTo").map(value::address),
        is_ad_hoc: is_yes(item, "isAdHoc"),
        is_return: is_yes(item, "isReturn"),
        schedule_lines: item
            .children()
            .filter(|child| child.name() == "ScheduleLine")
            .fold(0_u32, |count, _| count.saturating_add(1)),
        comments: value::comments(item),
        extrinsics: detail.map(value::extrinsics).unwrap_or_default(),
    }
}

fn line_number(item: Element<'_>, place: u32, findings: &mut Findings) -> u32 {
    let stated = item.filled_attribute("lineNumber");
    match stated.map(str::parse::<u32>) {
        Some(Ok(number)) => number,
        Some(Err(_)) => {
            let text = format!(
                "lineNumber '{}' is no number; {place} is taken.",
                stated.unwrap_or_default()
            );
            findings.note(
                Severity::Warning,
                "line-number-unreadable",
                item.offset(),
                || item.path(),
                text,
            );
            place
        }
        None => place,
    }
}

/// Numbers that several lines have: a confirmation or an invoice cannot tell these lines apart.
fn note_repeated_numbers(request: Element<'_>, lines: &[OrderLine], findings: &mut Findings) {
    let mut seen = BTreeSet::new();
    let repeated: BTreeSet<u32> = lines
        .iter()
        .map(|line| line.line_number)
        .filter(|number| !seen.insert(*number))
        .collect();
    for number in repeated {
        findings.note(
            Severity::Warning,
            "line-number-repeated",
            request.offset(),
            || request.path(),
            format!("Several lines have the number {number}; give every line a number of its own."),
        );
    }
}

/// The price; where none is stated, an unreadable one in the document's currency and an error finding.
fn unit_price(
    item: Element<'_>,
    detail: Option<Element<'_>>,
    currency: Option<Currency>,
    findings: &mut Findings,
) -> StatedAmount {
    let price = detail.and_then(|detail| detail.child("UnitPrice"));
    if let Some(amount) = price.and_then(|price| value::stated_money(price, findings)) {
        return amount;
    }
    let text = "UnitPrice is missing or empty; a person decides.";
    findings.note(
        Severity::Error,
        "unit-price-missing",
        item.offset(),
        || item.path(),
        text,
    );
    let currency = price.and_then(money_currency).or(currency);
    StatedAmount::unreadable("", currency.unwrap_or(Currency::NONE))
}

fn is_yes(item: Element<'_>, attribute: &str) -> bool {
    item.filled_attribute(attribute)
        .is_some_and(|value| value.eq_ignore_ascii_case("yes") || value == "true")
}

/// Counts and notes elements that the grammar does not have at this place; the archived bytes keep them.
fn note_unknown(parent: Element<'_>, known: &[&str], findings: &mut Findings) {
    for child in parent.children().filter(|child| !known.contains(&child.name())) {
        findings.count_unknown_element();
        let text = format!(
            "{} is not known at this place; it is archived, not acted on.",
            child.name()
        );
        findings.note(
            Severity::Info,
            "element-unknown",
            child.offset(),
            || child.path(),
            text,
        );
    }
}

const HEADER: &[&str] = &[
    "Total",
    "ShipTo",
    "BillTo",
    "BusinessPartner",
    "LegalEntity",
    "OrganizationalUnit",
    "Shipping",
    "Tax",
    "Payment",
    "PaymentTerm",
    "Contact",
    "Comments",
    "Followup",
    "ControlKeys",
    "DocumentReference",
    "SupplierOrderInfo",
    "TermsOfDelivery",
    "DeliveryPeriod",
    "IdReference",
    "Industry",
    "Extrinsic",
    "OrderRequestHeaderIndustry",
    "QualityInfo",
    "Priority",
];

const ITEM: &[&str] = &[
    "ItemID",
    "Path",
    "ItemDetail",
    "BlanketItemDetail",
    "SupplierID",
    "SupplierList",
    "ShipTo",
    "BusinessPartner",
    "Shipping",
    "Tax",
    "SpendDetail",
    "Distribution",
    "Contact",
    "TermsOfDelivery",
    "Comments",
    "Tolerances",
    "ControlKeys",
    "ScheduleLine",
    "MasterAgreementReference",
    "MasterAgreementIDInfo",
    "ItemOutIndustry",
    "Packaging",
    "ReleaseInfo",
    "Batch",
    "AssetInfo",
    "DeliveryPeriod",
    "Extrinsic",
    "IdReference",
    "QualityInfo",
    "ProductMovementItemIDInfo",
];
