//! Orders placed in the shop, for installations whose order sink is the shop.
//!
//! Never paid by being placed: an order on account stays unpaid. What becomes of one its people say at the desk.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shop;
use crate::{
    envelope::{Answer, Kind, Problem, fields, instant},
    purchase::{OrderLine, OrderRequest, Payment, rejected},
};

/// An order of the shop. Its state is what its people say, and follows from no quantity.
#[derive(Clone, Debug)]
pub(super) struct ShopOrder {
    number: u64,
    request: OrderRequest,
    created_at: Timestamp,
    pub(super) state: &'static str,
    /// Code and text.
    pub(super) hold: Option<(String, String)>,
    pub(super) payment: &'static str,
    /// Line by line, as requested.
    pub(super) progress: Vec<Progress>,
}

/// How far a line is.
#[derive(Clone, Debug, Default)]
pub(super) struct Progress {
    pub(super) confirmed: Decimal,
    pub(super) shipped: Decimal,
    pub(super) invoiced: Decimal,
    pub(super) cancelled: Decimal,
}

impl ShopOrder {
    fn new(number: u64, request: OrderRequest, created_at: Timestamp) -> Self {
        Self {
            number,
            state: "open",
            hold: None,
            payment: match request.payment {
                Payment::Terms => "none",
                Payment::Card => "authorised",
            },
            progress: vec![Progress::default(); request.lines.len()],
            request,
            created_at,
        }
    }

    fn id(&self) -> String {
        format!("W-{}", self.number)
    }

    pub(super) fn purchase_order_number(&self) -> &str {
        &self.request.purchase_order_number
    }

    /// The line with this number, and how far it is.
    pub(super) fn line(&mut self, number: u32) -> Option<(&OrderLine, &mut Progress)> {
        let lines = self.request.lines.iter().zip(&mut self.progress);
        lines.into_iter().find(|(line, _)| line.line_number == number)
    }

    /// Whatever its people have said of it so far.
    pub(super) fn lines(&mut self) -> impl Iterator<Item = (&OrderLine, &mut Progress)> {
        self.request.lines.iter().zip(&mut self.progress)
    }

    fn document(&self) -> Value {
        let lines = self.request.lines.iter().zip(&self.progress);
        let lines: Vec<Value> = lines.flat_map(|(line, progress)| parts(line, progress)).collect();
        let hold = self
            .hold
            .as_ref()
            .map(|(code, message)| json!({ "code": code, "message": message }));
        json!({
            "order_id": self.id(), "order_number": self.number.to_string(),
            "reference": self.request.reference,
            "purchase_order_number": self.request.purchase_order_number,
            "customer": self.request.customer, "state": self.state, "hold": hold,
            "total": self.request.total.document(), "created_at": instant(self.created_at),
            "payment_state": self.payment, "lines": lines
        })
    }
}

/// Once a part of a line has left, that part and the rest are lines of their own with one number, as shops have it that
/// split a line for each parcel.
fn parts(line: &OrderLine, progress: &Progress) -> Vec<Value> {
    let part = |ordered: Decimal, part: &Progress| {
        json!({
            "line_number": line.line_number, "part_id": line.part_id, "unit": line.unit,
            "ordered": ordered.to_string(), "confirmed": part.confirmed.to_string(),
            "shipped": part.shipped.to_string(), "invoiced": part.invoiced.to_string(),
            "cancelled": part.cancelled.to_string()
        })
    };
    let shipped = progress.shipped;
    if shipped <= Decimal::ZERO || shipped >= line.quantity {
        return vec![part(line.quantity, progress)];
    }
    let gone = Progress {
        confirmed: progress.confirmed.min(shipped),
        shipped,
        invoiced: progress.invoiced.min(shipped),
        cancelled: Decimal::ZERO,
    };
    let rest = Progress {
        confirmed: progress.confirmed - gone.confirmed,
        shipped: Decimal::ZERO,
        invoiced: progress.invoiced - gone.invoiced,
        cancelled: progress.cancelled,
    };
    vec![part(shipped, &gone), part(line.quantity - shipped, &rest)]
}

/// `place_order`: one order for each reference, also in parallel.
pub(super) fn place(shop: &Shop, request: Value) -> Answer {
    let request: OrderRequest = fields(request)?;
    if let Some(refusal) = refusal(shop, &request) {
        return Ok(refusal);
    }
    let mut books = shop.books();
    if let Some(known) = books
        .orders
        .iter()
        .find(|order| order.request.reference == request.reference)
    {
        return Ok(json!({ "result": "existing", "order": known.document() }));
    }
    books.placed += 1;
    let number = 70_000 + books.placed;
    let order = ShopOrder::new(number, request, shop.config.clock.now());
    let document = order.document();
    books.orders.push(order);
    Ok(json!({ "result": "created", "order": document }))
}

fn refusal(shop: &Shop, request: &OrderRequest) -> Option<Value> {
    if shop.customer(&request.customer).is_none() {
        return Some(rejected(
            "customer",
            format!("There is no customer {}.", request.customer),
        ));
    }
    if request.currency != super::cart_document::CURRENCY {
        return Some(rejected("price", "This shop sells in USD only."));
    }
    if request.lines.is_empty() || request.lines.iter().any(|line| line.quantity <= Decimal::ZERO) {
        return Some(rejected(
            "other",
            "An order needs lines with quantities above zero.",
        ));
    }
    request
        .lines
        .iter()
        .find(|line| shop.catalogue.product(&line.part_id).is_none())
        .map(|line| {
            rejected(
                "item",
                format!("Line {}: we do not sell {}.", line.line_number, line.part_id),
            )
        })
}

#[derive(Deserialize)]
struct Find {
    reference: String,
}

/// `find_order`.
pub(super) fn find(shop: &Shop, request: Value) -> Answer {
    let find: Find = fields(request)?;
    let books = shop.books();
    let orders: Vec<Value> = books
        .orders
        .iter()
        .filter(|order| order.request.reference == find.reference)
        .map(ShopOrder::document)
        .collect();
    Ok(json!({ "orders": orders }))
}

#[derive(Deserialize)]
struct StatusOf {
    order_id: String,
}

/// `order_status`.
pub(super) fn status(shop: &Shop, request: Value) -> Answer {
    let wanted: StatusOf = fields(request)?;
    let books = shop.books();
    books
        .orders
        .iter()
        .find(|order| order.id() == wanted.order_id)
        .map(|order| json!({ "order": order.document() }))
        .ok_or_else(|| unknown(&wanted.order_id))
}

/// `cancel_order`: all of it, while nothing has left.
pub(super) fn cancel(shop: &Shop, request: Value) -> Answer {
    let wanted: StatusOf = fields(request)?;
    let mut books = shop.books();
    let order = books
        .orders
        .iter_mut()
        .find(|order| order.id() == wanted.order_id);
    let Some(order) = order else {
        return Err(unknown(&wanted.order_id));
    };
    let has_left = order.progress.iter().any(|line| line.shipped > Decimal::ZERO);
    if has_left || order.state == "completed" {
        let message = format!("Order {} has left, in whole or in part.", order.number);
        return Ok(json!({
            "result": "refused", "code": "shipped", "message": message, "order": order.document()
        }));
    }
    (order.state, order.hold) = ("cancelled", None);
    for (line, progress) in order.lines() {
        progress.cancelled = line.quantity;
    }
    Ok(json!({ "result": "cancelled", "order": order.document() }))
}

fn unknown(order_id: &str) -> Problem {
    Problem::new(
        Kind::NotFound,
        "unknown_order",
        format!("There is no order {order_id}."),
    )
}
