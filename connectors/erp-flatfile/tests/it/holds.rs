//! Holds in files of their own, when these are missing or cannot be read: nobody is let go for that.

use punchgate_connector::{Cursor, ErrorKind};
use punchgate_domain::hold::{Permission, PermissionSet};
use serde_json::json;

use crate::support::{Drop, Told, customers, is_temporary, rows, settings};

fn with_holds() -> Drop {
    let mut feeds = customers();
    feeds["holds"] = json!({ "files": "holds-{seq}.csv", "delta_files": "hold-changes-{seq}.csv" });
    Drop::local(settings(feeds))
}

/// Customers A, B and C; A and B have a hold.
async fn held(drop: &Drop) -> Option<Cursor> {
    drop.put("customers-1.csv", rows(&[("A", "1"), ("B", "2"), ("C", "3")]));
    drop.put("holds-1.csv", "customer,code,removes\nA,Z1,order\nB,Z2,order\n");
    let told = drop.read(None).await;
    assert_eq!(holds(&told), ["A 1", "B 1", "C 0"]);
    drop.read(told.cursor).await.cursor
}

fn holds(told: &Told) -> Vec<String> {
    let accounts = told.accounts.iter();
    let lines = accounts.map(|account| format!("{} {}", account.external_id, account.holds.len()));
    lines.collect()
}

/// What a look at these customers finds: those that are told, and those that are missing.
async fn looked_up(drop: &Drop, ids: &[&str]) -> (Vec<String>, Vec<String>) {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    let accounts = drop.connector.spec().accounts.unwrap();
    let found = accounts.get(&drop.context(), &ids).await.unwrap();
    let told = found.items.into_iter().map(|account| account.external_id);
    (told.collect(), found.missing)
}

#[tokio::test]
async fn nothing_is_told_before_the_holds_have_come() {
    let drop = with_holds();
    drop.put("customers-1.csv", rows(&[("A", "1")]));
    let told = is_temporary(drop.page(None, 9).await);
    assert!(told.contains("no file of holds has come"), "{told}");
    drop.put("holds-1.csv", "customer,code\n");
    assert_eq!(holds(&drop.read(None).await), ["A 0"], "nobody is held");
}

#[tokio::test]
async fn a_file_of_which_nobody_knows_whose_hold_it_has_keeps_everybody_as_they_were() {
    for (bad, problem) in [
        ("customer,code\nA,Z1\n,Z9\nB,Z2\n", "hold row 3 has"),
        ("customer,code\nA,Z1\nB\n", "1 cells"),
        ("customer,code\n", "2 of 2 rows are gone"),
    ] {
        let mut feeds = customers();
        feeds["holds"] = json!({ "files": "holds-{seq}.csv", "max_bad_percent": 100 });
        let drop = Drop::local(settings(feeds));
        let cursor = held(&drop).await;
        drop.put(
            "customers-2.csv",
            rows(&[("A", "1"), ("B", "2"), ("C", "33"), ("NEW", "4")]),
        );
        drop.put("holds-2.csv", bad);
        // Told while it lies among what came, and once it was put away.
        for _ in 0..2 {
            let error = drop.page(cursor.as_ref(), 9).await.unwrap_err();
            assert_eq!(error.kind, ErrorKind::Schema, "{error}");
            assert!(error.to_string().contains("'holds-2.csv'"), "{error}");
        }
        assert!(drop.content("refused", ".problem.txt").contains(problem), "{bad}");
        // A better one under the same number.
        drop.put("holds-2.csv", "customer,code\nA,Z1\nB,Z2\nNEW,Z3\n");
        let told = drop.read(cursor).await;
        assert!(
            holds(&told).contains(&"C 0".to_owned()) && holds(&told).contains(&"NEW 1".to_owned()),
            "{told:?}"
        );
        assert!(!holds(&told).contains(&"A 0".to_owned()), "{told:?}");
    }
}

#[tokio::test]
async fn a_hold_that_cannot_be_read_keeps_its_customer_as_it_was() {
    let drop = with_holds();
    let cursor = held(&drop).await;
    drop.put(
        "customers-2.csv",
        rows(&[("A", "11"), ("B", "2"), ("C", "33"), ("D", "4")]),
    );
    drop.put(
        "holds-2.csv",
        "customer,code,removes,since\nA,Z1,order,soon\nB,Z2,order,\nD,Z1,order,soon\n",
    );
    let told = drop.read(cursor).await;
    assert_eq!(holds(&told), ["C 0"]);
    assert!(
        told.problems().contains("A: row 2, since") && told.problems().contains("D: row 4"),
        "{told:?}"
    );
    let found = looked_up(&drop, &["A", "B", "D", "X"]).await;
    assert_eq!(
        found,
        (vec!["B".to_owned()], vec!["X".to_owned()]),
        "what cannot be read is not missing"
    );
    // Released there: told, with the limit of meanwhile. So is D, of whose hold no file has known anything.
    drop.put("holds-3.csv", "customer,code,removes\nB,Z2,order\n");
    let told = drop.read(told.cursor).await;
    assert_eq!(holds(&told), ["A 0", "D 0"]);
    // Whose it is, and not which.
    drop.put("holds-4.csv", "customer,code,removes\nB,Z2,order\nC,,order\n");
    let left = drop.read(told.cursor.clone()).await;
    assert!(
        left.accounts.is_empty() && left.problems().contains("C: row 3, code"),
        "{left:?}"
    );
    assert_eq!(
        looked_up(&drop, &["B", "C"]).await,
        (vec!["B".to_owned()], vec![])
    );
    assert_eq!(told.accounts[0].credit_limit.amount().unwrap().minor(), 1_100);
}

#[tokio::test]
async fn a_hold_that_takes_away_nobody_knows_what_takes_away_everything() {
    let mut feeds = customers();
    feeds["holds"] = json!({
        "files": "holds-{seq}.xml", "delta_files": "hold-changes-{seq}.xml",
        "format": "xml", "rows": "holds/hold", "required": ["removes"],
    });
    let drop = Drop::local(settings(feeds));
    drop.put(
        "customers-1.csv",
        rows(&[("A", "1"), ("B", "2"), ("C", "3"), ("D", "4")]),
    );
    let hold = |customer: &str, rest: &str| {
        format!("<hold><customer>{customer}</customer><code>Z1</code>{rest}</hold>")
    };
    let file = |holds: &[String]| format!("<holds>{}</holds>", holds.concat());
    // A word that nobody knows, beside one that is known; no such column; nothing; what is known.
    drop.put(
        "holds-1.xml",
        file(&[
            hold("A", "<removes>order credit</removes>"),
            hold("B", ""),
            hold("C", "<removes/>"),
            hold("D", "<removes>ship</removes>"),
        ]),
    );
    let told = drop.read(None).await;
    let removes = |told: &Told| {
        let holds = told.accounts.iter().flat_map(|account| &account.holds);
        holds.map(|hold| hold.removes).collect::<Vec<_>>()
    };
    let ship = PermissionSet::of(&[Permission::Ship]);
    let all = PermissionSet::ALL;
    assert_eq!(
        removes(&told),
        [Some(all), Some(all), None, Some(ship)],
        "{told:?}"
    );
    let problems = told.problems();
    assert!(
        problems.contains("A: row 1, removes") && problems.contains("B: row 2, removes"),
        "{problems}"
    );
    assert!(!problems.contains("C:") && !problems.contains("D:"), "{problems}");
    let cursor = drop.read(told.cursor).await.cursor;
    let report = drop.content("errors", ".errors.csv");
    assert!(
        report.contains("order credit") && report.contains("takes away everything"),
        "{report}"
    );
    // A change of it counts like that, until it is known.
    drop.put(
        "hold-changes-2.xml",
        file(&[hold("D", "<removes>everthing</removes>")]),
    );
    let told = drop.read(cursor).await;
    assert_eq!(removes(&told), [Some(all)], "{told:?}");
    drop.put(
        "hold-changes-3.xml",
        file(&[
            hold("A", "<removes>ship</removes>"),
            hold("D", "<removes>ship</removes>"),
        ]),
    );
    let told = drop.read(told.cursor).await;
    assert_eq!(removes(&told), [Some(ship), Some(ship)], "{told:?}");
    assert!(!told.problems().contains("A:"), "{told:?}");
}

#[tokio::test]
async fn trouble_with_holds_is_told_for_as_long_as_it_lasts() {
    let drop = with_holds();
    let cursor = held(&drop).await;
    drop.put("holds-2.csv", "customer,code\nA,Z1\nB\n");
    // Nothing is new but the file that was refused, and soon not even that.
    for _ in 0..3 {
        let error = drop.page(cursor.as_ref(), 9).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Schema, "{error}");
        assert!(error.to_string().contains("'holds-2.csv'"), "{error}");
    }
    drop.put(
        "holds-2.csv",
        "customer,code,removes,since\nA,Z1,order,\nB,Z2,order,soon\n",
    );
    let mut told = drop.read(cursor).await;
    for _ in 0..3 {
        assert!(told.problems().contains("B: row 3, since"), "{told:?}");
        assert!(told.accounts.is_empty(), "{told:?}");
        told = drop.read(told.cursor).await;
    }
    drop.put("holds-3.csv", "customer,code,removes\nA,Z1,order\nB,Z2,ship\n");
    let told = drop.read(told.cursor).await;
    assert_eq!(holds(&told), ["B 1"]);
    let told = drop.read(told.cursor).await;
    assert_eq!(told.problems(), "");
    // Whoever takes the file out of the way ends it, too.
    drop.put("hold-changes-4.csv", "customer,code\nB\n");
    for _ in 0..2 {
        drop.page(told.cursor.as_ref(), 9).await.unwrap_err();
    }
    let refused = std::fs::read_dir(drop.root.join("refused")).unwrap();
    for entry in refused.map(|entry| entry.unwrap().path()) {
        std::fs::remove_file(entry).unwrap();
    }
    assert_eq!(drop.read(told.cursor).await.problems(), "");
}

#[tokio::test]
async fn a_check_names_a_refused_file_until_a_good_one_comes() {
    let drop = with_holds();
    let cursor = held(&drop).await;
    let told = async || {
        let report = drop.connector.check(&drop.context()).await.unwrap();
        let messages = report.findings.into_iter().map(|finding| finding.message);
        messages
            .filter(|message| message.contains("refused"))
            .collect::<Vec<_>>()
    };
    assert_eq!(told().await, Vec::<String>::new());
    drop.put("holds-2.csv", "customer,code\nA,Z1\nB\n");
    drop.put("customers-2.csv", "key,name\n\"A");
    for _ in 0..3 {
        let told = told().await;
        assert_eq!(told.len(), 2, "{told:?}");
        assert!(told[0].starts_with("customers: customers-2.csv: "), "{told:?}");
        assert!(told[1].starts_with("holds: holds-2.csv: "), "{told:?}");
        drop.page(cursor.as_ref(), 9).await.unwrap_err();
    }
    drop.put("holds-2.csv", "customer,code\nA,Z1\nB,Z2\n");
    drop.put("customers-3.csv", rows(&[("A", "1"), ("B", "2"), ("C", "3")]));
    assert_eq!(told().await, Vec::<String>::new());
    drop.read(cursor).await;
    assert_eq!(told().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_change_of_holds_that_cannot_be_read_counts_until_it_is_sent_again() {
    let drop = with_holds();
    let cursor = held(&drop).await;
    drop.put(
        "hold-changes-2.csv",
        "customer,code,removes,since,deleted\nC,Z1,order,soon,\nA,Z1,,,yes\n",
    );
    let told = drop.read(cursor).await;
    assert_eq!(holds(&told), ["A 0"]);
    drop.put("customers-2.csv", rows(&[("A", "1"), ("B", "2"), ("C", "33")]));
    let told = drop.read(told.cursor).await;
    assert!(told.accounts.is_empty(), "{told:?}");
    drop.put(
        "hold-changes-3.csv",
        "customer,code,removes,deleted\nC,Z1,order,\n",
    );
    let told = drop.read(told.cursor).await;
    assert_eq!(holds(&told), ["C 1"]);
    // A change that may be anybody's is refused, and those behind it wait for a better one.
    drop.put("hold-changes-4.csv", "customer,code\nB\n");
    drop.put("hold-changes-5.csv", "customer,code,deleted\nC,Z1,yes\n");
    drop.put("customers-3.csv", rows(&[("A", "1"), ("B", "22"), ("C", "33")]));
    drop.page(told.cursor.as_ref(), 9).await.unwrap_err();
    drop.put("hold-changes-4.csv", "customer,code\nA,Z4\n");
    let told = drop.read(told.cursor).await;
    assert_eq!(holds(&told), ["A 1", "B 1", "C 0"]);
}
