//! TLS to a real PostgreSQL, which takes nothing else from the network (`scripts/with-postgres`).

#![allow(
    clippy::disallowed_methods,
    reason = "a test is configured by the environment"
)]

use std::{env, fs, path::PathBuf};

use punchgate_connector::{CheckReport, ConnectorResult, ErrorKind, Secrets};
use serde_json::{Value, json};

use crate::support::{Erp, Kind, context};

/// What `check` says with these settings, of a user who may all.
async fn checked(settings: &Value) -> ConnectorResult<CheckReport> {
    let secrets: Secrets = [("password", "of the test")].into_iter().collect();
    let connector = punchgate_erp_sql::from_config("erp", settings, &secrets).unwrap();
    connector.check(&context()).await
}

#[tokio::test]
async fn a_server_is_who_its_certificate_says() {
    let Ok(folder) = env::var("PUNCHGATE_TEST_POSTGRES_TLS") else {
        println!("skipped: PUNCHGATE_TEST_POSTGRES_TLS is not set");
        return;
    };
    let Some(erp) = Erp::start(Kind::Postgres).await else {
        return;
    };
    let pem = |name: &str| fs::read_to_string(PathBuf::from(&folder).join(name)).unwrap();
    let (root, stranger) = (pem("root.pem"), pem("stranger.pem"));
    let user = format!("tls_{}", erp.name);
    erp.run(&format!(
        "create role {user} superuser login password 'of the test'"
    ))
    .await;
    let settings = |host: &str, roots: &[&String]| {
        json!({
            "database": "postgres", "host": host, "port": erp.port(), "user": user, "name": erp.name,
            "currency": "EUR", "allow_networks": ["127.0.0.0/8", "::1/128"],
            "extra_root_certificates": roots, "tables": {"customers": "erp.v_customers"},
        })
    };
    for roots in [vec![&root], vec![&stranger, &root]] {
        let report = checked(&settings("localhost", &roots)).await.unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
    }
    for (host, roots, why) in [
        ("localhost", vec![&stranger], "UnknownIssuer"),
        ("localhost", vec![], "UnknownIssuer"),
        ("127.0.0.1", vec![&root], "not valid for name"),
    ] {
        let error = checked(&settings(host, &roots)).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Auth, "{error}");
        assert!(
            error.to_string().contains("not who it should be") && error.to_string().contains(why),
            "{error}"
        );
    }
    // In the open the server lets nobody in: whoever got in above came with TLS.
    let mut plain = settings("localhost", &[]);
    plain["tls"] = json!(false);
    let error = checked(&plain).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Auth, "{error}");
    erp.on_server(&format!("drop owned by {user}; drop role {user}"))
        .await;
    erp.done().await;
}
