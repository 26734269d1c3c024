//! Invoices and credit notes.

use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::{
    config::settings_of,
    convert::documents::{sale_lines, tests::sale_line},
};

fn decimal(text: &str) -> Value {
    json!({"__class__": "Decimal", "decimal": text})
}

fn day(day: i8) -> Value {
    json!({"__class__": "date", "year": 2026, "month": 3, "day": day})
}

fn line(origin: Option<&str>, quantity: &str, amount: &str) -> Value {
    let quantity: Value = serde_json::from_str(quantity).unwrap();
    json!({
        "id": 1, "type": "line", "product.": {"id": 1, "code": "HX-1"}, "quantity": quantity, "origin": origin,
        "unit.": {"id": 1, "name": "Unit"}, "unit_price": decimal("16.65"), "amount": decimal(amount),
        "description": "Bolts"
    })
}

fn invoice_of(total: &str, net: &str, tax: &str, lines: &Value) -> Value {
    json!({
        "id": 4, "number": "INV-4", "party": 2, "invoice_date": day(1), "currency.": {"id": 1, "code": "USD"},
        "untaxed_amount": decimal(net), "tax_amount": decimal(tax), "total_amount": decimal(total),
        "lines_to_pay.": [{"id": 1, "maturity_date": day(31)}, {"id": 2, "maturity_date": day(15)}],
        "origin_invoices": [3], "lines.": lines
    })
}

fn read(value: &Value) -> Result<Option<ErpDocument>, String> {
    let settings = settings_of(&json!({"module": true}));
    let lines = [
        sale_line(5, Some(10), 70, Some("ref-70")),
        sale_line(6, Some(10), 71, Some("ref-71")),
    ];
    let rows: Vec<Row<'_>> = lines.iter().map(|row| Row::of(row).unwrap()).collect();
    let sale_lines = sale_lines(&settings, &rows).unwrap();
    let credited = [(44, 5)].into();
    let sources = Sources {
        settings: &settings,
        sale_lines: &sale_lines,
        credited: &credited,
    };
    invoice(sources, Row::of(value).unwrap()).map_err(|mismatch| mismatch.to_string())
}

#[test]
fn an_invoice_with_freight() {
    let lines = json!([
        {"id": 9, "type": "title"},
        line(Some("sale.line,5"), "2.0", "33.30"),
        line(None, "1.0", "9.00"),
    ]);
    let document = read(&invoice_of("46.53", "42.30", "4.23", &lines))
        .unwrap()
        .unwrap();
    assert_eq!(document.document_id, "invoice-4");
    assert_eq!(document.reference.as_deref(), Some("ref-70"));
    assert_eq!(document.purchase_order_number.as_deref(), Some("PO-70"));
    let DocumentContent::Invoice(invoice) = &document.content else {
        panic!("{document:?}")
    };
    assert_eq!(
        (invoice.invoice_date, invoice.due_date),
        (date(2026, 3, 1), date(2026, 3, 31))
    );
    let amounts = [&invoice.net, invoice.tax.as_ref().unwrap(), &invoice.total].map(StatedAmount::text);
    assert_eq!(amounts, ["42.30", "4.23", "46.53"]);
    let lines: Vec<_> = invoice
        .lines
        .iter()
        .map(|line| {
            (
                line.line_number,
                line.quantity.text(),
                line.unit.as_str(),
                line.net.text(),
            )
        })
        .collect();
    assert_eq!(lines, [(10, "2", "C62", "33.30"), (0, "1", "EA", "9.00")]);
}

#[test]
fn a_credit_note_is_positive_and_names_what_it_corrects() {
    let lines = json!([line(Some("account.invoice.line,44"), "-2.0", "-33.30")]);
    let document = read(&invoice_of("-33.30", "-33.30", "0", &lines))
        .unwrap()
        .unwrap();
    assert_eq!(document.reference.as_deref(), Some("ref-70"));
    let DocumentContent::CreditMemo {
        memo,
        invoice_document_id,
    } = &document.content
    else {
        panic!("{document:?}")
    };
    assert_eq!(invoice_document_id.as_deref(), Some("invoice-3"));
    assert_eq!((memo.total.text(), memo.tax.is_none()), ("33.30", true));
    let line = &memo.lines[0];
    assert_eq!(
        (line.quantity.text(), line.net.text(), line.line_number),
        ("2", "33.30", 10)
    );
}

#[test]
fn a_collective_invoice_names_orders_on_its_lines_only() {
    let lines = json!([
        line(Some("sale.line,5"), "1.0", "16.65"),
        line(Some("sale.line,6"), "1.0", "16.65"),
    ]);
    let document = read(&invoice_of("33.30", "33.30", "0", &lines)).unwrap().unwrap();
    assert_eq!((document.reference, document.order_id), (None, None));
    let DocumentContent::Invoice(invoice) = document.content else {
        panic!()
    };
    let references: Vec<_> = invoice
        .lines
        .iter()
        .map(|line| line.reference.as_deref())
        .collect();
    assert_eq!(references, [Some("ref-70"), Some("ref-71")]);
}

#[test]
fn what_was_not_ordered_through_us_is_no_document() {
    for origin in [None, Some("sale.line,99"), Some("account.invoice.line,1")] {
        let lines = json!([line(origin, "1.0", "16.65")]);
        assert_eq!(
            read(&invoice_of("16.65", "16.65", "0", &lines)).unwrap(),
            None,
            "{origin:?}"
        );
    }
}

#[test]
fn a_broken_invoice_is_named() {
    let lines = json!([line(Some("sale.line,5"), "1.0", "16.65")]);
    let mut broken = invoice_of("16.65", "16.65", "0", &lines);
    broken["invoice_date"] = Value::Null;
    let problem = read(&broken).unwrap_err();
    assert_eq!(problem, "invoice 4.invoice_date: is missing");
}

#[test]
fn where_lines_come_from() {
    let lines = json!([
        line(Some("sale.line,5"), "1.0", "1"),
        line(Some("account.invoice.line,44"), "1.0", "1"),
        line(None, "1.0", "1"),
    ]);
    let invoice = invoice_of("3", "3", "0", &lines);
    let expected = Origins {
        sale_lines: vec![5],
        invoice_lines: vec![44],
    };
    assert_eq!(origins(&[Row::of(&invoice).unwrap()]).unwrap(), expected);
    let credited_line = json!({"id": 44, "origin": "sale.line,5"});
    assert_eq!(
        credited(&[Row::of(&credited_line).unwrap()]).unwrap(),
        [(44, 5)].into()
    );
}

#[test]
fn a_cancelled_invoice_is_taken_back_by_a_memo_over_all_of_it() {
    let lines = json!([line(Some("sale.line,5"), "2.0", "33.30")]);
    let entry = |origin: &str| json!({"id": 12, "number": "77", "date": day(9), "origin": origin});
    let cases = [
        ("posted", Value::Null, None),
        // As it was until somebody undid the cancellation.
        ("posted", entry("account.move,11"), None),
        (
            "cancelled",
            entry("account.move,11"),
            Some(("cancellation-12", Some("77"), 9)),
        ),
        // Its own entry was never posted.
        (
            "cancelled",
            Value::Null,
            Some(("invoice-4-cancelled", Some("INV-4"), 1)),
        ),
        // By a credit note, which is told itself.
        ("cancelled", entry("account.invoice,5"), None),
    ];
    for (state, entry, expected) in cases {
        let mut row = invoice_of("36.63", "33.30", "3.33", &lines);
        row["state"] = json!(state);
        row["cancel_move."] = entry;
        let told = read(&row).unwrap().unwrap();
        let DocumentContent::Invoice(invoice) = &told.content else {
            panic!("{told:?}")
        };
        let memo = cancellation(Row::of(&row).unwrap(), &told).unwrap();
        let Some((id, number, day)) = expected else {
            assert_eq!(memo, None, "{state}");
            continue;
        };
        let memo = memo.unwrap();
        assert_eq!((memo.document_id.as_str(), memo.number.as_deref()), (id, number));
        assert_eq!(memo.issued_at, start_of(date(2026, 3, day)).unwrap());
        assert_eq!(
            (&memo.reference, &memo.customer),
            (&told.reference, &told.customer)
        );
        let DocumentContent::CreditMemo {
            memo,
            invoice_document_id,
        } = memo.content
        else {
            panic!("{memo:?}")
        };
        assert_eq!(invoice_document_id.as_deref(), Some("invoice-4"));
        assert_eq!((&memo.total, &memo.lines), (&invoice.total, &invoice.lines));
        assert_eq!(memo.invoice_date, date(2026, 3, day));
    }
}

#[test]
fn a_cancelled_credit_note_corrects_nothing() {
    let lines = json!([line(Some("account.invoice.line,44"), "-2.0", "-33.30")]);
    let mut row = invoice_of("-33.30", "-33.30", "0", &lines);
    row["state"] = json!("cancelled");
    let told = read(&row).unwrap().unwrap();
    let DocumentContent::CreditMemo {
        invoice_document_id, ..
    } = &told.content
    else {
        panic!("{told:?}")
    };
    assert_eq!(*invoice_document_id, None);
    assert_eq!(cancellation(Row::of(&row).unwrap(), &told).unwrap(), None);
}
