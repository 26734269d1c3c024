//! Sales as orders and documents.

use serde_json::{Value, json};

use super::*;
use crate::{config::settings_of, wire};

fn line(number: i64, code: &str, quantity: &str, price: &str) -> Value {
    let quantity: Value = serde_json::from_str(quantity).unwrap();
    json!({
        "id": number, "type": "line", "product.": {"id": 1, "code": code}, "quantity": quantity,
        "unit.": {"id": 1, "name": "Unit"}, "unit_price": {"__class__": "Decimal", "decimal": price},
        "punchgate_line": number
    })
}

fn sale(changes: &Value) -> Value {
    let at = wire::datetime("2026-03-01T09:30:00.5Z".parse().unwrap());
    let ordered = json!([
        {"line": 10, "part": "HX-1", "quantity": "2", "price": "16.65", "unit": "C62"},
        {"line": 20, "part": "GL-2", "quantity": "1", "price": "21.6", "unit": "BX"},
    ]);
    let mut sale = json!({
        "id": 7, "number": "12", "reference": "PO-1", "punchgate_reference": "ref-1", "party": 2,
        "state": "confirmed", "invoice_state": "none", "shipment_state": "none", "comment": null,
        "untaxed_amount": {"__class__": "Decimal", "decimal": "54.90"}, "currency.": {"id": 1, "code": "USD"},
        "create_date": at, "write_date": at, "punchgate_ordered": ordered.to_string(),
        "lines.": [line(10, "HX-1", "2.0", "16.6500"), line(20, "GL-2", "1.0", "21.60")]
    });
    for (key, value) in changes.as_object().unwrap() {
        sale[key] = value.clone();
    }
    sale
}

fn module() -> Settings {
    settings_of(&json!({"module": true, "units": {"BX": "Unit"}}))
}

#[test]
fn states() {
    let held = |state: &str| PlacedState::OnHold {
        code: "not_confirmed".to_owned(),
        message: format!("the sale is a {state} in Tryton and must be confirmed there"),
    };
    let test = format!("{TEST_MARK}\nmore");
    let cases = [
        (json!({}), json!({"state": "draft"}), held("draft")),
        (json!({}), json!({"state": "quotation"}), held("quotation")),
        (
            json!({}),
            json!({"state": "draft", "comment": test}),
            PlacedState::Draft,
        ),
        (
            json!({"submit_as": "quotation"}),
            json!({"state": "quotation"}),
            PlacedState::Draft,
        ),
        (
            json!({"submit_as": "draft"}),
            json!({"state": "confirmed"}),
            PlacedState::Open,
        ),
        (json!({}), json!({"state": "confirmed"}), PlacedState::Open),
        (json!({}), json!({"state": "processing"}), PlacedState::Open),
        (json!({}), json!({"state": "done"}), PlacedState::Completed),
        (json!({}), json!({"state": "cancelled"}), PlacedState::Cancelled),
    ];
    for (mut settings, changes, expected) in cases {
        settings["module"] = json!(true);
        let sale = sale(&changes);
        let placed = placed(&settings_of(&settings), Row::of(&sale).unwrap()).unwrap();
        assert_eq!(placed.state, expected, "{settings} {changes}");
    }
    let odd = sale(&json!({"state": "frozen"}));
    let problem = placed(&module(), Row::of(&odd).unwrap()).unwrap_err().to_string();
    assert!(problem.starts_with("sale 7.state: 'frozen'"), "{problem}");
}

#[test]
fn a_sale_that_others_entered_has_their_reference_or_none() {
    let cases = [
        (json!({}), "ref-1", true),
        (json!({"punchgate_reference": null}), "", false),
        (json!({"punchgate_reference": ""}), "", false),
    ];
    for (changes, reference, is_ours) in cases {
        let sale = sale(&changes);
        let row = Row::of(&sale).unwrap();
        let placed_by_anybody = placed_by_anybody(&module(), row).unwrap();
        assert_eq!(placed_by_anybody.reference, reference, "{changes}");
        assert_eq!(
            placed_by_anybody.purchase_order_number.as_deref(),
            Some("PO-1"),
            "{changes}"
        );
        assert_eq!(placed(&module(), row).is_ok(), is_ours, "{changes}");
    }
}

/// Line number, quantity, unit, status, and the price where it is another.
type Line = (u32, String, String, AcknowledgementStatus, Option<String>);

fn said(number: u32, quantity: &str, unit: &str, status: AcknowledgementStatus, price: Option<&str>) -> Line {
    (
        number,
        quantity.to_owned(),
        unit.to_owned(),
        status,
        price.map(str::to_owned),
    )
}

#[test]
fn what_was_promised_beside_what_was_ordered() {
    use AcknowledgementOutcome as Outcome;
    use AcknowledgementStatus as Status;
    let two = || line(20, "GL-2", "1.0", "21.60");
    let first = |quantity, price| said(10, quantity, "C62", Status::Accepted, price);
    let second = || said(20, "1", "BX", Status::Accepted, None);
    let added = json!({"id": 9, "punchgate_line": null});
    let cases = [
        (
            vec![line(10, "HX-1", "2.0", "16.6500"), two()],
            Outcome::Accepted,
            vec![first("2", None), second()],
        ),
        (
            vec![line(10, "HX-1", "1.0", "16.65"), two()],
            Outcome::Changed,
            vec![first("1", Some("16.65")), second()],
        ),
        (
            vec![line(10, "HX-1", "2.0", "17"), two()],
            Outcome::Changed,
            vec![first("2", Some("17")), second()],
        ),
        (
            vec![line(10, "HX-9", "2.0", "16.65"), two()],
            Outcome::Changed,
            vec![first("2", Some("16.65")), second()],
        ),
        (
            vec![two()],
            Outcome::Changed,
            vec![second(), said(10, "2", "C62", Status::Rejected, None)],
        ),
        // What the company added is no line of the order.
        (
            vec![line(10, "HX-1", "2.0", "16.65"), two(), added],
            Outcome::Accepted,
            vec![first("2", None), second()],
        ),
    ];
    for (lines, outcome, expected) in cases {
        let sale = sale(&json!({"lines.": lines}));
        let said = said_of(&sale);
        assert_eq!(said.outcome, outcome, "{sale}");
        assert_eq!(lines_of(&said), expected, "{sale}");
    }
}

fn said_of(sale: &Value) -> Acknowledgement {
    let kinds = [DocumentKind::Acknowledgement];
    let mut documents = documents(&module(), &kinds, Row::of(sale).unwrap()).unwrap();
    match documents.remove(0).content {
        DocumentContent::Acknowledgement(said) => said,
        other => panic!("{other:?}"),
    }
}

fn lines_of(said: &Acknowledgement) -> Vec<Line> {
    let line = |line: &AcknowledgementLine| {
        let price = line
            .unit_price
            .as_ref()
            .map(|price| price.value().normalize().to_string());
        let (quantity, unit) = (line.quantity.text().to_owned(), line.unit.as_str().to_owned());
        (line.line_number, quantity, unit, line.status, price)
    };
    said.lines.iter().map(line).collect()
}

fn ids_of(sale: &Value) -> Vec<String> {
    let documents = documents(&module(), &DocumentKind::ALL, Row::of(sale).unwrap()).unwrap();
    documents
        .into_iter()
        .map(|document| document.document_id)
        .collect()
}

#[test]
fn a_state_is_a_document_of_its_own() {
    let all = DocumentKind::ALL;
    // 2026-03-01T09:30:00.5Z
    let cases = [
        (
            json!({}),
            vec![
                "sale-7-acknowledgement",
                "sale-7-confirmed-none-none-1772357400500000",
            ],
        ),
        (
            json!({"state": "processing", "shipment_state": "sent"}),
            vec![
                "sale-7-acknowledgement",
                "sale-7-processing-none-sent-1772357400500000",
            ],
        ),
        (
            json!({"state": "quotation"}),
            vec!["sale-7-quotation-none-none-1772357400500000"],
        ),
        // Never written since it was created.
        (
            json!({"state": "draft", "write_date": null}),
            vec!["sale-7-draft-none-none-1772357400500000"],
        ),
        (
            json!({"state": "cancelled"}),
            vec!["sale-7-cancelled-none-none-1772357400500000"],
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(ids_of(&sale(&changes)), expected, "{changes}");
    }
    // Without the module nobody knows what was ordered: nothing is promised.
    let stock = settings_of(&json!({"fields": {"order_reference": "punchgate_reference"}}));
    let sale = sale(&json!({}));
    let documents = documents(&stock, &all, Row::of(&sale).unwrap()).unwrap();
    assert_eq!(documents.len(), 1);
}

/// What the overlap brings again is known; what comes back is not.
#[test]
fn a_state_that_comes_back_is_another_document() {
    let at = |minute: &str| wire::datetime(format!("2026-03-01T09:{minute}:00Z").parse().unwrap());
    let history = [
        (json!({"state": "draft", "write_date": at("30")}), true),
        (json!({"state": "draft", "write_date": at("30")}), false),
        (json!({"state": "confirmed", "write_date": at("31")}), true),
        (json!({"state": "draft", "write_date": at("32")}), true),
        (json!({"state": "draft", "write_date": at("32")}), false),
        // Somebody wrote a comment.
        (
            json!({"state": "draft", "comment": "call them", "write_date": at("33")}),
            true,
        ),
        (
            json!({"state": "draft", "comment": "call them", "write_date": at("33")}),
            false,
        ),
    ];
    let mut known = Vec::new();
    for (changes, is_new) in history {
        let id = ids_of(&sale(&changes)).pop().unwrap();
        assert_eq!(!known.contains(&id), is_new, "{changes}");
        known.push(id);
    }
}
