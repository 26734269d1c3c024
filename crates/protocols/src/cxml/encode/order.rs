//! OrderRequest, as a buyer writes it: what the simulated suite and `simulate` send.

use std::fmt;

use punchgate_domain::purchase_order::{OrderLine, OrderOperation, OrderType, Payment, PurchaseOrder};

use super::{
    Frame, Header, WriteError,
    item::{Item, charge, comments, extrinsics, total},
    markup::Markup,
    party::{check_contacts, contact, location},
    timestamp::{stated_date, stated_timestamp},
};
use crate::cxml::dialect::BaseVersion;

const REQUEST: &str = "OrderRequest";

/// A purchase order.
#[derive(Clone, Copy, Debug)]
pub struct OrderRequest<'a> {
    /// The order. Update and delete name what they replace in `replaces_payload_id`.
    pub order: &'a PurchaseOrder,
    /// The number of the card that `order.payment` has masked; without it the mask is written.
    pub card_number: Option<CardNumber<'a>>,
}

/// A card's whole number; never shown. Only simulated buyers have one.
#[derive(Clone, Copy)]
pub struct CardNumber<'a>(pub &'a str);

impl fmt::Debug for CardNumber<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CardNumber(…)")
    }
}

impl OrderRequest<'_> {
    /// The document.
    pub fn write(&self, frame: &Frame<'_>, header: &Header<'_>) -> Result<Vec<u8>, WriteError> {
        let version = frame.versions.order_request;
        self.check(version)?;
        let capacity = 4096 + 1024 * self.order.lines.len();
        frame.request(version, header, capacity, |out| {
            out.open(REQUEST).content(|out| {
                self.header(out, frame, version);
                for line in &self.order.lines {
                    item_out(out, frame, version, line);
                }
            });
        })
    }

    fn check(&self, version: BaseVersion) -> Result<(), WriteError> {
        let order = self.order;
        check_contacts(REQUEST, &order.contacts)?;
        if order.lines.is_empty() {
            return Err(incomplete(
                "an order has at least one line, a withdrawn one too".to_owned(),
            ));
        }
        if order.bill_to.is_none() {
            return Err(incomplete("an order has a billing address".to_owned()));
        }
        if let OrderType::Other(kind) = &order.order_type {
            let known = matches!(kind.as_str(), "stockTransport" | "stockTransportRelease");
            if !(known && version.is_extended()) {
                return Err(not_expressible(version, format!("order type '{kind}'")));
            }
        }
        if order.order_type == OrderType::Blanket && !version.has_blanket_orders() {
            return Err(not_expressible(version, "a blanket order".to_owned()));
        }
        if order.requested_delivery.is_some() && !version.is_extended() {
            return Err(not_expressible(
                version,
                "a requested delivery of the whole order".to_owned(),
            ));
        }
        order.lines.iter().try_for_each(|line| check_line(version, line))
    }

    fn header(&self, out: &mut Markup, frame: &Frame<'_>, version: BaseVersion) {
        let order = self.order;
        let requested = order.requested_delivery.as_ref().map(stated_timestamp);
        out.open("OrderRequestHeader")
            .attr("orderID", &order.order_number)
            .attr("orderDate", &stated_timestamp(&order.order_date))
            .attr("orderType", order_type(&order.order_type))
            .attr("type", operation(order.operation))
            .attr_if("orderVersion", order.stated_version.as_deref())
            .attr_if("agreementID", order.agreement_id.as_deref())
            .attr_if("requisitionID", order.requisition_id.as_deref())
            .attr_if("requestedDeliveryDate", requested.as_deref())
            .content(|out| self.header_content(out, frame, version));
    }

    fn header_content(&self, out: &mut Markup, frame: &Frame<'_>, version: BaseVersion) {
        let order = self.order;
        total(out, &order.total);
        if let Some(place) = &order.ship_to {
            location(out, "ShipTo", frame.lang, place);
        }
        if let Some(place) = &order.bill_to {
            location(out, "BillTo", frame.lang, place);
        }
        charge(out, "Shipping", frame.lang, order.shipping.as_ref());
        charge(out, "Tax", frame.lang, order.tax.as_ref());
        self.payment(out);
        if let Some(days) = order.payment_terms_days {
            out.open("PaymentTerm")
                .attr("payInNumberOfDays", &days.to_string())
                .empty();
        }
        for person in &order.contacts {
            contact(out, frame.lang, person);
        }
        all_comments(out, frame, version, &order.comments);
        if let Some(replaced) = &order.replaces_payload_id {
            out.open("DocumentReference").attr("payloadID", replaced).empty();
        }
        extrinsics(out, &order.extrinsics);
    }

    fn payment(&self, out: &mut Markup) {
        let Payment::Card(card) = &self.order.payment else {
            return;
        };
        let masked = format!("XXXXXXXXXXXX{}", card.last_digits);
        let number = self.card_number.map_or(masked.as_str(), |number| number.0);
        out.open("Payment").content(|out| {
            out.open("PCard")
                .attr("number", number)
                .attr("expiration", card.expiration.as_deref().unwrap_or_default())
                .empty();
        });
    }
}

fn check_line(version: BaseVersion, line: &OrderLine) -> Result<(), WriteError> {
    let place = format!("line {}", line.line_number);
    Item::of_order(line, "").check(REQUEST, &place, version)?;
    if line.is_return && !version.is_extended() {
        return Err(not_expressible(version, format!("a return ({place})")));
    }
    if line.schedule_lines > 0 {
        return Err(not_expressible(
            version,
            format!("delivery schedules of which only the number is known ({place})"),
        ));
    }
    Ok(())
}

fn item_out(out: &mut Markup, frame: &Frame<'_>, version: BaseVersion, line: &OrderLine) {
    let requested = line.requested_delivery.as_ref().map(stated_date);
    let item = Item::of_order(line, frame.lang);
    out.open("ItemOut")
        .attr("quantity", line.quantity.text())
        .attr("lineNumber", &line.line_number.to_string())
        .attr_if("requestedDeliveryDate", requested.as_deref())
        .attr_if("isAdHoc", line.is_ad_hoc.then_some("yes"))
        .attr_if("isReturn", line.is_return.then_some("yes"))
        .content(|out| {
            item.write_id(out);
            item.write_detail(out);
            if let Some(place) = &line.ship_to {
                location(out, "ShipTo", frame.lang, place);
            }
            all_comments(out, frame, version, &line.comments);
        });
}

/// Old grammars have one Comments element: several comments become its paragraphs.
fn all_comments(out: &mut Markup, frame: &Frame<'_>, version: BaseVersion, all: &[String]) {
    if version.is_extended() || all.len() < 2 {
        comments(out, frame.lang, all);
    } else {
        comments(out, frame.lang, &[all.join("\n\n")]);
    }
}

fn order_type(kind: &OrderType) -> &str {
    match kind {
        OrderType::Regular => "regular",
        OrderType::Release => "release",
        OrderType::Blanket => "blanket",
        OrderType::Other(kind) => kind,
    }
}

fn operation(operation: OrderOperation) -> &'static str {
    match operation {
        OrderOperation::New => "new",
        OrderOperation::Update => "update",
        OrderOperation::Delete => "delete",
    }
}

fn incomplete(problem: String) -> WriteError {
    WriteError::Incomplete {
        document: REQUEST,
        problem,
    }
}

fn not_expressible(version: BaseVersion, fact: String) -> WriteError {
    WriteError::NotExpressible {
        document: REQUEST,
        version: version.as_str(),
        fact,
    }
}
