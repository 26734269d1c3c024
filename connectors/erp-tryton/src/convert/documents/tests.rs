//! Shipments.

use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::config::settings_of;

fn settings() -> Settings {
    settings_of(&json!({"module": true}))
}

pub(crate) fn sale_line(id: i64, number: Option<i64>, sale: i64, reference: Option<&str>) -> Value {
    let ordered = json!([{"line": number, "part": "HX-1", "quantity": "2", "price": "1", "unit": "C62"}]);
    json!({
        "id": id, "punchgate_line": number, "sale": sale,
        "sale.": {
            "id": sale, "punchgate_reference": reference, "reference": format!("PO-{sale}"), "party": 2,
            "punchgate_ordered": number.map(|_| ordered.to_string())
        }
    })
}

fn carried(origin: Option<&str>, quantity: f64, state: &str) -> Value {
    json!({
        "id": 1, "origin": origin, "quantity": quantity, "unit.": {"id": 1, "name": "Unit"}, "state": state,
        "product.": {"id": 1, "code": "HX-1"}
    })
}

fn shipment() -> Value {
    json!({
        "id": 3, "number": "S-3", "effective_date": {"__class__": "date", "year": 2026, "month": 3, "day": 1},
        "delivery_address.": {
            "id": 1, "party_name": "Dock", "street": "1 Anvil Way\nDock 4", "city": "Tucson", "postal_code": "85701",
            "country.": {"id": 1, "code": "US"}
        },
        "outgoing_moves.": [
            carried(Some("sale.line,5"), 2.0, "done"),
            carried(Some("sale.line,5"), 0.5, "done"),
            carried(Some("sale.line,5"), 9.0, "cancelled"),
            carried(Some("sale.line,6"), 1.0, "done"),
            carried(Some("sale.line,7"), 1.0, "done"),
            carried(Some("sale.line,8"), 1.0, "done"),
            carried(Some("stock.move,5"), 1.0, "done"),
            carried(None, 1.0, "done"),
        ]
    })
}

#[test]
fn a_shipment_tells_each_order_what_left_for_it() {
    let rows = [
        sale_line(5, Some(10), 70, Some("ref-70")),
        sale_line(6, Some(20), 71, Some("ref-71")),
        sale_line(7, Some(30), 72, None),
        sale_line(8, None, 70, Some("ref-70")),
    ];
    let rows: Vec<Row<'_>> = rows.iter().map(|row| Row::of(row).unwrap()).collect();
    let lines = sale_lines(&settings(), &rows).unwrap();
    assert_eq!(
        lines.keys().copied().collect::<Vec<_>>(),
        [5, 6],
        "ours, and ordered"
    );
    let shipment = shipment();
    let row = Row::of(&shipment).unwrap();
    assert_eq!(shipped_lines(&[row]).unwrap(), [5, 5, 5, 6, 7, 8]);
    let documents = shipments(&settings(), &lines, row).unwrap();
    let told: Vec<_> = documents
        .iter()
        .map(|document| {
            let DocumentContent::Shipment(shipment) = &document.content else {
                panic!("{document:?}")
            };
            let lines: Vec<_> = shipment
                .lines
                .iter()
                .map(|line| (line.line_number, line.quantity.text(), line.unit.as_str()))
                .collect();
            (
                document.document_id.as_str(),
                document.reference.as_deref(),
                lines,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                "shipment-3-70",
                Some("ref-70"),
                vec![(10, "2", "C62"), (10, "0.5", "C62")]
            ),
            ("shipment-3-71", Some("ref-71"), vec![(20, "1", "C62")]),
        ]
    );
    let DocumentContent::Shipment(shipment) = &documents[0].content else {
        panic!()
    };
    assert_eq!(shipment.shipped_at, "2026-03-01T00:00:00Z".parse().unwrap());
    let ship_to = shipment.ship_to.as_ref().unwrap();
    assert_eq!(
        (ship_to.street.len(), ship_to.country_code.as_deref()),
        (2, Some("US"))
    );
    assert_eq!(start_of(date(2026, 3, 1)).unwrap(), shipment.shipped_at);
}
