//! Answers that mean no good, and answers that a shop has for what it does not like: what a read and what a
//! change make of them.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::time::Duration;

use jiff::Timestamp;
use punchgate_connector::{
    Connector, ConnectorError, Context, ErrorKind, Secrets, carts::CartMove, egress::Egress,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

const KEY: &str = "lookup:hunter-77";

fn now() -> Timestamp {
    "2026-03-01T09:30:00Z".parse().unwrap()
}

/// What the shop says, whatever it is asked.
#[derive(Clone)]
enum Answer {
    Json(u16, Value),
    Raw(u16, &'static str, Vec<u8>, &'static str),
    Header(u16, &'static str, &'static str),
    Never,
}

impl Respond for Answer {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert!(
            body["query"].as_str().unwrap().contains("punchout")
                || body["query"].as_str().unwrap().contains("Punchout")
        );
        assert_eq!(request.headers["vendure-api-key"].to_str().unwrap(), KEY);
        assert_eq!(request.headers["vendure-token"].to_str().unwrap(), "b2b");
        assert_eq!(request.url.path(), "/store/admin-api");
        match self {
            Self::Json(status, body) => ResponseTemplate::new(*status).set_body_json(body),
            Self::Raw(status, content, bytes, encoding) => {
                let answer = ResponseTemplate::new(*status).set_body_raw(bytes.clone(), content);
                if encoding.is_empty() {
                    answer
                } else {
                    answer.insert_header("content-encoding", *encoding)
                }
            }
            Self::Header(status, name, value) => ResponseTemplate::new(*status).insert_header(*name, *value),
            Self::Never => ResponseTemplate::new(200).set_delay(Duration::from_secs(60)),
        }
    }
}

struct Peer {
    _server: MockServer,
    connector: Box<dyn Connector>,
    http: Egress,
}

impl Peer {
    async fn answering(answer: Answer) -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let secrets: Secrets = [("api_key", KEY)].into_iter().collect();
        let settings = json!({
            "base_url": format!("{}/store", server.uri()), "channel_token": "b2b", "allow_http": true,
            "allow_networks": ["127.0.0.0/8"], "max_response_kib": 16
        });
        let connector = punchgate_storefront_vendure::from_config("shop", &settings, &secrets).unwrap();
        let http = Egress::new(connector.egress_rules()).unwrap();
        Self {
            _server: server,
            connector,
            http,
        }
    }

    fn context(&self) -> Context {
        Context::new(
            "op",
            now(),
            Duration::from_secs(2),
            CancellationToken::new(),
            self.http.clone(),
        )
    }

    async fn read(&self) -> Result<u64, ConnectorError> {
        let carts = self.connector.spec().carts.unwrap();
        carts.read(&self.context(), "s-1").await.map(|cart| cart.revision)
    }

    async fn change(&self) -> Result<u64, ConnectorError> {
        let carts = self.connector.spec().carts.unwrap();
        let moved = carts.close(&self.context(), "s-1", CartMove::Lock).await;
        moved.map(|cart| cart.revision)
    }
}

fn html() -> Vec<u8> {
    b"<html><body>Please log in</body></html>".to_vec()
}

/// What, and what it comes to of a read and of a change.
type Case = (&'static str, Answer, ErrorKind, ErrorKind);

/// Not a GraphQL API's answers.
fn foreign() -> Vec<Case> {
    use Answer::{Header, Json, Never, Raw};
    use ErrorKind as K;
    let raw = |body: &[u8]| Raw(200, "application/json", body.to_vec(), "");
    vec![
        ("html", Raw(200, "text/html", html(), ""), K::Schema, K::Unknown),
        ("nothing", raw(b""), K::Schema, K::Unknown),
        ("a list", raw(b"[]"), K::Schema, K::Unknown),
        ("cut json", raw(b"{\"data\": {\"punch"), K::Schema, K::Unknown),
        ("no data", Json(200, json!({})), K::Schema, K::Unknown),
        ("null", Json(200, json!({"data": null})), K::Schema, K::Unknown),
        (
            "of another question",
            Json(200, json!({"data": {"other": {}}})),
            K::Schema,
            K::Unknown,
        ),
        (
            "no gzip",
            Raw(200, "application/json", b"{\"data\": 1}".to_vec(), "gzip"),
            K::Temporary,
            K::Unknown,
        ),
        ("too large", raw(&vec![b' '; 40_000]), K::Schema, K::Unknown),
        ("silence", Never, K::Temporary, K::Unknown),
        (
            "redirect",
            Header(302, "location", "http://169.254.169.254/"),
            K::Schema,
            K::Unknown,
        ),
        ("404", Raw(404, "text/html", html(), ""), K::Invalid, K::Invalid),
        ("401", Raw(401, "text/html", html(), ""), K::Auth, K::Auth),
        (
            "403",
            Raw(403, "text/html", html(), ""),
            K::Forbidden,
            K::Forbidden,
        ),
        ("500", Raw(500, "text/html", html(), ""), K::Temporary, K::Unknown),
        ("503", Raw(503, "text/html", html(), ""), K::Temporary, K::Unknown),
        // What says 500 has not finished, whatever its body says.
        (
            "500 in GraphQL",
            Json(
                500,
                json!({"errors": [{"message": "x", "extensions": {"code": "PUNCHOUT_CONFLICT"}}]}),
            ),
            K::Temporary,
            K::Unknown,
        ),
    ]
}

/// A shop's own words.
fn refusing() -> Vec<Case> {
    use Answer::{Header, Json};
    use ErrorKind as K;
    let says = |code: &str| {
        let error = json!({"message": "said so", "extensions": {"code": code, "reason": "why"}});
        Json(200, json!({"data": null, "errors": [error]}))
    };
    let seven = Some(Duration::from_secs(7));
    vec![
        ("not found", says("PUNCHOUT_NOT_FOUND"), K::NotFound, K::NotFound),
        ("conflict", says("PUNCHOUT_CONFLICT"), K::Conflict, K::Conflict),
        ("invalid", says("PUNCHOUT_INVALID"), K::Invalid, K::Invalid),
        ("forbidden", says("FORBIDDEN"), K::Auth, K::Auth),
        (
            "no such channel",
            says("CHANNEL_NOT_FOUND"),
            K::Invalid,
            K::Invalid,
        ),
        (
            "no plugin",
            says("GRAPHQL_VALIDATION_FAILED"),
            K::Invalid,
            K::Invalid,
        ),
        (
            "no plugin, by status",
            Json(
                400,
                json!({"errors": [{"message": "x", "extensions": {"code": "GRAPHQL_VALIDATION_FAILED"}}]}),
            ),
            K::Invalid,
            K::Invalid,
        ),
        // Thrown in the middle of something: whether it was rolled back, nobody says.
        (
            "a fault inside",
            says("INTERNAL_SERVER_ERROR"),
            K::Temporary,
            K::Unknown,
        ),
        ("an odd code", says("TEAPOT"), K::Temporary, K::Unknown),
        (
            "no code",
            Json(200, json!({"errors": [{"message": "x"}]})),
            K::Temporary,
            K::Unknown,
        ),
        (
            "429 with time",
            Header(429, "retry-after", "7"),
            K::RateLimited { after: seven },
            K::RateLimited { after: seven },
        ),
        (
            "429",
            Header(429, "retry-after", "soon"),
            K::RateLimited { after: None },
            K::RateLimited { after: None },
        ),
    ]
}

#[tokio::test]
async fn a_read_is_believed_in_nothing_else_and_a_change_is_unknown() {
    for (what, answer, read, change) in foreign().into_iter().chain(refusing()) {
        let peer = Peer::answering(answer).await;
        let error = peer.read().await.unwrap_err();
        assert_eq!(error.kind, read, "{what}: {error}");
        let error = peer.change().await.unwrap_err();
        assert_eq!(error.kind, change, "{what}: {error}");
        assert!(!error.to_string().contains("hunter"), "{error}");
    }
}

#[tokio::test]
async fn values_that_are_not_as_agreed_are_named() {
    let cart = |over: &Value| {
        let mut cart = json!({
            "id": "s-1", "session": "x", "mode": "edit", "state": "open", "revision": 3, "currency": "USD",
            "decimals": 2, "language": "en", "lines": [], "subTotal": 0, "shipping": null, "shippingName": null,
            "tax": null, "refused": []
        });
        for (key, part) in over.as_object().unwrap() {
            cart[key] = part.clone();
        }
        cart
    };
    let answering = |over: Value| Answer::Json(200, json!({"data": {"punchoutCart": cart(&over)}}));
    assert_eq!(Peer::answering(answering(json!({}))).await.read().await, Ok(3));
    for (over, path) in [
        (json!({"revision": -1}), "punchoutCart"),
        (json!({"lines": {}}), "punchoutCart"),
        (json!({"shipping": "9.90"}), "punchoutCart"),
        (json!({"subTotal": 1.5}), "punchoutCart"),
        (json!({"id": "s-2"}), "id"),
        (json!({"currency": "usd dollars"}), "currency"),
        (json!({"decimals": 4_000_000_000_u32}), "decimals"),
        (json!({"state": "open again"}), "state"),
    ] {
        let error = Peer::answering(answering(over.clone()))
            .await
            .read()
            .await
            .unwrap_err();
        assert!(
            error.kind == ErrorKind::Schema && error.message.contains(path),
            "{over}: {error}"
        );
    }
}

#[tokio::test]
async fn a_check_says_what_stands_in_the_way() {
    let describing = |over: Value| {
        let mut description = json!({
            "contract": 2, "vendure": "3.7.3", "time": "2026-03-01T09:30:00Z", "decimals": 2, "currency": "USD",
            "pageSize": 100, "problems": []
        });
        for (key, part) in over.as_object().unwrap() {
            description[key] = part.clone();
        }
        Answer::Json(200, json!({"data": {"punchoutDescription": description}}))
    };
    // (what the shop says, whether it is fit, what an operator is told)
    for (over, fit, told) in [
        (json!({}), true, None),
        (json!({"contract": 3}), false, Some("version 3")),
        (json!({"pageSize": 10}), false, Some("pages hold 10")),
        (
            json!({"problems": ["no payment method"]}),
            false,
            Some("no payment method"),
        ),
        (json!({"vendure": "4.0.0"}), true, Some("Vendure 3.7.x")),
        (
            json!({"time": "2026-03-01T09:40:00Z"}),
            true,
            Some("seconds apart"),
        ),
    ] {
        let peer = Peer::answering(describing(over.clone())).await;
        let report = peer.connector.check(&peer.context()).await.unwrap();
        assert_eq!(report.is_fit(), fit, "{over}: {report:?}");
        let messages: Vec<&str> = report
            .findings
            .iter()
            .map(|finding| finding.message.as_str())
            .collect();
        match told {
            None => assert!(messages.is_empty(), "{messages:?}"),
            Some(text) => assert!(
                messages.iter().any(|message| message.contains(text)),
                "{messages:?}"
            ),
        }
    }
}
