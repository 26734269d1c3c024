//! PunchOutOrderMessage: the cart as it goes back to the suite.

use punchgate_domain::{
    cart::{Cart, CartLine},
    money::{Currency, StatedAmount},
    quantity::Unit,
};

use super::{
    Stopped,
    setup::{BuyerCookie, buyer_cookie},
    value,
};
use crate::cxml::{Severity, element::Element, finding::Findings};

/// The highest operation that the buyer may ask for later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationAllowed {
    /// Neither inspect nor edit.
    Create,
    /// Inspect.
    Inspect,
    /// Inspect and edit.
    Edit,
}

/// A returned cart. A Status 204 in the envelope means 'cancelled, change nothing'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderMessage {
    /// As the setup request brought it.
    pub buyer_cookie: BuyerCookie,
    /// What the buyer may do later.
    pub operation_allowed: OperationAllowed,
    /// `quoteStatus="pending"`: not orderable yet.
    pub is_pending: bool,
    /// The Total as stated.
    pub total: Option<StatedAmount>,
    /// The lines, freight and tax.
    pub cart: Cart,
}

pub(super) fn read(message: Element<'_>, findings: &mut Findings) -> Result<OrderMessage, Stopped> {
    let header = message.child("PunchOutOrderMessageHeader");
    let header_of = |name: &str| header.and_then(|header| header.child(name));
    let total = header_of("Total").and_then(|total| value::money(total, findings));
    let items: Vec<Element<'_>> = message
        .children()
        .filter(|child| child.name() == "ItemIn")
        .collect();
    let lines: Vec<CartLine> = items.into_iter().map(|item| cart_line(item, findings)).collect();
    let currency = total
        .as_ref()
        .map(StatedAmount::currency)
        .or_else(|| lines.first().map(|line| line.unit_price.currency()))
        .unwrap_or(Currency::NONE);
    let allowed = header.and_then(|header| header.filled_attribute("operationAllowed"));
    Ok(OrderMessage {
        buyer_cookie: buyer_cookie(message, findings),
        operation_allowed: match allowed {
            Some("edit") => OperationAllowed::Edit,
            Some("inspect") => OperationAllowed::Inspect,
            _ => OperationAllowed::Create,
        },
        is_pending: header.and_then(|header| header.filled_attribute("quoteStatus")) == Some("pending"),
        cart: Cart {
            currency,
            lines,
            shipping: header_of("Shipping").and_then(|shipping| value::charge(shipping, findings)),
            tax: header_of("Tax").and_then(|tax| value::charge(tax, findings)),
        },
        total,
    })
}

/// A line of a cart, as ItemIn states it.
pub(super) fn cart_line(item: Element<'_>, findings: &mut Findings) -> CartLine {
    let ids = value::item_id(item);
    let detail = item.child("ItemDetail");
    let (description, short_name, language) = detail.map_or_else(Default::default, value::description);
    let price = detail.and_then(|detail| detail.child("UnitPrice"));
    let unit_price = price
        .and_then(|price| value::money(price, findings))
        .unwrap_or_else(|| {
            let text = "UnitPrice is missing or empty; it is read as 0.";
            findings.note(
                Severity::Error,
                "unit-price-missing",
                item.offset(),
                || item.path(),
                text,
            );
            StatedAmount::from_decimal(rust_decimal::Decimal::ZERO, Currency::NONE)
        });
    let basis = detail.and_then(|detail| detail.child("PriceBasisQuantity"));
    let lead_time = detail.and_then(|detail| detail.child_text("LeadTime"));
    CartLine {
        part_id: ids.part_id,
        auxiliary_id: ids.auxiliary_id,
        quantity: value::required_quantity(item, findings),
        unit: detail.map_or_else(|| Unit::new(""), value::unit),
        unit_price,
        price_basis: basis.and_then(|basis| value::quantity(basis, "quantity", findings)),
        description,
        short_name,
        language,
        classifications: detail.map(value::classifications).unwrap_or_default(),
        manufacturer_part_id: detail.and_then(|detail| detail.child_text("ManufacturerPartID")),
        manufacturer_name: detail.and_then(|detail| detail.child_text("ManufacturerName")),
        lead_time_days: lead_time.and_then(|days| days.parse().ok()),
        image_url: detail
            .and_then(|detail| detail.child("URL"))
            .and_then(Element::filled_text),
        extrinsics: detail.map(value::extrinsics).unwrap_or_default(),
        charge: None,
    }
}
