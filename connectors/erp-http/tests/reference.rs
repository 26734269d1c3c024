//! The conformance suite against the reference server in Python.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::{process::Stdio, time::Duration};

use jiff::{Timestamp, civil::date};
use punchgate_connector::{
    Connector, Context, Secrets,
    conformance::{ErpFixture, OrderFixture, Verdict, run_erp},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use punchgate_egress::Egress;
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use tokio_util::sync::CancellationToken;

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const PREVIOUS: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";
const SCRIPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../docs/protocols/reference/erp.py"
);

/// Starts the server on a free port; `None` if there is no Python.
async fn reference_server(secret: &str) -> Option<(Child, String)> {
    let mut child = Command::new("python3")
        .arg(SCRIPT)
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
        "base_url": base, "scope": scope, "allow_http": true, "allow_networks": ["127.0.0.0/8"]
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

#[tokio::test]
async fn the_reference_server_conforms() {
    let Some((_server, base)) = reference_server(SECRET).await else {
        eprintln!("SKIPPED: python3 is not installed, the reference ERP was not tried");
        return;
    };
    let secrets: Secrets = [("secret", SECRET)].into_iter().collect();
    let system = connector(&base, "", &secrets);
    let elsewhere = connector(&base, "NOWHERE", &secrets);
    let http = Egress::new(system.egress_rules()).unwrap();
    let make = |id| context(id, &http);
    let fixture = ErpFixture {
        run_id: "reference".to_owned(),
        context: &make,
        customer: "C-1001".to_owned(),
        held_customer: Some("C-1002".to_owned()),
        order: OrderFixture {
            part_id: "GLV-100".to_owned(),
            unit: Unit::new("BX"),
            unit_price: StatedAmount::parse("12.40", Currency::parse("USD").unwrap()).unwrap(),
            date: date(2026, 3, 1),
        },
        wrong_scope: Some(elsewhere.as_ref()),
    };
    let report = run_erp(system.as_ref(), &fixture).await;
    assert!(report.is_conformant(), "{report}");
    assert_eq!(report.count(Verdict::Skipped), 0, "{report}");
    assert!(report.count(Verdict::Passed) >= 20, "{report}");
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
        let Some((_server, base)) = reference_server(&theirs).await else {
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
    let Some((_server, base)) = reference_server(SECRET).await else {
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
