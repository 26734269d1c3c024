//! Answers that mean no good, and answers that Tryton has for what it does not like: what a read and what a
//! change make of them.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

use std::time::Duration;

use jiff::Timestamp;
use punchgate_connector::{
    Connector, ConnectorError, Context, ErrorKind, Secrets,
    accounts::{AccountPatch, PatchOutcome},
    egress::Egress,
    orders::CancelOutcome,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers::any};

fn now() -> Timestamp {
    "2026-03-01T09:30:00Z".parse().unwrap()
}

/// What the server says to one method; everything else it answers as a Tryton with one customer and one sale.
#[derive(Clone)]
struct Tryton {
    method: &'static str,
    answer: Answer,
}

#[derive(Clone)]
enum Answer {
    Result(Value),
    Error(Value),
    Raw(u16, &'static str, Vec<u8>, &'static str),
    Header(u16, &'static str, &'static str),
    OtherId,
    Never,
}

fn datetime() -> Value {
    json!({"__class__": "datetime", "year": 2026, "month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0})
}

fn company() -> Value {
    json!([{"id": 1, "currency.": {"id": 1, "code": "USD"}}])
}

fn party() -> Value {
    json!([{
        "id": 2, "code": "C-1", "name": "One", "active": true, "_timestamp": "1", "create_date": datetime(),
        "write_date": null, "credit_limit_amount": {"__class__": "Decimal", "decimal": "10"}
    }])
}

/// What two parties owe; one of the due dates is none.
fn ledger() -> Value {
    json!([
        {"id": 31, "party": 4, "maturity_date": "soon"},
        {"id": 32, "party": 2, "maturity_date": {"__class__": "date", "year": 2026, "month": 2, "day": 3}}
    ])
}

fn sale() -> Value {
    json!([{
        "id": 7, "number": "1", "party": 2, "state": "confirmed", "description": "ref", "create_date": datetime(),
        "currency.": {"id": 1, "code": "USD"}, "untaxed_amount": {"__class__": "Decimal", "decimal": "1"}
    }])
}

impl Respond for Tryton {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        assert_eq!(
            body.as_object().unwrap().len(),
            3,
            "other keys change how Tryton answers"
        );
        assert!(
            request.headers["authorization"]
                .to_str()
                .unwrap()
                .starts_with("Basic ")
        );
        let method = body["method"].as_str().unwrap();
        let ok = |result: &Value| {
            ResponseTemplate::new(200).set_body_json(json!({"id": body["id"], "result": result}))
        };
        if method != self.method {
            return ok(&match method {
                "model.company.company.search_read" => company(),
                "model.party.party.search_read" => party(),
                "model.sale.sale.search_read" => sale(),
                "model.account.move.line.search_read" => ledger(),
                _ => Value::Null,
            });
        }
        match &self.answer {
            Answer::Result(result) => ok(result),
            Answer::Error(error) => {
                ResponseTemplate::new(200).set_body_json(json!({"id": body["id"], "error": error}))
            }
            Answer::Raw(status, content, bytes, encoding) => {
                let answer = ResponseTemplate::new(*status).set_body_raw(bytes.clone(), content);
                if encoding.is_empty() {
                    answer
                } else {
                    answer.insert_header("content-encoding", *encoding)
                }
            }
            Answer::Header(status, name, value) => {
                ResponseTemplate::new(*status).insert_header(*name, *value)
            }
            Answer::OtherId => ResponseTemplate::new(200).set_body_json(json!({"id": "other", "result": []})),
            Answer::Never => ok(&Value::Null).set_delay(Duration::from_secs(60)),
        }
    }
}

struct Peer {
    server: MockServer,
    connector: Box<dyn Connector>,
    http: Egress,
}

impl Peer {
    async fn answering(method: &'static str, answer: Answer) -> Self {
        let server = MockServer::start().await;
        Mock::given(any())
            .respond_with(Tryton { method, answer })
            .mount(&server)
            .await;
        let secrets: Secrets = [("password", "hunter-77")].into_iter().collect();
        let settings = json!({
            "base_url": format!("{}/erp", server.uri()), "user": "u", "company": 1, "allow_http": true,
            "allow_networks": ["127.0.0.0/8"], "max_response_kib": 16
        });
        let connector = punchgate_erp_tryton::from_config("main-erp", &settings, &secrets).unwrap();
        let http = Egress::new(connector.egress_rules()).unwrap();
        Self {
            server,
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

    async fn read(&self) -> Result<usize, ConnectorError> {
        let accounts = self.connector.spec().accounts.unwrap();
        accounts
            .pull(&self.context(), None, 10)
            .await
            .map(|page| page.items.len())
    }

    async fn change(&self) -> Result<PatchOutcome, ConnectorError> {
        let patch = AccountPatch {
            external_id: "2".into(),
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
        accounts.patch(&self.context(), &patch).await
    }
}

const READ: &str = "model.party.party.search_read";
const CHANGE: &str = "model.party.party.write";

fn html() -> Vec<u8> {
    b"<html><body>Please log in</body></html>".to_vec()
}

/// What, and what it comes to of a read and of a change.
type Case = (&'static str, Answer, ErrorKind, ErrorKind);

/// Not Tryton's answers.
fn foreign() -> Vec<Case> {
    use Answer::{Header, Never, OtherId, Raw};
    use ErrorKind as K;
    vec![
        ("html", Raw(200, "text/html", html(), ""), K::Schema, K::Unknown),
        (
            "nothing",
            Raw(200, "application/json", Vec::new(), ""),
            K::Schema,
            K::Unknown,
        ),
        (
            "a list",
            Raw(200, "application/json", b"[]".to_vec(), ""),
            K::Schema,
            K::Unknown,
        ),
        (
            "cut json",
            Raw(200, "application/json", b"{\"id\": \"op-1\", \"res".to_vec(), ""),
            K::Schema,
            K::Unknown,
        ),
        (
            "no gzip",
            Raw(200, "application/json", b"{\"id\": 1}".to_vec(), "gzip"),
            K::Temporary,
            K::Unknown,
        ),
        (
            "too large",
            Raw(200, "application/json", vec![b' '; 40_000], ""),
            K::Schema,
            K::Unknown,
        ),
        ("of another request", OtherId, K::Schema, K::Unknown),
        ("silence", Never, K::Temporary, K::Unknown),
        (
            "redirect",
            Header(302, "location", "http://169.254.169.254/"),
            K::Schema,
            K::Unknown,
        ),
    ]
}

/// Tryton's own, and those of a server before it.
fn refusing() -> Vec<Case> {
    use Answer::{Error, Header, Raw};
    use ErrorKind as K;
    let limited = |after| K::RateLimited { after };
    let seven = Some(Duration::from_secs(7));
    vec![
        ("401", Raw(401, "text/html", html(), ""), K::Auth, K::Auth),
        (
            "403",
            Raw(403, "text/html", html(), ""),
            K::Forbidden,
            K::Forbidden,
        ),
        ("404", Raw(404, "text/html", html(), ""), K::Invalid, K::Invalid),
        (
            "429",
            Raw(429, "text/html", html(), ""),
            limited(None),
            limited(None),
        ),
        (
            "429 with time",
            Header(429, "retry-after", "7"),
            limited(seven),
            limited(seven),
        ),
        ("500", Raw(500, "text/html", html(), ""), K::Temporary, K::Unknown),
        ("503", Raw(503, "text/html", html(), ""), K::Temporary, K::Unknown),
        (
            "a Python exception",
            Error(json!(["'nofield'", ""])),
            K::Invalid,
            K::Invalid,
        ),
        ("an odd error", Error(json!({"code": 1})), K::Invalid, K::Invalid),
        (
            "a login",
            Error(json!(["LoginException", ["x"]])),
            K::Auth,
            K::Auth,
        ),
    ]
}

#[tokio::test]
async fn a_read_is_believed_in_nothing_else_and_a_change_is_unknown() {
    for (what, answer, read, change) in foreign().into_iter().chain(refusing()) {
        let error = Peer::answering(READ, answer.clone())
            .await
            .read()
            .await
            .unwrap_err();
        assert_eq!(error.kind, read, "{what}: {error}");
        let error = Peer::answering(CHANGE, answer).await.change().await.unwrap_err();
        assert_eq!(error.kind, change, "{what}: {error}");
        assert!(!error.to_string().contains("hunter"), "{error}");
    }
}

#[tokio::test]
async fn a_company_that_is_not_there_is_never_read_as_no_limit() {
    let peer = Peer::answering("model.company.company.search_read", Answer::Result(json!([]))).await;
    assert_eq!(peer.read().await.unwrap_err().kind, ErrorKind::Invalid);
    assert_eq!(peer.change().await.unwrap_err().kind, ErrorKind::Invalid);
}

#[tokio::test]
async fn rows_that_are_not_as_agreed_are_named() {
    let changed = |field: &str, value: Value| {
        let mut party = party();
        party[0][field] = value;
        Answer::Result(party)
    };
    let cases = [
        (
            changed("credit_limit_amount", json!("10")),
            "party 2.credit_limit_amount",
        ),
        (
            changed(
                "credit_limit_amount",
                json!({"__class__": "Decimal", "decimal": "NaN"}),
            ),
            "party 2.credit_limit_amount",
        ),
        (changed("active", json!("yes")), "party 2.active"),
        (changed("create_date", json!("2026-01-01")), "create_date"),
        (changed("_timestamp", Value::Null), "party 2._timestamp"),
        (Answer::Result(json!({"rows": []})), "result"),
        (Answer::Result(json!([1, 2])), "result"),
    ];
    for (answer, path) in cases {
        let peer = Peer::answering(READ, answer).await;
        let context = peer.context();
        let accounts = peer.connector.spec().accounts.unwrap();
        let told = match accounts.pull(&context, None, 10).await {
            // One row is alone in being unreadable.
            Ok(page) => {
                assert!(page.items.is_empty(), "{path}");
                context.take_left_out().remove(0).problem
            }
            Err(error) => {
                assert_eq!(error.kind, ErrorKind::Schema, "{path}: {error}");
                error.message
            }
        };
        assert!(told.contains(path), "{path}: {told}");
    }
}

#[tokio::test]
async fn what_a_rule_refuses_is_an_outcome_and_no_error() {
    let refusal = Answer::Error(json!([
        "UserError",
        ["You are not allowed to access \"Limit\".", "", null]
    ]));
    let outcome = Peer::answering(CHANGE, refusal).await.change().await.unwrap();
    let PatchOutcome::Rejected(fields) = outcome else {
        panic!("{outcome:?}")
    };
    assert!(fields.len() == 1 && fields[0].field == "terms" && fields[0].message.contains("not allowed"));

    let stale = Answer::Error(json!([
        "ConcurrencyException",
        "Records were modified in the meanwhile"
    ]));
    let outcome = Peer::answering(CHANGE, stale).await.change().await.unwrap();
    assert!(matches!(outcome, PatchOutcome::Conflict(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_number_is_looked_for_with_its_customer_in_the_company_whoever_entered_the_sale() {
    const SALES: &str = "model.sale.sale.search_read";
    let mut theirs = sale();
    theirs[0]["description"] = Value::Null;
    theirs[0]["reference"] = json!("4500017");
    let peer = Peer::answering(SALES, Answer::Result(theirs)).await;
    let orders = peer.connector.spec().orders.unwrap();
    let by_number = async |customer| {
        let found = orders.find_by_number(&peer.context(), customer, "4500017").await;
        found.unwrap().unwrap()
    };
    let found = by_number("2").await;
    assert_eq!(
        (
            found.len(),
            found[0].reference.as_str(),
            found[0].customer.as_str()
        ),
        (1, "", "2")
    );
    // No party of Tryton: nobody is asked for it.
    assert!(by_number("C-2").await.is_empty());
    let asked: Vec<Value> = peer
        .server
        .received_requests()
        .await
        .unwrap()
        .iter()
        .map(|request| serde_json::from_slice::<Value>(&request.body).unwrap())
        .filter(|body| body["method"] == SALES)
        .map(|body| body["params"][0].clone())
        .collect();
    let expected = json!([
        ["company", "=", 1],
        [["party", "=", 2], ["reference", "=", "4500017"]]
    ]);
    assert_eq!(asked, [expected]);
}

#[tokio::test]
async fn a_sale_that_tryton_keeps_is_not_taken_for_cancelled() {
    let cases = [
        // Refused in words, and passed over in silence.
        Answer::Error(json!(["UserError", ["You can not call \"cancel\".", "", null]])),
        Answer::Result(Value::Null),
    ];
    for answer in cases {
        let peer = Peer::answering("model.sale.sale.cancel", answer).await;
        let orders = peer.connector.spec().orders.unwrap();
        let outcome = orders.cancel(&peer.context(), "7", "ref", "test").await.unwrap();
        assert!(matches!(outcome, CancelOutcome::Refused { .. }), "{outcome:?}");
        let error = orders
            .cancel(&peer.context(), "8", "ref", "test")
            .await
            .unwrap_err();
        assert_eq!(error.kind, ErrorKind::NotFound);
    }
}

#[tokio::test]
async fn an_exposure_that_cannot_be_read_keeps_nobody_elses_from_being_read() {
    let decimal = |text: &str| json!({"__class__": "Decimal", "decimal": text});
    let owing = |id: i64, receivable: Value| json!({"id": id, "receivable": receivable, "receivable_today": decimal("0")});
    let parties = json!([
        owing(2, decimal("10.00")),
        owing(3, decimal("NaN")),
        owing(4, decimal("5.00")),
        owing(5, decimal("0")),
    ]);
    let peer = Peer::answering(READ, Answer::Result(parties)).await;
    let context = peer.context();
    let exposures = peer.connector.spec().exposure.unwrap();
    let keys = ["2", "3", "4", "5", "6"].map(str::to_owned);
    let found = exposures.exposure(&context, &keys).await.unwrap();
    let told: Vec<_> = found
        .items
        .iter()
        .map(|one| {
            (
                one.external_id.as_str(),
                one.oldest_due.map(|date| date.to_string()),
            )
        })
        .collect();
    assert_eq!(told, [("2", Some("2026-02-03".to_owned())), ("5", None)]);
    assert_eq!(
        found.missing,
        ["6"],
        "what is there and cannot be read is not missing"
    );
    let left_out: Vec<_> = context
        .take_left_out()
        .into_iter()
        .map(|one| (one.external_id, one.problem))
        .collect();
    let ids: Vec<&str> = left_out.iter().map(|(id, _)| id.as_str()).collect();
    assert_eq!(ids, ["3", "4"]);
    assert!(left_out[0].1.contains("party 3.receivable"), "{left_out:?}");
    assert!(left_out[1].1.contains("31.maturity_date"), "{left_out:?}");
}
