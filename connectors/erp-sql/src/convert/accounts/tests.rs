//! Limits, holds and terms as views write them, and what is written back.

use serde_json::{Value, json};

use super::*;
use crate::config::settings_of;

fn row(cells: &[(&'static str, &str)]) -> Row {
    let base = [
        ("id", "C-1"),
        ("modified", "2026-03-01 09:30:00"),
        ("currency", "EUR"),
    ];
    let cells = base.iter().chain(cells);
    Row::new(
        cells
            .map(|(name, text)| (*name, Some(text.as_bytes().to_vec())))
            .collect(),
    )
}

fn now() -> Instant {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn read(settings: &Value, cells: &[(&'static str, &str)]) -> Result<Account, Mismatch> {
    account(&settings_of(settings), &row(cells), &[], now())
}

#[test]
fn limits() {
    let amount = |minor| CreditLimit::Amount(Money::from_minor(minor, Currency::parse("EUR").unwrap()));
    let cases = [
        (json!({}), "", CreditLimit::Unknown),
        (json!({"null_limit": "unlimited"}), "", CreditLimit::Unlimited),
        (json!({}), "0", amount(0)),
        (json!({"zero_limit": "unlimited"}), "0.00", CreditLimit::Unlimited),
        (json!({"zero_limit": "unknown"}), "0", CreditLimit::Unknown),
        (json!({"null_limit": "unlimited"}), "-0.01", amount(-1)),
        (json!({}), "1500.5000", amount(150_050)),
    ];
    for (settings, text, expected) in cases {
        let account = read(&settings, &[("credit_limit", text)]).unwrap();
        assert_eq!(account.credit_limit, expected, "{settings} {text}");
    }
    let error = read(&json!({}), &[("credit_limit", "NaN")]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "customer C-1.credit_limit: 'NaN' is not a decimal such as 12.50"
    );
}

#[test]
fn a_code_is_a_hold_unless_settings_say_that_it_is_none() {
    let settings = json!({"no_hold_codes": ["00"]});
    for (code, expected) in [("", None), (" ", None), ("00", None), ("Z1", Some("Z1"))] {
        let account = read(&settings, &[("hold_code", code), ("hold_text", "call us")]).unwrap();
        assert_eq!(
            account.holds.first().map(|hold| hold.code.as_str()),
            expected,
            "'{code}'"
        );
        assert!(
            account.holds.iter().all(|hold| hold.removes.is_none()),
            "the table of codes decides"
        );
    }
}

#[test]
fn a_permission_that_nobody_knows_may_be_any() {
    let cases = [
        ("none", PermissionSet::EMPTY),
        ("order", PermissionSet::of(&[Permission::Order])),
        (
            "ship, invoice",
            PermissionSet::of(&[Permission::Ship, Permission::Invoice]),
        ),
        ("order,breathe", PermissionSet::ALL),
    ];
    for (text, expected) in cases {
        assert_eq!(removes(text), expected, "{text}");
        assert_eq!(removes(&removes_text(expected)), expected, "{text}");
    }
}

#[test]
fn holds_that_are_over_are_none_and_every_hold_moves_the_version() {
    let settings = settings_of(&json!({}));
    let hold = |until: &str| {
        let cells = [
            ("id", "h"),
            ("code", "X"),
            ("since", "2026-01-01 00:00:00"),
            ("until", until),
        ];
        Row::new(
            cells
                .iter()
                .map(|(name, text)| (*name, Some(text.as_bytes().to_vec())))
                .collect(),
        )
    };
    let (over, open) = (hold("2026-02-01 00:00:00"), hold(""));
    let with = |holds: &[&Row]| account(&settings, &row(&[]), holds, now()).unwrap();
    assert!(with(&[&over]).holds.is_empty());
    assert_eq!(with(&[&open]).holds.len(), 1);
    assert_ne!(with(&[&open]).version, with(&[]).version);
    let later = row(&[("modified", "2026-03-02 00:00:00")]);
    assert_eq!(content_hash(&later, &[]), content_hash(&later, &[]));
}

#[test]
fn what_has_no_column_or_value_is_refused_by_its_field() {
    let account = read(&json!({}), &[]).unwrap();
    let patch = AccountPatch {
        terms: Some(None),
        credit_limit: Some(CreditLimit::Unlimited),
        release_holds: vec!["h".to_owned()],
        ..AccountPatch::of(&account, "why", "who")
    };
    let direct = json!({
        "tables": {"customers": "c", "customers_write": "w"},
        "columns": {"customers": {"version": "v"}, "customers_write": {"terms_code": ""}},
    });
    let refused: Vec<String> = direct_values(&settings_of(&direct), &patch)
        .unwrap_err()
        .into_iter()
        .map(|refusal| refusal.field)
        .collect();
    assert_eq!(refused, ["terms", "credit_limit", "release_holds"]);
}
