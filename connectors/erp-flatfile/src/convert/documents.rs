//! Documents: rows with one key make one, a line a row.

use jiff::Timestamp;
use punchgate_connector::{
    documents::{
        Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, Allocation,
        DocumentContent, DocumentKind, ErpDocument, Invoice, InvoiceLine, Payment, Shipment, ShipmentLine,
    },
    orders::PlacedState,
};

use crate::{
    cell::Misread,
    fields::{Fields, Misfit},
};

type Fit<T> = Result<T, Misfit>;

/// A document out of its first row; the other rows bring their lines.
pub(crate) fn document(kind: DocumentKind, fields: &Fields<'_>, at: Timestamp) -> Fit<ErpDocument> {
    let reference = fields.owned("reference");
    Ok(ErpDocument {
        // Numbers of one kind may be those of another.
        document_id: format!("{}:{}", kind.as_str(), fields.required("document_id")?),
        number: fields.owned("number").or_else(|| fields.owned("document_id")),
        order_id: fields.owned("order_id").or_else(|| reference.clone()),
        reference,
        purchase_order_number: fields.owned("purchase_order_number"),
        customer: fields.required("customer")?.to_owned(),
        issued_at: fields.instant("issued_at")?.unwrap_or(at),
        content: content(kind, fields, at)?,
    })
}

fn content(kind: DocumentKind, fields: &Fields<'_>, at: Timestamp) -> Fit<DocumentContent> {
    Ok(match kind {
        DocumentKind::Acknowledgement => DocumentContent::Acknowledgement(Acknowledgement {
            outcome: match fields.text("outcome") {
                None | Some("accepted") => AcknowledgementOutcome::Accepted,
                Some("changed") => AcknowledgementOutcome::Changed,
                Some("rejected") => AcknowledgementOutcome::Rejected,
                Some(_) => return Err(choice(fields, "outcome", "accepted, changed or rejected")),
            },
            message: fields.owned("message"),
            lines: Vec::new(),
        }),
        DocumentKind::Status => DocumentContent::Status {
            state: state(fields)?,
            message: fields.owned("message"),
        },
        DocumentKind::Shipment => DocumentContent::Shipment(Shipment {
            shipped_at: fields.instant("shipped_at")?.unwrap_or(at),
            carrier: fields.owned("carrier"),
            tracking_numbers: Vec::new(),
            tracking_url: fields.owned("tracking_url"),
            delivery_date: fields.date("delivery_date")?,
            ship_to: None,
            lines: Vec::new(),
        }),
        DocumentKind::Invoice => DocumentContent::Invoice(invoice(fields)?),
        DocumentKind::CreditMemo => DocumentContent::CreditMemo {
            memo: invoice(fields)?,
            invoice_document_id: fields.text("invoice_document_id").map(invoice_key),
        },
        DocumentKind::Payment => DocumentContent::Payment(Payment {
            amount: fields.required_amount("amount", fields.currency()?)?,
            paid_at: fields.instant("paid_at")?.unwrap_or(at),
            allocations: Vec::new(),
        }),
    })
}

/// The state of an order.
pub(crate) fn state(fields: &Fields<'_>) -> Fit<PlacedState> {
    Ok(match fields.required("state")? {
        "draft" => PlacedState::Draft,
        "open" => PlacedState::Open,
        "on_hold" => PlacedState::OnHold {
            code: fields.text("code").unwrap_or("hold").to_owned(),
            message: fields.text("message").unwrap_or("held by the ERP").to_owned(),
        },
        "completed" => PlacedState::Completed,
        "cancelled" => PlacedState::Cancelled,
        _ => {
            return Err(choice(
                fields,
                "state",
                "draft, open, on_hold, completed or cancelled",
            ));
        }
    })
}

fn invoice_key(id: &str) -> String {
    format!("{}:{id}", DocumentKind::Invoice.as_str())
}

fn invoice(fields: &Fields<'_>) -> Fit<Invoice> {
    let currency = fields.currency()?;
    let invoice_date = fields.required_date("invoice_date")?;
    Ok(Invoice {
        invoice_date,
        due_date: fields.date("due_date")?.unwrap_or(invoice_date),
        currency,
        net: fields.required_amount("net", currency)?,
        tax: fields.amount("tax", currency)?,
        shipping: fields.amount("shipping", currency)?,
        total: fields.required_amount("total", currency)?,
        lines: Vec::new(),
    })
}

/// Adds the line of a row, if it has one.
pub(crate) fn add_line(document: &mut ErpDocument, fields: &Fields<'_>) -> Fit<()> {
    match &mut document.content {
        DocumentContent::Acknowledgement(told) if fields.text("line_number").is_some() => {
            told.lines.push(acknowledged(fields)?);
        }
        DocumentContent::Shipment(shipment) => {
            if let Some(number) = fields.text("tracking_number")
                && !shipment.tracking_numbers.iter().any(|known| known == number)
            {
                shipment.tracking_numbers.push(number.to_owned());
            }
            if fields.text("line_number").is_some() {
                let line = shipped(fields)?;
                // A row a serial number is one line with several.
                let same = shipment.lines.iter_mut().find(|known| {
                    !line.serial_numbers.is_empty()
                        && known.line_number == line.line_number
                        && known.lot == line.lot
                });
                match same {
                    Some(known) => known.serial_numbers.extend(line.serial_numbers),
                    None => shipment.lines.push(line),
                }
            }
        }
        DocumentContent::Invoice(invoice) | DocumentContent::CreditMemo { memo: invoice, .. }
            if fields.text("line_number").is_some() =>
        {
            let line = invoiced(invoice, fields)?;
            invoice.lines.push(line);
        }
        DocumentContent::Payment(payment) => {
            if let Some(invoice) = fields.text("invoice_document_id") {
                payment.allocations.push(Allocation {
                    invoice_document_id: invoice_key(invoice),
                    amount: fields.required_amount("allocated", fields.currency()?)?,
                });
            }
        }
        _ => {}
    }
    Ok(())
}

fn acknowledged(fields: &Fields<'_>) -> Fit<AcknowledgementLine> {
    let unit_price = match fields.text("unit_price") {
        Some(_) => fields.amount("unit_price", fields.currency()?)?,
        None => None,
    };
    Ok(AcknowledgementLine {
        line_number: fields.required_count("line_number")?,
        part_id: fields.required("part_id")?.to_owned(),
        quantity: fields.required_quantity("quantity")?,
        unit: fields.unit("unit")?,
        status: match fields.text("line_status") {
            None | Some("accepted") => AcknowledgementStatus::Accepted,
            Some("backordered") => AcknowledgementStatus::Backordered,
            Some("rejected") => AcknowledgementStatus::Rejected,
            Some(_) => return Err(choice(fields, "line_status", "accepted, backordered or rejected")),
        },
        unit_price,
        delivery_date: fields.date("delivery_date")?,
        message: fields.owned("line_message"),
    })
}

fn shipped(fields: &Fields<'_>) -> Fit<ShipmentLine> {
    Ok(ShipmentLine {
        line_number: fields.required_count("line_number")?,
        part_id: fields.required("part_id")?.to_owned(),
        quantity: fields.required_quantity("quantity")?,
        unit: fields.unit("unit")?,
        lot: fields.owned("lot"),
        serial_numbers: fields.owned("serial_number").into_iter().collect(),
    })
}

fn invoiced(invoice: &Invoice, fields: &Fields<'_>) -> Fit<InvoiceLine> {
    Ok(InvoiceLine {
        line_number: fields.required_count("line_number")?,
        part_id: fields.required("part_id")?.to_owned(),
        quantity: fields.required_quantity("quantity")?,
        unit: fields.unit("unit")?,
        unit_price: fields.required_amount("unit_price", invoice.currency)?,
        price_basis: fields.quantity("price_basis")?,
        net: fields.required_amount("line_net", invoice.currency)?,
        tax: fields.amount("line_tax", invoice.currency)?,
        description: fields.owned("description"),
        order_id: fields.owned("order_id").or_else(|| fields.owned("reference")),
        reference: fields.owned("reference"),
    })
}

fn choice(fields: &Fields<'_>, field: &'static str, of: &str) -> Misfit {
    let remedy = format!("write {of}, or say in `values` of the feed what it means");
    fields.misfit(field, Misread::new("it is not known what that means", remedy))
}
