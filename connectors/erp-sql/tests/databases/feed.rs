//! What the database's own stamps do to the feed.

use punchgate_connector::{Accounts, Cursor, documents::DocumentContent, orders::PlacedState};

use crate::support::{Erp, Kind, context};

crate::on_each_database!(
    a_change_comes_once_and_a_deletion_is_told,
    equal_stamps_go_over_pages,
    documents_come_with_their_lines,
);

async fn rest(
    accounts: &dyn Accounts,
    mut cursor: Option<Cursor>,
    limit: u32,
) -> (Vec<String>, Vec<String>, Cursor) {
    let (mut ids, mut deleted) = (Vec::new(), Vec::new());
    loop {
        let page = accounts.pull(&context(), cursor.as_ref(), limit).await.unwrap();
        ids.extend(page.items.into_iter().map(|account| account.external_id));
        deleted.extend(page.deleted);
        if !page.more {
            return (ids, deleted, page.next_cursor);
        }
        cursor = Some(page.next_cursor);
    }
}

async fn a_change_comes_once_and_a_deletion_is_told(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector();
    let accounts = connector.spec().accounts.unwrap();
    let schema = erp.schema();
    let (ids, deleted, cursor) = rest(accounts, None, 2).await;
    assert_eq!((ids.len(), deleted), (4, vec!["C-GONE".to_owned()]));
    let (ids, deleted, cursor) = rest(accounts, Some(cursor), 2).await;
    assert!(ids.is_empty() && deleted.is_empty(), "{ids:?} {deleted:?}");
    erp.run(&format!(
        "update {schema}customer set credit_limit = '1.00' where id = 'C-2'; update {schema}customer set deleted = {} where \
         id = 'C-3'",
        erp.flag(true)
    ))
    .await;
    let (ids, deleted, cursor) = rest(accounts, Some(cursor), 2).await;
    assert_eq!((ids, deleted), (vec!["C-2".to_owned()], vec!["C-3".to_owned()]));
    // A hold is a change of its customer.
    erp.run(&format!(
        "insert into {schema}customer_hold (customer, id, code, since) values ('C-4', 'h', 'DUNNING', '2026-03-01 09:30:00')"
    ))
    .await;
    let page = accounts.pull(&context(), Some(&cursor), 10).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(
        (
            page.items[0].holds[0].code.as_str(),
            page.items[0].holds[0].removes
        ),
        ("DUNNING", None)
    );
    erp.done().await;
}

async fn equal_stamps_go_over_pages(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector();
    let accounts = connector.spec().accounts.unwrap();
    let schema = erp.schema();
    let (_, _, cursor) = rest(accounts, None, 100).await;
    for number in 0..7 {
        erp.run(&format!(
            "insert into {schema}customer (id, code, name, currency, modified) select 'N-{number}', 'n', 'n', 'EUR', \
             max(modified) from {schema}customer"
        ))
        .await;
    }
    let (ids, _, cursor) = rest(accounts, Some(cursor), 3).await;
    let expected: Vec<String> = (0..7).map(|number| format!("N-{number}")).collect();
    assert_eq!(ids, expected);
    let (ids, _, _) = rest(accounts, Some(cursor), 3).await;
    assert!(ids.is_empty(), "{ids:?}");
    erp.done().await;
}

async fn documents_come_with_their_lines(kind: Kind) {
    let Some(erp) = Erp::start(kind).await else { return };
    let connector = erp.connector();
    let documents = connector.spec().documents.unwrap();
    let schema = erp.schema();
    let head =
        "insert into {schema}document (id, kind, customer, reference, issued_at, outcome, state, carrier, \
                tracking_numbers, invoice_date, due_date, currency, net, total, amount, invoice_id) values"
            .replace("{schema}", schema);
    for (id, kind) in [
        ("1", "acknowledgement"),
        ("2", "status"),
        ("3", "shipment"),
        ("4", "invoice"),
        ("5", "credit_memo"),
        ("6", "payment"),
    ] {
        erp.run(&format!(
            "{head} ('{id}', '{kind}', 'C-1', 'ref', '2026-03-01 09:30:00', 'accepted', 'open', 'DHL', 'a, b', '2026-03-01', \
             '2026-03-31', 'EUR', '37.00', '44.03', '44.03', '4'); insert into {schema}document_line (document, position, \
             line_number, part, quantity, unit, status, unit_price, net, invoice_id, amount) values ('{id}', 1, 1, 'P', '2', \
             'EA', 'accepted', '18.50', '37.00', '4', '44.03')"
        ))
        .await;
    }
    // What cannot be read is left out, and said.
    erp.run(&format!(
        "{head} ('7', 'invoice', 'C-1', 'ref', '2026-03-01 09:30:00', null, null, null, null, null, null, 'EUR', '1', '1', '1', \
         null); {head} ('8', 'quote', 'C-1', 'ref', '2026-03-01 09:30:00', null, null, null, null, null, null, 'EUR', '1', '1', \
         '1', null)"
    ))
    .await;
    let ctx = context();
    let page = documents.pull_documents(&ctx, None, &[], 100).await.unwrap();
    let left_out: Vec<String> = ctx.take_left_out().into_iter().map(|row| row.problem).collect();
    assert_eq!(
        left_out,
        ["document 7.invoice_date: is empty"],
        "a kind that we do not know is not asked for"
    );
    assert_eq!(page.items.len(), 6);
    for document in &page.items {
        let lines = match &document.content {
            DocumentContent::Acknowledgement(it) => it.lines.len(),
            DocumentContent::Status { state, .. } => usize::from(*state == PlacedState::Open),
            DocumentContent::Shipment(it) => {
                assert_eq!(it.tracking_numbers, ["a", "b"]);
                it.lines.len()
            }
            DocumentContent::Invoice(it) => it.lines.len(),
            DocumentContent::CreditMemo { memo, .. } => memo.lines.len(),
            DocumentContent::Payment(it) => it.allocations.len(),
        };
        assert_eq!(lines, 1, "{document:?}");
    }
    erp.done().await;
}
