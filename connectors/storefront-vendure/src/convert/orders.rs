//! Purchase orders.

use punchgate_connector::{
    error::FieldProblem,
    orders::{CancelOutcome, OrderSubmission, PlacedOrder, PlacedState, Refusal, SubmitOutcome},
    published::{
        Mismatch,
        order::REFERENCE_LENGTH,
        values::{instant, list},
    },
    shop_orders::{PaymentState, ShopOrder, ShopOrderLine},
};
use punchgate_domain::{
    purchase_order::{Address, OrderLine, PurchaseOrder},
    quantity::{Quantity, Unit},
};
use rust_decimal::Decimal;

use super::{Counted, address, count, plain};
use crate::wire;

/// An order as the plugin takes it, or why it cannot.
pub(crate) fn order_input(submission: &OrderSubmission) -> Result<wire::OrderInput<'_>, Refusal> {
    let length = submission.reference.chars().count();
    if length == 0 || length > REFERENCE_LENGTH {
        let problem = format!("the reference has {length} characters, 1 to {REFERENCE_LENGTH} are possible");
        return Err(refused("other", "reference", problem));
    }
    let order = &submission.order;
    let lines = order.lines.iter().enumerate();
    Ok(wire::OrderInput {
        reference: &submission.reference,
        account: &submission.customer,
        number: &order.order_number,
        currency: order.total.currency().to_string(),
        terms: submission.terms.as_deref(),
        test: submission.test,
        ship_to: ship_to(order)?.map(address),
        bill_to: order.bill_to.as_ref().map(address),
        freight: freight(order)?,
        comments: comments(order),
        lines: lines
            .map(|(index, line)| {
                order_line(order, line).map_err(|(field, code, problem)| {
                    refused(code, &format!("lines[{index}].{field}"), problem)
                })
            })
            .collect::<Result<_, _>>()?,
    })
}

fn refused(code: &str, field: &str, message: String) -> Refusal {
    Refusal {
        code: code.to_owned(),
        fields: vec![FieldProblem {
            field: field.to_owned(),
            code: None,
            message: Some(message.clone()),
        }],
        message,
    }
}

/// The one place to which everything goes: an order of Vendure has no second.
fn ship_to(order: &PurchaseOrder) -> Result<Option<&Address>, Refusal> {
    let mut all = order
        .ship_to
        .iter()
        .chain(order.lines.iter().filter_map(|line| line.ship_to.as_ref()));
    let first = all.next();
    if all.all(|other| Some(other) == first) {
        return Ok(first);
    }
    let problem = "the lines go to several places, an order of this shop to one".to_owned();
    Err(refused("address", "ship_to", problem))
}

/// What the shop is to take for freight: what is not on the purchase order, nobody agreed to.
fn freight(order: &PurchaseOrder) -> Result<String, Refusal> {
    let Some(charge) = &order.shipping else {
        return Ok(Decimal::ZERO.to_string());
    };
    let (stated, currency) = (&charge.amount, order.total.currency());
    let problem = if !stated.is_readable() {
        "the freight of the order cannot be told".to_owned()
    } else if stated.currency() != currency {
        format!("freight in {} in an order in {currency}", stated.currency())
    } else if stated.value() < Decimal::ZERO {
        format!("freight of {stated} is less than nothing")
    } else {
        return Ok(stated.value().normalize().to_string());
    };
    Err(refused("price", "freight", problem))
}

/// What Vendure has no field for, for the people who carry the order on.
fn comments(order: &PurchaseOrder) -> Vec<String> {
    let mut comments = order.comments.clone();
    let wished =
        |date: &punchgate_domain::purchase_order::StatedDate| format!("Requested delivery: {}", date.text);
    comments.extend(order.requested_delivery.as_ref().map(wished));
    for line in &order.lines {
        let of_line = |text: &str| format!("Line {}: {text}", line.line_number);
        comments.extend(
            line.requested_delivery
                .as_ref()
                .map(|date| of_line(&wished(date))),
        );
        comments.extend(line.comments.iter().map(|comment| of_line(comment)));
    }
    comments
}

type LineProblem = (&'static str, &'static str, String);

fn order_line<'a>(
    order: &PurchaseOrder,
    line: &'a OrderLine,
) -> Result<wire::OrderLineInput<'a>, LineProblem> {
    if line.is_return {
        return Err(("quantity", "item", "a return is no order".to_owned()));
    }
    if !line.quantity.is_readable() || !line.unit_price.is_readable() {
        let problem = "quantity or price of the line cannot be told".to_owned();
        return Err(("quantity", "item", problem));
    }
    let currency = line.unit_price.currency();
    if currency != order.total.currency() {
        let problem = format!("{currency} in an order in {}", order.total.currency());
        return Err(("unitPrice", "price", problem));
    }
    // What the price stands for is in units of its own: the factor leads there from the unit of the order.
    let factor = line
        .price_basis_factor
        .as_ref()
        .map_or(Decimal::ONE, Quantity::value);
    let Some(price) = line.unit_price.value().checked_mul(factor) else {
        return Err((
            "unitPrice",
            "price",
            format!("{} is out of range", line.unit_price),
        ));
    };
    Ok(wire::OrderLineInput {
        line: line.line_number,
        sku: &line.part_id,
        quantity: plain(&line.quantity),
        unit: line.unit.as_str(),
        unit_price: price.normalize().to_string(),
        price_basis: line.price_basis.as_ref().map(plain),
        auxiliary_id: line.auxiliary_id.as_deref(),
    })
}

/// What became of an order.
pub(crate) fn outcome(wire: wire::Placement, reference: &str) -> Result<SubmitOutcome<ShopOrder>, Mismatch> {
    let order = |order: Option<wire::Order>| {
        let order = order.ok_or_else(|| Mismatch::new("order", "is missing"))?;
        order_of(order, reference).map_err(|mismatch| mismatch.inside("order"))
    };
    match wire.outcome.as_str() {
        "created" => Ok(SubmitOutcome::Created(order(wire.order)?)),
        "existing" => Ok(SubmitOutcome::Existing(order(wire.order)?)),
        "rejected" => {
            let message = wire.message.unwrap_or_default();
            let problem = |field| FieldProblem {
                field,
                code: None,
                message: Some(message.clone()),
            };
            Ok(SubmitOutcome::Rejected(Refusal {
                code: wire.code.unwrap_or_else(|| "other".to_owned()),
                fields: wire.field.map(problem).into_iter().collect(),
                message,
            }))
        }
        other => Err(Mismatch::new(
            "outcome",
            format!("'{other}' is none of created, existing, rejected"),
        )),
    }
}

/// What became of a cancellation of this order; none if there is no such order.
pub(crate) fn cancelled(
    wire: wire::Cancellation,
    (order_id, reference): (&str, &str),
) -> Result<Option<CancelOutcome>, Mismatch> {
    let there = wire.order.map(|order| order_of(order, reference)).transpose();
    let there = there.map_err(|mismatch| mismatch.inside("order"))?;
    let order = |there: Option<ShopOrder>| match there {
        Some(there) if there.order.order_id == order_id => Ok(there.order),
        Some(there) => Err(Mismatch::new(
            "order.id",
            format!(
                "'{}' is not '{order_id}', which was asked for",
                there.order.order_id
            ),
        )),
        None => Err(Mismatch::new("order", "is missing")),
    };
    match wire.outcome.as_str() {
        "cancelled" => Ok(Some(CancelOutcome::Cancelled(order(there)?))),
        "rejected" => Ok(Some(CancelOutcome::Refused {
            code: wire.code.unwrap_or_else(|| "other".to_owned()),
            message: wire.message.unwrap_or_default(),
            order: order(there)?,
        })),
        "unknown" => Ok(None),
        other => Err(Mismatch::new(
            "outcome",
            format!("'{other}' is none of cancelled, rejected, unknown"),
        )),
    }
}

/// The order of the reference that was asked for; another is a mix-up in the shop.
pub(crate) fn order_of(wire: wire::Order, reference: &str) -> Result<ShopOrder, Mismatch> {
    if wire.reference == reference {
        return order(wire);
    }
    let problem = format!("'{}' is not '{reference}', which was asked for", wire.reference);
    Err(Mismatch::new("reference", problem))
}

/// An order as the shop has it.
pub(crate) fn order(wire: wire::Order) -> Result<ShopOrder, Mismatch> {
    let counted = Counted::new(&wire.currency, wire.decimals)?;
    let payment = payment(&wire.payment)?;
    Ok(ShopOrder {
        order: PlacedOrder {
            order_id: wire.id,
            order_number: wire.code,
            reference: wire.reference,
            purchase_order_number: wire.number,
            customer: wire.account.unwrap_or_default(),
            state: state(&wire.state, payment),
            total: Some(counted.amount(wire.sub_total)),
            created_at: instant(&wire.created_at, "createdAt")?,
            revision: None,
        },
        payment,
        lines: list(wire.lines, "lines", order_line_status)?,
    })
}

fn payment(text: &str) -> Result<PaymentState, Mismatch> {
    match text {
        "none" => Ok(PaymentState::None),
        "authorised" => Ok(PaymentState::Authorised),
        "paid" => Ok(PaymentState::Paid),
        other => Err(Mismatch::new(
            "payment",
            format!("'{other}' is none of none, authorised, paid"),
        )),
    }
}

/// A shop may have states of its own: an order in one of them is under way.
fn state(text: &str, payment: PaymentState) -> PlacedState {
    match text {
        "Created" | "Draft" | "AddingItems" | "ArrangingPayment" => PlacedState::Draft,
        "Cancelled" => PlacedState::Cancelled,
        // On account, what was delivered is still to be paid.
        "Delivered" if payment == PaymentState::Paid => PlacedState::Completed,
        _ => PlacedState::Open,
    }
}

fn order_line_status(wire: wire::OrderLine) -> Result<ShopOrderLine, Mismatch> {
    let booked = wire.ordered.checked_sub(wire.cancelled);
    if booked.is_none_or(|booked| wire.shipped > booked) {
        let problem = format!(
            "{} shipped and {} cancelled are more than {} ordered",
            wire.shipped, wire.cancelled, wire.ordered
        );
        return Err(Mismatch::new("shipped", problem));
    }
    Ok(ShopOrderLine {
        line_number: wire.line,
        part_id: wire.sku,
        unit: Unit::new(&wire.unit),
        ordered: count(wire.ordered),
        // Vendure promises nothing line by line, and has no invoices.
        confirmed: count(0),
        shipped: count(wire.shipped),
        invoiced: count(0),
        cancelled: count(wire.cancelled),
    })
}

#[cfg(test)]
mod tests;
