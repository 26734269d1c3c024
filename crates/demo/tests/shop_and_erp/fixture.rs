//! A still clock, known randomness, and signed requests to a peer's router.

use std::sync::{
    Arc,
    atomic::{AtomicI64, AtomicU64, Ordering},
};

use axum::{Router, body::Body, response::Response};
use http::{HeaderMap, Request, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use punchgate_demo::{
    Clock, DemoError, Entropy, ErpConfig, ShopConfig, WireLog,
    signing::{SigningSecret, sign, verify},
};
use serde_json::{Value, json};
use tower::ServiceExt;

/// A clock that moves only when told to; it begins at 2026-03-01T09:30:00Z.
#[derive(Debug)]
pub(crate) struct StillClock(AtomicI64);

impl StillClock {
    pub(crate) fn advance(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// Different bytes at every call, the same in every run.
#[derive(Debug, Default)]
struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), DemoError> {
        let count = self.0.fetch_add(1, Ordering::SeqCst).to_be_bytes();
        for (index, byte) in buffer.iter_mut().enumerate() {
            *byte = count[index % count.len()];
        }
        Ok(())
    }
}

pub(crate) struct Fixture {
    pub(crate) clock: Arc<StillClock>,
    pub(crate) wire: WireLog,
    requests: AtomicU64,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            clock: Arc::new(StillClock(AtomicI64::new(1_772_357_400))),
            wire: WireLog::new(),
            requests: AtomicU64::default(),
        }
    }

    pub(crate) fn shop_config(&self) -> ShopConfig {
        ShopConfig {
            embed_origins: vec!["http://localhost:8080".into()],
            clock: self.clock.clone(),
            entropy: Arc::new(Counting::default()),
            wire: self.wire.clone(),
            ..ShopConfig::demo("http://127.0.0.1:8082").unwrap()
        }
    }

    pub(crate) fn erp_config(&self) -> ErpConfig {
        ErpConfig {
            clock: self.clock.clone(),
            wire: self.wire.clone(),
            ..ErpConfig::demo().unwrap()
        }
    }

    fn next_id(&self) -> String {
        format!("q-{}", self.requests.fetch_add(1, Ordering::SeqCst))
    }

    /// The body of an operation with its three common fields, and its request id.
    pub(crate) fn body(&self, operation: &str, mut fields: Value) -> (String, String) {
        let id = self.next_id();
        fields["version"] = json!(1);
        fields["operation"] = json!(operation);
        fields["request_id"] = json!(id);
        (fields.to_string(), id)
    }
}

fn secrets(texts: &[&str]) -> Vec<SigningSecret> {
    texts
        .iter()
        .map(|text| SigningSecret::read(text).unwrap())
        .collect()
}

pub(crate) fn request(
    fixture: &Fixture,
    operation: &str,
    body: String,
    id: &str,
    signers: &[&str],
) -> Request<Body> {
    let signed = sign(&secrets(signers), id, fixture.clock.now(), body.as_bytes());
    Request::post(format!("/punchgate/{operation}"))
        .header("webhook-id", signed.id)
        .header("webhook-timestamp", signed.timestamp)
        .header("webhook-signature", signed.signature)
        .body(Body::from(body))
        .unwrap()
}

pub(crate) async fn send(router: &Router, request: Request<Body>) -> (StatusCode, Value) {
    let (status, _, body) = take(router.clone().oneshot(request).await.unwrap()).await;
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}

async fn take(response: Response) -> (StatusCode, HeaderMap, Vec<u8>) {
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    (parts.status, parts.headers, bytes.to_vec())
}

/// Sends a body under an id of one's choice; the answer's own signature is verified.
pub(crate) async fn signed_by(
    router: &Router,
    fixture: &Fixture,
    operation: &str,
    body: String,
    id: &str,
    signers: &[&str],
) -> (StatusCode, Value) {
    let request = request(fixture, operation, body, id, signers);
    let (status, headers, body) = take(router.clone().oneshot(request).await.unwrap()).await;
    if status != StatusCode::UNAUTHORIZED {
        verify(&secrets(signers), &headers, &body, fixture.clock.now()).unwrap();
        assert_eq!(headers["webhook-id"], id);
    }
    (status, serde_json::from_slice(&body).unwrap())
}

pub(crate) async fn post_signed(
    router: &Router,
    fixture: &Fixture,
    operation: &str,
    fields: Value,
    signers: &[&str],
) -> (StatusCode, Value) {
    let (body, id) = fixture.body(operation, fields);
    signed_by(router, fixture, operation, body, &id, signers).await
}

pub(crate) async fn browser(
    router: &Router,
    method: &str,
    path: &str,
    bearer: Option<&str>,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(bearer) = bearer {
        request = request.header(header::AUTHORIZATION, format!("Bearer {bearer}"));
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let request = request
        .header(header::CONTENT_TYPE, "application/json")
        .body(body)
        .unwrap();
    send(router, request).await
}

pub(crate) async fn get(router: &Router, path: &str) -> Response {
    let request = Request::get(path).body(Body::empty()).unwrap();
    router.clone().oneshot(request).await.unwrap()
}

/// The text of a page.
pub(crate) async fn page(router: &Router, path: &str) -> String {
    let (_, _, body) = take(get(router, path).await).await;
    String::from_utf8(body).unwrap()
}

/// Sends a form as a browser would; the address that the answer sends it to.
pub(crate) async fn form(router: &Router, path: &str, fields: &str) -> String {
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(fields.to_owned()))
        .unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    assert_eq!(response.status(), StatusCode::SEE_OTHER, "{path}");
    response.headers()[header::LOCATION].to_str().unwrap().to_owned()
}

/// An order of one line: two pieces at 12.50 USD.
pub(crate) fn order(reference: &str, customer: &str, part: &str) -> Value {
    let price = json!({ "amount": "12.50", "currency": "USD" });
    let total = json!({ "amount": "25.00", "currency": "USD" });
    json!({
        "scope": "", "reference": reference, "purchase_order_number": "4500017", "customer": customer,
        "currency": "USD", "total": total, "payment": "terms", "terms": "NET30",
        "lines": [{
            "line_number": 1, "part_id": part, "quantity": "2", "unit": "EA", "unit_price": price, "amount": total
        }]
    })
}
