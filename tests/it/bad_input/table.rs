//! The table: bytes in, Status and remedy out, quarantined or not. One world for all rows: nothing may come of any.

use punchgate_domain::catalogue::Problem;
use punchgate_protocols::cxml::encode::StatusCode;

use super::Quiet;
use crate::support::{
    cxml::{Po, Setup},
    supplier::Supplier,
    world::Table,
};

/// A document, the answer's Status, words of the text that say what is wrong or what to do, kept in quarantine.
struct Row {
    name: &'static str,
    xml: String,
    status: u16,
    says: &'static [&'static str],
    kept: bool,
}

fn row(name: &'static str, xml: String, status: u16, says: &'static [&'static str], kept: bool) -> Row {
    Row {
        name,
        xml,
        status,
        says,
        kept,
    }
}

fn po(change: impl FnOnce(&mut Po)) -> String {
    let mut po = Po::new("4500001", "400.00");
    change(&mut po);
    po.xml()
}

fn setup(change: impl FnOnce(&mut Setup)) -> String {
    let mut setup = Setup::new("cookie-1");
    change(&mut setup);
    setup.xml()
}

fn senders() -> Vec<Row> {
    vec![
        row(
            "wrong secret",
            po(|po| po.envelope.secret = "wrong".to_owned()),
            401,
            &["Check domain, identity and secret"],
            true,
        ),
        row(
            "no secret",
            po(|_| {})
                .replace("<SharedSecret>", "<Nothing>")
                .replace("</SharedSecret>", "</Nothing>"),
            401,
            &["Check domain, identity and secret"],
            true,
        ),
        row(
            "unknown sender",
            po(|po| po.envelope.sender = "AN09999999999"),
            401,
            &["Check domain, identity and secret"],
            true,
        ),
        row(
            "foreign From with a valid secret",
            po(|po| po.envelope.from = "AN05555555555"),
            403,
            &["may not act for the company named in From", "Ask the supplier"],
            true,
        ),
    ]
}

fn forms() -> Vec<Row> {
    let bomb = "<!DOCTYPE cXML [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">]>";
    let external = "<!DOCTYPE cXML [<!ENTITY x SYSTEM \"file:///etc/passwd\">]>";
    let doctype = "<!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">";
    let nested = format!("<Comments>{}{}</Comments>", "<a>".repeat(80), "</a>".repeat(80));
    vec![
        row(
            "malformed",
            po(|_| {}).replace("</Request>", "</Requests>"),
            406,
            &["line 5", "column"],
            true,
        ),
        row(
            "ends too early",
            po(|_| {}).replace("</cXML>", ""),
            406,
            &["line"],
            true,
        ),
        row(
            "no XML at all",
            "orderID=4500001&total=400".to_owned(),
            406,
            &["line 1"],
            true,
        ),
        row("nothing", String::new(), 406, &[], true),
        row(
            "entity bomb",
            po(|po| po.comment = "&b;&b;".to_owned()).replace(doctype, bomb),
            406,
            &[
                "DOCTYPE declares entities",
                "leave out everything between '[' and ']'",
            ],
            true,
        ),
        row(
            "external entity",
            po(|po| po.comment = "&x;".to_owned()).replace(doctype, external),
            406,
            &[
                "DOCTYPE declares entities",
                "leave out everything between '[' and ']'",
            ],
            true,
        ),
        row(
            "undeclared entity",
            po(|po| po.comment = "&nbsp;".to_owned()),
            406,
            &["line"],
            true,
        ),
        row(
            "deep nesting",
            po(|_| {}).replace("</OrderRequestHeader>", &format!("{nested}</OrderRequestHeader>")),
            406,
            &["64"],
            true,
        ),
        row(
            "an order without number",
            po(|_| {}).replace(" orderID=\"4500001\"", ""),
            400,
            &["orderID is missing"],
            true,
        ),
    ]
}

fn requests() -> Vec<Row> {
    let edit = |operation: &'static str| {
        setup(|setup| {
            setup.operation = operation;
            setup.items = "<ItemOut quantity=\"1\"><ItemID><SupplierPartID>TL-1110</SupplierPartID>\
                <SupplierPartAuxiliaryID>nothing-of-ours</SupplierPartAuxiliaryID></ItemID></ItemOut>"
                .to_owned();
        })
    };
    vec![
        row(
            "foreign return host",
            setup(|setup| setup.return_url = "https://evil.example/take".to_owned()),
            400,
            &["'evil.example' is not allowed", "Ask the supplier to allow"],
            false,
        ),
        row(
            "a return host in disguise",
            setup(|setup| setup.return_url = "https://suite.buyer.example@evil.example/".to_owned()),
            400,
            &[],
            false,
        ),
        row(
            "a return host with a suffix",
            setup(|setup| setup.return_url = "https://suite.buyer.example.evil.example/".to_owned()),
            400,
            &["is not allowed for this relationship"],
            false,
        ),
        row(
            "no return address",
            setup(|setup| setup.return_url = "javascript:alert(1)".to_owned()),
            400,
            &[],
            false,
        ),
        row(
            "operation source",
            setup(|setup| setup.operation = "source"),
            450,
            &[],
            false,
        ),
        row("edit of an unknown cart", edit("edit"), 412, &["create"], false),
        row(
            "inspect of an unknown cart",
            edit("inspect"),
            412,
            &["create"],
            false,
        ),
        row(
            "a kind that is not taken",
            Po::new("1", "1")
                .envelope
                .around("<ShipNoticeRequest><ShipNoticeHeader shipmentID=\"1\"/></ShipNoticeRequest>"),
            450,
            &["ShipNoticeRequest"],
            false,
        ),
        row(
            "a kind that does not exist",
            Po::new("1", "1").envelope.around("<TeaRequest/>"),
            450,
            &["TeaRequest"],
            false,
        ),
    ]
}

#[tokio::test]
async fn every_row_is_refused_as_it_says_and_nothing_else_happens() {
    let world = Supplier::with_buyer().start().await;
    let quiet = Quiet::before(&world);
    let mut faults = Vec::new();
    for row in senders().into_iter().chain(forms()).chain(requests()) {
        let before = world.count(Table::Quarantine).await;
        let answer = world.send(&row.xml).await;
        let kept = world.count(Table::Quarantine).await > before;
        let says = row.says.iter().all(|words| answer.text.contains(words)) && answer.text.len() > 20;
        if (answer.http, answer.status, kept) != (200, row.status, row.kept) || !says {
            faults.push(format!(
                "{}: HTTP {}, Status {} (not {}), kept {kept}: {}",
                row.name, answer.http, answer.status, row.status, answer.text
            ));
        }
        quiet.after(&world, row.name).await;
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    world.finish().await;
}

/// cXML has no 404 and no 405: a Status that does not exist would reach the sender as an internal error.
#[test]
fn every_problem_has_a_status_that_cxml_has() {
    for problem in Problem::ALL {
        let entry = problem.entry();
        let status = StatusCode::new(entry.cxml_code);
        let text = status.map(StatusCode::text);
        assert_eq!(text, Some(entry.cxml_text), "{}: {}", entry.code, entry.cxml_code);
    }
}

#[tokio::test]
async fn an_address_without_relationship_says_so() {
    let world = Supplier::with_buyer().start().await;
    for path in ["/nobody.here", "/ironquay.nobody", "/nonsense"] {
        let answer = world.send_to(path, "text/xml", po(|_| {}).into_bytes()).await;
        assert_eq!(
            (answer.http, answer.status),
            (200, 400),
            "{path}: {}",
            answer.body
        );
        assert!(answer.text.contains("Check the URL"), "{}", answer.text);
    }
    assert_eq!(world.count(Table::Order).await, 0);
    world.finish().await;
}
