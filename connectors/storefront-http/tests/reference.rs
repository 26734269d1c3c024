//! The conformance suite against the reference server in Python.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::{fs, path::Path, process::Stdio, time::Duration};

use futures_util::future::join_all;
use jiff::{Timestamp, civil::date};
use punchgate_connector::egress::Egress;
use punchgate_connector::{
    Connector, Context, Secrets,
    conformance::{OrderFixture, Report, StorefrontFixture, Verdict, run_storefront},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/protocols/reference");
const SCRIPT: &str = "storefront.py";

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

fn connector(base: &str, secrets: &Secrets) -> Box<dyn Connector> {
    let settings = json!({
        "base_url": base, "allow_http": true, "allow_networks": ["127.0.0.0/8"]
    });
    punchgate_storefront_http::from_config("shop", &settings, secrets).unwrap()
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

async fn conformance(base: &str) -> Report {
    let secrets: Secrets = [("secret", SECRET)].into_iter().collect();
    let system = connector(base, &secrets);
    let http = Egress::new(system.egress_rules()).unwrap();
    let make = |id| context(id, &http);
    let order = OrderFixture {
        part_id: "GLV-100".to_owned(),
        unit: Unit::new("BX"),
        unit_price: StatedAmount::parse("12.40", Currency::parse("USD").unwrap()).unwrap(),
        date: date(2026, 3, 1),
        live: true,
    };
    let fixture = StorefrontFixture::new("reference".to_owned(), &make, "C-1001".to_owned(), order);
    run_storefront(system.as_ref(), &fixture).await
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
        eprintln!("SKIPPED: python3 is not installed, the reference shop was not tried");
        return;
    };
    let report = conformance(&base).await;
    assert!(report.is_conformant(), "{report}");
    let skipped = report
        .cases
        .iter()
        .filter(|case| case.verdict == Verdict::Skipped);
    let skipped: Vec<&str> = skipped.map(|case| case.case).collect();
    assert!(skipped.is_empty(), "{report}");
}

/// (text, what it becomes, the case that must fail)
const FAULTS: &[(&str, &str, &str)] = &[
    (
        "    order[\"state\"] = \"cancelled\"\n",
        "    pass\n",
        "order-cancel",
    ),
    (
        "LOGINS.pop(hashlib.sha256(code.encode()).hexdigest(), (None, \"\"))",
        "LOGINS.get(hashlib.sha256(code.encode()).hexdigest(), (None, \"\"))",
        "session-login-once",
    ),
    ("        del LOGINS[old]", "        pass", "session-login-once"),
    (
        "return {\"storefront_session\": cart[\"storefront_session\"], \"login_url\": f\"{BASE}login/{code}\"",
        "return {\"storefront_session\": cart[\"storefront_session\"], \"login_url\": f\"{BASE}login/x\"",
        "session-open-again",
    ),
    (
        "next((c for c in CARTS.values() if c[\"session\"] == request[\"session\"]), None)",
        "None",
        "session-open-again",
    ),
    (
        "next((c for c in CARTS.values() if c[\"session\"] == request[\"session\"]), None)",
        "next(iter(CARTS.values()), None)",
        "session-carts-apart",
    ),
    (
        "refused = put(cart, request.get(\"items\") or [])",
        "pass",
        "session-edit",
    ),
    (
        "if cart[\"mode\"] == \"inspect\":",
        "if False:",
        "session-inspect",
    ),
    (
        "not in CUSTOMERS:\n            raise",
        "is None:\n            raise",
        "session-unknown-customer",
    ),
    (
        "\"quantity\": line[\"quantity\"],\n",
        "\"quantity\": str(Decimal(line[\"quantity\"]) + 1),\n",
        "cart-fill",
    ),
    (
        "line.get(\"auxiliary_id\") or secrets.token_hex(4)",
        "secrets.token_hex(4)",
        "cart-fill",
    ),
    (
        "cart[\"lines\"], cart[\"revision\"] = lines,",
        "cart[\"lines\"], cart[\"revision\"] = cart[\"lines\"] + lines,",
        "cart-fill-replaces",
    ),
    (
        "refused.append({\"line\": line[\"line\"]",
        "refused.append({\"line\": 1",
        "cart-refuses-a-line-alone",
    ),
    ("if state_of(cart) != \"open\":", "if False:", "cart-lock"),
    ("if state_of(cart) != to:", "if True:", "cart-return"),
    (
        "    if state_of(cart) not in (\"open\", \"locked\"):\n        raise",
        "    if False:\n        raise",
        "cart-cancel",
    ),
    (
        "raise Problem(\"not_found\", \"unknown_session\"",
        "raise Problem(\"invalid\", \"unknown_session\"",
        "cart-unknown-session",
    ),
    (
        "\"unit_price\": usd(price)",
        "\"unit_price\": usd(float(price) * 1.19)",
        "catalogue-item",
    ),
    (
        "hits[start:start + limit]",
        "hits[start:start + limit + 1]",
        "catalogue-search-all-pages",
    ),
    (
        "if all(word in f\"{i['part_id']} {i['name']}\".lower() for word in words)",
        "",
        "catalogue-search-nothing",
    ),
    (
        "raise Problem(\"not_found\", \"unknown_part\"",
        "raise Problem(\"temporary\", \"unknown_part\"",
        "catalogue-unknown-item",
    ),
    ("    if existing:", "    if False:", "order-place-twice"),
    (
        "\"payment_state\": \"none\"",
        "\"payment_state\": \"paid\"",
        "order-place-and-find",
    ),
    (
        "\"ordered\": line[\"quantity\"]",
        "\"ordered\": \"1\"",
        "order-place-and-find",
    ),
    (
        "    if request[\"customer\"] not in CUSTOMERS:",
        "    if False:",
        "order-unknown-customer",
    ),
    (
        "raise Problem(\"not_found\", \"unknown_order\"",
        "raise Problem(\"temporary\", \"unknown_order\"",
        "order-unknown-status",
    ),
    (
        "\"find_order\": lambda r: {\"orders\":",
        "\"find_order\": lambda r: {\"found\":",
        "order-find-nothing",
    ),
    (
        "if o[\"reference\"] == r[\"reference\"]]",
        "]",
        "order-place-twice",
    ),
    (
        "\"protocol\": \"punchgate-storefront\"",
        "\"protocol\": \"punchgate-erp\"",
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
