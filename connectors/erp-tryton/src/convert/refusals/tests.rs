//! Which parts of a patch are refused.

use punchgate_connector::accounts::ErpHold;
use punchgate_domain::{customer::CreditLimit, hold::HoldTexts};
use serde_json::json;

use super::*;
use crate::config::settings_of;

fn hold(id: &str) -> ErpHold {
    ErpHold {
        id: id.to_owned(),
        code: "GW".to_owned(),
        removes: None,
        texts: HoldTexts::default(),
        since: "2026-02-01T00:00:00Z".parse().unwrap(),
        until: None,
        placed_by: None,
    }
}

/// Of everything there is.
fn patch() -> AccountPatch {
    AccountPatch {
        external_id: "2".to_owned(),
        expect: "1".to_owned(),
        terms: Some(None),
        credit_limit: Some(CreditLimit::Unlimited),
        place_holds: vec![hold("new"), hold("known")],
        release_holds: vec!["old".to_owned()],
        reason: String::new(),
        actor: String::new(),
        request_id: String::new(),
    }
}

fn all() -> Vec<Part> {
    parts(
        &settings_of(&json!({"module": true})),
        &patch(),
        &[("known".to_owned(), 9)],
    )
}

fn definitions(terms: &str, limit: &str, holds: &str) -> Value {
    json!({
        "customer_payment_term": {"string": terms},
        "credit_limit_amount": {"string": limit},
        "punchgate_holds": {"string": holds}
    })
}

fn names_of(parts: &[&Part]) -> Vec<&'static str> {
    parts.iter().map(|part| part.name).collect()
}

#[test]
fn a_patch_has_the_parts_that_it_states() {
    let told: Vec<_> = all()
        .into_iter()
        .map(|part| (part.name, part.field, part.rights))
        .collect();
    let expected = [
        ("terms", "customer_payment_term", vec![]),
        ("credit_limit", "credit_limit_amount", vec![]),
        ("place_holds", "punchgate_holds", vec!["create", "write"]),
        ("release_holds", "punchgate_holds", vec!["delete"]),
    ];
    assert_eq!(
        told,
        expected.map(|(name, field, rights)| (name, field.to_owned(), rights))
    );
    let small = AccountPatch {
        terms: None,
        credit_limit: None,
        place_holds: vec![hold("new")],
        ..patch()
    };
    let small = parts(&settings_of(&json!({"module": true})), &small, &[]);
    assert_eq!(
        names_of(&small.iter().collect::<Vec<_>>()),
        ["place_holds", "release_holds"]
    );
    assert_eq!(small[0].rights, ["create"]);
}

#[test]
fn words_name_what_they_are_about() {
    let english = definitions("Customer Payment Term", "Credit Limit Amount", "Holds");
    let french = definitions("Condition de paiement", "Limite de crédit", "Blocages");
    let holds = vec!["place_holds", "release_holds"];
    let cases = [
        (
            &english,
            "You are not allowed to access \"Party.Credit Limit Amount\".",
            vec!["credit_limit"],
        ),
        (
            &english,
            "The value \"Net 9\" for field \"Customer Payment Term\" in record \"ACME\" of \"Party\" is not valid according to its domain.",
            vec!["terms"],
        ),
        (
            &english,
            "You are not allowed to access \"Party.Holds\".",
            holds.clone(),
        ),
        (
            &english,
            "A value is required for field \"Reason Code\" in \"Punchgate Hold\".",
            holds,
        ),
        (
            &french,
            "Vous n'êtes pas autorisé à accéder à « Tiers.Limite de crédit ».",
            vec!["credit_limit"],
        ),
        (
            &definitions("Zahlungsbedingung", "Kreditlimit", "Sperren"),
            "Sie haben keine Zugriffsberechtigung für „Kreditlimit“.",
            vec!["credit_limit"],
        ),
        // The words of a name without marks around them are no name, nor is a part of one.
        (
            &english,
            "The Credit Limit Amount of \"ACME Holds\" is too high. Holds follow.",
            vec![],
        ),
        (
            &english,
            "You are not allowed to write to records \"2\" of \"Party\".",
            vec![],
        ),
        (&definitions("", "", ""), "\"\" is refused.", vec![]),
        (&Value::Null, "\"Credit Limit Amount\"", vec![]),
    ];
    let all = all();
    for (definitions, message, expected) in cases {
        let named = named(&all, definitions, Some("Punchgate Hold"), message);
        assert_eq!(names_of(&named), expected, "{message}");
    }
}

#[test]
fn a_right_that_is_missing_tells_too() {
    let mut readonly = definitions("a", "b", "c");
    readonly["credit_limit_amount"]["readonly"] = json!(true);
    let rights = |value: Value| Rights(value.as_object().unwrap().clone());
    let cases = [
        (Value::Null, None, vec![]),
        (readonly.clone(), None, vec!["credit_limit"]),
        (
            readonly,
            Some(json!({"create": 0, "write": 1, "delete": 1})),
            vec!["credit_limit", "place_holds"],
        ),
        (
            Value::Null,
            Some(json!({"create": true, "write": true, "delete": false})),
            vec!["release_holds"],
        ),
        (
            Value::Null,
            Some(json!({"create": 1, "write": 0, "delete": 0})),
            vec!["place_holds", "release_holds"],
        ),
        (Value::Null, Some(json!({})), vec![]),
    ];
    let all = all();
    for (definitions, of_holds, expected) in cases {
        let of_holds = of_holds.map(rights);
        let forbidden = forbidden(&all, &definitions, of_holds.as_ref());
        assert_eq!(names_of(&forbidden), expected, "{definitions} {of_holds:?}");
    }
}
