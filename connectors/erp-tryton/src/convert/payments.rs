//! Payments as documents: what was put on an invoice, line by line of the ledger, and what is on none. Pure.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use punchgate_connector::{
    documents::{Allocation, DocumentContent, ErpDocument, Invoice, Payment},
    published::Mismatch,
};
use punchgate_domain::money::{Currency, StatedAmount};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{documents::start_of, in_record, invoices, names};
use crate::wire::{self, Row};

/// The fields of an invoice that its payments are read with, beside those of the invoice itself.
pub(crate) fn fields() -> Vec<String> {
    names([
        "payment_lines.date",
        "payment_lines.debit",
        "payment_lines.credit",
        "payment_lines.amount_second_currency",
        "payment_lines.second_currency.code",
        "payment_lines.move.number",
    ])
}

/// The fields of a line of the ledger that may be a payment which is on no invoice.
pub(crate) fn line_fields() -> Vec<String> {
    names([
        "party",
        "account",
        "date",
        "debit",
        "credit",
        "amount_second_currency",
        "second_currency.code",
        "move",
        "move.number",
        "move.origin",
    ])
}

/// What was paid on an invoice. A line of the ledger stands on one invoice at most, and its amount is never changed; money
/// that went back has no document.
pub(crate) fn payments(company: Currency, row: Row<'_>) -> Result<Vec<ErpDocument>, Mismatch> {
    in_record("invoice", row, |row| {
        let (invoice, customer) = (row.id("id")?, row.id("party")?.to_string());
        let mut found = Vec::new();
        for line in row.related_rows("payment_lines")? {
            found.extend(in_record("payment line", line, |line| {
                payment(company, Some(invoice), &customer, line)
            })?);
        }
        Ok(found)
    })
}

/// The lines that the money of these customers may stand on while it is on no invoice: not reconciled, on the accounts of
/// their invoices. One that was taken off an invoice leaves no trace there, so they are told whenever an invoice of
/// the customer is. None where no invoice says whose it is.
pub(crate) fn on_no_invoice(rows: &[Row<'_>]) -> Option<Value> {
    let (mut parties, mut accounts) = (BTreeSet::new(), BTreeSet::new());
    for row in rows {
        if let (Ok(party), Ok(account)) = (row.id("party"), row.id("account")) {
            parties.insert(party);
            accounts.insert(account);
        }
    }
    let any = !parties.is_empty();
    any.then(|| {
        json!([
            ["party", "in", parties],
            ["account", "in", accounts],
            ["reconciliation", "=", null],
            ["invoice_payments", "=", null],
            ["debit", "=", wire::decimal(Decimal::ZERO)],
            ["move.state", "=", "posted"]
        ])
    })
}

/// The invoices that these lines' entries come from: of a payment the one that it was made for, of a credit note itself.
pub(crate) fn origins(lines: &[Row<'_>]) -> BTreeSet<i64> {
    // One that does not read is told when its line is.
    lines
        .iter()
        .filter_map(|line| origin(*line).ok().flatten())
        .collect()
}

fn origin(line: Row<'_>) -> Result<Option<i64>, Mismatch> {
    line.related("move")
        .map_or(Ok(None), |entry| entry.reference("origin", "account.invoice"))
}

/// A line as a payment that is on no invoice. `entries` are those by which invoices were posted: what stands in one is what
/// a credit note gives back, and nobody has paid it.
pub(crate) fn unallocated(
    company: Currency,
    entries: &BTreeMap<i64, i64>,
    line: Row<'_>,
) -> Result<Option<ErpDocument>, Mismatch> {
    in_record("payment line", line, |line| {
        let entry = line.id("move")?;
        let posted = origin(line)?.and_then(|invoice| entries.get(&invoice));
        if posted == Some(&entry) {
            return Ok(None);
        }
        let customer = line.id("party")?.to_string();
        let document = payment(company, None, &customer, line)?;
        let reversed = line
            .related("move")
            .map_or(Ok(None), |entry| entry.reference("origin", "account.move"))?;
        match reversed {
            Some(_) => Ok(document.map(|document| reversal(entry, document))),
            None => Ok(document),
        }
    })
}

/// An entry that took back an invoice until somebody undid their reconciliation: nobody has paid it, and it is on no
/// invoice any more. It takes the place of what was told when the invoice was cancelled.
fn reversal(entry: i64, document: ErpDocument) -> ErpDocument {
    let DocumentContent::Payment(Payment { amount, paid_at, .. }) = document.content else {
        return document;
    };
    let date = paid_at.to_zoned(TimeZone::UTC).date();
    let memo = Invoice {
        invoice_date: date,
        due_date: date,
        currency: amount.currency(),
        net: amount.clone(),
        tax: None,
        shipping: None,
        total: amount,
        lines: Vec::new(),
    };
    ErpDocument {
        document_id: invoices::cancellation_id(entry),
        content: DocumentContent::CreditMemo {
            memo,
            invoice_document_id: None,
        },
        ..document
    }
}

/// The entries by which these invoices were posted.
pub(crate) fn entries(invoices: &[Row<'_>]) -> Result<BTreeMap<i64, i64>, Mismatch> {
    let mut entries = BTreeMap::new();
    for row in invoices {
        if let Some(entry) = row.integer("move")? {
            entries.insert(row.id("id")?, entry);
        }
    }
    Ok(entries)
}

fn payment(
    company: Currency,
    invoice: Option<i64>,
    customer: &str,
    line: Row<'_>,
) -> Result<Option<ErpDocument>, Mismatch> {
    let credit = line.required_decimal("credit")?;
    if credit.is_sign_negative() || credit.is_zero() {
        return Ok(None);
    }
    let amount = match line.related("second_currency") {
        Some(_) => {
            let currency = line.currency("second_currency")?;
            let value = line.required_decimal("amount_second_currency")?;
            StatedAmount::from_decimal(value.abs(), currency)
        }
        None => StatedAmount::from_decimal(credit, company),
    };
    let date = line
        .date("date")?
        .ok_or_else(|| Mismatch::new("date", "is missing"))?;
    let at = start_of(date)?;
    let on = |invoice| Allocation {
        invoice_document_id: invoices::document_id(invoice),
        amount: amount.clone(),
    };
    Ok(Some(ErpDocument {
        document_id: format!("payment-{}", line.id("id")?),
        number: line
            .related("move")
            .map_or(Ok(None), |entry| entry.text("number"))?,
        order_id: None,
        reference: None,
        purchase_order_number: None,
        customer: customer.to_owned(),
        issued_at: at,
        content: DocumentContent::Payment(Payment {
            allocations: invoice.map(on).into_iter().collect(),
            paid_at: at,
            amount,
        }),
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn decimal(text: &str) -> Value {
        json!({"__class__": "Decimal", "decimal": text})
    }

    fn line(id: i64, debit: &str, credit: &str, second: Option<(&str, &str)>) -> Value {
        let currency = second.map(|(_, code)| json!({"id": 2, "code": code}));
        json!({
            "id": id, "date": {"__class__": "date", "year": 2026, "month": 3, "day": 5}, "debit": decimal(debit),
            "credit": decimal(credit), "amount_second_currency": second.map(|(amount, _)| decimal(amount)),
            "second_currency.": currency, "move.": {"id": 9, "number": "77"}
        })
    }

    #[test]
    fn what_is_put_on_an_invoice_is_a_payment() {
        let usd = Currency::parse("USD").unwrap();
        let cases = [
            (vec![], vec![]),
            (
                vec![line(5, "0", "30.00", None)],
                vec!["payment-5 77: 30.00 USD on invoice-4"],
            ),
            (
                vec![
                    line(5, "0", "30.00", None),
                    line(6, "0", "10.00", Some(("-9.20", "EUR"))),
                ],
                vec![
                    "payment-5 77: 30.00 USD on invoice-4",
                    "payment-6 77: 9.20 EUR on invoice-4",
                ],
            ),
            (vec![line(5, "30.00", "0", None)], vec![]),
        ];
        for (lines, expected) in cases {
            let invoice = json!({"id": 4, "party": 2, "payment_lines.": lines});
            let found = payments(usd, Row::of(&invoice).unwrap()).unwrap();
            let text = |document: &ErpDocument| {
                let DocumentContent::Payment(paid) = &document.content else {
                    panic!("{document:?}")
                };
                let (number, on) = (document.number.as_ref().unwrap(), &paid.allocations[0]);
                assert_eq!((&paid.amount, document.customer.as_str()), (&on.amount, "2"));
                let amount = (paid.amount.text(), paid.amount.currency());
                format!(
                    "{} {number}: {} {} on {}",
                    document.document_id, amount.0, amount.1, on.invoice_document_id
                )
            };
            let found: Vec<String> = found.iter().map(text).collect();
            assert_eq!(found, expected);
        }
        let undated = json!({"id": 4, "party": 2, "payment_lines.": [{"id": 5, "credit": decimal("1")}]});
        let mismatch = payments(usd, Row::of(&undated).unwrap()).unwrap_err();
        assert_eq!(mismatch.to_string(), "invoice 4.payment line 5.date: is missing");
    }

    #[test]
    fn what_is_on_no_invoice_is_a_payment_of_nothing() {
        let usd = Currency::parse("USD").unwrap();
        let mut rows = Vec::new();
        for (id, credit, entry, origin) in [
            (5, "30.00", 9, json!(null)),
            (6, "12.00", 10, json!("account.invoice,4")),
            // A credit note, which nobody has paid.
            (7, "54.90", 11, json!("account.invoice,8")),
            (8, "0", 12, json!("account.statement,1")),
            // What took an invoice back, until their reconciliation was undone.
            (9, "20.00", 13, json!("account.move,3")),
        ] {
            let mut row = line(id, "0", credit, None);
            row["party"] = json!(2);
            row["move"] = json!(entry);
            row["move."] = json!({"id": entry, "number": entry.to_string(), "origin": origin});
            rows.push(row);
        }
        let rows: Vec<Row<'_>> = rows.iter().map(|row| Row::of(row).unwrap()).collect();
        assert_eq!(origins(&rows), BTreeSet::from([4, 8]));
        let invoices = [json!({"id": 4, "move": 3}), json!({"id": 8, "move": 11})];
        let invoices: Vec<Row<'_>> = invoices.iter().map(|row| Row::of(row).unwrap()).collect();
        let entries = entries(&invoices).unwrap();
        let mut told = Vec::new();
        for row in rows {
            if let Some(document) = unallocated(usd, &entries, row).unwrap() {
                let amount = match document.content {
                    DocumentContent::Payment(paid) if paid.allocations.is_empty() => paid.amount,
                    DocumentContent::CreditMemo {
                        memo,
                        invoice_document_id: None,
                    } => memo.total,
                    other => panic!("{other:?}"),
                };
                told.push(format!(
                    "{} of {}: {amount}",
                    document.document_id, document.customer
                ));
            }
        }
        let expected = [
            "payment-5 of 2: USD 30.00",
            "payment-6 of 2: USD 12.00",
            "cancellation-13 of 2: USD 20.00",
        ];
        assert_eq!(told, expected);
    }
}
