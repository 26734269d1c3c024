//! Settings that can be used, and what is said of those that cannot.

use punchgate_connector::{Secrets, capabilities::Cas};
use serde_json::{Value, json};

use super::from_config;

/// An authority whose key nobody has.
const ROOT: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBdTCCARugAwIBAgIUKtM7JqnunTcjMRPMKjrQ8izR1yUwCgYIKoZIzj0EAwIw\n\
DzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjMwMzA5NDlaGA8yMTI2MTAzMDAzMDk0\n\
OVowDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABH+b\n\
a465Qjz8Ybivosi0tG5iBiaF1DmGy98v20Y1vr+uWPzWS/suqt1mvUuF4PTFstU5\n\
VerIeiywvjzVmsksPnOjUzBRMB0GA1UdDgQWBBRvTfqtg980UiJJl/Cugm9+De+b\n\
1jAfBgNVHSMEGDAWgBRvTfqtg980UiJJl/Cugm9+De+b1jAPBgNVHRMBAf8EBTAD\n\
AQH/MAoGCCqGSM49BAMCA0gAMEUCIG44dkj72qIgr9OUHajg1kkyVcxYqWpwPk09\n\
LTAM2rNtAiEA4rckDzNkps9Nk2+jXIeppT0Klx0AKH6UnyTHVBNM/fg=\n\
-----END CERTIFICATE-----\n\
";

fn with(changes: &Value) -> Value {
    let mut settings = json!({
        "database": "postgres", "host": "erp.example.com", "user": "punchgate", "name": "erp",
        "tables": {"customers": "erp.v_customers"},
    });
    for (key, value) in changes.as_object().unwrap() {
        settings[key] = value.clone();
    }
    settings
}

fn problem(changes: &Value) -> Option<String> {
    let secrets: Secrets = [("password", "secret")].into_iter().collect();
    from_config("erp", &with(changes), &secrets)
        .err()
        .map(|error| format!("{}: {}", error.key, error.problem))
}

#[test]
fn every_problem_has_its_place() {
    let cases = [
        (json!({}), None),
        (
            json!({"database": "oracle"}),
            Some("settings.database: 'oracle' is not known"),
        ),
        (json!({"host": null}), Some("settings.host: is missing")),
        (json!({"host": "x/y"}), Some("settings.host: 'x/y' is no host")),
        (
            json!({"socket": "/run/db"}),
            Some("settings.socket: stands beside settings.host"),
        ),
        (
            json!({"host": null, "socket": "run"}),
            Some("settings.socket: 'run' is not an absolute path"),
        ),
        (
            json!({"tls": false}),
            Some("settings.tls: is off, and anybody on the way could read and change what is said"),
        ),
        (json!({"tls": false, "allow_plain": true}), None),
        (json!({"tls": false, "host": "127.0.0.1"}), None),
        (json!({"tls": false, "host": "::1"}), None),
        (
            json!({"allow_plain": true}),
            Some("settings.allow_plain: stands beside TLS, and allows nothing"),
        ),
        (
            json!({"database": "sqlite", "host": null, "user": null, "name": null, "file": "erp.db"}),
            Some("settings.file: 'erp.db' is not a plain absolute path"),
        ),
        (
            json!({"database": "sqlite", "host": null, "user": null, "name": null, "file": "/a/../b"}),
            Some("settings.file: '/a/../b' is not a plain absolute path"),
        ),
        (
            json!({"database": "sqlite", "file": "/a/b"}),
            Some("settings.host: is not a setting of this connector"),
        ),
        (
            json!({"time_zone": "Mars/Olympus"}),
            Some("settings.time_zone: 'Mars/Olympus' is not a time zone"),
        ),
        (
            json!({"currency": "EURO"}),
            Some(
                "settings.currency: 'EURO' is not a currency code: three letters of ISO 4217, such as USD, are expected",
            ),
        ),
        (
            json!({"null_limit": "none"}),
            Some("settings.null_limit: 'none' is not known"),
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(problem(&changes).as_deref(), expected, "{changes}");
    }
}

#[test]
fn every_problem_with_certificates_has_its_place() {
    let cases = [
        (json!([]), json!({}), None),
        (json!([ROOT]), json!({}), None),
        (json!([format!("Our own\n{ROOT}\n{ROOT}")]), json!({}), None),
        (
            json!(["/etc/ssl/root.pem"]),
            json!({}),
            Some("number 1 cannot be read: it has no certificate"),
        ),
        (
            json!([
                ROOT,
                "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
            ]),
            json!({}),
            Some("number 2 cannot be read: "),
        ),
        (
            json!([ROOT.split("-----END").next().unwrap()]),
            json!({}),
            Some("number 1 cannot be read: "),
        ),
        (
            json!([ROOT]),
            json!({"tls": false, "allow_plain": true}),
            Some("stands beside tls = false: no certificate is looked at there"),
        ),
        (
            json!([ROOT]),
            json!({"host": null, "socket": "/run/db"}),
            Some("stands beside settings.socket: no certificate is looked at there"),
        ),
    ];
    for (roots, mut changes, expected) in cases {
        changes["extra_root_certificates"] = roots;
        let found = problem(&changes);
        let told = expected.map(|expected| format!("settings.extra_root_certificates: {expected}"));
        match (&found, &told) {
            (Some(found), Some(told)) => assert!(found.starts_with(told), "{found}, not {told}"),
            _ => assert_eq!(found, told, "{changes}"),
        }
    }
}

#[test]
fn every_problem_with_tables_has_its_place() {
    let cases = [
        (
            json!({"tables": {}}),
            Some("settings.tables: names no view and no table"),
        ),
        (
            json!({"tables": {"clients": "x"}}),
            Some("settings.tables.clients: is not a table that this connector knows"),
        ),
        (
            json!({"tables": {"customers": "a.b.c"}}),
            Some("settings.tables.customers: 'a.b.c' is not the name of a table"),
        ),
        (
            json!({"tables": {"orders": "o"}}),
            Some("settings.tables.order_lines: is missing, and orders says nothing without it"),
        ),
        (
            json!({"columns": {"customers": {"limit": "x"}}}),
            Some("settings.columns.customers.limit: is not a column of this table"),
        ),
        (
            json!({"columns": {"customers": {"id": ""}}}),
            Some("settings.columns.customers.id: cannot be done without"),
        ),
        (
            json!({"columns": {"customers": {"id": "a\u{0}"}}}),
            Some("settings.columns.customers.id: 'a\u{0}' is not the name of a column"),
        ),
        (
            json!({"columns": {"holds": {"id": "x"}}}),
            Some("settings.columns.holds: stands there without settings.tables.holds"),
        ),
        (
            json!({"number_columns": ["customers.key"]}),
            Some("settings.number_columns: 'customers.key' is not known"),
        ),
        (
            json!({"account_writes": "direct"}),
            Some("settings.account_writes: is 'direct', and settings.tables.customers_write is not set"),
        ),
        (
            json!({"account_writes": "requests"}),
            Some("settings.account_writes: is 'requests', and settings.tables.account_requests is not set"),
        ),
        (
            json!({"account_writes": "direct", "tables": {"customers": "c", "customers_write": "w"}}),
            Some("settings.account_writes: is 'direct', and settings.columns.customers.version is not set"),
        ),
        (
            json!({"order_states": {"X": "gone"}}),
            Some("settings.order_states.X: 'gone' is not known"),
        ),
        (
            json!({"document_kinds": ["quote"]}),
            Some("settings.document_kinds: 'quote' is not known"),
        ),
        (
            json!({"column": {}}),
            Some("settings.column: is not a setting of this connector"),
        ),
    ];
    for (changes, expected) in cases {
        assert_eq!(problem(&changes).as_deref(), expected, "{changes}");
    }
}

#[test]
fn a_password_is_asked_for_where_the_way_does_not_know_us() {
    let without = Secrets::none();
    let error = from_config("erp", &with(&json!({})), &without).unwrap_err();
    assert_eq!(error.key, "secrets.password");
    let socket = with(&json!({"host": null, "socket": "/run/postgresql"}));
    assert!(from_config("erp", &socket, &without).is_ok());
}

#[test]
fn capabilities_follow_from_what_is_mapped() {
    let secrets: Secrets = [("password", "secret")].into_iter().collect();
    let made = from_config("erp", &with(&json!({})), &secrets).unwrap();
    assert_eq!(made.spec().names(), ["accounts"]);
    assert_eq!(made.spec().capabilities.cas, Cas::None);
    let all = json!({
        "tables": {
            "customers": "c", "exposure": "e", "orders": "o", "order_lines": "l", "documents": "d",
            "document_lines": "dl", "prices": "p", "customers_write": "w",
        },
        "columns": {"customers": {"version": "v"}, "customers_write": {"terms_code": ""}},
        "account_writes": "direct",
    });
    let made = from_config("erp", &with(&all), &secrets).unwrap();
    let spec = made.spec();
    assert_eq!(
        spec.names(),
        ["accounts", "exposure", "orders", "documents", "prices"]
    );
    assert_eq!(spec.capabilities.cas, Cas::Native);
    let writable = spec.capabilities.writable;
    assert!(writable.credit_limit && !writable.terms && !writable.holds);
    assert!(
        !format!("{made:?}").contains("secret"),
        "a password is shown to nobody"
    );
}
