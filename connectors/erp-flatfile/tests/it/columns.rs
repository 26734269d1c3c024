//! Columns that are not there, and rows that cannot be read: neither reads as empty, gone or without limit.

use punchgate_connector::{Secrets, folder::Roots};
use punchgate_domain::customer::CreditLimit;
use serde_json::{Value, json};

use crate::support::{Drop, customers, is_temporary, rows, settings};

fn in_format(format: &str, empty_limit: &str) -> Value {
    let mut feeds = customers();
    let feed = &mut feeds["customers"];
    feed["columns"] = json!({ "credit_limit": "klimk" });
    feed["format"] = json!(format);
    feed["rows"] = json!(if format == "xml" { "all/one" } else { "" });
    feed["empty_limit"] = json!(empty_limit);
    settings(feeds)
}

/// Rows of key and limit, in a column of this name; none: without it, empty: with nothing in it.
fn written(format: &str, column: &str, customers: &[(&str, Option<&str>)]) -> String {
    let rows = customers.iter().map(|(key, limit)| match (format, limit) {
        ("json", None) => format!("{{\"key\": \"{key}\", \"currency\": \"EUR\"}}\n"),
        ("json", Some("")) => format!("{{\"key\": \"{key}\", \"currency\": \"EUR\", \"{column}\": null}}\n"),
        ("json", Some(limit)) => {
            format!("{{\"key\": \"{key}\", \"currency\": \"EUR\", \"{column}\": {limit}}}\n")
        }
        (_, None) => format!("<one><key>{key}</key><currency>EUR</currency></one>"),
        (_, Some("")) => format!("<one><key>{key}</key><currency>EUR</currency><{column}/></one>"),
        (_, Some(limit)) => {
            format!("<one><key>{key}</key><currency>EUR</currency><{column}>{limit}</{column}></one>")
        }
    });
    let rows: String = rows.collect();
    match format {
        "json" => rows,
        _ => format!("<all>{rows}</all>"),
    }
}

#[tokio::test]
async fn a_named_column_that_no_row_has_refuses_a_full_file() {
    for format in ["json", "xml"] {
        let drop = Drop::local(in_format(format, "unknown"));
        let both = [("A", Some("5")), ("B", Some("7"))];
        drop.put("customers-1.csv", written(format, "limit", &both));
        let told = is_temporary(drop.page(None, 9).await);
        assert!(told.contains("none of its rows has 'klimk'"), "{format}: {told}");
        drop.put(
            "customers-1.csv",
            written(format, "klimk", &[("A", Some("5")), ("B", None)]),
        );
        let told = drop.read(None).await;
        assert_eq!(told.accounts[1].credit_limit, CreditLimit::Unknown, "{format}");
        // What says only what changed may have nothing to say of it.
        drop.put("changes-2.csv", written(format, "klimk", &[("B", None)]));
        assert!(drop.read(told.cursor).await.left_out.is_empty(), "{format}");
        let none = Drop::local(in_format(format, "unknown"));
        none.put("customers-1.csv", written(format, "klimk", &[]));
        assert!(
            none.read(None).await.accounts.is_empty(),
            "{format}: of no row nothing is missing"
        );
    }
}

#[tokio::test]
async fn a_row_without_a_column_that_must_be_there_is_left_out() {
    for format in ["json", "xml"] {
        let drop = Drop::local(in_format(format, "unlimited"));
        drop.put(
            "customers-1.csv",
            written(format, "klimk", &[("A", Some("5")), ("B", Some("")), ("C", None)]),
        );
        let told = drop.read(None).await;
        assert_eq!(told.keys(), ["A", "B"], "{format}");
        assert_eq!(
            told.accounts[1].credit_limit,
            CreditLimit::Unlimited,
            "{format}: it says so"
        );
        let problems = told.problems();
        assert!(
            problems.contains("C: row 3, klimk: the row has no such column"),
            "{format}: {problems}"
        );
        drop.put("changes-2.csv", written(format, "limit", &[("A", Some("9"))]));
        let told = drop.read(told.cursor).await;
        assert!(
            told.accounts.is_empty() && told.problems().contains("A: row 1, klimk"),
            "{format}: {told:?}"
        );
    }
    let mut required = in_format("json", "unknown");
    required["feeds"]["customers"]["required"] = json!(["hold"]);
    let drop = Drop::local(required);
    drop.put(
        "customers-1.csv",
        "{\"key\": \"A\", \"currency\": \"EUR\", \"klimk\": 1, \"hold\": null}\n{\"key\": \"B\", \"currency\": \"EUR\", \"klimk\": 1}",
    );
    let told = drop.read(None).await;
    assert_eq!(told.keys(), ["A"]);
    assert!(told.problems().contains("B: row 2, hold"), "{told:?}");
}

#[tokio::test]
async fn however_many_rows_cannot_be_read_none_of_them_is_gone() {
    const MANY: usize = 10_050;
    let mut feeds = customers();
    feeds["customers"]["max_bad_percent"] = json!(100);
    let configured = settings(feeds);
    let drop = Drop::local(configured.clone());
    let keys: Vec<String> = (0..MANY).map(|n| format!("K{n:05}")).collect();
    let file = |limit| {
        let all: Vec<(&str, &str)> = keys.iter().map(|key| (key.as_str(), limit)).collect();
        rows(&all)
    };
    drop.put("customers-1.csv", file("1"));
    let (page, _) = drop.page(None, 20_000).await.unwrap();
    assert_eq!((page.items.len(), page.more), (MANY, false));
    drop.put("customers-2.csv", file("much"));
    let (page, left_out) = drop.page(Some(&page.next_cursor), 20_000).await.unwrap();
    assert!(page.items.is_empty() && page.deleted.is_empty());
    assert_eq!(left_out.len(), 10_000, "more are not told, and are not gone");
    let (_, _) = drop.page(Some(&page.next_cursor), 20_000).await.unwrap();
    let report = drop.content("errors", "customers-2.csv.errors.csv");
    assert!(report.contains("and 50 rows more") && report.lines().count() == 10_002);
    // Also where nothing is left of what was known before.
    for entry in std::fs::read_dir(drop.root.join("archive")).unwrap() {
        let path = entry.unwrap().path();
        if path.to_str().unwrap().ends_with("customers-1.csv") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let roots = Roots(vec![drop.root.clone()]);
    let place = json!({ "kind": "local", "path": drop.root });
    let anew = Drop::at(
        drop.root.clone(),
        place,
        configured,
        &Secrets::none(),
        roots,
        Vec::new(),
    );
    let accounts = anew.connector.spec().accounts.unwrap();
    let ids = [keys[0].clone(), keys[MANY - 1].clone(), "X".to_owned()];
    let found = accounts.get(&anew.context(), &ids).await.unwrap();
    assert_eq!((found.items.len(), found.missing), (0, vec!["X".to_owned()]));
    let (page, _) = anew.page(None, 20_000).await.unwrap();
    assert!(page.items.is_empty() && page.deleted.is_empty());
}

#[tokio::test]
async fn a_file_that_is_replaced_while_it_is_read_is_read_again() {
    let drop = Drop::local(settings(customers()));
    let (before, after) = (
        "key,currency,credit_limit\nA,EUR,1\n",
        "key,currency,credit_limit\nA,EUR,2\n",
    );
    // Its hash is taken while it waits for what comes before it.
    drop.put("changes-2.csv", before);
    is_temporary(drop.page(None, 9).await);
    let path = drop.root.join("in/changes-2.csv");
    let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
    std::fs::write(&path, after).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(modified).unwrap();
    drop.put("customers-1.csv", rows(&[("A", "1")]));
    let told = drop.read(None).await;
    assert!(told.problems().contains("it is looked at again"), "{told:?}");
    let told = drop.read(told.cursor).await;
    assert_eq!(told.accounts[0].credit_limit.amount().unwrap().minor(), 200);
    assert!(drop.files("refused").is_empty());
}
