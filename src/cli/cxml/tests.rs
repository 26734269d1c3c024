//! Cases: what `cxml check` prints and when it fails.

use super::*;

fn checked(text: &str) -> Checked {
    Checked::of_bytes("a.xml".to_owned(), text.as_bytes(), true)
}

/// A document with a payload of this kind.
fn document(payload: &str) -> String {
    format!(
        r#"<cXML payloadID="1@a.example" timestamp="2026-03-01T12:00:00+00:00"><Header>
<From><Credential domain="DUNS"><Identity>1</Identity></Credential></From>
<To><Credential domain="DUNS"><Identity>2</Identity></Credential></To>
<Sender><Credential domain="DUNS"><Identity>1</Identity><SharedSecret>hush-hush</SharedSecret></Credential>
<UserAgent>test</UserAgent></Sender></Header><Request>{payload}</Request></cXML>"#
    )
}

#[test]
fn what_is_read_unknown_and_refused() {
    let cases = [
        (document("<ProfileRequest/>"), true, "read", "ProfileRequest"),
        (
            document("<ShipNoticeRequest/>"),
            true,
            "read",
            "ShipNoticeRequest",
        ),
        (document("<Teapot/>"), true, "read", "Teapot"),
        (document("<ProfileRequest>"), false, "refused", ""),
        ("no document".to_owned(), false, "refused", ""),
    ];
    for (text, is_good, outcome, kind) in cases {
        let checked = checked(&text);
        let json = checked.json();
        assert_eq!(checked.is_good(), is_good, "{json}");
        assert_eq!(json["outcome"], outcome, "{json}");
        if !kind.is_empty() {
            assert_eq!(json["kind"], kind, "{json}");
            assert_eq!(json["handled"], kind == "ProfileRequest");
        }
        assert!(!format!("{json}{}", checked.text()).contains("hush-hush"));
    }
}

#[test]
fn a_refusal_names_line_and_column() {
    let checked = checked("<cXML>\n  <Header>\n</cXML>");
    let refusal = &checked.json()["refusal"];
    assert!(refusal["line"].as_u64() > Some(1), "{refusal}");
    assert!(checked.text().starts_with("a.xml:"), "{}", checked.text());
}

#[test]
fn a_profile_request_survives_the_round_trip() {
    let checked = checked(&document("<ProfileRequest/>"));
    assert_eq!(checked.roundtrip, Some(roundtrip::Comparison::Equal));
}

#[test]
fn a_file_that_is_not_there() {
    let checked = Checked::of(Path::new("/nowhere/a.xml"), false);
    assert!(!checked.is_good());
    assert!(checked.text().contains("cannot be read"));
}
