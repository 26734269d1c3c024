//! Settings that cannot be used, each told by its key.

use punchgate_connector::Secrets;
use serde_json::{Value, json};

use super::from_config;

fn with(path: &[&str], value: Value) -> Value {
    let mut settings = json!({
        "folder": { "kind": "local", "path": "/srv/erp" },
        "feeds": { "customers": { "files": "customers-{seq}.csv" } }
    });
    let mut at = &mut settings;
    for key in path {
        at = &mut at[*key];
    }
    *at = value;
    settings
}

#[test]
fn what_is_wrong_is_told_by_its_key() {
    let cases = [
        (with(&["folder"], Value::Null), "settings.folder", "is missing"),
        (
            with(&["folder", "path"], json!("erp")),
            "settings.folder.path",
            "no absolute path",
        ),
        (with(&["folder", "kind"], json!("ftp")), "settings.folder", "ftp"),
        (with(&["feeds"], json!({})), "settings.feeds", "no feed"),
        (
            with(&["feeds", "stocks"], json!({})),
            "settings.feeds.stocks",
            "no feed of this name",
        ),
        (
            with(&["feeds", "customers", "files"], json!("../x.csv")),
            "settings.feeds.customers",
            "no pattern",
        ),
        (
            with(&["feeds", "customers", "file"], json!("x")),
            "settings.feeds.customers",
            "unknown field `file`",
        ),
        (
            with(&["feeds", "customers", "delta_files"], json!("d.csv")),
            "settings.feeds.customers",
            "both have {seq}",
        ),
        (
            with(&["feeds", "customers", "columns"], json!({ "limit": "X" })),
            "settings.feeds.customers",
            "'limit' is no field",
        ),
        (
            with(&["feeds", "customers", "encoding"], json!("utf-9")),
            "settings.feeds.customers",
            "not known",
        ),
        (
            with(&["feeds", "customers", "empty_limit"], json!("unlimited")),
            "settings.feeds.customers",
            "columns.credit_limit",
        ),
        (
            with(&["feeds", "holds"], json!({ "files": "h.csv", "format": "xml" })),
            "settings.feeds.holds",
            "`rows` is missing",
        ),
    ];
    all_are_told(&cases);
}

#[test]
fn what_is_wrong_beside_the_feeds_is_told_by_its_key() {
    let cases = [
        (
            with(
                &["feeds", "invoice"],
                json!({ "files": "i.csv", "delta_files": "d.csv" }),
            ),
            "settings.feeds.invoice",
            "never taken back",
        ),
        (
            with(&["reading"], json!({ "decimal": ",", "thousands": "," })),
            "settings.feeds.customers",
            "are both ','",
        ),
        (
            with(&["reading"], json!({ "manifest": "done" })),
            "settings.feeds.customers",
            "no ending",
        ),
        (
            with(&["directories"], json!({ "in": "../in" })),
            "settings.directories.in",
            "no directory",
        ),
        (
            with(&["directories"], json!({ "in": "archive" })),
            "settings.directories.archive",
            "another use",
        ),
        (
            with(&["directories"], json!({ "inn": "x" })),
            "settings.directories.inn",
            "is not a directory",
        ),
        (
            with(&["orders"], json!({ "format": "edifact" })),
            "settings.orders.format",
            "not a format",
        ),
    ];
    all_are_told(&cases);
}

fn all_are_told(cases: &[(Value, &str, &str)]) {
    for (settings, key, problem) in cases {
        let error = from_config("erp", settings, &Secrets::none()).unwrap_err();
        assert_eq!(error.key, *key, "{error}");
        assert!(error.to_string().contains(problem), "{error}");
    }
}

#[test]
fn having_a_feed_is_having_the_capability() {
    let names = |settings: &Value| {
        let connector = from_config("erp", settings, &Secrets::none()).unwrap();
        connector.spec().names()
    };
    assert_eq!(
        names(&with(
            &[],
            with(
                &[],
                json!({
                    "folder": { "kind": "local", "path": "/srv/erp" }, "orders": {}
                })
            )
        )),
        ["orders"]
    );
    let mut settings = with(
        &["feeds", "customers", "columns"],
        json!({ "open_items": "SALDO" }),
    );
    assert_eq!(names(&settings), ["accounts", "exposure"]);
    settings["feeds"]["prices"] = json!({ "files": "prices.csv" });
    settings["feeds"]["payment"] = json!({ "files": "pay.csv" });
    assert_eq!(names(&settings), ["accounts", "exposure", "documents", "prices"]);
}

#[test]
fn secrets_are_where_they_belong() {
    let sftp = json!({ "kind": "sftp", "host": "files.example", "user": "u", "path": "/x", "host_keys": ["SHA256:abc"] });
    let error = from_config("erp", &with(&["folder"], sftp.clone()), &Secrets::none()).unwrap_err();
    assert_eq!(error.key, "secrets.password");
    let secrets: Secrets = [("password", "hush-hush")].into_iter().collect();
    let connector = from_config("erp", &with(&["folder"], sftp), &secrets).unwrap();
    assert!(!format!("{connector:?}").contains("hush"));
    let s3 = json!({ "kind": "s3", "endpoint": "https://s3.example", "region": "r", "bucket": "b", "access_key_id": "AK" });
    let error = from_config("erp", &with(&["folder"], s3), &Secrets::none()).unwrap_err();
    assert_eq!(error.key, "secrets.secret_access_key");
}
