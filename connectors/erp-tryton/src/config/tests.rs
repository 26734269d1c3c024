//! Settings and what is wrong with them.

use serde_json::{Value, json};

use super::*;

fn base() -> Value {
    json!({"base_url": "https://erp.example/acme", "user": "punchgate", "company": 1})
}

fn with(changes: &Value) -> Value {
    let mut settings = base();
    for (key, value) in changes.as_object().unwrap() {
        settings[key] = value.clone();
    }
    settings
}

fn secrets() -> Secrets {
    [("password", "s3cret-of-ours")].into_iter().collect()
}

#[test]
fn every_mistake_names_its_key_and_no_secret() {
    let cases = [
        (json!({"company": null}), "settings.company"),
        (json!({"company": 0}), "settings.company"),
        (json!({"company": "1"}), "settings.company"),
        (json!({"user": ""}), "settings.user"),
        (json!({"user": "a:b"}), "settings.user"),
        (
            json!({"base_url": "http://erp.example/acme"}),
            "settings.base_url",
        ),
        (json!({"submit_as": "done"}), "settings.submit_as"),
        (json!({"unknown_ship_to": "guess"}), "settings.unknown_ship_to"),
        (json!({"units": {"EA": 1}}), "settings.units"),
        (json!({"fields": {"limit": "x"}}), "settings.fields.limit"),
        (json!({"fields": {"hold": "party.hold"}}), "settings.fields.hold"),
        (
            json!({"fields": {"hold": "customer_hold"}, "module": true}),
            "settings.fields.hold",
        ),
        (json!({"capabilities": ["account"]}), "settings.capabilities"),
        (json!({"overlap_seconds": 1}), "settings.overlap_seconds"),
        (json!({"page_size": 5000}), "settings.page_size"),
        (json!({"modul": true}), "settings.modul"),
    ];
    for (changes, key) in cases {
        let error = from_config("main", &with(&changes), &secrets()).unwrap_err();
        assert_eq!(error.key, key, "{changes}: {error}");
        assert!(
            !error.remedy.is_empty() && !error.to_string().contains("s3cret"),
            "{error}"
        );
    }
    let error = from_config("main", &base(), &Secrets::none()).unwrap_err();
    assert_eq!(error.key, "secrets.password");
}

#[test]
fn the_password_shows_nowhere() {
    let connector = from_config("main", &base(), &secrets()).unwrap();
    let shown = format!("{connector:?}");
    assert!(!shown.contains("s3cret") && !shown.contains("Basic "), "{shown}");
}

#[test]
fn the_module_changes_what_there_is() {
    let cases = [
        (json!({}), false, "description", "sequence"),
        (
            json!({"module": true}),
            true,
            "punchgate_reference",
            "punchgate_line",
        ),
        (
            json!({"fields": {"order_reference": "x_ref"}}),
            false,
            "x_ref",
            "sequence",
        ),
    ];
    for (changes, module, reference, line) in cases {
        let settings = with(&changes);
        let mut reader = SettingsReader::new("main", &settings).unwrap();
        let read = read(&mut reader).unwrap();
        assert_eq!(read.fields.order_reference, reference, "{changes}");
        assert_eq!(read.fields.line_number, line, "{changes}");
        let connector = from_config("main", &settings, &secrets()).unwrap();
        let capabilities = connector.spec().capabilities;
        assert_eq!(
            (capabilities.order_ref_unique, capabilities.writable.holds),
            (module, module)
        );
    }
}

#[test]
fn a_field_that_is_not_there_takes_its_capability_with_it() {
    let settings = with(&json!({"fields": {"credit_limit": "", "credit_amount": "", "terms": ""}}));
    let connector = from_config("main", &settings, &secrets()).unwrap();
    let capabilities = connector.spec().capabilities;
    assert!(!capabilities.writable.credit_limit && !capabilities.writable.terms);
    assert!(!capabilities.exposure_includes_orders && !capabilities.enforces_limit);
}

#[test]
fn the_company_is_the_scope_that_everything_lies_under() {
    for company in [1_u32, 42] {
        let stated = json!({"company": company});
        assert_eq!(settings_of(&stated).company, company);
        assert_eq!(punchgate_connector::settings::scope(&stated), company.to_string());
    }
}
