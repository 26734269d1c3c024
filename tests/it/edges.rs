//! Texts and addresses at the edge: NUL, bytes that are no text, other methods, whose a refused request is, two
//! gateways on one file.

use punchgate::{connectors, serve};
use punchgate_storage::Db;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{
    cxml::{Answer, Po},
    http,
    live::Live,
    supplier::{RELATIONSHIP, SUPPLIER_ID, Supplier},
};

#[tokio::test]
async fn a_nul_in_a_question_is_no_trouble_of_ours() {
    let world = Supplier::with_buyer().start().await;
    let customer = world.get("/v1/customers").await["items"][0].clone();
    let holds = format!("/v1/customers/{}/holds", customer["id"].as_str().unwrap());
    let hold = json!({ "expected_version": customer["version"], "code": "A", "removes": [], "push": false,
        "reason": "a\0b", "shopper": "x\0y" });
    let options = json!({ "customer": "C\0", "amount": "5", "currency": "USD" });
    let cases: [(Method, &str, Option<Value>, u16); 6] = [
        (Method::GET, "/v1/orders?search=%00", None, 200),
        (Method::GET, "/v1/orders/a%00b", None, 404),
        (Method::GET, "/v1/customers?search=%00", None, 200),
        (Method::GET, "/v1/documents?search=a%00", None, 200),
        (Method::POST, "/v1/checkout-options", Some(options), 404),
        (Method::POST, &holds, Some(hold), 200),
    ];
    for (method, path, body, status) in cases {
        let answer = world.api(method, path, body).await;
        let status_class = answer.status / 100;
        assert!(
            answer.status == status || (status == 200 && status_class == 2),
            "{path}: {} {}",
            answer.status,
            answer.body
        );
    }
    world.finish().await;
}

#[tokio::test]
async fn a_nul_in_the_header_of_a_part_does_not_stop_its_order() {
    let world = Supplier::with_buyer().start().await;
    let xml = Po::new("4500001", "10.00").xml();
    let body = format!(
        "--b\r\nContent-Type: text/xml\r\n\r\n{xml}\r\n--b\r\nContent-Type: a\0b\r\nContent-ID: <x\0y>\r\n\r\nzz\r\n--b--\r\n"
    );
    let kind = "multipart/related; boundary=b";
    let answer = world.send_to("", kind, body.into_bytes()).await;
    assert_eq!((answer.http, answer.status), (200, 200), "{}", answer.body);
    world.settle().await;
    world.finish().await;
}

#[tokio::test]
async fn addresses_that_are_none_are_answered_in_their_protocol() {
    let world = Supplier::with_buyer().start().await;
    let answer = world.api(Method::GET, "/v1/customers/%ff", None).await;
    assert_eq!((answer.status, &answer.body["code"]), (404, &json!("not-found")));
    assert_eq!(answer.content_type, "application/problem+json");

    let answer = world
        .send_to("/%ff", "text/xml", Po::new("1", "10.00").xml().into_bytes())
        .await;
    assert!(
        answer.status == 400 && answer.text.contains("no trading relationship"),
        "{}",
        answer.body
    );

    for path in ["/cxml", "/cxml/ironquay.acme"] {
        let url = format!("http://{}{path}", world.address);
        let got = http().get(url).send().await.unwrap();
        assert_eq!(
            (got.status().as_u16(), &got.headers()["allow"]),
            (405, &"POST".parse().unwrap())
        );
        let answer = Answer::read(405, got.text().await.unwrap());
        assert_eq!(answer.status, 450, "{}", answer.body);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_refused_order_is_shown_to_the_supplier_whose_address_it_came_to() {
    let world = Supplier::with_buyer().start().await;
    let order = Po::new("4500001", "10.00").xml();
    let cut = order.replace("</cXML>", "").into_bytes();
    let garbage = b"<cXML><Request><OrderRequest>".to_vec();
    let mut unknown = Po::new("4500002", "10.00");
    unknown.envelope.from = "AN09999999999";
    unknown.envelope.sender = "AN09999999999";
    let own = format!("/{SUPPLIER_ID}.{RELATIONSHIP}");
    let wrong = format!("/{SUPPLIER_ID}.misspelt");
    // To which address, what; how many its supplier sees afterwards.
    let cases = [
        ("", garbage.clone(), 0),
        ("/nobody.at-all", garbage.clone(), 0),
        (own.as_str(), cut, 1),
        (own.as_str(), garbage, 2),
        (own.as_str(), unknown.xml().into_bytes(), 3),
        (wrong.as_str(), order.into_bytes(), 4),
    ];
    for (path, body, seen) in cases {
        let answer = world.send_to(path, "text/xml", body).await;
        assert!(answer.status >= 400, "{path}: {}", answer.body);
        let kept = world.get("/v1/quarantine").await;
        assert_eq!(
            kept["items"].as_array().unwrap().len(),
            seen,
            "{path}: {}",
            answer.text
        );
    }
    world.finish().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_gateway_a_sqlite_file() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let start = async || {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        serve::start_on(listener, live.config(&address), connectors::registry()).await
    };
    let first = start().await.unwrap();
    let second = start().await;
    match &first.gateway.surroundings.db {
        Db::Postgres { .. } => second.unwrap().stop().await,
        Db::Sqlite { .. } => {
            let refused = second.unwrap_err().to_string();
            assert!(refused.contains("another gateway is running on"), "{refused}");
        }
    }
    first.stop().await;
    start().await.unwrap().stop().await;
}
