//! ConfirmationRequest: what the supplier commits to.

use punchgate_domain::{
    cart::{CartLine, Charge},
    money::StatedAmount,
    quantity::{Quantity, Unit},
};

use super::{Stopped, message::cart_line, value};
use crate::cxml::{StatedTimestamp, element::Element, finding::Findings};

/// How the whole order is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ConfirmationKind {
    /// All of it.
    Accept,
    /// All data of all lines.
    AllDetail,
    /// What differs, on the lines listed.
    Detail,
    /// Later.
    Backordered,
    /// All but the lines listed.
    Except,
    /// Nothing.
    Reject,
    /// Another value, as stated.
    Other(String),
}

/// How a quantity of a line is confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LineStatusKind {
    /// As ordered.
    Accept,
    /// All data given.
    AllDetail,
    /// With the differences given.
    Detail,
    /// Later.
    Backordered,
    /// Not at all.
    Reject,
    /// Not known yet.
    Unknown,
    /// Another value, as stated.
    Other(String),
}

/// A confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// The supplier's number for it.
    pub confirm_id: Option<String>,
    /// `operation="update"`.
    pub is_update: bool,
    /// accept, reject, detail …
    pub kind: ConfirmationKind,
    /// When it was made.
    pub notice_date: StatedTimestamp,
    /// The order it is about.
    pub order_number: Option<String>,
    /// The order's date as stated.
    pub order_date: Option<String>,
    /// The OrderRequest's payloadID; empty texts are `None`.
    pub order_payload_id: Option<String>,
    /// Total as stated.
    pub total: Option<StatedAmount>,
    /// Freight as stated.
    pub shipping: Option<Charge>,
    /// Tax as stated.
    pub tax: Option<Charge>,
    /// Comments of the header.
    pub comments: Vec<String>,
    /// Name and value.
    pub extrinsics: Vec<(String, String)>,
    /// The lines that are spoken of.
    pub items: Vec<ConfirmationLine>,
}

/// A line of a confirmation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfirmationLine {
    /// The order's line number; 0 where it was not a number.
    pub line_number: u32,
    /// The line's quantity.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// How its parts are confirmed.
    pub statuses: Vec<LineStatus>,
}

/// How a part of a line is confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineStatus {
    /// accept, reject, detail …
    pub kind: LineStatusKind,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Unit,
    /// A price that differs.
    pub unit_price: Option<StatedAmount>,
    /// Shipped on.
    pub shipment_date: Option<String>,
    /// Delivered on.
    pub delivery_date: Option<String>,
    /// Comments.
    pub comments: Vec<String>,
    /// Another item instead.
    pub substitute: Option<Box<CartLine>>,
}

pub(super) fn read(request: Element<'_>, findings: &mut Findings) -> Result<Confirmation, Stopped> {
    let Some(header) = request.child("ConfirmationHeader") else {
        let text = "ConfirmationHeader is missing: it cannot be told what is confirmed.";
        return Err(Stopped::unusable(request, "confirmation-header-missing", text));
    };
    let reference = request.child("OrderReference");
    let document = reference.and_then(|reference| reference.child("DocumentReference"));
    let of_reference = |name: &str| {
        reference
            .and_then(|reference| reference.filled_attribute(name))
            .map(str::to_owned)
    };
    let items: Vec<Element<'_>> = request
        .children()
        .filter(|child| child.name() == "ConfirmationItem")
        .collect();
    Ok(Confirmation {
        confirm_id: header.filled_attribute("confirmID").map(str::to_owned),
        is_update: header.filled_attribute("operation") == Some("update"),
        kind: match header.filled_attribute("type").unwrap_or_default() {
            "accept" => ConfirmationKind::Accept,
            "allDetail" => ConfirmationKind::AllDetail,
            "detail" => ConfirmationKind::Detail,
            "backordered" => ConfirmationKind::Backordered,
            "except" => ConfirmationKind::Except,
            "reject" => ConfirmationKind::Reject,
            other => ConfirmationKind::Other(other.to_owned()),
        },
        notice_date: StatedTimestamp::read(header.attribute("noticeDate").unwrap_or_default()),
        order_number: of_reference("orderID"),
        order_date: of_reference("orderDate"),
        order_payload_id: document
            .and_then(|document| document.filled_attribute("payloadID"))
            .map(str::to_owned),
        total: header
            .child("Total")
            .and_then(|total| value::money(total, findings)),
        shipping: header
            .child("Shipping")
            .and_then(|shipping| value::charge(shipping, findings)),
        tax: header.child("Tax").and_then(|tax| value::charge(tax, findings)),
        comments: value::comments(header),
        extrinsics: value::extrinsics(header),
        items: items.into_iter().map(|item| line(item, findings)).collect(),
    })
}

fn line(item: Element<'_>, findings: &mut Findings) -> ConfirmationLine {
    let statuses: Vec<Element<'_>> = item
        .children()
        .filter(|child| child.name() == "ConfirmationStatus")
        .collect();
    ConfirmationLine {
        line_number: item
            .filled_attribute("lineNumber")
            .and_then(|number| number.parse().ok())
            .unwrap_or(0),
        quantity: value::required_quantity(item, findings),
        unit: value::unit(item),
        statuses: statuses
            .into_iter()
            .map(|status| line_status(status, findings))
            .collect(),
    }
}

fn line_status(status: Element<'_>, findings: &mut Findings) -> LineStatus {
    let substitute = status
        .child("ItemIn")
        .map(|item| Box::new(cart_line(item, findings)));
    let price = status
        .child("UnitPrice")
        .and_then(|price| value::money(price, findings));
    LineStatus {
        kind: match status.filled_attribute("type").unwrap_or_default() {
            "accept" => LineStatusKind::Accept,
            "allDetail" => LineStatusKind::AllDetail,
            "detail" => LineStatusKind::Detail,
            "backordered" => LineStatusKind::Backordered,
            "reject" => LineStatusKind::Reject,
            "unknown" => LineStatusKind::Unknown,
            other => LineStatusKind::Other(other.to_owned()),
        },
        quantity: value::required_quantity(status, findings),
        unit: value::unit(status),
        unit_price: price.or_else(|| substitute.as_ref().map(|line| line.unit_price.clone())),
        shipment_date: status.filled_attribute("shipmentDate").map(str::to_owned),
        delivery_date: status.filled_attribute("deliveryDate").map(str::to_owned),
        comments: value::comments(status),
        substitute,
    }
}
