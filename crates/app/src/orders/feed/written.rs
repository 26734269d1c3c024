//! The ERP's documents as JSON for the archive.

use punchgate_connector::documents::{DocumentContent, DocumentKind, ErpDocument};
use serde_json::{Value, json};

use crate::erp_documents::content::StoredDocument;

pub(super) fn message(content: &DocumentContent) -> Option<&str> {
    match content {
        DocumentContent::Acknowledgement(said) => said.message.as_deref(),
        DocumentContent::Status { message, .. } => message.as_deref(),
        _ => None,
    }
}

pub(super) fn kind_name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Acknowledgement => "ErpAcknowledgement",
        DocumentKind::Status => "ErpStatus",
        DocumentKind::Shipment => "ErpShipment",
        DocumentKind::Invoice => "ErpInvoice",
        DocumentKind::CreditMemo => "ErpCreditMemo",
        DocumentKind::Payment => "ErpPayment",
    }
}

/// The document as it is archived: what the ERP said, in JSON.
pub(super) fn document(one: &ErpDocument, stored: &StoredDocument) -> Value {
    json!({
        "document_id": one.document_id,
        "number": one.number,
        "purchase_order_number": one.purchase_order_number,
        "customer": one.customer,
        "issued_at": one.issued_at.to_string(),
        "content": stored,
    })
}
