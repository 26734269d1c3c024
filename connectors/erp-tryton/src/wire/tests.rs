//! Values there and back.

use punchgate_domain::money::Currency;
use serde_json::json;

use super::*;

/// As it comes from the wire: read from text, so that numbers keep their digits.
fn answer(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

#[test]
fn instants_are_utc_and_keep_their_microseconds() {
    let cases = [
        "2026-03-29T01:30:00.000001Z",
        "2026-10-25T00:59:59.999999Z",
        "1999-12-31T23:59:59Z",
        "2026-02-28T00:00:00.5Z",
    ];
    for text in cases {
        let at: Instant = text.parse().unwrap();
        let value = json!({"at": datetime(at)});
        assert_eq!(
            Row::of(&value).unwrap().instant("at").unwrap(),
            Some(at),
            "{text}"
        );
    }
}

#[test]
fn decimals_come_from_digits() {
    let cases = [
        (r#"{"x": {"__class__": "Decimal", "decimal": "5000"}}"#, "5000"),
        (r#"{"x": {"__class__": "Decimal", "decimal": "0.30"}}"#, "0.30"),
        (r#"{"x": {"__class__": "Decimal", "decimal": "1E+2"}}"#, "100"),
        (r#"{"x": 2.0}"#, "2.0"),
        (r#"{"x": 0.30000000000000004}"#, "0.30000000000000004"),
        (r#"{"x": 1e-05}"#, "0.00001"),
        (r#"{"x": -7}"#, "-7"),
    ];
    for (text, expected) in cases {
        let value = answer(text);
        let read = Row::of(&value).unwrap().decimal("x").unwrap().unwrap();
        assert_eq!(read, expected.parse().unwrap(), "{text}");
    }
    for text in [
        r#"{"x": "5000"}"#,
        r#"{"x": {"__class__": "Decimal", "decimal": "NaN"}}"#,
        r#"{"x": {"__class__": "Decimal", "decimal": "Infinity"}}"#,
        r#"{"x": {"__class__": "Decimal", "decimal": "1,000"}}"#,
        r#"{"x": {"__class__": "date", "decimal": "1"}}"#,
        r#"{"x": [1]}"#,
        r#"{"x": true}"#,
    ] {
        let value = answer(text);
        let problem = Row::of(&value).unwrap().decimal("x").unwrap_err().to_string();
        assert!(problem.starts_with("x: "), "{text}: {problem}");
    }
}

#[test]
fn money_is_not_rounded_silently() {
    let cases = [
        (json!({"x": decimal("12.50".parse().unwrap())}), Some(Some(1250))),
        (
            json!({"x": decimal("12.5000".parse().unwrap())}),
            Some(Some(1250)),
        ),
        (json!({"x": decimal("12.505".parse().unwrap())}), None),
        (
            json!({"x": decimal("99999999999999999999".parse().unwrap())}),
            None,
        ),
        (json!({"x": null}), Some(None)),
        (json!({}), Some(None)),
    ];
    for (value, expected) in cases {
        let read = Row::of(&value).unwrap().money("x", usd()).ok();
        assert_eq!(read.map(|money| money.map(Money::minor)), expected, "{value}");
    }
}

#[test]
fn numbers_are_written_with_their_digits() {
    for (text, expected) in [("2", "2"), ("2.500", "2.5"), ("0.1", "0.1"), ("1000", "1000")] {
        assert_eq!(number(text.parse().unwrap()).to_string(), expected);
    }
}

#[test]
fn flags_of_both_databases() {
    let value =
        json!({"pg": true, "pg_no": false, "lite": 1, "lite_no": 0, "null": null, "odd": "yes", "two": 2});
    let row = Row::of(&value).unwrap();
    let cases = [
        ("pg", true),
        ("pg_no", false),
        ("lite", true),
        ("lite_no", false),
        ("null", false),
        ("absent", false),
    ];
    for (field, expected) in cases {
        assert_eq!(row.flag(field).unwrap(), expected, "{field}");
    }
    assert!(row.flag("odd").is_err() && row.flag("two").is_err());
}

#[test]
fn the_stamp_of_a_record_that_was_never_changed_is_its_creation() {
    let (created, changed) = (
        "2026-01-01T00:00:00Z".parse().unwrap(),
        "2026-01-02T00:00:00Z".parse().unwrap(),
    );
    let cases = [
        (
            json!({"create_date": datetime(created), "write_date": null}),
            Some(created),
        ),
        (
            json!({"create_date": datetime(created), "write_date": datetime(changed)}),
            Some(changed),
        ),
        (json!({"create_date": null, "write_date": null}), None),
    ];
    for (value, expected) in cases {
        assert_eq!(Row::of(&value).unwrap().changed_at().ok(), expected, "{value}");
    }
}

#[test]
fn a_fingerprint_is_of_all_content_and_of_no_order() {
    let of = |text: &str| {
        let value: Value = serde_json::from_str(text).unwrap();
        Row::of(&value).unwrap().fingerprint()
    };
    let one = r#"{"id": 7, "limit": {"decimal": "10.0"}, "addresses.": [{"id": 1, "city": "Tucson"}]}"#;
    let cases = [
        (one, true),
        (
            r#"{"addresses.": [{"city": "Tucson", "id": 1}], "limit": {"decimal": "10.0"}, "id": 7}"#,
            true,
        ),
        (
            r#"{"id": 7, "limit": {"decimal": "10.1"}, "addresses.": [{"id": 1, "city": "Tucson"}]}"#,
            false,
        ),
        (
            r#"{"id": 7, "limit": {"decimal": "10.0"}, "addresses.": [{"id": 1, "city": "Tempe"}]}"#,
            false,
        ),
        (
            r#"{"id": 7, "limit": {"decimal": "10.0"}, "addresses.": []}"#,
            false,
        ),
    ];
    for (other, same) in cases {
        assert_eq!(of(one) == of(other), same, "{other}");
    }
}

#[test]
fn references_name_a_model() {
    let value =
        json!({"origin": "sale.line,5", "other": "sale.line_x,5", "bad": "sale.line,x", "none": null});
    let row = Row::of(&value).unwrap();
    let cases = [
        ("origin", Some(5)),
        ("other", None),
        ("bad", None),
        ("none", None),
    ];
    for (field, expected) in cases {
        assert_eq!(row.reference(field, "sale.line").unwrap(), expected, "{field}");
    }
}

#[test]
fn what_is_no_list_of_records_is_refused() {
    for value in [json!(null), json!({}), json!([1]), json!("html")] {
        assert!(rows(&value).is_err(), "{value}");
    }
}
