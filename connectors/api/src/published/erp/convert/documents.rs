//! Documents of the ERP.

use crate::{
    documents::{
        Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, Allocation,
        DocumentContent, ErpDocument, Invoice, InvoiceLine, Payment, Shipment, ShipmentLine,
    },
    published::{
        Mismatch,
        order::placed_state,
        values::{WireAmount, currency, date, instant, list, optional, unit},
    },
};

use crate::published::erp::wire::{
    WireAcknowledgement, WireAcknowledgementLine, WireContent, WireDocument, WireInvoice, WireInvoiceLine,
    WirePayment, WireShipment, WireShipmentLine,
};

pub(in crate::published::erp) fn document(wire: WireDocument) -> Result<ErpDocument, Mismatch> {
    let id = wire.document_id.clone();
    document_fields(wire).map_err(|mismatch| mismatch.inside(format_args!("document '{id}'")))
}

fn document_fields(wire: WireDocument) -> Result<ErpDocument, Mismatch> {
    Ok(ErpDocument {
        issued_at: instant(&wire.issued_at, "issued_at")?,
        content: content(wire.content)?,
        document_id: wire.document_id,
        number: wire.number,
        order_id: wire.order_id,
        reference: wire.reference,
        purchase_order_number: wire.purchase_order_number,
        customer: wire.customer,
    })
}

fn content(wire: WireContent) -> Result<DocumentContent, Mismatch> {
    Ok(match wire {
        WireContent::Acknowledgement(wire) => DocumentContent::Acknowledgement(acknowledgement(wire)?),
        WireContent::Status(wire) => DocumentContent::Status {
            state: placed_state(&wire.state, wire.hold)?,
            message: wire.message,
        },
        WireContent::Shipment(wire) => DocumentContent::Shipment(shipment(wire)?),
        WireContent::Invoice(wire) => DocumentContent::Invoice(invoice(wire)?),
        WireContent::CreditMemo(mut wire) => DocumentContent::CreditMemo {
            invoice_document_id: wire.invoice_document_id.take(),
            memo: invoice(wire)?,
        },
        WireContent::Payment(wire) => DocumentContent::Payment(payment(wire)?),
    })
}

fn acknowledgement(wire: WireAcknowledgement) -> Result<Acknowledgement, Mismatch> {
    Ok(Acknowledgement {
        outcome: match wire.outcome.as_str() {
            "accepted" => AcknowledgementOutcome::Accepted,
            "changed" => AcknowledgementOutcome::Changed,
            "rejected" => AcknowledgementOutcome::Rejected,
            other => {
                return Err(Mismatch::new(
                    "outcome",
                    format!("'{other}' is none of accepted, changed, rejected"),
                ));
            }
        },
        message: wire.message,
        lines: list(wire.lines, "lines", acknowledgement_line)?,
    })
}

fn acknowledgement_line(wire: WireAcknowledgementLine) -> Result<AcknowledgementLine, Mismatch> {
    Ok(AcknowledgementLine {
        line_number: wire.line_number,
        quantity: wire.quantity.quantity("quantity")?,
        unit: unit(wire.unit),
        status: match wire.status.as_str() {
            "accepted" => AcknowledgementStatus::Accepted,
            "backordered" => AcknowledgementStatus::Backordered,
            "rejected" => AcknowledgementStatus::Rejected,
            other => {
                return Err(Mismatch::new(
                    "status",
                    format!("'{other}' is none of accepted, backordered, rejected"),
                ));
            }
        },
        unit_price: optional(wire.unit_price, "unit_price", |amount| amount.stated())?,
        delivery_date: wire
            .delivery_date
            .map(|text| date(&text, "delivery_date"))
            .transpose()?,
        part_id: wire.part_id,
        message: wire.message,
    })
}

fn shipment(wire: WireShipment) -> Result<Shipment, Mismatch> {
    Ok(Shipment {
        shipped_at: instant(&wire.shipped_at, "shipped_at")?,
        delivery_date: wire
            .delivery_date
            .map(|text| date(&text, "delivery_date"))
            .transpose()?,
        ship_to: wire.ship_to.map(Into::into),
        lines: list(wire.lines, "lines", shipment_line)?,
        carrier: wire.carrier,
        tracking_numbers: wire.tracking_numbers,
        tracking_url: wire.tracking_url,
    })
}

fn shipment_line(wire: WireShipmentLine) -> Result<ShipmentLine, Mismatch> {
    Ok(ShipmentLine {
        line_number: wire.line_number,
        quantity: wire.quantity.quantity("quantity")?,
        unit: unit(wire.unit),
        part_id: wire.part_id,
        lot: wire.lot,
        serial_numbers: wire.serial_numbers,
    })
}

fn invoice(wire: WireInvoice) -> Result<Invoice, Mismatch> {
    let currency = currency(&wire.currency, "currency")?;
    let amount = |amount: WireAmount| {
        let stated = amount.stated()?;
        if stated.currency() == currency {
            Ok(stated)
        } else {
            Err(Mismatch::new(
                "currency",
                format!("{} in an invoice in {currency}", stated.currency()),
            ))
        }
    };
    Ok(Invoice {
        invoice_date: date(&wire.invoice_date, "invoice_date")?,
        due_date: date(&wire.due_date, "due_date")?,
        currency,
        net: amount(wire.net).map_err(|mismatch| mismatch.inside("net"))?,
        tax: optional(wire.tax, "tax", amount)?,
        shipping: optional(wire.shipping, "shipping", amount)?,
        total: amount(wire.total).map_err(|mismatch| mismatch.inside("total"))?,
        lines: list(wire.lines, "lines", |line| invoice_line(line, &amount))?,
    })
}

fn invoice_line(
    wire: WireInvoiceLine,
    amount: &impl Fn(WireAmount) -> Result<punchgate_domain::money::StatedAmount, Mismatch>,
) -> Result<InvoiceLine, Mismatch> {
    Ok(InvoiceLine {
        line_number: wire.line_number,
        quantity: wire.quantity.quantity("quantity")?,
        unit: unit(wire.unit),
        unit_price: amount(wire.unit_price).map_err(|mismatch| mismatch.inside("unit_price"))?,
        price_basis: wire
            .price_basis
            .map(|basis| basis.quantity("price_basis"))
            .transpose()?,
        net: amount(wire.net).map_err(|mismatch| mismatch.inside("net"))?,
        tax: optional(wire.tax, "tax", amount)?,
        part_id: wire.part_id,
        description: wire.description,
        order_id: wire.order_id,
        reference: wire.reference,
    })
}

fn payment(wire: WirePayment) -> Result<Payment, Mismatch> {
    Ok(Payment {
        amount: wire
            .amount
            .stated()
            .map_err(|mismatch| mismatch.inside("amount"))?,
        paid_at: instant(&wire.paid_at, "paid_at")?,
        allocations: list(wire.allocations, "allocations", |allocation| {
            Ok(Allocation {
                amount: allocation.amount.stated()?,
                invoice_document_id: allocation.invoice_document_id,
            })
        })?,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::published::erp::{convert::documents, wire::WirePage};

    #[test]
    fn a_document_that_cannot_be_read_keeps_no_other_from_being_read() {
        let payment = |id: &str, amount: &str| {
            json!({
                "document_id": id, "kind": "payment", "customer": "C-1", "issued_at": "2026-03-02T12:00:00Z",
                "paid_at": "2026-03-02T12:00:00Z", "amount": {"amount": amount, "currency": "USD"}, "allocations": []
            })
        };
        let page = |items: &[Value]| -> WirePage {
            serde_json::from_value(json!({"items": items, "next_cursor": "7", "more": false})).unwrap()
        };
        let (read, left_out) = documents(page(&[payment("P-1", "1,5"), payment("P-2", "1.50")])).unwrap();
        assert_eq!(read.items[0].document_id, "P-2");
        assert_eq!((read.items.len(), read.next_cursor.as_str()), (1, "7"));
        assert_eq!(left_out[0].external_id, "P-1");
        let problem = &left_out[0].problem;
        assert!(problem.starts_with("items[0].document 'P-1'."), "{problem}");
        let broken = payment("P-1", "x");
        assert!(
            documents(page(&[broken.clone(), broken])).is_err(),
            "nothing is as it should be"
        );
    }
}
