//! The order as the sink is asked to create it.

use punchgate_connector::orders::OrderSubmission;
use punchgate_domain::{credit::Tender, purchase_order::PurchaseOrder};
use punchgate_storage::{
    StorageResult, Tx,
    customer::{self, CustomerRow},
    order::OrderRow,
};

use crate::{
    directory::Relationship,
    orders::mapped::{mapped, orderer},
};

/// The customer of an order, as we know it from the ERP.
pub(in crate::orders) async fn customer(tx: &mut Tx, row: &OrderRow) -> StorageResult<Option<CustomerRow>> {
    match &row.customer_id {
        Some(id) => customer::get(tx, &row.supplier_id, id).await,
        None => Ok(None),
    }
}

/// What is submitted under a reference of ours.
pub(super) fn of(
    row: &OrderRow,
    reference: String,
    order: &PurchaseOrder,
    relationship: &Relationship,
    customer: Option<CustomerRow>,
) -> Result<OrderSubmission, String> {
    let customer = customer.ok_or("the order has no customer that the sink knows: map it")?;
    let on_terms = row.tender == Tender::Terms.as_str();
    Ok(OrderSubmission {
        reference,
        customer: customer.external_id,
        terms: customer.terms_code.filter(|_| on_terms),
        test: row.mode == "test",
        contact: orderer(order, relationship).map(|orderer| orderer.contact.to_owned()),
        order: mapped(order, relationship),
    })
}
