//! Which requests are the same, and what the ERP's process writes beside them.

use punchgate_domain::hold::HoldTexts;

use super::*;

fn patch() -> AccountPatch {
    AccountPatch {
        external_id: "C-1".to_owned(),
        expect: "1".to_owned(),
        terms: None,
        credit_limit: Some(CreditLimit::Unlimited),
        place_holds: Vec::new(),
        release_holds: Vec::new(),
        reason: "why".to_owned(),
        actor: "who".to_owned(),
        request_id: "limit 1".to_owned(),
    }
}

fn hold(code: &str) -> ErpHold {
    ErpHold {
        id: "h1".to_owned(),
        code: code.to_owned(),
        removes: None,
        texts: HoldTexts::default(),
        since: Instant::UNIX_EPOCH,
        until: None,
        placed_by: None,
    }
}

fn row(name: &'static str, text: &str) -> Row {
    Row::new(vec![(name, Some(text.as_bytes().to_vec()))])
}

#[test]
fn a_request_of_the_same_change_is_the_same_request() {
    let one = key(&patch());
    let with = |change: &dyn Fn(&mut AccountPatch)| {
        let mut changed = patch();
        change(&mut changed);
        key(&changed)
    };
    assert_eq!(one, with(&|patch| patch.reason = "again".to_owned()));
    assert_eq!(one, with(&|patch| patch.expect = "2".to_owned()));
    assert_ne!(one, with(&|patch| patch.request_id = "limit 2".to_owned()));
    assert_ne!(one, with(&|patch| patch.external_id = "C-2".to_owned()));
    assert_ne!(one, with(&|patch| patch.terms = Some(None)));
    assert_ne!(one, with(&|patch| patch.credit_limit = None));
    assert_ne!(one, with(&|patch| patch.place_holds = vec![hold("Z1")]));
    assert_ne!(one, with(&|patch| patch.release_holds = vec!["h1".to_owned()]));
    // What nobody has named is asked for anew on every version.
    let nameless = |version: &str| {
        with(&|patch| {
            patch.request_id = String::new();
            patch.expect = version.to_owned();
        })
    };
    assert_eq!(nameless("1"), nameless("1"));
    assert_ne!(nameless("1"), nameless("2"));
    let (first, last) = ids_of(&one);
    for version in ["1", "2", "\u{e4}"] {
        let id = id(&one, version);
        assert!(first <= id && id <= last && id.len() == first.len(), "{id}");
    }
    assert_ne!(id(&one, "1"), id(&one, "2"));
}

#[test]
fn a_hold_is_asked_for_where_it_stands_word_for_word() {
    let asked = row("place_holds", &json!([hold_json(&hold("Z1"))]).to_string());
    assert!(places(&asked, &hold("Z1")).unwrap());
    assert!(!places(&asked, &hold("Z2")).unwrap());
    assert!(!places(&row("id", "1"), &hold("Z1")).unwrap());
    assert!(places(&row("place_holds", "[{"), &hold("Z1")).is_err());
}

#[test]
fn the_erps_ids_of_what_was_placed() {
    let ours = |text: &str| placed_as(&row("placed_as", text)).ok();
    let one = |own: &str| Some(BTreeMap::from([(own.to_owned(), "h1".to_owned())]));
    assert_eq!(ours(""), Some(BTreeMap::new()));
    assert_eq!(ours(r#"{"h1": "E-77"}"#), one("E-77"));
    assert_eq!(ours(r#"{"h1": 77}"#), one("77"));
    for wrong in ["E-77", "[]", r#"{"h1": null}"#, r#"{"h1": {}}"#] {
        assert_eq!(ours(wrong), None, "{wrong}");
    }
}
