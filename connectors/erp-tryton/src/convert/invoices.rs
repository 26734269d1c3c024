//! Invoices and credit notes as documents. Pure.

use std::collections::BTreeMap;

use punchgate_connector::{
    documents::{DocumentContent, ErpDocument, Invoice, InvoiceLine},
    published::Mismatch,
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Quantity,
};
use rust_decimal::Decimal;

use super::{
    documents::{Sale, SaleLines, start_of},
    in_record, names, sales,
};
use crate::{config::Settings, wire::Row};

/// The fields of an invoice.
pub(crate) fn fields() -> Vec<String> {
    names([
        "number",
        "state",
        "cancel_move.number",
        "cancel_move.date",
        "cancel_move.origin",
        "party",
        "account",
        "invoice_date",
        "currency.code",
        "untaxed_amount",
        "tax_amount",
        "total_amount",
        "lines_to_pay.maturity_date",
        "origin_invoices",
        "write_date",
        "create_date",
        "lines.type",
        "lines.product.code",
        "lines.quantity",
        "lines.unit.name",
        "lines.unit_price",
        "lines.amount",
        "lines.description",
        "lines.origin",
    ])
}

/// Where the lines of invoices come from: lines of sales, and of a credit note lines of invoices.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Origins {
    pub(crate) sale_lines: Vec<i64>,
    pub(crate) invoice_lines: Vec<i64>,
}

/// Where these invoices' lines come from.
pub(crate) fn origins(rows: &[Row<'_>]) -> Result<Origins, Mismatch> {
    let mut origins = Origins::default();
    for row in rows {
        for line in row.related_rows("lines")? {
            origins.sale_lines.extend(line.reference("origin", "sale.line")?);
            origins
                .invoice_lines
                .extend(line.reference("origin", "account.invoice.line")?);
        }
    }
    Ok(origins)
}

/// From lines of invoices to the lines of sales that they invoiced.
pub(crate) fn credited(rows: &[Row<'_>]) -> Result<BTreeMap<i64, i64>, Mismatch> {
    let mut credited = BTreeMap::new();
    for row in rows {
        if let Some(line) = row.reference("origin", "sale.line")? {
            credited.insert(row.id("id")?, line);
        }
    }
    Ok(credited)
}

/// What a document's lines are read with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sources<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) sale_lines: &'a SaleLines,
    pub(crate) credited: &'a BTreeMap<i64, i64>,
}

/// An invoice as a document; none if nothing in it was ordered through us.
pub(crate) fn invoice(sources: Sources<'_>, row: Row<'_>) -> Result<Option<ErpDocument>, Mismatch> {
    in_record("invoice", row, |row| {
        let currency = row.currency("currency")?;
        let total = row.required_decimal("total_amount")?;
        let is_credit = total.is_sign_negative() && !total.is_zero();
        let sign = if is_credit {
            Decimal::NEGATIVE_ONE
        } else {
            Decimal::ONE
        };
        let mut lines = Vec::new();
        let mut sales: Vec<Sale> = Vec::new();
        for one in row.related_rows("lines")? {
            if one.text("type")?.as_deref() != Some("line") {
                continue;
            }
            let (line, sale) = line(sources, currency, sign, one)?;
            lines.push(line);
            sales.extend(sale);
        }
        sales.sort_unstable();
        sales.dedup();
        if sales.is_empty() {
            return Ok(None);
        }
        let only = (sales.len() == 1).then(|| sales.remove(0));
        let id = row.id("id")?;
        let invoice_date = row
            .date("invoice_date")?
            .ok_or_else(|| Mismatch::new("invoice_date", "is missing"))?;
        let amount = |field| Ok::<_, Mismatch>(stated(row.required_decimal(field)?, sign, currency));
        let tax = amount("tax_amount")?;
        let invoice = Invoice {
            invoice_date,
            due_date: due_date(row)?.unwrap_or(invoice_date),
            currency,
            net: amount("untaxed_amount")?,
            tax: (!tax.value().is_zero()).then_some(tax),
            shipping: None,
            total: amount("total_amount")?,
            lines,
        };
        let content = if is_credit {
            // What is cancelled corrects nothing any more.
            let corrected = match is_cancelled(row)? {
                true => Vec::new(),
                false => row.related_ids("origin_invoices")?,
            };
            DocumentContent::CreditMemo {
                memo: invoice,
                invoice_document_id: corrected.first().map(|id| document_id(*id)),
            }
        } else {
            DocumentContent::Invoice(invoice)
        };
        Ok(Some(ErpDocument {
            document_id: document_id(id),
            number: row.text("number")?,
            order_id: only.as_ref().map(|sale| sale.id.to_string()),
            reference: only.as_ref().map(|sale| sale.reference.clone()),
            purchase_order_number: only.and_then(|sale| sale.order_number),
            customer: row.id("party")?.to_string(),
            issued_at: start_of(invoice_date)?,
            content,
        }))
    })
}

fn is_cancelled(row: Row<'_>) -> Result<bool, Mismatch> {
    Ok(row.text("state")?.as_deref() == Some("cancelled"))
}

/// The entry that takes back an invoice which was cancelled after it was posted, as a credit memo over all of it. None
/// where a credit note did so: that is a document of its own.
pub(crate) fn cancellation(row: Row<'_>, told: &ErpDocument) -> Result<Option<ErpDocument>, Mismatch> {
    in_record("invoice", row, |row| {
        let DocumentContent::Invoice(invoice) = &told.content else {
            return Ok(None);
        };
        if !is_cancelled(row)? {
            return Ok(None);
        }
        let Some(entry) = row.related("cancel_move") else {
            // Its own entry was a draft and is gone.
            return Ok(Some(ErpDocument {
                document_id: format!("{}-cancelled", told.document_id),
                content: taken_back(invoice.clone(), &told.document_id),
                ..told.clone()
            }));
        };
        if entry.reference("origin", "account.invoice")?.is_some() {
            return Ok(None);
        }
        let date = entry
            .date("date")?
            .ok_or_else(|| Mismatch::new("cancel_move.date", "is missing"))?;
        let memo = Invoice {
            invoice_date: date,
            due_date: date,
            ..invoice.clone()
        };
        Ok(Some(ErpDocument {
            document_id: cancellation_id(entry.id("id")?),
            number: entry.text("number")?,
            issued_at: start_of(date)?,
            content: taken_back(memo, &told.document_id),
            ..told.clone()
        }))
    })
}

fn taken_back(memo: Invoice, invoice: &str) -> DocumentContent {
    DocumentContent::CreditMemo {
        memo,
        invoice_document_id: Some(invoice.to_owned()),
    }
}

/// The key of the document of an entry that takes back an invoice.
pub(super) fn cancellation_id(entry: i64) -> String {
    format!("cancellation-{entry}")
}

/// The key of an invoice's document.
pub(super) fn document_id(id: i64) -> String {
    format!("invoice-{id}")
}

/// The day of the last instalment.
fn due_date(row: Row<'_>) -> Result<Option<jiff::civil::Date>, Mismatch> {
    let mut last = None;
    for line in row.related_rows("lines_to_pay")? {
        last = last.max(line.date("maturity_date")?);
    }
    Ok(last)
}

fn stated(value: Decimal, sign: Decimal, currency: Currency) -> StatedAmount {
    StatedAmount::from_decimal(value * sign, currency)
}

fn line(
    sources: Sources<'_>,
    currency: Currency,
    sign: Decimal,
    row: Row<'_>,
) -> Result<(InvoiceLine, Option<Sale>), Mismatch> {
    let direct = row.reference("origin", "sale.line")?;
    let credited = row.reference("origin", "account.invoice.line")?;
    let origin = direct.or_else(|| sources.credited.get(&credited?).copied());
    let ordered = origin.and_then(|id| sources.sale_lines.get(&id));
    let product = row
        .related("product")
        .map_or(Ok(None), |product| product.text("code"))?;
    // Freight and the like: no line of the order.
    let number = ordered.map_or(0, |line| line.number);
    let quantity = row.required_decimal("quantity")? * sign;
    let line = InvoiceLine {
        line_number: number,
        part_id: product.unwrap_or_default(),
        quantity: Quantity::from_decimal(quantity.normalize()),
        unit: sales::unit(
            sources.settings,
            row,
            number,
            ordered.map_or(&[], |line| line.ordered.as_slice()),
        )?,
        unit_price: row.amount("unit_price", currency)?,
        price_basis: None,
        net: stated(row.required_decimal("amount")?, sign, currency),
        tax: None,
        description: row.text("description")?,
        order_id: ordered.map(|line| line.sale.id.to_string()),
        reference: ordered.map(|line| line.sale.reference.clone()),
    };
    Ok((line, ordered.map(|line| line.sale.clone())))
}

#[cfg(test)]
mod tests;
