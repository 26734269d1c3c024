//! Links for a buyer's team: what stands behind them, what does not, and when they open nothing.

use std::time::Duration;

use reqwest::{Method, StatusCode, header};
use serde_json::{Value, json};

use crate::support::{
    cxml::{Envelope, Po, SECRET, Setup},
    http,
    supplier::Supplier,
    world::World,
};

/// An order on hold, with a session and a refused document of another buyer's number beside it.
async fn world() -> (World, String) {
    let world = Supplier::with_buyer().credit("100.00").start().await;
    let mut po = Po::new("4500001", "400.00");
    po.comment = "please hurry &lt;b&gt;now&lt;/b&gt;".to_owned();
    world.send(&po.xml()).await;
    world.send(&Po::new("4500002", "40.00").xml()).await;
    world.send(&Setup::new("cookie-1").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "held").await;
    (world, order.order_id)
}

async fn made(world: &World, path: &str, days: u32) -> Value {
    let body = json!({ "days": days, "reason": "Ms Kim asked" });
    world.post(path, body).await
}

async fn opened(url: &str) -> (StatusCode, header::HeaderMap, String) {
    let answer = http().get(url).send().await.unwrap();
    let (status, headers) = (answer.status(), answer.headers().clone());
    (status, headers, answer.text().await.unwrap())
}

#[tokio::test]
async fn a_case_is_read_without_signing_in_and_shows_what_crossed_alone() {
    let (world, order) = world().await;
    let link = made(&world, &format!("/v1/orders/{order}/evidence-links"), 7).await;
    let url = link["url"].as_str().unwrap();
    let (status, headers, html) = opened(url).await;
    assert_eq!(status, StatusCode::OK, "{html}");
    for says in [
        "Order 4500001",
        "Ironquay Industrial Supply",
        "turn",
        "need not be sent again",
        "OrderRequest",
        "Status 200",
        // As it is archived, and no part of the page.
        "please hurry &#38;lt;b&#38;gt;now",
    ] {
        assert!(html.contains(says), "{says}: {html}");
    }
    // Nothing of the decision, of the other order, or of what is secret.
    for hidden in [
        SECRET, "4500002", "credit", "limit", "C-1001", "100.00", "<script",
    ] {
        assert!(!html.contains(hidden), "{hidden}: {html}");
    }
    for (name, value) in [
        ("cache-control", "no-store"),
        ("referrer-policy", "no-referrer"),
        ("x-robots-tag", "noindex, nofollow"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(headers[name], value);
    }
    assert!(headers.get(header::SET_COOKIE).is_none());
    let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("form-action 'none'"),
        "{policy}"
    );
    world.finish().await;
}

#[tokio::test]
async fn bytes_are_those_of_the_case_and_no_other() {
    let (world, order) = world().await;
    let link = made(&world, &format!("/v1/orders/{order}/evidence-links"), 7).await;
    let url = link["url"].as_str().unwrap();
    let documents = world.get("/v1/documents?limit=100").await;
    let (mut own, mut others) = (0, 0);
    for document in documents["items"].as_array().unwrap() {
        let id: String =
            url::form_urlencoded::byte_serialize(document["id"].as_str().unwrap().as_bytes()).collect();
        let (status, headers, body) = opened(&format!("{url}/{id}")).await;
        if document["order"] == order.as_str() {
            own += 1;
            assert_eq!(
                (status, &headers[header::CONTENT_DISPOSITION]),
                (StatusCode::OK, &header::HeaderValue::from_static("attachment"))
            );
            assert!(body.contains("<cXML") && !body.contains(SECRET), "{body}");
        } else {
            others += 1;
            assert_eq!(status, StatusCode::NOT_FOUND, "{document}");
        }
    }
    assert!(own >= 2 && others >= 3, "{own} {others}");
    world.finish().await;
}

#[tokio::test]
async fn a_link_that_is_over_taken_back_or_made_up_opens_nothing() {
    let (world, order) = world().await;
    let path = format!("/v1/orders/{order}/evidence-links");
    let (short, long) = (made(&world, &path, 1).await, made(&world, &path, 7).await);
    let url = |link: &Value| link["url"].as_str().unwrap().to_owned();
    let made_up = url(&short).rsplit_once('/').unwrap().0.to_owned() + "/abc";
    let elsewhere = url(&short).replace("/ironquay/", "/globex/");
    for nothing in [made_up, elsewhere] {
        assert_eq!(opened(&nothing).await.0, StatusCode::NOT_FOUND, "{nothing}");
    }
    world.clock.advance(Duration::from_secs(86_400));
    let (status, _, over) = opened(&url(&short)).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    assert!(over.contains("This link opens nothing"), "{over}");
    assert_eq!(opened(&url(&long)).await.0, StatusCode::OK);
    let revoke = format!("/v1/evidence-links/{}/revoke", long["id"].as_str().unwrap());
    let without_reason = world
        .api(Method::POST, &revoke, Some(json!({ "reason": "" })))
        .await;
    assert_eq!(without_reason.status, 422);
    world.post(&revoke, json!({ "reason": "settled" })).await;
    assert_eq!(opened(&url(&long)).await.0, StatusCode::NOT_FOUND);
    let links = world.get(&path).await;
    let opens: Vec<bool> = links
        .as_array()
        .unwrap()
        .iter()
        .map(|link| link["opens"].as_bool().unwrap())
        .collect();
    assert_eq!(opens, [false, false]);
    for (days, status) in [(0, 422), (91, 422)] {
        let body = json!({ "days": days, "reason": "x" });
        assert_eq!(world.api(Method::POST, &path, Some(body)).await.status, status);
    }
    world.finish().await;
}

#[tokio::test]
async fn a_refused_document_says_what_is_to_be_corrected() {
    let world = Supplier::with_buyer().start().await;
    let envelope = Envelope::new("pending.1@buyer.example");
    let request = "<GetPendingRequest><MessageType>OrderRequest</MessageType></GetPendingRequest>";
    let answer = world.send(&envelope.around(request)).await;
    assert_eq!(answer.status, 450, "{}", answer.body);
    let documents = world.get("/v1/documents?status=refused").await;
    let refused = documents["items"][0]["id"].as_str().unwrap();
    let link = made(&world, &format!("/v1/documents/{refused}/evidence-links"), 7).await;
    let (status, _, html) = opened(link["url"].as_str().unwrap()).await;
    assert_eq!(status, StatusCode::OK);
    for says in ["Correct what its answer", "GetPendingRequest", "Status 450"] {
        assert!(html.contains(says), "{says}: {html}");
    }
    world.finish().await;
}
