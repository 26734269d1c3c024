//! Invoices that are cancelled after they were posted.

use punchgate_connector::{
    Connector, Cursor,
    documents::{DocumentContent, DocumentKind, ErpDocument},
    egress::Egress,
    orders::SubmitOutcome,
};
use serde_json::json;

use crate::{
    documents::{Shop, amount, credit, line, of_kind, pull, submission},
    support::{address, by_hand, company, connector, context, customer, now},
};

/// An order that was shipped and invoiced, with its invoice.
async fn invoiced<'a>(
    (base, http, system): (&'a str, &'a Egress, &'a dyn Connector),
    name: &str,
    cursor: &mut Option<Cursor>,
) -> (Shop<'a>, i64, ErpDocument) {
    let acme = customer(system, http, "C-ACME").await.external_id;
    let reference = format!("{name}-{}", now().as_microsecond());
    let what = submission(&acme, &reference, vec![line(10, "HX-1001", "1", "BX", "16.65")]);
    let orders = system.spec().orders.unwrap();
    let outcome = orders
        .submit(&context(reference.clone(), http), &what)
        .await
        .unwrap();
    let SubmitOutcome::Created(order) = outcome else {
        panic!("{outcome:?}")
    };
    let shop = Shop {
        base,
        http,
        system,
        order,
    };
    shop.ship().await;
    let id = shop.bill().await;
    let news = shop.news(cursor).await;
    let invoice = of_kind(&news, DocumentKind::Invoice).clone();
    (shop, id, invoice)
}

/// The memos over an invoice among these documents: their keys and totals.
fn memos<'a>(news: &'a [ErpDocument], invoice: &ErpDocument) -> Vec<(&'a str, String)> {
    let over = |document: &'a ErpDocument| match &document.content {
        DocumentContent::CreditMemo {
            memo,
            invoice_document_id: Some(id),
        } if *id == invoice.document_id => {
            Some((document.document_id.as_str(), memo.total.text().to_owned()))
        }
        _ => None,
    };
    news.iter().filter_map(over).collect()
}

#[tokio::test]
async fn what_is_cancelled_is_taken_back_once() {
    let Some(base) = address() else { return };
    let system = connector(&base, 1, true);
    let http = Egress::new(system.egress_rules()).unwrap();
    let world = (base.as_str(), &http, system.as_ref());
    let (_, mut cursor) = pull(system.as_ref(), &http, None).await;
    let allowed = json!([[1], {"cancel_invoice_out": true}, company()]);
    by_hand(&base, &http, "model.company.company.write", allowed).await;

    // By an entry of its own.
    let (shop, id, invoice) = invoiced(world, "cancelled", &mut cursor).await;
    shop.press("account.invoice", "cancel", id).await;
    let news = shop.news(&mut cursor).await;
    let told = memos(&news, &invoice);
    assert_eq!(told.len(), 1, "{news:?}");
    assert!(told[0].0.starts_with("cancellation-"), "{told:?}");
    assert_eq!(told[0].1, amount("16.65").text());
    assert_eq!(*of_kind(&news, DocumentKind::Invoice), invoice, "it is as it was");
    // From the beginning it reads the same.
    let (all, _) = pull(system.as_ref(), &http, None).await;
    assert_eq!(memos(&all, &invoice), told);

    // By a credit note, which is a document of its own.
    let (shop, id, invoice) = invoiced(world, "refunded", &mut cursor).await;
    credit(&shop, id, true).await;
    let news = shop.news(&mut cursor).await;
    let told = memos(&news, &invoice);
    assert_eq!(told.len(), 1, "{news:?}");
    assert!(told[0].0.starts_with("invoice-"), "{told:?}");
    let silent = shop.news(&mut cursor).await;
    assert!(
        silent.is_empty(),
        "nothing happened, and the feed says {silent:?}"
    );
}
