//! Files as they must not be: each is told, none does harm.

use serde_json::json;

use crate::support::{Drop, customers, is_temporary, rows, settings, sha256};

const FIVE: [(&str, &str); 5] = [("A", "1"), ("B", "2"), ("C", "3"), ("D", "4"), ("E", "5")];

fn with_manifest() -> serde_json::Value {
    let mut settings = settings(customers());
    settings["reading"] = json!({ "manifest": ".done" });
    settings
}

#[tokio::test]
async fn half_written() {
    let drop = Drop::local(with_manifest());
    let text = rows(&FIVE);
    drop.put("customers-1.csv", &text[..text.len() / 2]);
    let told = is_temporary(drop.page(None, 9).await);
    assert!(told.contains("manifest is not there"), "{told}");
    drop.put_with_manifest(
        "customers-1.csv",
        &text,
        json!({ "rows": 5, "sha256": sha256(text.as_bytes()) }),
    );
    let told = drop.read(None).await;
    assert_eq!(told.accounts.len(), 5);
    drop.read(told.cursor).await;
    assert_eq!(
        (drop.files("in").len(), drop.files("archive").len()),
        (0, 2),
        "the manifest goes along"
    );
    // Under a name that is not final yet nothing counts.
    let drop = Drop::local(settings(customers()));
    drop.put("customers-1.csv.part", &text);
    is_temporary(drop.page(None, 9).await);
}

#[tokio::test]
async fn truncated_or_changed_on_the_way() {
    let text = rows(&FIVE);
    let cut = &text[..text.len() - 20];
    for (content, manifest, problem) in [
        (cut, json!({ "rows": 5 }), "ends within a row"),
        (
            &text[..cut.rfind('\n').unwrap() + 1],
            json!({ "rows": 5 }),
            "states 5 rows",
        ),
        (
            text.as_str(),
            json!({ "sha256": sha256(cut.as_bytes()) }),
            "SHA-256",
        ),
        (text.as_str(), json!({ "row_count": 5 }), "unknown field"),
    ] {
        let drop = Drop::local(with_manifest());
        drop.put_with_manifest("customers-1.csv", content, manifest);
        let told = is_temporary(drop.page(None, 9).await);
        assert!(told.contains(problem), "{told}");
        assert_eq!(drop.files("in"), Vec::<String>::new());
        assert!(drop.content("refused", ".problem.txt").contains(problem));
        // The same number, whole, is taken.
        drop.put_with_manifest("customers-1.csv", &text, json!({ "rows": 5 }));
        assert_eq!(drop.read(None).await.accounts.len(), 5);
    }
}

#[tokio::test]
async fn replayed_out_of_order_and_missing() {
    let drop = Drop::local(settings(customers()));
    drop.put("customers-5.csv", rows(&FIVE));
    let told = drop.read(None).await;
    let told = drop.read(told.cursor).await;
    // The same again: nothing. The same number with another content, or a number before: refused.
    drop.put("customers-5.csv", rows(&FIVE));
    let told = drop.read(told.cursor).await;
    assert!(told.accounts.is_empty() && told.left_out.is_empty(), "{told:?}");
    drop.put(
        "customers-5.csv",
        rows(&[("A", "999"), ("B", "2"), ("C", "3"), ("D", "4"), ("E", "5")]),
    );
    drop.put("changes-4.csv", "key,currency,credit_limit\nA,EUR,999\n");
    let told = drop.read(told.cursor).await;
    assert!(told.accounts.is_empty());
    let problems = told.problems();
    assert!(
        problems.contains("number 5 was read already") && problems.contains("number 4 comes after"),
        "{problems}"
    );
    assert_eq!(drop.files("in"), Vec::<String>::new());
    // A gap: what is behind it waits, and is read once it is closed.
    drop.put("changes-7.csv", "key,currency,credit_limit\nA,EUR,70\n");
    let told = drop.read(told.cursor).await;
    assert!(
        told.accounts.is_empty() && told.problems().contains("number 6 is missing"),
        "{told:?}"
    );
    drop.put("changes-6.csv", "key,currency,credit_limit\nA,EUR,60\nB,EUR,60\n");
    let told = drop.read(told.cursor).await;
    let limits: Vec<i64> = told
        .accounts
        .iter()
        .map(|a| a.credit_limit.amount().unwrap().minor())
        .collect();
    assert_eq!(limits, [7_000, 6_000], "one after the other");
    // What comes whole needs nothing before it.
    drop.put("changes-9.csv", "key,currency,credit_limit\nA,EUR,9\n");
    drop.put("customers-10.csv", rows(&FIVE));
    let told = drop.read(told.cursor).await;
    assert_eq!(told.keys(), ["A", "B"]);
    let told = drop.read(told.cursor).await;
    drop.read(told.cursor).await;
    assert!(drop.files("refused").contains(&"changes-9.csv".to_owned()));
}

#[tokio::test]
async fn older_than_what_was_read_where_files_have_no_numbers() {
    let drop = Drop::local(settings(json!({ "customers": { "files": "customers*.csv" } })));
    drop.put("customers-b.csv", rows(&FIVE));
    let told = drop.read(None).await;
    let told = drop.read(told.cursor).await;
    drop.put(
        "customers-a.csv",
        rows(&[("A", "999"), ("B", "2"), ("C", "3"), ("D", "4"), ("E", "5")]),
    );
    let file = std::fs::File::options()
        .write(true)
        .open(drop.root.join("in/customers-a.csv"))
        .unwrap();
    file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_700_000_000))
        .unwrap();
    let told = drop.read(told.cursor).await;
    assert!(
        told.accounts.is_empty() && told.problems().contains("was written at 2023-11-14"),
        "{told:?}"
    );
}

#[tokio::test]
async fn shrunk() {
    let drop = Drop::local(with_manifest());
    drop.put_with_manifest("customers-1.csv", rows(&FIVE), json!({}));
    let told = drop.read(None).await;
    let told = drop.read(told.cursor).await;
    let one = rows(&FIVE[..1]);
    drop.put_with_manifest("customers-2.csv", &one, json!({ "rows": 1 }));
    let told = drop.read(told.cursor).await;
    assert!(
        told.deleted.is_empty() && told.problems().contains("4 of 5 rows are gone"),
        "{told:?}"
    );
    assert_eq!(drop.read(None).await.accounts.len(), 5);
    // An empty export is the commonest of all.
    drop.put_with_manifest(
        "customers-2.csv",
        "key,name,currency,terms,credit_limit\n",
        json!({ "rows": 0 }),
    );
    let told = drop.read(told.cursor).await;
    assert!(
        told.deleted.is_empty() && told.problems().contains("5 of 5"),
        "{told:?}"
    );
    drop.put_with_manifest("customers-2.csv", &one, json!({ "accept_shrink": true }));
    let told = drop.read(told.cursor).await;
    assert_eq!(told.deleted, ["B", "C", "D", "E"]);
}

#[tokio::test]
async fn bad_rows_are_reported_and_lose_nobody() {
    let drop = Drop::local(settings(customers()));
    drop.put("customers-1.csv", rows(&FIVE));
    let told = drop.read(None).await;
    let told = drop.read(told.cursor).await;
    let text = "key,name,currency,terms,credit_limit\n\
        A,Customer A,EUR,NET30,1\n\
        B,=cmd|' /C calc'!A0,EUR,NET30,\"2,00\"\n\
        C,Customer C,EURO,NET30,3\n\
        D,Customer D,EUR,NET30,-4\n\
        F,Customer F,EUR,NET30,0.005\n\
        F2,Customer F2,EUR,NET30,NaN\n\
        E,Customer E,EUR,NET30,55\n";
    drop.put("customers-2.csv", text);
    let told = drop.read(told.cursor).await;
    assert_eq!(told.keys(), ["E"]);
    assert!(told.deleted.is_empty(), "what cannot be read is not gone");
    assert_eq!(told.left_out.len(), 5, "{:?}", told.left_out);
    drop.read(told.cursor.clone()).await;
    let report = drop.content("errors", "customers-2.csv.errors.csv");
    for line in [
        "\"3\",\"B\",\"credit_limit\"",
        "\"4\",\"C\",\"currency\",\"EURO\"",
        "\"5\",\"D\"",
        "\"6\",\"F\"",
        "\"7\",\"F2\"",
    ] {
        assert!(report.contains(line), "{line} in {report}");
    }
    // They stay what they were also when the next file has them wrong again, and when all is read anew.
    drop.put("customers-3.csv", text.replace("55", "56"));
    let told = drop.read(told.cursor).await;
    assert_eq!((told.keys(), told.deleted.len()), (vec!["E"], 0));
    drop.read(told.cursor).await;
    let anew = drop.read(None).await;
    assert_eq!(anew.keys(), ["A", "B", "C", "D", "E"]);
    // A row without a key: nothing that the file lacks is taken for gone.
    let drop = Drop::local(settings(customers()));
    drop.put("customers-1.csv", rows(&FIVE));
    let told = drop.read(None).await;
    drop.put(
        "customers-2.csv",
        "key,name,currency,terms,credit_limit\nA,x\nB,B,EUR,NET30,2\nC,C,EUR,NET30,3\nD,D,EUR,NET30,4\n",
    );
    let told = drop.read(told.cursor).await;
    assert!(
        told.deleted.is_empty() && told.problems().contains("2 cells"),
        "{told:?}"
    );
}

#[tokio::test]
async fn twice_in_one_file() {
    let drop = Drop::local(settings(customers()));
    drop.put("customers-1.csv", rows(&[("A", "1"), ("B", "2")]));
    let told = drop.read(None).await;
    drop.put("customers-2.csv", rows(&[("A", "10"), ("B", "2"), ("A", "11")]));
    let told = drop.read(told.cursor).await;
    assert!(told.accounts.is_empty() && told.deleted.is_empty());
    assert!(told.problems().contains("more than once"), "{told:?}");
}

#[tokio::test]
async fn not_what_was_agreed() {
    let limit = json!({ "customers": { "files": "customers-{seq}.csv", "columns": { "credit_limit": ["KLIMK", "LIMIT"] } } });
    for (settings, content, problem) in [
        (
            settings(customers()),
            &b"key,name,currency\nA,M\xfcller,EUR\n"[..],
            "not UTF-8, in line 2",
        ),
        (
            settings(limit),
            b"key,name,currency\nA,B,EUR\n",
            "no column 'KLIMK' or 'LIMIT'",
        ),
        (settings(customers()), b"", "it is empty"),
        (
            settings(customers()),
            b"key,key,currency\nA,B,EUR\n",
            "two columns are named 'key'",
        ),
        (settings(customers()), b"\xff\xfek\0e\0y\0\n", "not UTF-16LE"),
        (settings(customers()), b"%PDF-1.7\n\0\0\0", "NUL"),
    ] {
        let drop = Drop::local(settings);
        drop.put("customers-1.csv", content);
        let told = is_temporary(drop.page(None, 9).await);
        assert!(told.contains(problem), "{told}");
        assert!(drop.content("refused", ".problem.txt").contains(problem));
    }
    // Ten rows and more that cannot be read are the settings' fault, not the rows'.
    let drop = Drop::local(settings(customers()));
    let many: Vec<(String, String)> = (0..20)
        .map(|n| (format!("K{n}"), "\"1.000,00\"".to_owned()))
        .collect();
    let many: Vec<(&str, &str)> = many
        .iter()
        .map(|(key, limit)| (key.as_str(), limit.as_str()))
        .collect();
    drop.put("customers-1.csv", rows(&many));
    let told = is_temporary(drop.page(None, 9).await);
    assert!(
        told.contains("20 of 20 rows cannot be read") && told.contains("before the decimals"),
        "{told}"
    );
    // A quote that is not closed swallows what is behind it.
    let drop = Drop::local(settings(customers()));
    let text = rows(&FIVE).replacen("Customer A", "\"Customer A", 1) + &"x,y,EUR,,\n".repeat(20_000);
    drop.put("customers-1.csv", text);
    assert!(is_temporary(drop.page(None, 9).await).contains("not closed"));
}

#[tokio::test]
async fn too_large_links_and_names_that_lead_elsewhere() {
    let mut with_limit = settings(customers());
    with_limit["reading"] = json!({ "max_file_mib": 1 });
    let drop = Drop::local(with_limit);
    drop.put("customers-1.csv", "");
    let file = std::fs::File::options()
        .write(true)
        .open(drop.root.join("in/customers-1.csv"))
        .unwrap();
    file.set_len(1 << 30).unwrap();
    let told = is_temporary(drop.page(None, 9).await);
    assert!(told.contains("max_file_mib"), "{told}");
    assert!(drop.files("refused").contains(&"customers-1.csv".to_owned()));
    // A link to a file elsewhere, a link as directory, a pipe.
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::write(elsewhere.path().join("secret.csv"), rows(&FIVE)).unwrap();
    std::os::unix::fs::symlink(
        elsewhere.path().join("secret.csv"),
        drop.root.join("in/customers-2.csv"),
    )
    .unwrap();
    std::fs::write(drop.root.join("in/customers-3.csv\u{7}"), rows(&FIVE)).unwrap();
    is_temporary(drop.page(None, 9).await);
    let check = drop.connector.check(&drop.context()).await.unwrap();
    let told: String = check
        .findings
        .iter()
        .map(|finding| finding.message.as_str())
        .collect();
    assert!(told.contains("customers-2.csv is no regular file"), "{told}");
    std::fs::remove_dir_all(drop.root.join("in")).unwrap();
    std::os::unix::fs::symlink(elsewhere.path(), drop.root.join("in")).unwrap();
    let error = drop.page(None, 9).await.unwrap_err();
    assert_eq!(error.kind, punchgate_connector::ErrorKind::Blocked, "{error}");
}
