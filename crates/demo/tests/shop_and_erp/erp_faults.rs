//! The demo ERP when it misbehaves: down, the line cut after the commit, killed.

use http::StatusCode;
use punchgate_demo::{
    erp::{DEMO_ERP_SECRET, Faults, erp_router, serve_erp},
    http_client::http_client,
    signing::{SigningSecret, sign},
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    erp::erp_with,
    fixture::{self as peer, Fixture, form},
};

#[tokio::test]
async fn down_changes_nothing_and_says_so() {
    let erp = erp_with(|config| {
        config.faults = Faults {
            down: true,
            ..Faults::default()
        }
    });
    let (status, answer) = erp
        .call("submit_order", peer::order("ref-1", "C-1001", "TL-1010"))
        .await;
    assert_eq!(
        (status, &answer["kind"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("temporary"))
    );
    form(&erp.router, "/break", "slow_ms=0&cut_after_commit=0").await;
    let (_, found) = erp.call("find_order", json!({ "reference": "ref-1" })).await;
    assert_eq!(found["orders"], json!([]));
}

#[tokio::test]
async fn a_cut_line_leaves_the_order_without_an_answer() {
    let fixture = Fixture::new();
    let mut config = fixture.erp_config();
    config.faults.cut_after_commit = 1;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}/punchgate", listener.local_addr().unwrap());
    let shutdown = config.shutdown.clone();
    let server = tokio::spawn(serve_erp(config, listener));
    let client = http_client(std::time::Duration::from_secs(10)).unwrap();
    let post = |operation: &str, fields: Value| {
        let (body, id) = fixture.body(operation, fields);
        let secret = SigningSecret::read(DEMO_ERP_SECRET).unwrap();
        let signed = sign(
            &[secret],
            &id,
            punchgate_demo::Clock::now(&*fixture.clock),
            body.as_bytes(),
        );
        client
            .post(format!("{base}/{operation}"))
            .header("webhook-id", signed.id)
            .header("webhook-timestamp", signed.timestamp)
            .header("webhook-signature", signed.signature)
            .body(body)
            .send()
    };
    let cut = post("submit_order", peer::order("ref-1", "C-1001", "TL-1010")).await;
    assert!(cut.is_err(), "the first order is answered: {cut:?}");
    let found = post("find_order", json!({ "scope": "", "reference": "ref-1" }))
        .await
        .unwrap();
    let found: Value = serde_json::from_str(&found.text().await.unwrap()).unwrap();
    assert_eq!(found["orders"].as_array().unwrap().len(), 1, "but it is there");
    let answered = post("submit_order", peer::order("ref-2", "C-1001", "TL-1010")).await;
    assert!(answered.is_ok(), "the second order is not cut");
    let cut_in_log = fixture.wire.since(0);
    assert_eq!(cut_in_log[0].status, None);
    shutdown.cancel();
    server.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_killed_erp_knows_its_orders_again_and_drops_a_torn_line() {
    let folder = tempfile::tempdir().unwrap();
    let start = || erp_with(|config| config.data_dir = Some(folder.path().to_owned()));
    let first = start();
    first.submit("ref-1", "C-1001").await;
    form(
        &first.router,
        "/customers/C-1002/holds",
        "code=CREDIT&order_on_terms=1",
    )
    .await;
    drop(first);
    let path = folder.path().join("erp.jsonl");
    let mut torn = std::fs::read_to_string(&path).unwrap();
    torn.push_str("{\"order\":{\"number\":2");
    std::fs::write(&path, torn).unwrap();
    for round in 0..2 {
        let again = start();
        let (_, found) = again.call("find_order", json!({ "reference": "ref-1" })).await;
        assert_eq!(found["orders"].as_array().unwrap().len(), 1, "round {round}");
        assert_eq!(again.account("C-1002").await["holds"][0]["code"], "CREDIT");
        let (_, documents) = again.call("documents", json!({})).await;
        assert_eq!(documents["items"].as_array().unwrap().len(), 1);
    }
    std::fs::write(&path, "nonsense\n").unwrap();
    let fixture = Fixture::new();
    let mut config = fixture.erp_config();
    config.data_dir = Some(folder.path().to_owned());
    let error = erp_router(config).unwrap_err().to_string();
    assert!(error.contains("line 1") && error.contains("--fresh"), "{error}");
}
