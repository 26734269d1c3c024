//! Customers: full files and what changed, pages, holds, the archive and when a file goes there.

use punchgate_connector::ErrorKind;
use punchgate_domain::{
    customer::CreditLimit,
    hold::{Permission, PermissionSet},
    money::Money,
};
use serde_json::json;

use crate::support::{Drop, customers, is_temporary, rows, settings};

#[tokio::test]
async fn a_full_file_is_told_page_by_page_and_archived_once_it_is_stored() {
    let drop = Drop::local(settings(customers()));
    is_temporary(drop.page(None, 2).await);
    drop.put(
        "customers-1.csv",
        rows(&[("A", "100"), ("B", "200.50"), ("C", "")]),
    );
    let (first, _) = drop.page(None, 2).await.unwrap();
    assert_eq!(first.items.len(), 2);
    assert!(first.more);
    assert_eq!(
        first.items[1].credit_limit,
        CreditLimit::Amount(Money::from_minor(20_050, first.items[1].currency))
    );
    let (second, _) = drop.page(Some(&first.next_cursor), 2).await.unwrap();
    assert_eq!((second.items.len(), second.more), (1, false));
    assert_eq!(second.items[0].credit_limit, CreditLimit::Unknown);
    // The last page is not known to be stored before its cursor comes back.
    assert_eq!((drop.files("in").len(), drop.files("archive").len()), (1, 0));
    let (again, _) = drop.page(Some(&first.next_cursor), 2).await.unwrap();
    assert_eq!(
        again.items, second.items,
        "a page that was not stored comes again"
    );
    let (silent, _) = drop.page(Some(&second.next_cursor), 2).await.unwrap();
    assert!(silent.items.is_empty() && !silent.more);
    assert_eq!(
        (drop.files("in"), drop.files("archive")),
        (vec![], vec!["customers-1.csv".to_owned()])
    );
    // What is in the archive counts on: a sweep, a read by key.
    assert_eq!(drop.read(None).await.keys(), ["A", "B", "C"]);
    let ids = ["B".to_owned(), "Z".to_owned()];
    let found = drop
        .connector
        .spec()
        .accounts
        .unwrap()
        .get(&drop.context(), &ids)
        .await
        .unwrap();
    assert_eq!(
        (found.items[0].external_id.as_str(), found.missing),
        ("B", vec!["Z".to_owned()])
    );
}

#[tokio::test]
async fn a_gateway_killed_between_storing_and_archiving_loses_and_repeats_nothing() {
    let drop = Drop::local(settings(customers()));
    drop.put("customers-1.csv", rows(&[("A", "1"), ("B", "2"), ("C", "3")]));
    let stored = drop.read(None).await.cursor;
    // The cursor of the last page was stored; the next call, which archives, never came. New files come meanwhile.
    assert_eq!(drop.files("in").len(), 1);
    drop.put("customers-2.csv", rows(&[("A", "1"), ("B", "20"), ("C", "3")]));
    let told = drop.read(stored).await;
    assert_eq!(told.keys(), ["B"], "only what changed");
    // Killed within the page that follows: its cursor is not stored, but the file of the one before is archived.
    assert_eq!(drop.files("archive"), ["customers-1.csv"]);
    let told = drop.read(told.cursor).await;
    assert!(told.accounts.is_empty() && told.deleted.is_empty());
    assert_eq!(drop.files("archive").len(), 2);
}

#[tokio::test]
async fn what_changed_and_what_is_gone() {
    let mut feeds = customers();
    feeds["customers"]["columns"] = json!({ "deleted": "gone" });
    feeds["customers"]["columns"] = json!({});
    let drop = Drop::local(settings(feeds));
    drop.put(
        "customers-1.csv",
        rows(&[("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")]),
    );
    let told = drop.read(None).await;
    drop.put(
        "changes-2.csv",
        "key,currency,credit_limit,deleted\nB,EUR,22,\nC,,,yes\nE,EUR,5,\nB,EUR,222,\n",
    );
    let told = drop.read(told.cursor).await;
    assert_eq!(
        (told.keys(), told.deleted.clone()),
        (vec!["B", "E"], vec!["C".to_owned()])
    );
    let euros = |minor| CreditLimit::Amount(Money::from_minor(minor, told.accounts[0].currency));
    assert_eq!(
        told.accounts[0].credit_limit,
        euros(22_200),
        "of several rows of a delta the last counts"
    );
    // A full file: what it lacks is gone; what is as before is not told.
    drop.put("customers-3.csv", rows(&[("A", "1.00"), ("D", "44"), ("E", "5")]));
    let told = drop.read(told.cursor).await;
    assert_eq!(told.deleted, ["B"]);
    assert!(told.keys().contains(&"D"), "{:?}", told.keys());
    assert_eq!(drop.read(None).await.keys(), ["A", "D", "E"]);
}

#[tokio::test]
async fn what_comes_during_a_walk_is_told_after_it() {
    let drop = Drop::local(settings(customers()));
    drop.put(
        "customers-1.csv",
        rows(&[("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")]),
    );
    let (first, _) = drop.page(None, 2).await.unwrap();
    drop.put("changes-2.csv", "key,currency,credit_limit\nA,EUR,11\nD,EUR,44\n");
    let rest = drop.read(Some(first.next_cursor)).await;
    // D is told as it is by now, A once more: it had been passed.
    assert_eq!(rest.keys(), ["C", "D", "A", "D"]);
    let limits: Vec<_> = rest
        .accounts
        .iter()
        .filter_map(|a| a.credit_limit.amount())
        .map(Money::minor)
        .collect();
    assert_eq!(limits, [300, 4_400, 1_100, 4_400]);
}

#[tokio::test]
async fn holds_of_a_file_of_their_own() {
    let mut feeds = customers();
    feeds["holds"] = json!({
        "files": "holds*.csv",
        "columns": { "code": "SPERRE" },
        "values": { "removes": { "L": "ship", "A": "order ship" } }
    });
    let drop = Drop::local(settings(feeds));
    drop.put("customers-1.csv", rows(&[("A", "1"), ("B", "2")]));
    drop.put(
        "holds.csv",
        "customer,SPERRE,removes,shopper_text\nA,Z1,A,Bitte anrufen ☎\nX,Z9,,\n",
    );
    let told = drop.read(None).await;
    let holds: Vec<usize> = told.accounts.iter().map(|account| account.holds.len()).collect();
    assert_eq!(holds, [1, 0]);
    let hold = &told.accounts[0].holds[0];
    assert_eq!(
        hold.removes,
        Some(PermissionSet::of(&[Permission::Order, Permission::Ship]))
    );
    assert_eq!(
        (hold.code.as_str(), hold.texts.shopper.as_deref()),
        ("Z1", Some("Bitte anrufen ☎"))
    );
    let version = told.accounts[0].version.clone();
    // The same name again: the hold moves from A to B, and both are told.
    drop.read(told.cursor.clone()).await;
    drop.put("holds.csv", "customer,SPERRE,removes\nB,Z1,\nX,Z9,\n");
    let told = drop.read(told.cursor).await;
    assert_eq!(told.keys(), ["A", "B"]);
    assert!(told.accounts[0].holds.is_empty() && told.accounts[0].version != version);
    assert_eq!(
        told.accounts[1].holds[0].removes, None,
        "the operator's table decides"
    );
}

#[tokio::test]
async fn a_cursor_whose_file_is_not_there_any_more_is_void() {
    let drop = Drop::local(settings(customers()));
    drop.put("customers-1.csv", rows(&[("A", "1")]));
    let told = drop.read(None).await;
    drop.read(told.cursor.clone()).await;
    std::fs::remove_dir_all(drop.root.join("archive")).unwrap();
    drop.put("customers-2.csv", rows(&[("A", "1"), ("B", "2")]));
    let error = drop.page(told.cursor.as_ref(), 10).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Conflict, "{error}");
    assert_eq!(drop.read(None).await.keys(), ["A", "B"]);
}

#[tokio::test]
async fn exposure_out_of_the_customers_file_or_its_own() {
    let mut feeds = customers();
    feeds["customers"]["columns"] = json!({ "open_items": "saldo", "open_orders": "auftraege" });
    let drop = Drop::local(settings(feeds));
    assert!(drop.connector.spec().capabilities.exposure_includes_orders);
    drop.put(
        "customers-1.csv",
        "key,currency,saldo,auftraege\nA,EUR,10.10,5\nB,EUR,,\n",
    );
    let told = drop.read(None).await;
    let exposure = told.accounts[0].exposure.clone().unwrap();
    assert_eq!(exposure.total().unwrap().amount.minor(), 1_510);
    let version = told.accounts[0].version.clone();
    drop.put(
        "customers-2.csv",
        "key,currency,saldo,auftraege\nA,EUR,11.10,5\nB,EUR,,\n",
    );
    let told = drop.read(told.cursor).await;
    assert_eq!(told.keys(), ["A"]);
    assert_eq!(
        told.accounts[0].version, version,
        "what it owes is not what it is"
    );

    let mut feeds = customers();
    feeds["exposure"] = json!({ "files": "open-items-{seq}.csv", "constants": { "currency": "JPY" } });
    let drop = Drop::local(settings(feeds));
    drop.put(
        "open-items-7.csv",
        "customer,open_items,oldest_due,as_of\nA,1500,2026-02-01,2026-03-01T05:00:00Z\n",
    );
    let ids = ["A".to_owned(), "B".to_owned()];
    let system = drop.connector.spec().exposure.unwrap();
    for _ in 0..2 {
        let found = system.exposure(&drop.context(), &ids).await.unwrap();
        assert_eq!(found.items[0].open_items.minor(), 1_500);
        assert_eq!(found.items[0].as_of.to_string(), "2026-03-01T05:00:00Z");
        assert_eq!(found.missing, ["B"]);
    }
    assert_eq!(drop.files("archive"), ["open-items-7.csv"]);
}
