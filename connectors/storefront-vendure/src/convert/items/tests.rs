//! Pairs of messages and rows.

use serde_json::{Value, json};

use super::*;

fn wire(over: &Value) -> wire::Item {
    let mut item = json!({
        "sku": "HX-1001", "name": "Hex bolt", "currency": "EUR", "decimals": 2, "language": "en", "unit": "EA",
        "unitPrice": 1628, "listPrice": 1850, "inStock": 0, "unspsc": null, "manufacturer": "Sample Works",
        "manufacturerPartId": null, "leadTimeDays": null
    });
    for (key, part) in over.as_object().unwrap() {
        item[key] = part.clone();
    }
    serde_json::from_value(item).unwrap()
}

#[test]
fn items_that_are_read() {
    let read = item(wire(&json!({}))).unwrap();
    assert_eq!(read.unit_price.text(), "16.28");
    assert_eq!(read.list_price.unwrap().text(), "18.50");
    assert_eq!(read.in_stock.unwrap().text(), "0");
    assert_eq!(read.units, [Unit::new("EA")]);
    assert_eq!(item(wire(&json!({"inStock": null}))).unwrap().in_stock, None);
}

#[test]
fn items_that_are_refused() {
    for (over, field) in [
        (json!({"unitPrice": -1}), "unitPrice"),
        (json!({"listPrice": -1}), "listPrice"),
        (json!({"currency": ""}), "currency"),
        (json!({"decimals": 77}), "decimals"),
        (json!({"leadTimeDays": -1}), "leadTimeDays"),
    ] {
        let problem = item(wire(&over)).unwrap_err().to_string();
        assert!(
            problem.starts_with(&format!("item 'HX-1001'.{field}")),
            "{problem}"
        );
    }
}

#[test]
fn pages_are_as_large_as_the_plugin_has_them() {
    for (limit, take) in [(0, 1), (2, 2), (100, 100), (5000, 100)] {
        let query = SearchQuery {
            text: "bolt".to_owned(),
            customer: None,
            cursor: Some(Cursor::new("17")),
            limit,
        };
        let input = search_input(&query);
        assert_eq!((input.take, input.after), (take, Some("17")));
    }
}
