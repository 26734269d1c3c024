//! Orders placed in the shop, for installations whose order sink is the shop.
//!
//! Never paid by being placed: an order on account stays unpaid.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shop;
use crate::{
    envelope::{Answer, Kind, Problem, fields, instant},
    purchase::{OrderRequest, Payment, rejected},
};

/// An order of the shop.
#[derive(Clone, Debug)]
pub(super) struct ShopOrder {
    number: u64,
    request: OrderRequest,
    created_at: Timestamp,
}

impl ShopOrder {
    fn id(&self) -> String {
        format!("W-{}", self.number)
    }

    fn document(&self) -> Value {
        let lines: Vec<Value> = self
            .request
            .lines
            .iter()
            .map(|line| {
                json!({
                    "line_number": line.line_number, "part_id": line.part_id, "unit": line.unit,
                    "ordered": line.quantity.to_string(), "confirmed": "0", "shipped": "0",
                    "invoiced": "0", "cancelled": "0"
                })
            })
            .collect();
        let payment_state = match self.request.payment {
            Payment::Terms => "none",
            Payment::Card => "authorised",
        };
        json!({
            "order_id": self.id(), "order_number": self.number.to_string(),
            "reference": self.request.reference,
            "purchase_order_number": self.request.purchase_order_number,
            "customer": self.request.customer, "state": "open", "hold": null,
            "total": self.request.total.document(), "created_at": instant(self.created_at),
            "payment_state": payment_state, "lines": lines
        })
    }
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
    let order = ShopOrder {
        number: 70_001 + u64::try_from(books.orders.len()).unwrap_or(u64::MAX / 2),
        request,
        created_at: shop.config.clock.now(),
    };
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
        .ok_or_else(|| {
            Problem::new(
                Kind::NotFound,
                "unknown_order",
                format!("There is no order {}.", wanted.order_id),
            )
        })
}
