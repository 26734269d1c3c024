//! The order as the sink is asked to create it.

use punchgate_connector::orders::{DraftLine, OrderDraft};
use punchgate_domain::purchase_order::{OrderLine, PurchaseOrder};
use punchgate_storage::{StorageResult, Tx, customer, order::OrderRow};

/// The customer as the ERP calls it.
pub(super) async fn customer(tx: &mut Tx, row: &OrderRow) -> StorageResult<Option<String>> {
    let Some(id) = &row.customer_id else { return Ok(None) };
    Ok(customer::get(tx, &row.supplier_id, id).await?.map(|customer| customer.external_id))
}

/// The draft; our order id is its reference.
pub(super) fn of(row: &OrderRow, order: &PurchaseOrder, customer: Option<String>) -> Result<OrderDraft, String> {
    let customer = customer.ok_or("the order has no customer that the sink knows: map it")?;
    Ok(OrderDraft {
        reference: row.order_id.clone(),
        customer,
        purchase_order: order.order_number.clone(),
        order_date: order.order_date.date,
        requested_delivery: order.requested_delivery.as_ref().map(|date| date.date),
        tender: row.tender.clone(),
        ship_to: order.ship_to.clone(),
        bill_to: order.bill_to.clone(),
        total: order.total.clone(),
        shipping: order.shipping.clone(),
        tax: order.tax.clone(),
        comments: order.comments.clone(),
        lines: order.lines.iter().map(line).collect(),
    })
}

fn line(line: &OrderLine) -> DraftLine {
    DraftLine {
        line_number: line.line_number,
        part_id: line.part_id.clone(),
        auxiliary_id: line.auxiliary_id.clone(),
        quantity: line.quantity.clone(),
        unit: line.unit.clone(),
        unit_price: line.unit_price.clone(),
        price_basis: line.price_basis.clone(),
        description: line.description.clone(),
    }
}
