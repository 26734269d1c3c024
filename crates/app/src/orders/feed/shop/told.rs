//! What a shop says of an order, set beside what it said before: what is new of it, as documents. Pure.
//!
//! **Invariant:** what was told once is never told again: shipments sum to the most that the shop ever said was shipped, so
//! one that takes a number back and says it again makes no second shipment. A document's id is made of the shop's id of
//! the order and the number of the change, so the same change is the same document.

use std::{collections::BTreeMap, str::FromStr};

use punchgate_connector::{
    documents::{
        Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, DocumentContent,
        ErpDocument, Shipment, ShipmentLine,
    },
    orders::{PlacedOrder, PlacedState},
    shop_orders::{PaymentState, ShopOrder},
};
use punchgate_domain::{
    Instant,
    order::OrderState,
    quantity::{Quantity, Unit},
};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// The version of the stored shape; a later one reads the ones before.
const VERSION: u32 = 1;

/// What a shop last said of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Told {
    v: u32,
    /// How often it has said something new.
    change: u64,
    state: ToldState,
    paid: bool,
    lines: Vec<ToldLine>,
    /// What of it a person was asked to look at.
    #[serde(default)]
    pub matters: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ToldState {
    name: String,
    /// Of a hold: code and text; none where only that it is held is known.
    hold: Option<(String, String)>,
}

/// Quantities are decimal texts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ToldLine {
    line_number: u32,
    part_id: String,
    unit: String,
    confirmed: String,
    shipped: String,
    invoiced: String,
    cancelled: String,
    /// What shipments sum to.
    in_shipments: String,
}

/// What is new of an order.
#[derive(Debug)]
pub(super) struct News {
    /// What is known of it from now on.
    pub told: Told,
    pub documents: Vec<ErpDocument>,
}

/// A line of the shop, all its parts together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Line {
    part_id: String,
    ordered: Decimal,
    confirmed: Decimal,
    shipped: Decimal,
    invoiced: Decimal,
    cancelled: Decimal,
    in_shipments: Decimal,
}

/// By line number and unit.
type Lines = BTreeMap<(u32, String), Line>;

impl Told {
    /// What is known of an order that the shop was not asked of since it took it.
    pub(super) fn of_order(state: OrderState) -> Self {
        let name = match state {
            OrderState::HeldByErp => "on_hold",
            _ => "open",
        };
        Self {
            v: VERSION,
            change: 0,
            state: ToldState {
                name: name.to_owned(),
                hold: None,
            },
            paid: false,
            lines: Vec::new(),
            matters: Vec::new(),
        }
    }

    /// Whether the shop says nothing of it any more.
    pub(super) fn is_at_its_end(&self) -> bool {
        matches!(self.state.name.as_str(), "completed" | "cancelled")
    }

    pub(super) fn is_on_hold(&self) -> bool {
        self.state.name == "on_hold"
    }

    fn lines(&self) -> Lines {
        let number = |text: &str| Decimal::from_str(text).unwrap_or_default();
        let line = |line: &ToldLine| Line {
            part_id: line.part_id.clone(),
            ordered: Decimal::ZERO,
            confirmed: number(&line.confirmed),
            shipped: number(&line.shipped),
            invoiced: number(&line.invoiced),
            cancelled: number(&line.cancelled),
            in_shipments: number(&line.in_shipments),
        };
        let key = |line: &ToldLine| (line.line_number, line.unit.clone());
        self.lines.iter().map(|one| (key(one), line(one))).collect()
    }
}

impl ToldState {
    fn of(state: &PlacedState) -> Self {
        let (name, hold) = match state {
            PlacedState::Draft => ("draft", None),
            PlacedState::Open => ("open", None),
            PlacedState::OnHold { code, message } => ("on_hold", Some((code.clone(), message.clone()))),
            PlacedState::Completed => ("completed", None),
            PlacedState::Cancelled => ("cancelled", None),
        };
        Self {
            name: name.to_owned(),
            hold,
        }
    }

    /// Of a hold that is known by its place here alone, any text is what was known.
    fn is_news(&self, before: &Self) -> bool {
        self.name != before.name || before.hold.is_some() && before.hold != self.hold
    }
}

/// Whether an order on terms is paid before its goods have left. Afterwards that is how it ends.
pub(super) fn is_paid_early(order: &ShopOrder) -> bool {
    let has_ended = matches!(order.order.state, PlacedState::Completed | PlacedState::Cancelled);
    let is_gone = lines_of(order)
        .values()
        .all(|line| line.shipped + line.cancelled >= line.ordered);
    order.payment == PaymentState::Paid && !has_ended && !is_gone
}

/// What an order as the shop has it now says that it did not say before.
pub(super) fn news(before: &Told, order: &ShopOrder, now: Instant) -> News {
    let was = before.lines();
    let mut lines = lines_of(order);
    let mut notes = Vec::new();
    compare(&was, &mut lines, &mut notes);
    let state = ToldState::of(&order.order.state);
    let paid = order.payment == PaymentState::Paid;
    if paid != before.paid {
        notes.push(match paid {
            true => "it is paid".to_owned(),
            false => "it is not paid any more".to_owned(),
        });
    }
    let mut contents = Vec::new();
    // An order that is cancelled as a whole is a matter of its state: what becomes of the buyer's order a person says.
    if state.name != "cancelled" && commits_otherwise(&was, &lines) {
        contents.extend(acknowledgement(&lines));
    }
    contents.extend(shipment(&mut lines, now));
    if state.is_news(&before.state) || !notes.is_empty() {
        contents.push(DocumentContent::Status {
            state: order.order.state.clone(),
            message: (!notes.is_empty()).then(|| notes.join("; ")),
        });
    }
    let change = before.change + u64::from(!contents.is_empty());
    News {
        documents: contents
            .into_iter()
            .map(|content| document(&order.order, change, content, now))
            .collect(),
        told: Told {
            v: VERSION,
            change,
            state,
            paid,
            lines: lines.into_iter().map(told_line).collect(),
            matters: before.matters.clone(),
        },
    }
}

fn lines_of(order: &ShopOrder) -> Lines {
    let mut lines = Lines::new();
    for line in &order.lines {
        let sum = lines
            .entry((line.line_number, line.unit.as_str().to_owned()))
            .or_default();
        sum.part_id.clone_from(&line.part_id);
        for (into, quantity) in [
            (&mut sum.ordered, &line.ordered),
            (&mut sum.confirmed, &line.confirmed),
            (&mut sum.shipped, &line.shipped),
            (&mut sum.invoiced, &line.invoiced),
            (&mut sum.cancelled, &line.cancelled),
        ] {
            *into = into.saturating_add(quantity.value());
        }
    }
    lines
}

/// Takes over what shipments sum to, and notes what has no document of its own: what was invoiced, what has gone back,
/// what is not there any more.
fn compare(was: &Lines, lines: &mut Lines, notes: &mut Vec<String>) {
    for (key, before) in was {
        let gone = !lines.contains_key(key);
        let line = lines.entry(key.clone()).or_default();
        line.in_shipments = before.in_shipments;
        if gone {
            line.part_id.clone_from(&before.part_id);
        }
    }
    for (key @ (number, unit), line) in lines {
        let before = was.get(key).cloned().unwrap_or_default();
        if line.invoiced > before.invoiced {
            notes.push(format!(
                "line {number}: {} {unit} invoiced",
                line.invoiced.normalize()
            ));
        }
        for (what, now, then) in [
            ("confirmed", line.confirmed, before.confirmed),
            ("shipped", line.shipped, before.shipped),
            ("invoiced", line.invoiced, before.invoiced),
            ("cancelled", line.cancelled, before.cancelled),
        ] {
            if now < then {
                let (now, then) = (now.normalize(), then.normalize());
                notes.push(format!("line {number}: {now} {unit} {what}, and {then} before"));
            }
        }
    }
}

fn commits_otherwise(was: &Lines, lines: &Lines) -> bool {
    let committed = |line: &Line| (line.confirmed, line.cancelled);
    let none = Line::default();
    lines
        .iter()
        .any(|(key, line)| committed(line) != committed(was.get(key).unwrap_or(&none)))
}

/// What is confirmed will come, what is cancelled will not; of the rest the shop says nothing.
fn acknowledgement(lines: &Lines) -> Option<DocumentContent> {
    let mut said = Vec::new();
    for ((line_number, unit), line) in lines {
        for (quantity, status) in [
            (still_confirmed(line), AcknowledgementStatus::Accepted),
            (line.cancelled, AcknowledgementStatus::Rejected),
        ] {
            if quantity > Decimal::ZERO {
                said.push(AcknowledgementLine {
                    line_number: *line_number,
                    part_id: line.part_id.clone(),
                    quantity: Quantity::from_decimal(quantity.normalize()),
                    unit: Unit::new(unit),
                    status,
                    unit_price: None,
                    delivery_date: None,
                    message: None,
                });
            }
        }
    }
    (!said.is_empty()).then_some(DocumentContent::Acknowledgement(Acknowledgement {
        // Whether that is all of the order is seen beside the order.
        outcome: AcknowledgementOutcome::Changed,
        message: None,
        lines: said,
    }))
}

/// What was confirmed first and cancelled then will not come. More than was ordered is told as it is: a finding.
fn still_confirmed(line: &Line) -> Decimal {
    match line.confirmed > line.ordered {
        true => line.confirmed,
        false => line.confirmed.min(line.ordered - line.cancelled),
    }
}

/// What has left beyond what shipments have told.
fn shipment(lines: &mut Lines, now: Instant) -> Option<DocumentContent> {
    let mut gone = Vec::new();
    for ((line_number, unit), line) in lines {
        let quantity = line.shipped - line.in_shipments;
        if quantity > Decimal::ZERO {
            line.in_shipments = line.shipped;
            gone.push(ShipmentLine {
                line_number: *line_number,
                part_id: line.part_id.clone(),
                quantity: Quantity::from_decimal(quantity.normalize()),
                unit: Unit::new(unit),
                lot: None,
                serial_numbers: Vec::new(),
            });
        }
    }
    (!gone.is_empty()).then_some(DocumentContent::Shipment(Shipment {
        shipped_at: now,
        carrier: None,
        tracking_numbers: Vec::new(),
        tracking_url: None,
        delivery_date: None,
        ship_to: None,
        lines: gone,
    }))
}

fn document(order: &PlacedOrder, change: u64, content: DocumentContent, now: Instant) -> ErpDocument {
    let kind = content.kind().as_str();
    ErpDocument {
        document_id: format!("{}/{change}/{kind}", order.order_id),
        number: Some(format!("{}-{change}", order.order_number)),
        order_id: Some(order.order_id.clone()),
        reference: Some(order.reference.clone()),
        purchase_order_number: order.purchase_order_number.clone(),
        customer: order.customer.clone(),
        issued_at: now,
        content,
    }
}

fn told_line(((line_number, unit), line): ((u32, String), Line)) -> ToldLine {
    let text = |number: Decimal| number.normalize().to_string();
    ToldLine {
        line_number,
        part_id: line.part_id,
        unit,
        confirmed: text(line.confirmed),
        shipped: text(line.shipped),
        invoiced: text(line.invoiced),
        cancelled: text(line.cancelled),
        in_shipments: text(line.in_shipments),
    }
}

#[cfg(test)]
mod tests;
