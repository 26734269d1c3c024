//! The dialects that are compiled in, what may be laid over them, and what they make of a setup request.

use punchgate_domain::purchase_order::{Address, Contact};
use punchgate_protocols::cxml::{
    decode::setup::{BuyerCookie, SetupOperation, SetupRequest},
    dialect::{Dialect, EditCancel, HttpStatus, ReturnEncoding, TotalIncludes, UnitDefault},
};

#[test]
fn every_built_in_dialect_is_complete() {
    let names: Vec<_> = Dialect::names().collect();
    assert_eq!(names, ["ariba", "coupa", "generic"]);
    for name in names {
        let dialect = Dialect::built_in(name).unwrap();
        assert_eq!(dialect.http_status, HttpStatus::Always200, "{name}");
        assert_eq!(dialect.total_includes, TotalIncludes::Lines, "{name}");
        assert_eq!(dialect.edit_cancel, EditCancel::OriginalLines, "{name}");
        assert_eq!(dialect.dtd.punchout_order_message.as_str(), "1.2.014", "{name}");
        assert!(dialect.dtd.confirmation_request.as_str() >= "1.2.036", "{name}");
    }
    assert_eq!(
        Dialect::built_in("coupa").unwrap().return_encoding,
        ReturnEncoding::UrlEncoded
    );
    assert_eq!(Dialect::built_in("ariba").unwrap().lengths.part_id, 128);
}

#[test]
fn an_overlay_changes_what_it_names_and_nothing_else() {
    let overlay =
        "edit_cancel = \"204\"\n[dtd]\nconfirmation_request = \"1.2.063\"\n[units]\nunmapped = \"code:EA\"\n";
    let changed = Dialect::with_toml("coupa", overlay).unwrap();
    let mut expected = Dialect::built_in("coupa").unwrap();
    expected.edit_cancel = EditCancel::NoContent;
    expected.dtd.confirmation_request = "1.2.063".to_owned().try_into().unwrap();
    expected.units.unmapped = UnitDefault::Code("EA".to_owned());
    assert_eq!(changed, expected);
}

#[test]
fn an_overlay_may_be_json() {
    let json = r#"{"price": {"max_decimals": 2}, "lengths": null,
        "units": {"codes": {"DZ": {"code": "EA", "factor": "12"}, "BX": "BOX"}}, "identity": {"email": ["Mail"]}}"#;
    let toml = "price.max_decimals = 2\nidentity.email = [\"Mail\"]\n[units.codes]\nBX = \"BOX\"\n\
        DZ = { code = \"EA\", factor = \"12\" }";
    let read = Dialect::with_json("ariba", json).unwrap();
    assert_eq!(read, Dialect::with_toml("ariba", toml).unwrap());
    for (json, expected) in [
        ("[]", "is not a JSON object"),
        (
            r#"{"price": {"max_decimals": 1.5}}"#,
            "price: max_decimals: 1.5 is no whole number",
        ),
        (r#"{"identity": {"email": [null]}}"#, "a list cannot hold null"),
        (r#"{"colour": "red"}"#, "unknown field `colour`"),
    ] {
        let said = Dialect::with_json("ariba", json).unwrap_err().to_string();
        assert!(said.contains(expected), "{json}: {said}");
    }
}

#[test]
fn overlays_that_do_not_fit_say_why() {
    for (overlay, expected) in [
        (
            "dtd.confirmation_request = \"1.2.014\"",
            "Fulfill.dtd has no version '1.2.014'",
        ),
        (
            "dtd.order_request = \"1.2.037\"",
            "choose one of 1.2.014, 1.2.020, 1.2.050",
        ),
        ("dtd.order_request = \"9\"", "order_request"),
        ("dtd.invoice = \"1.2.050\"", "unknown field `invoice`"),
        ("colour = 1", "unknown field `colour`"),
        ("return_encoding = \"zip\"", "`cxml-urlencoded` or `cxml-base64`"),
        ("lengths.part_id = -1", "lengths.part_id"),
        ("lengths.part_id = 0", "lengths.part_id is 0"),
        ("price.max_decimals = 29", "28 is the most"),
        ("units.unmapped = \"EA\"", "\"pass\", \"reject\" or \"code:EA\""),
        ("units.codes.DZ = 12", "a unit code such as \"EA\""),
        (
            "units.codes.DZ = { code = \"EA\", factor = \"0\" }",
            "'0' is no factor",
        ),
        (
            "units.codes.DZ = { code = \"EA\", factor = \"1e3\" }",
            "'1e3' is no factor",
        ),
        ("units.codes.DZ = { factor = \"12\" }", "missing field `code`"),
        (
            "units.codes.DZ = { code = \"EA\", price = \"1\" }",
            "unknown field `price`",
        ),
        ("units.codes.DZ = \" \"", "a unit code is empty"),
        ("= 1", "is not TOML"),
    ] {
        let said = Dialect::with_toml("generic", overlay).unwrap_err().to_string();
        assert!(
            said.contains(expected) && said.contains("'generic'"),
            "{overlay}: {said}"
        );
    }
    let said = Dialect::built_in("sap").unwrap_err().to_string();
    assert_eq!(
        said,
        "there is no dialect 'sap'; choose one of ariba, coupa, generic"
    );
}

fn request(extrinsics: &[(&str, &str)], contacts: &[(Option<&str>, &str, Option<&str>)]) -> SetupRequest {
    SetupRequest {
        operation: SetupOperation::Create,
        buyer_cookie: BuyerCookie::Text(String::new()),
        browser_form_post: None,
        supplier_setup: None,
        extrinsics: extrinsics
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        contacts: contacts
            .iter()
            .map(|(role, name, email)| Contact {
                role: role.map(str::to_owned),
                name: (*name).to_owned(),
                email: email.map(str::to_owned),
            })
            .collect(),
        ship_to: Some(Address {
            email: Some("dock@b.example".to_owned()),
            ..Address::default()
        }),
        selected_item: None,
        items: Vec::new(),
    }
}

#[test]
fn the_shopper_is_found_where_the_suite_puts_them() {
    type Expected = (Option<&'static str>, Option<&'static str>, Option<&'static str>);
    let buyer = (Some("buyer"), "Kim", Some("kim@b.example"));
    let end_user = (Some("EndUser"), "Pat", Some("pat@b.example"));
    let cases: [(&str, SetupRequest, Expected); 7] = [
        (
            "generic",
            request(
                &[
                    ("useremail", " p@b.example "),
                    ("UniqueName", "p1"),
                    ("FirstName", "Pat"),
                    ("LastName", "E"),
                ],
                &[],
            ),
            (Some("p@b.example"), Some("p1"), Some("Pat E")),
        ),
        (
            "a user name is no e-mail address",
            request(&[("User", "pexample")], &[buyer]),
            (Some("kim@b.example"), Some("pexample"), Some("Kim")),
        ),
        (
            "a user name that is one",
            request(&[("User", "p@b.example")], &[]),
            (Some("p@b.example"), Some("p@b.example"), None),
        ),
        (
            "the end user before others",
            request(&[], &[buyer, end_user]),
            (Some("pat@b.example"), None, Some("Pat")),
        ),
        (
            "half a name is none",
            request(&[("FirstName", "Pat")], &[(None, " ", None)]),
            (Some("dock@b.example"), None, None),
        ),
        (
            "empty values are none",
            request(&[("UserEmail", " ")], &[]),
            (Some("dock@b.example"), None, None),
        ),
        (
            "the first of two",
            request(&[("Email", "a@b"), ("UserEmail", "c@d")], &[]),
            (Some("c@d"), Some("c@d"), None),
        ),
    ];
    let identity = Dialect::built_in("generic").unwrap().identity;
    for (name, request, expected) in cases {
        let shopper = identity.shopper(&request);
        let found = (
            shopper.email.as_deref(),
            shopper.unique_name.as_deref(),
            shopper.name.as_deref(),
        );
        assert_eq!(found, expected, "{name}");
    }
}
