//! The documents the ERP issues about an order: acknowledgement, status, shipment, invoice, payment.
//!
//! Pure writers of the protocol's JSON; the ledger numbers and keeps them.

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::order::Order;
use crate::{envelope::instant, products::Catalogue, purchase::Amount};

/// A document that was issued.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Issued {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) order_number: u64,
    pub(super) at: Timestamp,
    pub(super) document: Value,
}

/// What makes each kind differ.
pub(super) struct Heading<'a> {
    pub(super) order: &'a Order,
    pub(super) sequence: u64,
    pub(super) at: Timestamp,
}

impl Heading<'_> {
    fn issue(&self, kind: &str, prefix: &str, further: Value) -> Issued {
        let id = format!("{prefix}-{}", self.sequence);
        let mut document = json!({
            "document_id": id, "kind": kind, "number": self.sequence.to_string(),
            "order_id": self.order.id(), "reference": self.order.reference,
            "purchase_order_number": self.order.purchase_order_number, "customer": self.order.customer,
            "issued_at": instant(self.at)
        });
        if let (Some(target), Value::Object(fields)) = (document.as_object_mut(), further) {
            target.extend(fields);
        }
        Issued {
            id,
            kind: kind.to_owned(),
            order_number: self.order.number,
            at: self.at,
            document,
        }
    }

    /// Confirms what is on the shelf and puts the rest on back order.
    pub(super) fn acknowledgement(&self, catalogue: &Catalogue) -> Issued {
        let today = date(self.at);
        let mut changed = false;
        let mut lines = Vec::new();
        for line in &self.order.lines {
            let (stock, lead) = catalogue
                .product(&line.part_id)
                .map_or((Decimal::MAX, 3), |product| {
                    (Decimal::from(product.stock), i64::from(product.lead_days))
                });
            let now = line.quantity.min(stock);
            let later = line.quantity - now;
            changed |= !later.is_zero();
            for (quantity, status, days) in [(now, "accepted", lead), (later, "backordered", lead + 21)] {
                if !quantity.is_zero() {
                    lines.push(json!({
                        "line_number": line.line_number, "part_id": line.part_id,
                        "quantity": quantity.to_string(), "unit": line.unit, "status": status,
                        "unit_price": line.unit_price.document(),
                        "delivery_date": later_date(today, days).to_string()
                    }));
                }
            }
        }
        let (outcome, message) = if changed {
            ("changed", Some("Part of the order is on back order."))
        } else {
            ("accepted", None)
        };
        self.issue(
            "acknowledgement",
            "ACK",
            json!({ "outcome": outcome, "message": message, "lines": lines }),
        )
    }

    pub(super) fn status(&self, message: &str) -> Issued {
        let further = json!({
            "state": self.order.state.name(), "hold": self.order.state.hold(), "message": message
        });
        self.issue("status", "STA", further)
    }

    pub(super) fn shipment(&self) -> Issued {
        let lines: Vec<Value> = self
            .order
            .lines
            .iter()
            .map(|line| {
                json!({ "line_number": line.line_number, "part_id": line.part_id,
                        "quantity": line.quantity.to_string(), "unit": line.unit })
            })
            .collect();
        let further = json!({
            "shipped_at": instant(self.at), "carrier": "Harbour Freight Lines",
            "tracking_numbers": [format!("HFL{:09}", self.sequence * 7919)], "lines": lines
        });
        self.issue("shipment", "SHP", further)
    }

    pub(super) fn invoice(&self, net_days: u32) -> Issued {
        let today = date(self.at);
        let lines: Vec<Value> = self
            .order
            .lines
            .iter()
            .map(|line| {
                json!({ "line_number": line.line_number, "part_id": line.part_id,
                        "quantity": line.quantity.to_string(), "unit": line.unit,
                        "unit_price": line.unit_price.document(), "net": line.amount.document(),
                        "description": line.description })
            })
            .collect();
        let total = self.order.total.document();
        let further = json!({
            "invoice_date": today.to_string(), "due_date": later_date(today, i64::from(net_days)).to_string(),
            "currency": self.order.total.currency, "net": total, "total": total, "lines": lines
        });
        self.issue("invoice", "INV", further)
    }
}

/// A payment of an account, not of an order.
pub(super) fn payment(customer: &str, amount: &Amount, sequence: u64, at: Timestamp) -> Issued {
    let id = format!("PAY-{sequence}");
    Issued {
        document: json!({
            "document_id": id, "kind": "payment", "number": sequence.to_string(), "customer": customer,
            "issued_at": instant(at), "amount": amount.document(), "paid_at": instant(at), "allocations": []
        }),
        id,
        kind: "payment".into(),
        order_number: 0,
        at,
    }
}

/// The day of an instant in the ERP's time zone, which is UTC.
pub(super) fn date(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn later_date(from: Date, days: i64) -> Date {
    from.saturating_add(jiff::Span::new().days(days))
}
