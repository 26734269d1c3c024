//! A clean cart, and what each rule finds in one that is not.

use std::collections::BTreeSet;

use punchgate_protocols::{
    cxml::{Secret, dialect::HttpStatus},
    form::urlencoded_field,
};

use super::*;

const RETURN: &str = "https://suite.example/return?id=7";
const MESSAGE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.014/cXML.dtd\">\n\
    <cXML payloadID=\"3@gateway.example\" timestamp=\"2026-03-02T12:00:00+00:00\" xml:lang=\"en-US\" version=\"1.2.014\">\
    <Header><From><Credential domain=\"DUNS\"><Identity>081466849</Identity></Credential></From>\
    <To><Credential domain=\"DUNS\"><Identity>060704781</Identity></Credential></To>\
    <Sender><Credential domain=\"DUNS\"><Identity>081466849</Identity></Credential><UserAgent>x</UserAgent></Sender></Header>\
    <Message deploymentMode=\"test\"><PunchOutOrderMessage><BuyerCookie> c-1 </BuyerCookie>\
    <PunchOutOrderMessageHeader operationAllowed=\"edit\"><Total><Money currency=\"USD\">24.80</Money></Total>\
    </PunchOutOrderMessageHeader><ItemIn quantity=\"2\"><ItemID><SupplierPartID>TL-1</SupplierPartID>\
    <SupplierPartAuxiliaryID>aux-1</SupplierPartAuxiliaryID></ItemID><ItemDetail>\
    <UnitPrice><Money currency=\"USD\">12.40</Money></UnitPrice><Description xml:lang=\"en\">Pliers</Description>\
    <UnitOfMeasure>EA</UnitOfMeasure><Classification domain=\"UNSPSC\">27111700</Classification></ItemDetail></ItemIn>\
    </PunchOutOrderMessage></Message></cXML>";

fn buyer() -> Buyer {
    let duns = |identity: &str| vec![("DUNS".to_owned(), identity.to_owned())];
    Buyer {
        name: "Globex".to_owned(),
        from: duns("060704781"),
        to: duns("081466849"),
        hub: None,
        secret: Secret::new("quarry-lantern-41"),
    }
}

fn faults_of(message: &str) -> Vec<Clause> {
    let (buyer, dialect) = (buyer(), Dialect::built_in("coupa").unwrap());
    let fields = ["cXML-urlencoded".to_owned()];
    let expected = Expected {
        buyer: &buyer,
        dialect: &dialect,
        cookie: " c-1 ",
        return_url: RETURN,
        fields: &fields,
    };
    let field = urlencoded_field(message.as_bytes());
    let form = Form {
        method: "post".to_owned(),
        action: RETURN.to_owned(),
        fields: vec![(field.name.to_owned(), field.value)],
    };
    let mut faults = Faults::default();
    let document = of_form(&form, &expected, &mut faults).unwrap();
    let mut payload_ids = BTreeSet::new();
    let mut rules = Rules {
        http_status: HttpStatus::Always200,
        secrets: &["quarry-lantern-41"],
        payload_ids: &mut payload_ids,
    };
    if let Some(CameBack::Cart(cart)) = read(&document, &expected, &mut rules, &mut faults) {
        judge(&cart, &dialect, &mut faults);
    }
    faults.clauses()
}

#[test]
fn a_clean_cart_has_no_fault() {
    assert_eq!(faults_of(MESSAGE), []);
}

#[test]
fn each_rule_finds_its_own_breach() {
    let long = "x".repeat(101);
    let text = format!(">{}<", "é".repeat(128));
    let line = MESSAGE.find("<ItemIn").unwrap()..MESSAGE.find("</PunchOutOrderMessage>").unwrap();
    let twice = MESSAGE[line.clone()].repeat(2);
    let cases: &[(&str, &str, Clause)] = &[
        (" c-1 ", "c-1", Clause::BuyerCookie),
        ("24.80", "24.81", Clause::Amounts),
        ("24.80", "", Clause::Amounts),
        ("\"USD\">12.40", "\"EUR\">12.40", Clause::Amounts),
        ("quantity=\"2\"", "quantity=\"-2\"", Clause::Amounts),
        ("12.40<", "12.40001<", Clause::Dialect),
        ("TL-1", "", Clause::OrderMessage),
        ("TL-1", "TL{1}", Clause::Dialect),
        ("aux-1", &long, Clause::Dialect),
        (
            "<SupplierPartAuxiliaryID>aux-1</SupplierPartAuxiliaryID>",
            "",
            Clause::LineKeys,
        ),
        (&MESSAGE[line], &twice, Clause::LineKeys),
        (">EA<", "><", Clause::OrderMessage),
        (">Pliers<", "> <", Clause::OrderMessage),
        (">Pliers<", &text, Clause::Dialect),
        (" xml:lang=\"en\">Pliers", ">Pliers", Clause::OrderMessage),
        ("27111700", "271117", Clause::Dialect),
        (
            "<Classification domain=\"UNSPSC\">27111700</Classification>",
            "",
            Clause::OrderMessage,
        ),
        (
            "<From><Credential domain=\"DUNS\"><Identity>081466849",
            "<From><Credential domain=\"DUNS\"><Identity>0",
            Clause::Parties,
        ),
        ("<Identity>060704781", "<Identity>1", Clause::Parties),
        (
            "</Identity></Credential><UserAgent>",
            "</Identity><SharedSecret>s</SharedSecret></Credential><UserAgent>",
            Clause::Secrets,
        ),
        ("Pliers", "quarry-lantern-41", Clause::Secrets),
        ("Pliers", "Plïers", Clause::CartForm),
    ];
    for (from, to, expected) in cases {
        assert!(MESSAGE.contains(from), "{from}");
        let found = faults_of(&MESSAGE.replacen(from, to, 1));
        assert!(found.contains(expected), "{from} → {to}: {found:?}");
    }
}
