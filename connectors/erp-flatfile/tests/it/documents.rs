//! Documents: rows that make one, pages over several files, order and repeats.

use punchgate_connector::{
    Cursor,
    documents::{DocumentContent, DocumentKind, ErpDocument},
};
use serde_json::{Value, json};

use crate::support::{Drop, problems, settings};

fn feeds() -> Value {
    json!({
        "invoice": {
            "files": "inv-{seq}.csv", "delimiter": ";", "decimal": ",", "thousands": ".", "dates": ["%d.%m.%Y"],
            "encoding": "windows-1252", "time_zone": "Europe/Berlin",
            "constants": { "currency": "EUR" },
            "columns": { "document_id": "BELEG", "description": "TEXT" }
        },
        "shipment": { "files": "ship*.xml", "format": "xml", "rows": "shipments/shipment/line",
            "columns": { "document_id": "../@id", "customer": "../customer", "reference": "../reference",
                "carrier": "../carrier/name", "serial_number": "serial", "line_number": "@number" } },
        "payment": { "files": "pay-{seq}.json", "format": "json", "rows": "allocations",
            "columns": { "document_id": "../id", "customer": "../customer", "amount": "../amount",
                "currency": "../currency", "invoice_document_id": "invoice", "allocated": "amount" } }
    })
}

async fn pull(drop: &Drop, cursor: &mut Option<Cursor>, limit: u32) -> (Vec<ErpDocument>, String) {
    let (mut all, mut left) = (Vec::new(), Vec::new());
    let system = drop.connector.spec().documents.unwrap();
    loop {
        let context = drop.context();
        let page = system
            .pull_documents(&context, cursor.as_ref(), &[], limit)
            .await
            .unwrap();
        assert!(page.items.len() <= limit as usize);
        all.extend(page.items);
        left.extend(context.take_left_out());
        *cursor = Some(page.next_cursor);
        if !page.more {
            return (all, problems(&left));
        }
    }
}

fn invoice(number: u32, total: &str) -> String {
    let head = format!("R{number};4711;PG-{number};31.03.2026;30.04.2026;1.000,00;{total}");
    format!("{head};1;P-1;2,5;EA;400,00;1.000,00;Sch\u{e4}tzchen\n")
}

const HEADER: &str = "BELEG;customer;reference;invoice_date;due_date;net;total;line_number;part_id;quantity;unit;unit_price;line_net;TEXT\n";

fn latin1(text: &str) -> Vec<u8> {
    text.chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect()
}

#[tokio::test]
async fn invoices_over_several_pages_and_files() {
    let drop = Drop::local(settings(feeds()));
    let text: String = (1..=3).map(|n| invoice(n, "1.190,00")).collect();
    drop.put("inv-1.csv", latin1(&format!("{HEADER}{text}")));
    drop.put(
        "inv-2.csv",
        latin1(&format!("{HEADER}{}{}", invoice(4, "x"), invoice(5, "1.190,00"))),
    );
    let mut cursor = None;
    let (told, left) = pull(&drop, &mut cursor, 2).await;
    let ids: Vec<&str> = told
        .iter()
        .map(|document| document.document_id.as_str())
        .collect();
    assert_eq!(ids, ["invoice:R1", "invoice:R2", "invoice:R3", "invoice:R5"]);
    assert!(left.contains("R4: row 2, total: 'x' is not a number"), "{left}");
    let DocumentContent::Invoice(first) = &told[0].content else {
        panic!("{told:?}")
    };
    assert_eq!(
        (first.total.text(), first.due_date.to_string().as_str()),
        ("1190.00", "2026-04-30")
    );
    assert_eq!(first.lines[0].description.as_deref(), Some("Schätzchen"));
    assert_eq!(told[0].reference.as_deref(), Some("PG-1"));
    assert_eq!(
        drop.files("archive"),
        Vec::<String>::new(),
        "the last page is not known to be stored"
    );
    let (none, _) = pull(&drop, &mut cursor, 2).await;
    assert!(none.is_empty());
    assert_eq!(drop.files("archive"), ["inv-1.csv", "inv-2.csv"]);
    assert!(
        drop.content("errors", "inv-2.csv.errors.csv")
            .contains("\"R4\",\"total\",\"x\"")
    );
    // Again, out of order, and after a gap.
    drop.put(
        "inv-2.csv",
        latin1(&format!("{HEADER}{}{}", invoice(4, "x"), invoice(5, "1.190,00"))),
    );
    drop.put(
        "inv-4.csv",
        latin1(&format!("{HEADER}{}", invoice(7, "1.190,00"))),
    );
    let (none, left) = pull(&drop, &mut cursor, 2).await;
    assert!(none.is_empty() && left.contains("number 3 is missing"), "{left}");
    drop.put(
        "inv-3.csv",
        latin1(&format!("{HEADER}{}", invoice(6, "1.190,00"))),
    );
    let (told, _) = pull(&drop, &mut cursor, 1).await;
    let ids: Vec<&str> = told
        .iter()
        .map(|document| document.document_id.as_str())
        .collect();
    assert_eq!(ids, ["invoice:R6", "invoice:R7"]);
    // From the beginning: everything that the archive has.
    let (all, _) = pull(&drop, &mut None, 100).await;
    assert_eq!(all.len(), 6);
}

#[tokio::test]
async fn half_a_document_is_none() {
    let drop = Drop::local(settings(feeds()));
    let two = invoice(1, "1.190,00")
        + &invoice(1, "1.190,00")
            .replace(";1;P-1", ";2;P-2")
            .replace("2,5", "2,,5");
    let broken = "R3;only;some\n";
    drop.put(
        "inv-1.csv",
        latin1(&format!(
            "{HEADER}{two}{}{broken}{}",
            invoice(2, "1"),
            invoice(4, "1")
        )),
    );
    let (told, left) = pull(&drop, &mut None, 100).await;
    // The broken row may be a line of the document before it, or of the one behind.
    assert!(told.is_empty(), "{told:?}");
    assert!(left.contains("quantity") && left.contains("3 cells"), "{left}");
}

#[tokio::test]
async fn shipments_in_xml_and_payments_in_json() {
    let drop = Drop::local(settings(feeds()));
    drop.put(
        "ship-1.xml",
        "<?xml version=\"1.0\"?><shipments><shipment id=\"L&amp;1\"><customer>4711</customer><reference>PG-1</reference>\
         <carrier><name>Post &#x26; Co</name></carrier>\
         <line number=\"1\"><part_id>P-1</part_id><quantity>1</quantity><unit>EA</unit><serial><![CDATA[S<1]]></serial></line>\
         <line number=\"1\"><part_id>P-1</part_id><quantity>1</quantity><unit>EA</unit><serial>S2</serial></line>\
         <line number=\"2\"><part_id>P-2</part_id><quantity>3</quantity><unit>EA</unit></line></shipment></shipments>",
    );
    drop.put(
        "pay-1.json",
        r#"[{"id": 77, "customer": "4711", "amount": 0.30000000000000004, "currency": "EUR",
            "allocations": [{"invoice": "R1", "amount": 0.1}, {"invoice": "R2", "amount": 0.2}]}]"#,
    );
    let (told, left) = pull(&drop, &mut None, 100).await;
    assert_eq!((told.len(), left.as_str()), (2, ""));
    let DocumentContent::Shipment(shipment) = &told[0].content else {
        panic!("{told:?}")
    };
    assert_eq!(
        (told[0].document_id.as_str(), shipment.carrier.as_deref()),
        ("shipment:L&1", Some("Post & Co"))
    );
    assert_eq!(shipment.lines.len(), 2);
    assert_eq!(shipment.lines[0].serial_numbers, ["S<1", "S2"]);
    let DocumentContent::Payment(payment) = &told[1].content else {
        panic!("{told:?}")
    };
    assert_eq!(
        payment.amount.text(),
        "0.30000000000000004",
        "no float on the way"
    );
    assert_eq!(payment.allocations[1].invoice_document_id, "invoice:R2");
    // By kind: only that one.
    let system = drop.connector.spec().documents.unwrap();
    let page = system
        .pull_documents(&drop.context(), None, &[DocumentKind::Payment], 10)
        .await
        .unwrap();
    assert_eq!(page.items.len(), 1);
}

#[tokio::test]
async fn what_is_no_xml_or_json_is_refused_whole() {
    for (name, content, problem) in [
        (
            "ship-1.xml",
            "<!DOCTYPE s [<!ENTITY a \"b\">]><shipments/>",
            "document type",
        ),
        ("ship-1.xml", "<shipments><shipment><line>", "cut off"),
        (
            "ship-1.xml",
            "<shipments><shipment>&unknown;</shipment></shipments>",
            "&unknown;",
        ),
        ("pay-1.json", "[{\"id\": 1}", "cut off"),
        ("pay-1.json", "{\"id\": 1}]", "not JSON"),
    ] {
        let drop = Drop::local(settings(feeds()));
        drop.put(name, content);
        let (told, left) = pull(&drop, &mut None, 10).await;
        assert!(told.is_empty() && left.contains(problem), "{content}: {left}");
        assert!(drop.content("refused", ".problem.txt").contains(problem));
    }
    let deep = format!("<shipments>{}", "<a>".repeat(100_000));
    let drop = Drop::local(settings(feeds()));
    drop.put("ship-1.xml", deep);
    let (_, left) = pull(&drop, &mut None, 10).await;
    assert!(left.contains("more than 64 deep"), "{left}");
}
