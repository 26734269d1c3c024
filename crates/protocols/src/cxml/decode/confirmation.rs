//! ConfirmationRequest: what the supplier commits to.

use punchgate_domain::{
    cart::{CartLine, Charge},
    money::StatedAmount,
    quantity::{Quantity, Unit},
};

use crate::cxml::StatedTimestamp;

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
