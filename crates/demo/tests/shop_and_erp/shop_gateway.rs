//! What the demo shop asks the gateway and shows of its answer, and what the wire log sees.

use std::sync::{Arc, Mutex};

use axum::Router;
use http::StatusCode;
use punchgate_demo::{GatewayAccess, shop::shop_router, wire_log::Peer};
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, browser},
    shop::{Shop, shop},
};

#[tokio::test]
async fn every_protocol_exchange_is_in_the_wire_log_and_no_browser_traffic() {
    let shop = shop();
    let opened = shop.open("s1", "create", json!([])).await;
    shop.bearer(&opened).await;
    let seen = shop.fixture.wire.since(0);
    assert_eq!(seen.len(), 1);
    assert_eq!(
        (seen[0].from, seen[0].to, seen[0].status),
        (Peer::Gateway, Peer::Shop, Some(200))
    );
    assert_eq!(seen[0].url, "/punchgate/open_session");
    assert!(seen[0].response.contains("login_url"));
}

#[tokio::test]
async fn a_silent_gateway_is_said_and_blocks_nothing() {
    let shop = shop();
    let opened = shop.open("s1", "create", json!([])).await;
    let bearer = shop.bearer(&opened).await;
    let (status, standing) =
        browser(&shop.router, "GET", "/punchout/api/standing", Some(&bearer), None).await;
    assert_eq!((status, &standing["state"]), (StatusCode::OK, &json!("silent")));
    assert_eq!(shop.add(&bearer, "TL-1010", "1").await.0, StatusCode::OK);
}

/// A gateway of one answer; its address and what it was asked.
async fn gateway(answer: Value) -> (String, Arc<Mutex<Vec<(String, Value)>>>) {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = asked.clone();
    let route = axum::routing::post(move |headers: http::HeaderMap, body: String| async move {
        let bearer = headers["authorization"].to_str().unwrap().to_owned();
        seen.lock()
            .unwrap()
            .push((bearer, serde_json::from_str(&body).unwrap()));
        axum::Json(answer)
    });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        axum::serve(listener, Router::new().route("/api/v1/checkout-options", route)).await
    });
    (base, asked)
}

#[tokio::test]
async fn the_gateways_words_about_a_hold_are_shown_and_asked_for_by_the_server() {
    let text = "Account past due. Please call accounts receivable.";
    let (base_url, asked) = gateway(json!({
        "customer": "C-1001", "message": text, "hold": { "code": "PASTDUE" }, "available": null,
        "tenders": [{ "tender": "terms", "allowed": false, "why_not": text }]
    }))
    .await;
    let fixture = Fixture::new();
    let mut config = fixture.shop_config();
    config.gateway = Some(GatewayAccess {
        base_url,
        api_key: "pg_demo".into(),
    });
    let router = shop_router(config).unwrap();
    let shop = Shop { router, fixture };
    let opened = shop.open("s1", "create", json!([])).await;
    let bearer = shop.bearer(&opened).await;
    shop.add(&bearer, "TL-1010", "2").await;
    let (_, standing) = browser(&shop.router, "GET", "/punchout/api/standing", Some(&bearer), None).await;
    assert_eq!(
        (&standing["refused"], &standing["message"]),
        (&json!(true), &json!(text))
    );
    let question = json!({ "customer": "C-1001", "amount": "318.00", "currency": "USD" });
    assert_eq!(*asked.lock().unwrap(), [("Bearer pg_demo".to_owned(), question)]);
    let seen = shop.fixture.wire.since(0);
    assert_eq!(
        (seen[1].from, seen[1].to, seen[1].status),
        (Peer::Shop, Peer::Gateway, Some(200))
    );
    assert!(
        !seen[1].request.contains("pg_demo"),
        "the key never reaches the log"
    );
}
