//! The one place where real time is the subject: a hold in the ERP is effective at checkout within five seconds.

use std::time::{Duration, Instant};

use punchgate::{connectors, serve};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    erp::CUSTOMER,
    http,
    live::Live,
    supplier::{Supplier, api_key},
};

const WITHIN: Duration = Duration::from_secs(5);

async fn terms(address: &str) -> Value {
    let body = json!({ "customer": CUSTOMER, "amount": "10.00", "currency": "USD" });
    let request = http()
        .post(format!("http://{address}/api/v1/checkout-options"))
        .bearer_auth(api_key("all"));
    let answer: Value = request.json(&body).send().await.unwrap().json().await.unwrap();
    let tenders = answer["tenders"].as_array().cloned().unwrap_or_default();
    tenders
        .into_iter()
        .find(|tender| tender["tender"] == "terms")
        .unwrap_or(Value::Null)
}

/// How long until terms are allowed, or not.
async fn until(address: &str, allowed: bool) -> (Duration, Value) {
    let began = Instant::now();
    loop {
        let terms = terms(address).await;
        if terms["allowed"] == allowed {
            return (began.elapsed(), terms);
        }
        assert!(
            began.elapsed() < 2 * WITHIN,
            "allowed = {allowed} never came: {terms}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_in_the_erp_counts_at_checkout_within_five_seconds() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let running = serve::start_on(listener, live.config(&address), connectors::registry())
        .await
        .unwrap();
    let erp = &live.erp;

    until(&address, true).await;
    erp.place_hold(CUSTOMER, &["order_on_terms"], "Please call accounts receivable.")
        .await;
    let (placed, seen) = until(&address, false).await;
    assert!(
        seen["why_not"]
            .as_str()
            .is_some_and(|text| text.contains("Please call accounts receivable.")),
        "{seen}"
    );
    assert!(!seen.to_string().contains("for our eyes only"), "{seen}");
    erp.release_holds(CUSTOMER).await;
    let (released, _) = until(&address, true).await;
    assert!(
        placed < WITHIN && released < WITHIN,
        "placed {placed:?}, released {released:?}"
    );
    running.stop().await;
}
