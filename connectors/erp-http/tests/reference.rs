//! The conformance suite against the reference server in Python.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::{fs, path::Path, process::Stdio, time::Duration};

use futures_util::future::join_all;
use jiff::{Timestamp, civil::date};
use punchgate_connector::egress::Egress;
use punchgate_connector::{
    Connector, Context, Secrets,
    accounts::{ErpContact, ErpShipTo},
    conformance::{ErpFixture, OrderFixture, PeopleFixture, Report, Verdict, run_erp},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    purchase_order::Address,
    quantity::Unit,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PREVIOUS: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocols/reference");
const SCRIPT: &str = "erp.py";

/// Starts the server on a free port; `None` if there is no Python.
async fn reference_server(folder: &Path, secret: &str) -> Option<(Child, String)> {
    let mut child = Command::new("python3")
        .arg(folder.join(SCRIPT))
        .env("PUNCHGATE_SECRET", secret)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .ok()?;
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let base = lines
        .next_line()
        .await
        .unwrap()
        .expect("the server prints its address");
    Some((child, base))
}

fn connector(base: &str, scope: &str, secrets: &Secrets) -> Box<dyn Connector> {
    let settings = json!({
        "base_url": base, "scope": scope, "allow_http": true, "allow_networks": ["127.0.0.0/8"],
        "capabilities": ["accounts", "exposure", "orders", "documents", "prices", "stock"]
    });
    punchgate_erp_http::from_config("main-erp", &settings, secrets).unwrap()
}

#[expect(
    clippy::disallowed_methods,
    reason = "the reference server looks at the real clock"
)]
fn now() -> Timestamp {
    Timestamp::now()
}

fn context(id: String, http: &Egress) -> Context {
    Context::new(
        id,
        now(),
        Duration::from_secs(20),
        CancellationToken::new(),
        http.clone(),
    )
}

/// As the server begins.
fn people() -> PeopleFixture {
    let contact = |id: &str, name: &str, email: Option<&str>| ErpContact {
        id: id.to_owned(),
        name: name.to_owned(),
        email: email.map(str::to_owned),
        ..ErpContact::default()
    };
    let place = |id: &str, city: &str, customer: Option<&str>| ErpShipTo {
        id: id.to_owned(),
        address: Address {
            city: city.to_owned(),
            ..Address::default()
        },
        customer: customer.map(str::to_owned),
        ..ErpShipTo::default()
    };
    PeopleFixture {
        customer: "C-1001".to_owned(),
        contacts: vec![
            contact("P-1", "Bea Ortiz", Some("bea@acme.example")),
            contact("P-2", "Bea Ortiz", Some("b.ortiz@acme.example")),
            contact("P-3", "Zoë Łęcka-Müller", None),
        ],
        ship_tos: vec![
            place("S-1", "Dayton", None),
            place("S-2", "Düsseldorf", Some("C-1002")),
        ],
    }
}

fn order() -> OrderFixture {
    OrderFixture {
        part_id: "GLV-100".to_owned(),
        unit: Unit::new("BX"),
        unit_price: StatedAmount::parse("12.40", Currency::parse("USD").unwrap()).unwrap(),
        date: date(2026, 3, 1),
        live: true,
    }
}

async fn conformance(base: &str) -> Report {
    let secrets: Secrets = [("secret", SECRET)].into_iter().collect();
    let system = connector(base, "", &secrets);
    let elsewhere = connector(base, "NOWHERE", &secrets);
    let http = Egress::new(system.egress_rules()).unwrap();
    let make = |id| context(id, &http);
    let fixture = ErpFixture {
        held_customer: Some("C-1002".to_owned()),
        deleted_customer: Some("C-0007".to_owned()),
        inactive_customer: Some("C-1003".to_owned()),
        second_customer: Some("C-1002".to_owned()),
        people: Some(people()),
        wrong_scope: Some(elsewhere.as_ref()),
        ..ErpFixture::new("reference".to_owned(), &make, "C-1001".to_owned(), order())
    };
    run_erp(system.as_ref(), &fixture).await
}

/// A copy of the server in which one text is another.
fn sabotaged(text: &str, by: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut places = 0;
    for file in [SCRIPT, "transport.py"] {
        let source = fs::read_to_string(Path::new(FOLDER).join(file)).unwrap();
        places += source.matches(text).count();
        fs::write(folder.path().join(file), source.replace(text, by)).unwrap();
    }
    assert_eq!(places, 1, "'{text}' must stand once in the server's source");
    folder
}

fn failed(report: &Report) -> Vec<&'static str> {
    let failed = report.cases.iter().filter(|case| case.verdict == Verdict::Failed);
    failed.map(|case| case.case).collect()
}

#[tokio::test]
async fn the_reference_server_conforms() {
    let Some((_server, base)) = reference_server(Path::new(FOLDER), SECRET).await else {
        eprintln!("SKIPPED: python3 is not installed, the reference ERP was not tried");
        return;
    };
    let report = conformance(&base).await;
    assert!(report.is_conformant(), "{report}");
    let skipped = report
        .cases
        .iter()
        .filter(|case| case.verdict == Verdict::Skipped);
    let skipped: Vec<&str> = skipped.map(|case| case.case).collect();
    // Nobody works there, and limits are for the gateway to see to.
    assert_eq!(
        skipped,
        [
            "contact-taken-away",
            "accounts-committed-late",
            "exposure-invoice",
            "exposure-payment",
            "exposure-credit-note",
            "order-over-limit",
        ],
        "{report}"
    );
}

/// (text, what it becomes, the case that must fail)
const FAULTS: &[(&str, &str, &str)] = &[
    ("\"id\": \"P-2\"", "\"id\": \"P-1\"", "contacts-keep-their-ids"),
    ("Zoë Łęcka", "ZoÃ« ÅÄcka", "contacts-as-they-are"),
    (", \"customer\": \"C-1002\"}", "}", "ship-tos-as-they-are"),
    ("row[0] > after", "row[0] >= after", "accounts-fall-silent"),
    (
        "\"next_cursor\": str(page[:rest][-1][0] if page[:rest] else after)",
        "\"next_cursor\": str(after + len(page))",
        "accounts-all-pages",
    ),
    (
        "if request[\"scope\"] != \"\":",
        "if False:",
        "accounts-wrong-scope",
    ),
    (
        "\"account\": scoped(lambda r: by_keys(r, ACCOUNTS.get))",
        "\"account\": lambda r: by_keys(r, ACCOUNTS.get)",
        "accounts-wrong-scope-by-key",
    ),
    ("scoped(patch_account)", "patch_account", "patch-wrong-scope"),
    (
        "scoped(lambda r: by_keys(r, exposure))",
        "lambda r: by_keys(r, exposure)",
        "exposure-wrong-scope",
    ),
    ("scoped(submit_order)", "submit_order", "order-wrong-scope"),
    (
        "\"active\": code != \"GONE\"",
        "\"active\": True",
        "accounts-inactive",
    ),
    (
        ".get(\"currency\", \"USD\") != account[\"currency\"]",
        " is None",
        "patch-refused-limit",
    ),
    (
        "if account[\"version\"] != request[\"expect\"]:",
        "if False:",
        "patch-stale-version",
    ),
    (
        "if account is None:\n        raise Problem(\"not_found\", \"unknown_account\"",
        "if account is None:\n        raise Problem(\"invalid\", \"unknown_account\"",
        "patch-unknown-account",
    ),
    ("if hold[\"id\"] not in replaced]", "]", "patch-hold"),
    (
        "{**hold, \"placed_by\": request[\"actor\"]}",
        "{**hold, \"shopper\": hold[\"shopper\"].encode(\"ascii\", \"replace\").decode()}",
        "patch-hold",
    ),
    (
        "patch.get(\"credit_limit\") or account",
        "{**patch[\"credit_limit\"], **({\"amount\": str(float(patch[\"credit_limit\"][\"amount\"]) * 1.1)} if \"amount\" in patch[\"credit_limit\"] else {})} if patch.get(\"credit_limit\") else account",
        "patch-limit-values",
    ),
    ("in (\"open\", \"on_hold\")", "in ()", "exposure-counts-an-order"),
    (
        "\"includes_open_orders\": True, \"as_of\": as_of",
        "\"includes_open_orders\": False, \"as_of\": as_of",
        "exposure-by-key",
    ),
    ("    if existing:", "    if False:", "order-submit-in-parallel"),
    (
        "    if existing:\n        return {\"result\": \"existing\"",
        "    if False:\n        return {\"result\": \"existing\"",
        "order-submit-twice",
    ),
    (
        "if o[\"reference\"] == r[\"reference\"]]",
        "if o[\"reference\"] == r[\"reference\"] and o[\"state\"] != \"cancelled\"]",
        "order-cancel",
    ),
    (
        "if o[\"reference\"] == r[\"reference\"]]",
        "if o[\"reference\"] == r[\"reference\"][:40]]",
        "order-submit-and-find",
    ),
    (
        "(of[\"customer\"], of[\"purchase_order_number\"])",
        "of[\"purchase_order_number\"]",
        "order-find-by-number",
    ),
    (
        "if account is None or not account[\"active\"]:",
        "if False:",
        "order-unknown-customer",
    ),
    (
        "\"on_hold\" if held else \"open\"",
        "\"open\"",
        "order-held-customer",
    ),
    ("if row[1][\"kind\"] in kinds", "if True", "documents-by-kind"),
    (
        "raise Problem(\"not_found\", \"unknown_order\"",
        "raise Problem(\"temporary\", \"unknown_order\"",
        "order-cancel-unknown",
    ),
    ("total=request[\"total\"], revision", "revision", "order-change"),
    (
        "order.update(total",
        "ORDERS.append(dict(order)) or order.update(total",
        "order-change-twice",
    ),
    (
        "if order.get(\"revision\", 1) < request[\"revision\"]:",
        "if True:",
        "order-change-older",
    ),
    (
        "    if order[\"state\"] == \"cancelled\":\n        return {\"result\": \"refused\"",
        "    if False:\n        return {\"result\": \"refused\"",
        "order-change-cancelled",
    ),
    (
        "raise Problem(\"not_found\", \"unknown_order\"",
        "raise Problem(\"temporary\", \"unknown_order\"",
        "order-change-unknown",
    ),
    ("key not in ACCOUNTS]", "False]", "accounts-by-key"),
    ("\"deleted\": gone, ", "\"deleted\": [], ", "accounts-deleted"),
    (
        "if wanted and changed[\"terms\"] is None:",
        "if False:",
        "patch-refused",
    ),
    (
        "for query in request[\"queries\"]]",
        "for query in reversed(request[\"queries\"])]",
        "stock-one-a-query",
    ),
    (
        "or query[\"customer\"] not in ACCOUNTS:",
        "or False:",
        "prices-unknown-customer",
    ),
    ("\"versions\": [1]", "\"versions\": [2]", "check"),
    ("\" \".join(macs(id, timestamp, data))", "\"v1,AAAA\"", "check"),
    (
        "\"webhook-id\": id, \"webhook-timestamp\"",
        "\"webhook-id\": \"other\", \"webhook-timestamp\"",
        "check",
    ),
];

/// Every case can fail: a server with one fault fails the case that is about it.
#[tokio::test]
async fn every_fault_is_found() {
    let tries = FAULTS.iter().map(|&(text, by, case)| async move {
        let folder = sabotaged(text, by);
        let (_server, base) = reference_server(folder.path(), SECRET).await?;
        Some((text, by, case, conformance(&base).await))
    });
    for tried in join_all(tries).await {
        let Some((text, by, case, report)) = tried else {
            eprintln!("SKIPPED: python3 is not installed, faults were not tried");
            return;
        };
        assert!(
            failed(&report).contains(&case),
            "'{text}' became '{by}':\n{report}"
        );
    }
}

#[tokio::test]
async fn secrets_are_rotated_without_a_lost_message() {
    // Server's secrets, ours, whether we understand each other.
    let cases = [
        (SECRET.to_owned(), (SECRET, None), true),
        (format!("{PREVIOUS} {SECRET}"), (SECRET, None), true),
        (format!("{PREVIOUS} {SECRET}"), (PREVIOUS, Some(SECRET)), true),
        (PREVIOUS.to_owned(), (SECRET, Some(PREVIOUS)), true),
        (PREVIOUS.to_owned(), (SECRET, None), false),
    ];
    for (theirs, (current, previous), understood) in cases {
        let Some((_server, base)) = reference_server(Path::new(FOLDER), &theirs).await else {
            eprintln!("SKIPPED: python3 is not installed, rotation was not tried");
            return;
        };
        let ours = [("secret", Some(current)), ("previous_secret", previous)];
        let secrets: Secrets = ours
            .into_iter()
            .filter_map(|(name, secret)| Some((name, secret?)))
            .collect();
        let system = connector(&base, "", &secrets);
        let http = Egress::new(system.egress_rules()).unwrap();
        let checked = system.check(&context("rotation".to_owned(), &http)).await;
        assert_eq!(
            checked.is_ok(),
            understood,
            "{theirs} and {current}, {previous:?}: {checked:?}"
        );
        if let Err(error) = checked {
            assert_eq!(error.kind, punchgate_connector::ErrorKind::Auth);
        }
    }
}

#[tokio::test]
async fn a_connector_that_expects_more_than_there_is_fails_its_check() {
    let Some((_server, base)) = reference_server(Path::new(FOLDER), SECRET).await else {
        eprintln!("SKIPPED: python3 is not installed, the check was not tried");
        return;
    };
    let secrets: Secrets = [("secret", SECRET)].into_iter().collect();
    let system = connector(&base, "NOWHERE", &secrets);
    let http = Egress::new(system.egress_rules()).unwrap();
    let checked = system.check(&context("scope".to_owned(), &http)).await.unwrap();
    assert!(
        !checked.is_fit() && checked.findings[0].message.contains("NOWHERE"),
        "{checked:?}"
    );
}
