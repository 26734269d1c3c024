//! Answers that mean no good: what a read and what a change make of them.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::time::Duration;

use jiff::Timestamp;
use punchgate_connector::egress::Egress;
use punchgate_connector::{
    Connector, ConnectorError, Context, ErrorKind, Secrets,
    accounts::{AccountPatch, PatchOutcome},
    webhook_signature::SigningSecrets,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const OTHER: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

fn now() -> Timestamp {
    "2026-03-01T09:30:00Z".parse().unwrap()
}

/// An answer and how its signature is spoilt.
#[derive(Clone)]
struct Answer {
    status: u16,
    body: String,
    signature: Signature,
    headers: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy)]
enum Signature {
    Good,
    None,
    OtherSecret,
    OtherRequest,
    Old,
    BodyCut,
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer {
        status,
        body: body.to_string(),
        signature: Signature::Good,
        headers: Vec::new(),
    }
}

fn problem(status: u16, kind: &str) -> Answer {
    answer(
        status,
        &json!({"kind": kind, "detail": "because", "code": "a_code"}),
    )
}

impl Answer {
    fn signed(mut self, signature: Signature) -> Self {
        self.signature = signature;
        self
    }

    fn unsigned(self) -> Self {
        self.signed(Signature::None)
    }

    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn text(mut self, body: &str) -> Self {
        body.clone_into(&mut self.body);
        self
    }
}

impl Respond for Answer {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let request_id = request.headers["webhook-id"].to_str().unwrap();
        let id = match self.signature {
            Signature::OtherRequest => "another-request",
            _ => request_id,
        };
        let secret = match self.signature {
            Signature::OtherSecret => OTHER,
            _ => SECRET,
        };
        let at = match self.signature {
            Signature::Old => now() - jiff::SignedDuration::from_secs(400),
            _ => now(),
        };
        let signed = SigningSecrets::parse([secret])
            .unwrap()
            .sign(id, at, self.body.as_bytes());
        let body = match self.signature {
            Signature::BodyCut => &self.body[..self.body.len() - 1],
            _ => &self.body,
        };
        let mut response = ResponseTemplate::new(self.status).set_body_raw(body, "application/json");
        if !matches!(self.signature, Signature::None) {
            response = response
                .insert_header("webhook-id", signed.id)
                .insert_header("webhook-timestamp", signed.timestamp)
                .insert_header("webhook-signature", signed.signature);
        }
        for (name, value) in &self.headers {
            response = response.insert_header(*name, value.as_str());
        }
        response
    }
}

struct Peer {
    server: MockServer,
    connector: Box<dyn Connector>,
    http: Egress,
}

impl Peer {
    async fn answering(answer: impl Respond + 'static) -> Self {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(answer).mount(&server).await;
        let secrets: Secrets = [("secret", SECRET)].into_iter().collect();
        let settings = json!({
            "base_url": server.uri(), "allow_http": true, "allow_networks": ["127.0.0.0/8"],
            "max_response_kib": 16
        });
        let connector = punchgate_erp_http::from_config("main-erp", &settings, &secrets).unwrap();
        let http = Egress::new(connector.egress_rules()).unwrap();
        Self {
            server,
            connector,
            http,
        }
    }

    fn context(&self, patience: Duration) -> Context {
        Context::new("op", now(), patience, CancellationToken::new(), self.http.clone())
    }

    async fn read(&self, patience: Duration) -> Result<(), ConnectorError> {
        let accounts = self.connector.spec().accounts.unwrap();
        accounts.pull(&self.context(patience), None, 10).await.map(drop)
    }

    async fn change(&self, patience: Duration) -> Result<PatchOutcome, ConnectorError> {
        let patch = AccountPatch {
            external_id: "C-1".into(),
            expect: "1".into(),
            terms: Some(None),
            credit_limit: None,
            place_holds: Vec::new(),
            release_holds: Vec::new(),
            reason: "test".into(),
            actor: "test".into(),
            request_id: String::new(),
        };
        let accounts = self.connector.spec().accounts.unwrap();
        accounts.patch(&self.context(patience), &patch).await
    }
}

const PATIENT: Duration = Duration::from_secs(20);
const LIMITED: fn(Option<u64>) -> ErrorKind = |after| ErrorKind::RateLimited {
    after: after.map(Duration::from_secs),
};

/// What, the answer, and what it comes to of a read and of a change.
type Case = (&'static str, Answer, ErrorKind, ErrorKind);

fn page() -> Answer {
    answer(200, &json!({"items": [], "next_cursor": "1", "more": false}))
}

fn html() -> Answer {
    page().text("<html><body>Please log in</body></html>")
}

fn limited() -> Answer {
    problem(429, "rate_limited")
}

/// Nobody vouches for these.
fn unverified() -> Vec<Case> {
    use ErrorKind as K;
    let metadata = problem(302, "temporary")
        .unsigned()
        .header("location", "http://169.254.169.254/");
    let timed = limited().unsigned().header("retry-after", "7");
    let other_secret = page().signed(Signature::OtherSecret);
    let other_request = page().signed(Signature::OtherRequest);
    vec![
        ("HTML with 200", html().unsigned(), K::Schema, K::Unknown),
        ("unsigned", page().unsigned(), K::Schema, K::Unknown),
        ("another secret", other_secret, K::Schema, K::Unknown),
        ("of another request", other_request, K::Schema, K::Unknown),
        ("old", page().signed(Signature::Old), K::Schema, K::Unknown),
        ("cut", page().signed(Signature::BodyCut), K::Schema, K::Unknown),
        ("a redirect", metadata, K::Schema, K::Unknown),
        (
            "a proxy's 502",
            html().unsigned().status(502),
            K::Temporary,
            K::Unknown,
        ),
        ("a proxy's 429", limited().unsigned(), LIMITED(None), K::Unknown),
        ("a proxy's 429 with time", timed, LIMITED(Some(7)), K::Unknown),
        (
            "a proxy's 401",
            html().unsigned().status(401),
            K::Schema,
            K::Unknown,
        ),
        ("auth", problem(401, "auth").unsigned(), K::Auth, K::Auth),
        (
            "forbidden",
            problem(403, "forbidden").unsigned(),
            K::Schema,
            K::Unknown,
        ),
        (
            "too large",
            page().text(&"x".repeat(17 * 1024)),
            K::Schema,
            K::Unknown,
        ),
    ]
}

/// Signed well, and not what was hoped for.
fn verified() -> Vec<Case> {
    use ErrorKind as K;
    let shape = answer(200, &json!({"hello": 1}));
    let timed = limited().header("retry-after", "7");
    let mut cases = vec![
        ("not JSON", html(), K::Schema, K::Unknown),
        ("another shape", shape, K::Schema, K::Unknown),
        ("another good status", page().status(202), K::Schema, K::Unknown),
        ("an unknown kind", problem(418, "teapot"), K::Schema, K::Unknown),
        (
            "a 500 without a problem",
            html().status(500),
            K::Schema,
            K::Unknown,
        ),
        ("429", limited(), LIMITED(None), LIMITED(None)),
        ("429 with seconds", timed, LIMITED(Some(7)), LIMITED(Some(7))),
    ];
    let kinds = [
        (401, "auth", K::Auth),
        (403, "forbidden", K::Forbidden),
        (404, "not_found", K::NotFound),
        (409, "conflict", K::Conflict),
        (422, "rejected", K::Rejected),
        (503, "temporary", K::Temporary),
        (501, "unsupported", K::Unsupported),
        (400, "invalid", K::Invalid),
    ];
    cases.extend(kinds.map(|(status, name, kind)| (name, problem(status, name), kind, kind)));
    cases
}

#[tokio::test]
async fn what_becomes_of_bad_answers() {
    for (what, answer, of_read, of_change) in unverified().into_iter().chain(verified()) {
        let peer = Peer::answering(answer).await;
        assert_eq!(
            peer.read(PATIENT).await.unwrap_err().kind,
            of_read,
            "read: {what}"
        );
        assert_eq!(
            peer.change(PATIENT).await.unwrap_err().kind,
            of_change,
            "change: {what}"
        );
        let requests = peer.server.received_requests().await.unwrap();
        assert_eq!(
            requests.len(),
            2,
            "{what}: a connector sends once and follows nothing"
        );
    }
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let limited = problem(429, "rate_limited").header("retry-after", "Sun, 01 Mar 2026 10:30:00 GMT");
    let error = Peer::answering(limited).await.read(PATIENT).await.unwrap_err();
    let ErrorKind::RateLimited { after: Some(after) } = error.kind else {
        panic!("{error}")
    };
    // An hour from the context's beginning, less what this test takes.
    assert!((3000..=3600).contains(&after.as_secs()), "{after:?}");
}

#[tokio::test]
async fn what_the_other_side_says_reaches_the_operator() {
    let body = json!({
        "kind": "forbidden", "detail": "the key may not write", "code": "no_right",
        "fields": [{"field": "credit_limit", "message": "needs the role Credit"}]
    });
    let peer = Peer::answering(answer(403, &body)).await;
    let text = peer.change(PATIENT).await.unwrap_err().to_string();
    for part in [
        "patch_account",
        "no_right",
        "the key may not write",
        "credit_limit",
        "needs the role Credit",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn silence_ends_at_the_deadline() {
    struct Slow;
    impl Respond for Slow {
        fn respond(&self, _: &Request) -> ResponseTemplate {
            ResponseTemplate::new(200).set_delay(Duration::from_secs(3600))
        }
    }
    let peer = Peer::answering(Slow).await;
    let soon = Duration::from_millis(100);
    assert_eq!(peer.read(soon).await.unwrap_err().kind, ErrorKind::Temporary);
    assert_eq!(peer.change(soon).await.unwrap_err().kind, ErrorKind::Unknown);
}

#[tokio::test]
async fn after_the_deadline_nothing_is_sent() {
    let peer = Peer::answering(problem(503, "temporary")).await;
    let error = peer.change(Duration::ZERO).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Temporary);
    assert!(peer.server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn work_that_was_called_off_is_not_sent() {
    let peer = Peer::answering(problem(503, "temporary")).await;
    let cancellation = CancellationToken::new();
    cancellation.cancel();
    let ctx = Context::new("op", now(), PATIENT, cancellation, peer.http.clone());
    let accounts = peer.connector.spec().accounts.unwrap();
    assert!(accounts.pull(&ctx, None, 1).await.unwrap_err().retryable());
    assert!(peer.server.received_requests().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_host_outside_the_rules_is_blocked() {
    let secrets: Secrets = [("secret", SECRET)].into_iter().collect();
    let settings = json!({"base_url": "https://169.254.169.254/punchgate"});
    let connector = punchgate_erp_http::from_config("main-erp", &settings, &secrets).unwrap();
    let http = Egress::new(connector.egress_rules()).unwrap();
    let ctx = Context::new("op", now(), PATIENT, CancellationToken::new(), http);
    assert_eq!(connector.check(&ctx).await.unwrap_err().kind, ErrorKind::Blocked);
}

#[tokio::test]
async fn requests_are_as_published() {
    let peer = Peer::answering(answer(
        200,
        &json!({"items": [], "next_cursor": "1", "more": false}),
    ))
    .await;
    peer.read(PATIENT).await.unwrap();
    let requests = peer.server.received_requests().await.unwrap();
    let request = requests[0].clone();
    assert_eq!(
        (request.method.as_str(), request.url.path()),
        ("POST", "/accounts")
    );
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    let expected = json!({
        "version": 1, "operation": "accounts", "request_id": "op-1", "scope": "", "cursor": null, "limit": 10
    });
    assert_eq!(body, expected);
    assert_eq!(request.headers["webhook-id"], "op-1");
    let accounts = peer.connector.spec().accounts.unwrap();
    accounts.pull(&peer.context(PATIENT), None, 5_000).await.unwrap();
    let requests = peer.server.received_requests().await.unwrap();
    let body: Value = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(body["limit"], 100, "no more than the server gives");
    let signed = punchgate_connector::webhook_signature::SignedHeaders::read(&request.headers).unwrap();
    let secrets = SigningSecrets::parse([SECRET]).unwrap();
    assert_eq!(secrets.verify(&signed, now(), &request.body), Ok(()));
}
