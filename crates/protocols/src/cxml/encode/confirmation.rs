//! ConfirmationRequest: what the supplier commits to.

use jiff::Timestamp;
use punchgate_domain::{
    cart::Charge,
    money::StatedAmount,
    purchase_order::StatedDate,
    quantity::{Quantity, Unit},
};
use rust_decimal::Decimal;

use super::{
    Frame, Header, WriteError,
    item::{charge, comments, total, unit_price},
    markup::Markup,
    timestamp::{offset_timestamp, stated_timestamp},
};

const REQUEST: &str = "ConfirmationRequest";

/// A confirmation. Only one accept, except or reject per order is in force: a later one replaces it.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmationRequest<'a> {
    /// The supplier's number for it.
    pub confirm_id: &'a str,
    /// When it was made.
    pub notice_date: Timestamp,
    /// The payloadID of the confirmation that this one replaces.
    pub replaces_payload_id: Option<&'a str>,
    /// The order it is about.
    pub order: OrderReference<'a>,
    /// What is committed.
    pub confirmation: Confirmation<'a>,
    /// The total as confirmed, where it is stated.
    pub total: Option<&'a StatedAmount>,
    /// Freight as confirmed.
    pub shipping: Option<&'a Charge>,
    /// Tax as confirmed.
    pub tax: Option<&'a Charge>,
    /// For people: a rejection says why.
    pub comments: &'a [String],
}

/// The order by the buyer's number, date and document.
#[derive(Clone, Copy, Debug)]
pub struct OrderReference<'a> {
    /// The buyer's order number.
    pub order_number: &'a str,
    /// Its date.
    pub order_date: Option<&'a StatedDate>,
    /// The payloadID of the OrderRequest; empty where the buyer sent none.
    pub payload_id: &'a str,
}

/// How the order is confirmed.
#[derive(Clone, Copy, Debug)]
pub enum Confirmation<'a> {
    /// All of it.
    Accept,
    /// Nothing.
    Reject,
    /// All but these lines.
    Except(&'a [ConfirmedLine<'a>]),
    /// What differs, on these lines.
    Detail(&'a [ConfirmedLine<'a>]),
    /// All data of these lines.
    AllDetail(&'a [ConfirmedLine<'a>]),
}

/// A line of which the confirmation speaks; each at most once.
#[derive(Clone, Copy, Debug)]
pub struct ConfirmedLine<'a> {
    /// The order's line number.
    pub line_number: u32,
    /// The line's quantity.
    pub quantity: &'a Quantity,
    /// In which unit.
    pub unit: &'a Unit,
    /// What becomes of it; the quantities sum to the line's.
    pub parts: &'a [LinePart<'a>],
}

/// What becomes of a part of a line.
#[derive(Clone, Copy, Debug)]
pub struct LinePart<'a> {
    /// What.
    pub outcome: LineOutcome,
    /// How many.
    pub quantity: &'a Quantity,
    /// The price, where it differs or all is said.
    pub unit_price: Option<&'a StatedAmount>,
    /// Shipped on.
    pub shipment_date: Option<Timestamp>,
    /// Delivered on.
    pub delivery_date: Option<Timestamp>,
    /// For people.
    pub comments: &'a [String],
}

/// What becomes of a part of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineOutcome {
    /// As ordered.
    Accept,
    /// With the differences given.
    Detail,
    /// With all data given.
    AllDetail,
    /// Later.
    Backordered,
    /// Not at all.
    Reject,
    /// Not known yet.
    Unknown,
}

impl LineOutcome {
    fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Detail => "detail",
            Self::AllDetail => "allDetail",
            Self::Backordered => "backordered",
            Self::Reject => "reject",
            Self::Unknown => "unknown",
        }
    }
}

impl<'a> Confirmation<'a> {
    fn as_str(self) -> &'static str {
        match self {
            Self::Accept => "accept",
            Self::Reject => "reject",
            Self::Except(_) => "except",
            Self::Detail(_) => "detail",
            Self::AllDetail(_) => "allDetail",
        }
    }

    fn lines(self) -> &'a [ConfirmedLine<'a>] {
        match self {
            Self::Accept | Self::Reject => &[],
            Self::Except(lines) | Self::Detail(lines) | Self::AllDetail(lines) => lines,
        }
    }

    fn check(self) -> Result<(), WriteError> {
        let lines = self.lines();
        if lines.is_empty() && !matches!(self, Self::Accept | Self::Reject) {
            return Err(incomplete(format!(
                "type {} names at least one line",
                self.as_str()
            )));
        }
        let mut numbers: Vec<u32> = lines.iter().map(|line| line.line_number).collect();
        numbers.sort_unstable();
        if let Some(pair) = numbers.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(incomplete(format!("line {} is named twice", pair[0])));
        }
        let all_detail = matches!(self, Self::AllDetail(_));
        lines.iter().try_for_each(|line| line.check(all_detail))
    }
}

impl ConfirmedLine<'_> {
    fn check(&self, all_detail: bool) -> Result<(), WriteError> {
        let number = self.line_number;
        let sum = self
            .parts
            .iter()
            .try_fold(Decimal::ZERO, |sum, part| sum.checked_add(part.quantity.value()));
        if self.parts.is_empty() || sum != Some(self.quantity.value()) {
            return Err(incomplete(format!(
                "the parts of line {number} must sum to its quantity {}",
                self.quantity
            )));
        }
        let allowed = |outcome| {
            matches!(
                outcome,
                LineOutcome::AllDetail | LineOutcome::Reject | LineOutcome::Unknown
            )
        };
        if let Some(part) = self
            .parts
            .iter()
            .find(|part| all_detail && !allowed(part.outcome))
        {
            return Err(incomplete(format!(
                "line {number} is '{}', but type allDetail knows allDetail, reject and unknown only",
                part.outcome.as_str()
            )));
        }
        Ok(())
    }
}

impl ConfirmationRequest<'_> {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>, header: &Header<'_>) -> Result<Vec<u8>, WriteError> {
        self.confirmation.check()?;
        let lines = self.confirmation.lines();
        let version = frame.versions.confirmation_request;
        frame.fulfilment(version, header, 2048 + 512 * lines.len(), |out| {
            out.open(REQUEST).content(|out| {
                self.header(out, frame);
                self.order.write(out);
                for line in lines {
                    confirmation_item(out, frame, line);
                }
            });
        })
    }

    fn header(&self, out: &mut Markup, frame: &Frame<'_>) {
        let operation = if self.replaces_payload_id.is_some() {
            "update"
        } else {
            "new"
        };
        out.open("ConfirmationHeader")
            .attr("confirmID", self.confirm_id)
            .attr("operation", operation)
            .attr("type", self.confirmation.as_str())
            .attr("noticeDate", &offset_timestamp(self.notice_date))
            .content(|out| {
                if let Some(replaced) = self.replaces_payload_id {
                    out.open("DocumentReference").attr("payloadID", replaced).empty();
                }
                if let Some(amount) = self.total {
                    total(out, amount);
                }
                charge(out, "Shipping", frame.lang, self.shipping);
                charge(out, "Tax", frame.lang, self.tax);
                comments(out, frame.lang, self.comments);
            });
    }
}

impl OrderReference<'_> {
    fn write(&self, out: &mut Markup) {
        let date = self.order_date.map(stated_timestamp);
        out.open("OrderReference")
            .attr("orderID", self.order_number)
            .attr_if("orderDate", date.as_deref())
            .content(|out| {
                out.open("DocumentReference")
                    .attr("payloadID", self.payload_id)
                    .empty();
            });
    }
}

fn confirmation_item(out: &mut Markup, frame: &Frame<'_>, line: &ConfirmedLine<'_>) {
    out.open("ConfirmationItem")
        .attr("quantity", line.quantity.text())
        .attr("lineNumber", &line.line_number.to_string())
        .content(|out| {
            out.open("UnitOfMeasure").text(line.unit.as_str());
            for part in line.parts {
                confirmation_status(out, frame, line.unit, part);
            }
        });
}

fn confirmation_status(out: &mut Markup, frame: &Frame<'_>, unit: &Unit, part: &LinePart<'_>) {
    let shipment = part.shipment_date.map(offset_timestamp);
    let delivery = part.delivery_date.map(offset_timestamp);
    out.open("ConfirmationStatus")
        .attr("quantity", part.quantity.text())
        .attr("type", part.outcome.as_str())
        .attr_if("shipmentDate", shipment.as_deref())
        .attr_if("deliveryDate", delivery.as_deref())
        .content(|out| {
            out.open("UnitOfMeasure").text(unit.as_str());
            if let Some(price) = part.unit_price {
                unit_price(out, price);
            }
            comments(out, frame.lang, part.comments);
        });
}

fn incomplete(problem: String) -> WriteError {
    WriteError::Incomplete {
        document: REQUEST,
        problem,
    }
}
