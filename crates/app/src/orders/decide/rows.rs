//! The rows that a document of the buyer makes: orders, versions.

use punchgate_domain::{ids::DocumentId, order::OrderState, purchase_order::OrderOperation};
use punchgate_storage::order::{OrderRow, OrderVersionRow};

use super::Fold;
use crate::{
    clock::micros,
    directory::Mode,
    orders::{
        Received, carry, review,
        working::{Working, total_minor},
    },
};

impl Fold<'_> {
    pub(super) fn fresh(&mut self, received: &Received, document: &DocumentId, version: i64) -> Working {
        let relationship = &received.relationship;
        Working::fresh(OrderRow {
            supplier_id: relationship.supplier.id.to_string(),
            order_id: (self.new_id)(),
            relationship_id: relationship.id.to_string(),
            mode: mode_of(received).to_owned(),
            buyer_system: received.buyer_system.clone(),
            order_number: received.order.order_number.clone(),
            version,
            state: OrderState::Received.as_str().to_owned(),
            state_reason: None,
            customer_id: None,
            ship_to_customer_ids: None,
            credit_account_id: None,
            arrival: 0,
            currency: received.order.total.currency().to_string(),
            total_text: received.order.total.text().to_owned(),
            total_minor: total_minor(&received.order),
            reserved_minor: 0,
            drawn_override_id: None,
            drawn_minor: 0,
            tender: review::tender_name(&received.order.payment).to_owned(),
            content_hash: received.content_hash.to_vec(),
            document_id: document.to_string(),
            payload_id: received.payload_id.clone(),
            session_id: None,
            cart_snapshot_id: None,
            sink: carry::sink_of(relationship).as_str().to_owned(),
            sink_connector_id: carry::sink_connector(relationship),
            sink_order_id: None,
            sink_created_at: None,
            erp_created_at: None,
            reserves_charges: 0,
            billed_minor: 0,
            billed_at: None,
            requested_on: received
                .order
                .requested_delivery
                .as_ref()
                .map(|date| date.date.to_string()),
            decision: None,
            commitment: None,
            confirmation: "none".to_owned(),
            received_at: micros(received.received_at),
            decided_at: None,
            confirmed_at: None,
            updated_at: micros(self.now),
            row_version: 1,
        })
    }

    pub(super) fn version(
        &self,
        order: &mut Working,
        received: &Received,
        document: &DocumentId,
        version: i64,
    ) {
        order.versions.push(OrderVersionRow {
            supplier_id: order.row.supplier_id.clone(),
            order_id: order.row.order_id.clone(),
            version,
            operation: operation_name(received.order.operation).to_owned(),
            document_id: document.to_string(),
            total_minor: total_minor(&received.order),
            recorded_at: micros(self.now),
        });
    }
}

/// `shadow` for everything on a shadow relationship, `test` for everything on a test one and for a test document on any other.
pub(in crate::orders) fn mode_of(received: &Received) -> &'static str {
    match received.relationship.mode {
        Mode::Production if received.is_test => Mode::Test.as_str(),
        mode => mode.as_str(),
    }
}

fn operation_name(operation: OrderOperation) -> &'static str {
    match operation {
        OrderOperation::New => "new",
        OrderOperation::Update => "update",
        OrderOperation::Delete => "delete",
    }
}
