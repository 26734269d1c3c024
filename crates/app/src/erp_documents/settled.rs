//! What is open of an invoice: its total, less what payments put on it, less the credit memos that name it. Pure.

use punchgate_connector::documents::DocumentKind;
use punchgate_domain::money::{Currency, StatedAmount};
use punchgate_storage::{
    StorageResult,
    erp_document::{ErpDocumentHead, ErpDocumentRow},
};

use super::{
    content::{Amount, Content},
    read,
};

/// What is open of an invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Open {
    /// So much; below zero where more was paid than was asked.
    Amount(StatedAmount),
    /// It cannot be reckoned, and why.
    Unknown(String),
}

/// A payment or credit memo, with what it puts on which invoices.
#[derive(Debug, Clone)]
pub(super) struct Settlement {
    connector: String,
    scope: String,
    name: String,
    parts: Vec<(String, Amount)>,
}

impl Settlement {
    pub(super) fn read(row: &ErpDocumentRow) -> StorageResult<Self> {
        let parts = match read(row)?.content {
            Content::CreditMemo {
                invoice_document_id: Some(invoice),
                bill,
            } => vec![(invoice, bill.total)],
            Content::Payment { allocations, .. } => {
                let parts = allocations.into_iter();
                parts.map(|one| (one.invoice_document_id, one.amount)).collect()
            }
            _ => Vec::new(),
        };
        let head = &row.head;
        let number = head.number.as_ref().unwrap_or(&head.document_id);
        Ok(Self {
            connector: head.connector_id.clone(),
            scope: head.scope.clone(),
            name: format!("{} {number}", head.kind),
            parts,
        })
    }
}

/// What is open of an invoice; none of another document.
pub(super) fn open(head: &ErpDocumentHead, settlements: &[Settlement]) -> Option<Open> {
    if head.kind != DocumentKind::Invoice.as_str() {
        return None;
    }
    let total = Amount {
        amount: head.total.clone()?,
        currency: head.currency.clone()?,
    };
    Some(reckon(head, &total, settlements).map_or_else(Open::Unknown, Open::Amount))
}

fn reckon(
    head: &ErpDocumentHead,
    total: &Amount,
    settlements: &[Settlement],
) -> Result<StatedAmount, String> {
    let total = stated("the invoice", total)?;
    let currency = total.currency();
    let mut open = total.value();
    let own = settlements
        .iter()
        .filter(|one| one.connector == head.connector_id && one.scope == head.scope);
    for settlement in own {
        for (_, amount) in settlement
            .parts
            .iter()
            .filter(|(invoice, _)| *invoice == head.document_id)
        {
            let part = stated(&settlement.name, amount)?;
            if part.currency() != currency {
                return Err(format!(
                    "{} settles it in {}, the invoice is in {currency}",
                    settlement.name,
                    part.currency()
                ));
            }
            open = open
                .checked_sub(part.value())
                .ok_or_else(|| format!("{}: the amount is beyond all reckoning", settlement.name))?;
        }
    }
    Ok(StatedAmount::from_decimal(open, currency))
}

fn stated(name: &str, amount: &Amount) -> Result<StatedAmount, String> {
    let currency = Currency::parse(&amount.currency).map_err(|error| format!("{name}: {error}"))?;
    StatedAmount::parse(&amount.amount, currency).map_err(|error| format!("{name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn invoice(total: &str) -> ErpDocumentHead {
        ErpDocumentHead {
            supplier_id: "s".to_owned(),
            erp_document_id: "1".to_owned(),
            connector_id: "erp".to_owned(),
            scope: String::new(),
            document_id: "INV-1".to_owned(),
            kind: "invoice".to_owned(),
            number: None,
            purchase_order_number: None,
            customer_external_id: "C-1".to_owned(),
            customer_id: None,
            issued_at: 0,
            currency: Some("USD".to_owned()),
            total: Some(total.to_owned()),
            first_seen_at: 0,
            updated_at: 0,
        }
    }

    fn settlement(connector: &str, parts: &[(&str, &str, &str)]) -> Settlement {
        let part = |(invoice, amount, currency): &(&str, &str, &str)| {
            let amount = Amount {
                amount: (*amount).to_owned(),
                currency: (*currency).to_owned(),
            };
            ((*invoice).to_owned(), amount)
        };
        Settlement {
            connector: connector.to_owned(),
            scope: String::new(),
            name: "payment 7".to_owned(),
            parts: parts.iter().map(part).collect(),
        }
    }

    #[test]
    fn what_is_open_of_an_invoice() {
        let usd = |invoice, amount| (invoice, amount, "USD");
        let table: [(&[Settlement], &str); 7] = [
            (&[], "110.00"),
            (
                &[settlement("erp", &[usd("INV-1", "60.00"), usd("INV-2", "5.00")])],
                "50.00",
            ),
            (
                &[
                    settlement("erp", &[usd("INV-1", "60.00"), usd("INV-1", "10")]),
                    settlement("erp", &[usd("INV-1", "40.00")]),
                ],
                "0.00",
            ),
            (&[settlement("erp", &[usd("INV-1", "120.00")])], "-10.00"),
            (&[settlement("other", &[usd("INV-1", "60.00")])], "110.00"),
            (
                &[settlement("erp", &[("INV-1", "60.00", "EUR")])],
                "payment 7 settles it in EUR, the invoice is in USD",
            ),
            (&[settlement("erp", &[usd("INV-1", "sixty")])], "payment 7: "),
        ];
        for (settlements, expected) in table {
            let text = match open(&invoice("110.00"), settlements).unwrap() {
                Open::Amount(amount) => amount.text().to_owned(),
                Open::Unknown(why) => why,
            };
            assert!(
                text == expected || expected.ends_with(": ") && text.starts_with(expected),
                "{text}: {expected}"
            );
        }
        let memo = ErpDocumentHead {
            kind: "credit_memo".to_owned(),
            ..invoice("110.00")
        };
        assert_eq!(open(&memo, &[]), None, "only invoices are open");
    }
}
