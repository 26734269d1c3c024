//! Rows of documents and of their lines.

use punchgate_connector::{
    documents::{
        Acknowledgement, AcknowledgementLine, AcknowledgementOutcome, AcknowledgementStatus, Allocation,
        DocumentContent, DocumentKind, ErpDocument, Invoice, InvoiceLine, Payment, Shipment, ShipmentLine,
    },
    published::Mismatch,
};
use punchgate_domain::{
    money::Currency,
    quantity::{Quantity, Unit},
};

use super::orders;
use crate::{config::Settings, row::Row};

/// A document with its lines.
pub(crate) fn document(settings: &Settings, row: &Row, lines: &[&Row]) -> Result<ErpDocument, Mismatch> {
    let read = || {
        let text = row.required("kind")?;
        let kind = DocumentKind::parse(text)
            .ok_or_else(|| Mismatch::new("kind", format!("'{text}' is not a kind of document")))?;
        let reference = row.owned("reference")?;
        Ok(ErpDocument {
            document_id: row.required_owned("id")?,
            number: row.owned("number")?,
            // Orders are known here by our reference.
            order_id: reference.clone(),
            reference,
            purchase_order_number: row.owned("purchase_order_number")?,
            customer: row.required_owned("customer")?,
            issued_at: row.required_instant("issued_at", &settings.zone)?,
            content: content(settings, kind, row, lines)?,
        })
    };
    read().map_err(|mismatch: Mismatch| mismatch.inside(format_args!("document {}", row.key("id"))))
}

fn content(
    settings: &Settings,
    kind: DocumentKind,
    row: &Row,
    lines: &[&Row],
) -> Result<DocumentContent, Mismatch> {
    Ok(match kind {
        DocumentKind::Acknowledgement => {
            DocumentContent::Acknowledgement(acknowledgement(settings, row, lines)?)
        }
        DocumentKind::Status => DocumentContent::Status {
            state: orders::stated(settings, row)?,
            message: row.owned("message")?,
        },
        DocumentKind::Shipment => DocumentContent::Shipment(shipment(settings, row, lines)?),
        DocumentKind::Invoice => DocumentContent::Invoice(invoice(settings, row, lines)?),
        DocumentKind::CreditMemo => DocumentContent::CreditMemo {
            memo: positive(invoice(settings, row, lines)?)?,
            invoice_document_id: row.owned("invoice_id")?,
        },
        DocumentKind::Payment => DocumentContent::Payment(payment(settings, row, lines)?),
    })
}

fn each<T>(lines: &[&Row], read: impl Fn(&Row) -> Result<T, Mismatch>) -> Result<Vec<T>, Mismatch> {
    let in_place = |row: &&Row| {
        read(row).map_err(|mismatch| mismatch.inside(format_args!("line {}", row.key("position"))))
    };
    lines.iter().map(in_place).collect()
}

fn acknowledgement(settings: &Settings, row: &Row, lines: &[&Row]) -> Result<Acknowledgement, Mismatch> {
    let outcome = match row.required("outcome")? {
        "accepted" => AcknowledgementOutcome::Accepted,
        "changed" => AcknowledgementOutcome::Changed,
        "rejected" => AcknowledgementOutcome::Rejected,
        other => {
            return Err(Mismatch::new(
                "outcome",
                format!("'{other}' is not accepted, changed or rejected"),
            ));
        }
    };
    let currency = row.currency(settings.currency);
    let lines = each(lines, |line| {
        let status = match line.required("status")? {
            "accepted" => AcknowledgementStatus::Accepted,
            "backordered" => AcknowledgementStatus::Backordered,
            "rejected" => AcknowledgementStatus::Rejected,
            other => {
                return Err(Mismatch::new(
                    "status",
                    format!("'{other}' is not accepted, backordered or rejected"),
                ));
            }
        };
        let unit_price = match line.decimal("unit_price")? {
            None => None,
            Some(_) => line.amount("unit_price", currency.clone()?)?,
        };
        Ok(AcknowledgementLine {
            line_number: line_number(line)?,
            part_id: part(line)?,
            quantity: quantity(line)?,
            unit: unit(line)?,
            status,
            unit_price,
            delivery_date: line.date("delivery_date")?,
            message: line.owned("message")?,
        })
    })?;
    Ok(Acknowledgement {
        outcome,
        message: row.owned("message")?,
        lines,
    })
}

fn shipment(settings: &Settings, row: &Row, lines: &[&Row]) -> Result<Shipment, Mismatch> {
    let shipped_at = row.instant("shipped_at", &settings.zone)?;
    Ok(Shipment {
        shipped_at: match shipped_at {
            Some(at) => at,
            None => row.required_instant("issued_at", &settings.zone)?,
        },
        carrier: row.owned("carrier")?,
        tracking_numbers: several(row, "tracking_numbers")?,
        tracking_url: row.owned("tracking_url")?,
        delivery_date: row.date("delivery_date")?,
        ship_to: None,
        lines: each(lines, |line| {
            Ok(ShipmentLine {
                line_number: line_number(line)?,
                part_id: part(line)?,
                quantity: quantity(line)?,
                unit: unit(line)?,
                lot: line.owned("lot")?,
                serial_numbers: several(line, "serial_numbers")?,
            })
        })?,
    })
}

fn invoice(settings: &Settings, row: &Row, lines: &[&Row]) -> Result<Invoice, Mismatch> {
    let currency = row.currency(settings.currency)?;
    let date = |name| row.date(name)?.ok_or_else(|| Mismatch::new(name, "is empty"));
    Ok(Invoice {
        invoice_date: date("invoice_date")?,
        due_date: date("due_date")?,
        currency,
        net: row.required_amount("net", currency)?,
        tax: row.amount("tax", currency)?,
        shipping: row.amount("shipping", currency)?,
        total: row.required_amount("total", currency)?,
        lines: each(lines, |line| invoice_line(line, currency))?,
    })
}

fn invoice_line(line: &Row, currency: Currency) -> Result<InvoiceLine, Mismatch> {
    let reference = line.owned("reference")?;
    Ok(InvoiceLine {
        line_number: line_number(line)?,
        part_id: part(line)?,
        quantity: quantity(line)?,
        unit: unit(line)?,
        unit_price: line.required_amount("unit_price", currency)?,
        price_basis: line.quantity("price_basis")?,
        net: line.required_amount("net", currency)?,
        tax: line.amount("tax", currency)?,
        description: line.owned("description")?,
        order_id: reference.clone(),
        reference,
    })
}

/// Some ERPs write credit memos with a minus: what is meant must not be guessed.
fn positive(memo: Invoice) -> Result<Invoice, Mismatch> {
    let lines = memo.lines.iter().map(|line| &line.net);
    let negative = [&memo.net, &memo.total]
        .into_iter()
        .chain(lines)
        .find(|amount| amount.value().is_sign_negative() && !amount.value().is_zero());
    match negative {
        None => Ok(memo),
        Some(amount) => Err(Mismatch::new(
            "total",
            format!("'{amount}': the amounts of a credit memo are positive"),
        )),
    }
}

fn payment(settings: &Settings, row: &Row, lines: &[&Row]) -> Result<Payment, Mismatch> {
    let currency = row.currency(settings.currency)?;
    let paid_at = row.instant("paid_at", &settings.zone)?;
    Ok(Payment {
        amount: row.required_amount("amount", currency)?,
        paid_at: match paid_at {
            Some(at) => at,
            None => row.required_instant("issued_at", &settings.zone)?,
        },
        allocations: each(lines, |line| {
            Ok(Allocation {
                invoice_document_id: line.required_owned("invoice_id")?,
                amount: line.required_amount("amount", currency)?,
            })
        })?,
    })
}

/// A line that the ERP added has no number of the buyer's: 0.
fn line_number(line: &Row) -> Result<u32, Mismatch> {
    Ok(line.number("line_number")?.unwrap_or(0))
}

fn part(line: &Row) -> Result<String, Mismatch> {
    Ok(line.owned("part")?.unwrap_or_default())
}

fn quantity(line: &Row) -> Result<Quantity, Mismatch> {
    line.quantity("quantity")?
        .ok_or_else(|| Mismatch::new("quantity", "is empty"))
}

fn unit(line: &Row) -> Result<Unit, Mismatch> {
    line.required("unit").map(Unit::new)
}

fn several(row: &Row, name: &'static str) -> Result<Vec<String>, Mismatch> {
    let text = row.text(name)?.unwrap_or_default();
    let parts = text
        .split([',', '\n'])
        .map(str::trim)
        .filter(|part| !part.is_empty());
    Ok(parts.map(str::to_owned).collect())
}
