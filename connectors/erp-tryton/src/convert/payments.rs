//! Payments as documents: what was put on an invoice, line by line of the ledger. Pure.

use punchgate_connector::{
    documents::{Allocation, DocumentContent, ErpDocument, Payment},
    published::Mismatch,
};
use punchgate_domain::money::{Currency, StatedAmount};

use super::{documents::start_of, in_record, invoices, names};
use crate::wire::Row;

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

/// What was paid on an invoice. A line of the ledger stands on one invoice and is never changed, so its document is the
/// same whenever it comes; money that went back has no document.
pub(crate) fn payments(company: Currency, row: Row<'_>) -> Result<Vec<ErpDocument>, Mismatch> {
    in_record("invoice", row, |row| {
        let (invoice, customer) = (row.id("id")?, row.id("party")?.to_string());
        let mut found = Vec::new();
        for line in row.related_rows("payment_lines")? {
            found.extend(in_record("payment line", line, |line| {
                payment(company, invoice, &customer, line)
            })?);
        }
        Ok(found)
    })
}

fn payment(
    company: Currency,
    invoice: i64,
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
            amount: amount.clone(),
            paid_at: at,
            allocations: vec![Allocation {
                invoice_document_id: invoices::document_id(invoice),
                amount,
            }],
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
}
