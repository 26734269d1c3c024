//! The ERP's documents as JSON for the archive.

use punchgate_connector::documents::{
    Acknowledgement, AcknowledgementOutcome, AcknowledgementStatus, DocumentContent, DocumentKind,
    ErpDocument, Invoice, Payment, Shipment,
};
use serde_json::{Value, json};

pub(super) fn content(content: &DocumentContent) -> Value {
    match content {
        DocumentContent::Acknowledgement(said) => acknowledgement(said),
        DocumentContent::Status { state, message } => {
            json!({ "state": format!("{state:?}"), "message": message })
        }
        DocumentContent::Shipment(shipped) => shipment(shipped),
        DocumentContent::Invoice(billed) => invoice(billed),
        DocumentContent::CreditMemo {
            memo,
            invoice_document_id,
        } => {
            json!({ "memo": invoice(memo), "invoice_document_id": invoice_document_id })
        }
        DocumentContent::Payment(paid) => payment(paid),
    }
}

fn acknowledgement(said: &Acknowledgement) -> Value {
    let outcome = match said.outcome {
        AcknowledgementOutcome::Accepted => "accepted",
        AcknowledgementOutcome::Changed => "changed",
        AcknowledgementOutcome::Rejected => "rejected",
    };
    let lines: Vec<Value> = said
        .lines
        .iter()
        .map(|line| {
            json!({
                "line_number": line.line_number,
                "part_id": line.part_id,
                "quantity": line.quantity.text(),
                "unit": line.unit.as_str(),
                "status": match line.status {
                    AcknowledgementStatus::Accepted => "accepted",
                    AcknowledgementStatus::Backordered => "backordered",
                    AcknowledgementStatus::Rejected => "rejected",
                },
                "unit_price": line.unit_price.as_ref().map(ToString::to_string),
                "delivery_date": line.delivery_date.map(|date| date.to_string()),
                "message": line.message,
            })
        })
        .collect();
    json!({ "outcome": outcome, "message": said.message, "lines": lines })
}

fn shipment(shipped: &Shipment) -> Value {
    let lines: Vec<Value> = shipped
        .lines
        .iter()
        .map(|line| {
            json!({
                "line_number": line.line_number,
                "part_id": line.part_id,
                "quantity": line.quantity.text(),
                "unit": line.unit.as_str(),
                "lot": line.lot,
                "serial_numbers": line.serial_numbers,
            })
        })
        .collect();
    json!({
        "shipped_at": shipped.shipped_at.to_string(),
        "carrier": shipped.carrier,
        "tracking_numbers": shipped.tracking_numbers,
        "tracking_url": shipped.tracking_url,
        "delivery_date": shipped.delivery_date.map(|date| date.to_string()),
        "lines": lines,
    })
}

fn invoice(billed: &Invoice) -> Value {
    let lines: Vec<Value> = billed
        .lines
        .iter()
        .map(|line| {
            json!({
                "line_number": line.line_number,
                "part_id": line.part_id,
                "quantity": line.quantity.text(),
                "unit": line.unit.as_str(),
                "unit_price": line.unit_price.to_string(),
                "net": line.net.to_string(),
                "tax": line.tax.as_ref().map(ToString::to_string),
                "description": line.description,
            })
        })
        .collect();
    json!({
        "invoice_date": billed.invoice_date.to_string(),
        "due_date": billed.due_date.to_string(),
        "net": billed.net.to_string(),
        "tax": billed.tax.as_ref().map(ToString::to_string),
        "shipping": billed.shipping.as_ref().map(ToString::to_string),
        "total": billed.total.to_string(),
        "lines": lines,
    })
}

fn payment(paid: &Payment) -> Value {
    let allocations: Vec<Value> = paid
        .allocations
        .iter()
        .map(|one| json!({ "invoice": one.invoice_document_id, "amount": one.amount.to_string() }))
        .collect();
    json!({ "amount": paid.amount.to_string(), "paid_at": paid.paid_at.to_string(), "allocations": allocations })
}

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
pub(super) fn document(one: &ErpDocument) -> Value {
    json!({
        "document_id": one.document_id,
        "number": one.number,
        "kind": one.content.kind().as_str(),
        "order_id": one.order_id,
        "reference": one.reference,
        "purchase_order_number": one.purchase_order_number,
        "customer": one.customer,
        "issued_at": one.issued_at.to_string(),
        "content": content(&one.content),
    })
}
