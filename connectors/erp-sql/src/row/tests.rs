//! What the cells of a hostile row come to.

use super::*;

fn cell(value: &[u8]) -> Row {
    Row::new(vec![("value", Some(value.to_vec()))])
}

fn eur() -> Currency {
    Currency::parse("EUR").unwrap()
}

#[test]
fn texts() {
    let long = vec![b'x'; LONGEST_TEXT + 1];
    let fits = vec![b'x'; LONGEST_TEXT];
    let cases: [(&[u8], Option<&str>); 6] = [
        (b"\xff\xfe", Some("value: is not UTF-8")),
        (b"a\0b", Some("value: holds a NUL")),
        (&long, Some("value: is longer than 8000 characters")),
        (&fits, None),
        ("größe".as_bytes(), None),
        (b"", None),
    ];
    for (value, expected) in cases {
        let problem = cell(value)
            .text("value")
            .err()
            .map(|mismatch| mismatch.to_string());
        assert_eq!(problem.as_deref(), expected);
    }
    assert_eq!(cell(b"").text("value"), Ok(None));
    assert_eq!(Row::default().text("value"), Ok(None), "not mapped");
}

#[test]
fn money_is_exact_or_nothing() {
    let cases = [
        ("0.30", Some(30)),
        ("0.30000000000000004", None),
        ("12345.67", Some(1_234_567)),
        ("500.00000", Some(50_000)),
        ("-1.5", Some(-150)),
        ("NaN", None),
        ("Infinity", None),
        ("-inf", None),
        ("1e20", None),
        ("1.0e+20", None),
        ("99999999999999999999999999999999", None),
        ("9223372036854775807", None),
        ("12,50", None),
        ("x'; drop table customers", None),
        ("0", Some(0)),
    ];
    for (text, expected) in cases {
        let read = cell(text.as_bytes()).money("value", eur());
        assert_eq!(read.ok().flatten().map(Money::minor), expected, "{text}");
    }
    assert_eq!(cell(b"").money("value", eur()), Ok(None));
    let debt = cell(b"0.301").debt("value", eur()).unwrap().unwrap();
    assert_eq!(debt.minor(), 31, "part of a cent is owed as a whole one");
}

#[test]
fn instants_and_dates() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let cases = [
        ("2026-03-01 09:30:00", Some("2026-03-01T08:30:00Z")),
        ("2026-03-01T09:30:00Z", Some("2026-03-01T09:30:00Z")),
        (
            "2026-03-01 09:30:00.123456+01",
            Some("2026-03-01T08:30:00.123456Z"),
        ),
        ("2026-03-01 09:30:00-03:30", Some("2026-03-01T13:00:00Z")),
        // Twice there: the first is meant.
        ("2026-10-25 02:30:00", Some("2026-10-25T00:30:00Z")),
        // Never there: an hour later.
        ("2026-03-29 02:30:00", Some("2026-03-29T01:30:00Z")),
        ("2026-03-01", Some("2026-02-28T23:00:00Z")),
        ("0000-00-00 00:00:00", None),
        ("2026-02-30 00:00:00", None),
        ("infinity", None),
        ("10000-01-01 00:00:00", None),
        ("2026-03-01 25:00:00", None),
    ];
    for (text, expected) in cases {
        let read = cell(text.as_bytes()).instant("value", &berlin).ok().flatten();
        assert_eq!(read, expected.map(|instant| instant.parse().unwrap()), "{text}");
    }
    for (text, fits) in [
        ("2026-03-01", true),
        ("2026-03-01 00:00:00", true),
        ("2026-03-01x", false),
        ("0000-00-00", false),
        ("01.03.2026", false),
    ] {
        assert_eq!(cell(text.as_bytes()).date("value").is_ok(), fits, "{text}");
    }
}

#[test]
fn flags_and_numbers() {
    for (text, expected) in [
        ("t", Some(true)),
        ("0", Some(false)),
        ("Y", Some(true)),
        ("2", None),
        ("ja", None),
    ] {
        assert_eq!(
            cell(text.as_bytes()).flag("value", false).ok(),
            expected,
            "{text}"
        );
    }
    assert_eq!(Row::default().flag("value", true), Ok(true));
    for (text, expected) in [
        ("30", Some(30)),
        ("30.0", Some(30)),
        ("-1", None),
        ("4294967296", None),
        ("3.5", None),
    ] {
        assert_eq!(
            cell(text.as_bytes()).number("value").ok().flatten(),
            expected,
            "{text}"
        );
    }
}
