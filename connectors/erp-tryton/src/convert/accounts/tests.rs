//! Parties and accounts.

use punchgate_domain::money::Currency;
use serde_json::{Value, json};

use super::*;
use crate::config::settings_of;

fn settings(changes: &Value) -> Settings {
    settings_of(changes)
}

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn money(minor: i64) -> Money {
    Money::from_minor(minor, usd())
}

fn now() -> Instant {
    "2026-03-01T09:30:00Z".parse().unwrap()
}

fn party() -> Value {
    json!({
        "id": 2, "code": "C-ACME", "name": "Acmé Ängström", "active": 1, "_timestamp": "1795332575.06749",
        "write_date": null, "create_date": wire::datetime("2026-02-01T00:00:00Z".parse().unwrap()),
        "write_uid.": null, "create_uid.": {"id": 1, "rec_name": "admin"},
        "customer_payment_term": 4,
        "customer_payment_term.": {"id": 4, "name": "Net 30 days", "lines.": [{"id": 1, "relativedeltas.": [
            {"id": 1, "days": 30, "weeks": 0, "months": 0}]}]},
        "credit_limit_amount": {"__class__": "Decimal", "decimal": "5000"},
        "punchgate_holds.": []
    })
}

fn with(mut base: Value, field: &str, value: Value) -> Value {
    base[field] = value;
    base
}

fn read(settings: &Settings, value: &Value) -> Result<Account, String> {
    account(settings, usd(), now(), Row::of(value).unwrap()).map_err(|mismatch| mismatch.to_string())
}

fn hold_row(changes: &Value) -> Value {
    let since = wire::datetime("2026-01-01T00:00:00.000007Z".parse().unwrap());
    let mut row = json!({
        "id": 1, "company": 1, "identifier": "h-1", "code": "PAST_DUE", "by_code": false, "stops_terms": 0,
        "stops_orders": 1, "stops_shipments": 0, "stops_invoices": 0, "internal": "", "accounts_payable": null,
        "shopper": "Call us", "since": since, "until": null, "placed_by": null
    });
    for (key, value) in changes.as_object().unwrap() {
        row[key] = value.clone();
    }
    row
}

#[test]
fn a_party_becomes_an_account() {
    let account = read(&settings(&json!({"module": true})), &party()).unwrap();
    assert_eq!(account.external_id, "2");
    assert_eq!(account.version, "1795332575.06749");
    assert_eq!(account.changed_by.as_deref(), Some("admin"));
    assert_eq!(account.changed_at, "2026-02-01T00:00:00Z".parse().unwrap());
    let terms = account.terms.unwrap();
    assert_eq!(
        (terms.code.as_str(), terms.label.as_str(), terms.net_days),
        ("4", "Net 30 days", 30)
    );
    assert_eq!(account.credit_limit, CreditLimit::Amount(money(500_000)));
}

#[test]
fn limits() {
    let decimal = |text: &str| json!({"__class__": "Decimal", "decimal": text});
    let cases = [
        (json!({}), Value::Null, CreditLimit::Unlimited),
        (json!({}), decimal("0"), CreditLimit::Amount(money(0))),
        (json!({}), decimal("0.30"), CreditLimit::Amount(money(30))),
        (
            json!({}),
            decimal("5000.0000"),
            CreditLimit::Amount(money(500_000)),
        ),
        (json!({}), decimal("-1"), CreditLimit::Amount(money(-100))),
        (
            json!({"fields": {"credit_limit": ""}}),
            decimal("5000"),
            CreditLimit::Unknown,
        ),
    ];
    for (changes, limit, expected) in cases {
        let account = read(
            &settings(&changes),
            &with(party(), "credit_limit_amount", limit.clone()),
        )
        .unwrap();
        assert_eq!(account.credit_limit, expected, "{changes} {limit}");
    }
    for limit in [decimal("1.005"), decimal("NaN"), json!("5000"), json!(true)] {
        let problem = read(
            &settings(&json!({})),
            &with(party(), "credit_limit_amount", limit.clone()),
        )
        .unwrap_err();
        assert!(
            problem.starts_with("party 2.credit_limit_amount: "),
            "{limit}: {problem}"
        );
    }
}

#[test]
fn days_of_terms() {
    let delta = |days: i64, weeks: i64, months: i64| json!({"days": days, "weeks": weeks, "months": months});
    let cases = [
        (json!([]), Some(0)),
        (json!([{"relativedeltas.": []}]), Some(0)),
        (json!([{"relativedeltas.": [delta(10, 0, 1)]}]), Some(40)),
        (
            json!([{"relativedeltas.": [delta(0, 2, 0)]}, {"relativedeltas.": [delta(60, 0, 0)]}]),
            Some(60),
        ),
        (
            json!([{"relativedeltas.": [{"days": null, "weeks": 1, "months": null}]}]),
            Some(7),
        ),
        (json!([{"relativedeltas.": [delta(i64::MAX, i64::MAX, 0)]}]), None),
    ];
    for (lines, expected) in cases {
        let term = json!({"id": 4, "name": "T", "lines.": lines});
        let account = read(
            &settings(&json!({})),
            &with(party(), "customer_payment_term.", term),
        );
        assert_eq!(
            account.ok().map(|account| account.terms.unwrap().net_days),
            expected,
            "{lines}"
        );
    }
}

#[test]
fn holds_of_the_module() {
    use Permission as P;
    let past = wire::datetime("2026-02-28T00:00:00Z".parse().unwrap());
    let cases = [
        (json!({}), Some(Some(PermissionSet::of(&[P::Order])))),
        (json!({"by_code": true}), Some(None)),
        (json!({"stops_orders": 0}), Some(Some(PermissionSet::EMPTY))),
        (
            json!({"stops_terms": true, "stops_shipments": true, "stops_invoices": true}),
            Some(Some(PermissionSet::ALL)),
        ),
        (json!({"until": past}), None),
        (json!({"company": 2}), None),
    ];
    for (changes, expected) in cases {
        let party = with(party(), "punchgate_holds.", json!([hold_row(&changes)]));
        let account = read(&settings(&json!({"module": true})), &party).unwrap();
        assert_eq!(
            account.holds.first().map(|hold| hold.removes),
            expected,
            "{changes}"
        );
    }
    let party = with(party(), "punchgate_holds.", json!([hold_row(&json!({}))]));
    let hold = read(&settings(&json!({"module": true})), &party)
        .unwrap()
        .holds
        .remove(0);
    assert_eq!(hold.texts.internal, None, "an empty text is none");
    assert_eq!(hold.texts.shopper.as_deref(), Some("Call us"));
    assert_eq!(hold.since, "2026-01-01T00:00:00.000007Z".parse().unwrap());
}

#[test]
fn a_hold_in_a_field() {
    let settings =
        settings(&json!({"fields": {"hold": "customer_hold", "hold_text": "customer_hold_message"}}));
    let cases = [
        (json!("order"), Some("order")),
        (json!("something new"), Some("something new")),
        (json!("none"), None),
        (json!(""), None),
        (Value::Null, None),
        (json!(1), Some("customer_hold")),
        (json!(true), Some("customer_hold")),
        (json!(false), None),
    ];
    for (value, expected) in cases {
        let party = with(
            with(party(), "customer_hold", value.clone()),
            "customer_hold_message",
            json!("Call us"),
        );
        let account = read(&settings, &party).unwrap();
        assert_eq!(
            account.holds.first().map(|hold| hold.code.as_str()),
            expected,
            "{value}"
        );
        for hold in account.holds {
            assert_eq!(
                (hold.removes, hold.texts.shopper.as_deref()),
                (None, Some("Call us"))
            );
        }
    }
}

#[test]
fn exposures() {
    let decimal = |text: &str| json!({"__class__": "Decimal", "decimal": text});
    let row = json!({
        "id": 2, "receivable": decimal("340.20"), "receivable_today": decimal("100"), "credit_amount": decimal("846.90")
    });
    let cases = [
        (json!({}), Some(money(50_670)), 84_690),
        (json!({"fields": {"credit_amount": ""}}), None, 34_020),
    ];
    for (changes, open_orders, total) in cases {
        let exposure = exposure(&settings(&changes), usd(), now(), Row::of(&row).unwrap()).unwrap();
        assert_eq!(exposure.open_orders, open_orders, "{changes}");
        assert_eq!(exposure.total().unwrap().amount, money(total), "{changes}");
        assert_eq!(exposure.overdue, Some(money(10_000)));
    }
}

fn patch() -> AccountPatch {
    AccountPatch {
        external_id: "2".into(),
        expect: "1".into(),
        terms: None,
        credit_limit: None,
        place_holds: Vec::new(),
        release_holds: Vec::new(),
        reason: "because".into(),
        actor: "c.desk".into(),
        request_id: String::new(),
    }
}

#[test]
fn what_a_patch_writes() {
    let settings = settings(&json!({"module": true}));
    let decimal = |text: &str| json!({"__class__": "Decimal", "decimal": text});
    let cases = [
        (
            AccountPatch {
                terms: Some(None),
                ..patch()
            },
            json!({"customer_payment_term": null}),
        ),
        (
            AccountPatch {
                terms: Some(Some("5".into())),
                ..patch()
            },
            json!({"customer_payment_term": 5}),
        ),
        (
            AccountPatch {
                credit_limit: Some(CreditLimit::Amount(money(30))),
                ..patch()
            },
            json!({"credit_limit_amount": decimal("0.30")}),
        ),
        (
            AccountPatch {
                credit_limit: Some(CreditLimit::Unlimited),
                ..patch()
            },
            json!({"credit_limit_amount": null}),
        ),
        (
            AccountPatch {
                release_holds: vec!["h-1".into(), "gone".into()],
                ..patch()
            },
            json!({"punchgate_holds": [["delete", [9]]]}),
        ),
        // Nothing to release is nothing to write, and no error.
        (
            AccountPatch {
                release_holds: vec!["gone".into()],
                ..patch()
            },
            json!({}),
        ),
    ];
    for (patch, expected) in cases {
        assert_eq!(
            patch_values(&settings, usd(), &patch, &[("h-1".into(), 9)]).unwrap(),
            expected
        );
    }
}

#[test]
fn a_hold_is_written_as_it_is_read() {
    let settings = settings(&json!({"module": true}));
    for removes in [
        None,
        Some(PermissionSet::EMPTY),
        Some(PermissionSet::of(&[Permission::Ship, Permission::Order])),
    ] {
        let hold = ErpHold {
            id: "pg-1".into(),
            code: "GW".into(),
            removes,
            texts: HoldTexts {
                shopper: Some("Bitte ☎".into()),
                ..HoldTexts::default()
            },
            since: "2026-02-01T00:00:00.000001Z".parse().unwrap(),
            until: Some("2026-04-01T00:00:00Z".parse().unwrap()),
            placed_by: None,
        };
        let patch = AccountPatch {
            place_holds: vec![hold.clone()],
            ..patch()
        };
        let values = patch_values(&settings, usd(), &patch, &[]).unwrap();
        let mut row = values["punchgate_holds"][0][1][0].clone();
        row["id"] = json!(1);
        let party = with(party(), "punchgate_holds.", json!([row]));
        let read = read(&settings, &party).unwrap().holds.remove(0);
        assert_eq!(
            read,
            ErpHold {
                placed_by: Some("c.desk".into()),
                ..hold.clone()
            }
        );
        // One that is there is changed in place: its code and beginning stay.
        let values = patch_values(&settings, usd(), &patch, &[("pg-1".into(), 9)]).unwrap();
        let change = &values["punchgate_holds"][0];
        assert_eq!((&change[0], &change[1]), (&json!("write"), &json!([9])));
        assert!(change[2].get("since").is_none() && change[2].get("code").is_none());
    }
}

#[test]
fn what_has_no_field_is_refused_by_name() {
    let settings = settings(&json!({"fields": {"terms": "", "credit_limit": ""}}));
    let patch = AccountPatch {
        terms: Some(None),
        credit_limit: Some(CreditLimit::Unlimited),
        release_holds: vec!["h".into()],
        ..patch()
    };
    let refused: Vec<String> = patch_values(&settings, usd(), &patch, &[])
        .unwrap_err()
        .into_iter()
        .map(|one| one.field)
        .collect();
    assert_eq!(refused, ["terms", "credit_limit", "release_holds"]);
    let odd = AccountPatch {
        terms: Some(Some("NET30".into())),
        credit_limit: Some(CreditLimit::Unknown),
        ..patch
    };
    let refused = patch_values(&settings_of(&json!({"module": true})), usd(), &odd, &[]).unwrap_err();
    let codes: Vec<&str> = refused.iter().map(|one| one.code.as_str()).collect();
    assert_eq!(codes, ["unknown_terms", "unknown_limit"]);
    let euros = Money::from_minor(30, Currency::parse("EUR").unwrap());
    let elsewhere = AccountPatch {
        terms: None,
        credit_limit: Some(CreditLimit::Amount(euros)),
        release_holds: Vec::new(),
        ..odd
    };
    let refused = patch_values(&settings_of(&json!({"module": true})), usd(), &elsewhere, &[]).unwrap_err();
    assert_eq!(
        refused[0].code, "other_currency",
        "a number of another currency is another limit"
    );
    assert_eq!(refused[0].message, "the customer is kept in USD");
}
