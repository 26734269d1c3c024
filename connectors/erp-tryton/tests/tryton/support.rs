//! A Tryton that `scripts/tryton` seeded: where it is, a connector to it, its own people at work.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, Method, header};
use jiff::Timestamp;
use punchgate_connector::{
    Connector, Context, Secrets,
    accounts::Account,
    egress::{Egress, Limits, Request},
    endpoint::BasicCredentials,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// The address of a Tryton that `scripts/tryton` seeded, database included.
const ADDRESS: &str = "PUNCHGATE_TEST_TRYTON";

/// None, and a word about it, where there is no Tryton.
#[expect(
    clippy::disallowed_methods,
    reason = "where the real system is, only the environment knows"
)]
#[expect(clippy::print_stderr, reason = "who runs the tests sees what was not tried")]
pub(crate) fn address() -> Option<String> {
    let address = std::env::var(ADDRESS).ok();
    if address.is_none() {
        eprintln!("skipped: {ADDRESS} is not set, the real Tryton was not tried");
    }
    address
}

pub(crate) fn connector(base: &str, company: u32, module: bool) -> Box<dyn Connector> {
    let settings = json!({
        "base_url": base, "user": "gateway", "company": company, "module": module, "allow_http": true,
        "allow_networks": ["127.0.0.0/8"], "units": {"BX": "Unit"},
        // A busy machine is slow, not wrong: what these tests look for has nothing to do with speed.
        "read_timeout_seconds": 120, "change_timeout_seconds": 300
    });
    let secrets: Secrets = [("password", "gateway-pw")].into_iter().collect();
    punchgate_erp_tryton::from_config("tryton", &settings, &secrets).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "the real system has the real clock")]
pub(crate) fn now() -> Timestamp {
    Timestamp::now()
}

pub(crate) fn context(id: String, http: &Egress) -> Context {
    Context::new(
        id,
        now(),
        Duration::from_mins(10),
        CancellationToken::new(),
        http.clone(),
    )
}

/// A customer of the seed by its code.
pub(crate) async fn customer(system: &dyn Connector, http: &Egress, code: &str) -> Account {
    let accounts = system.spec().accounts.unwrap();
    let page = accounts
        .pull(&context(format!("find-{code}"), http), None, 100)
        .await
        .unwrap();
    page.items
        .into_iter()
        .find(|account| account.code == code)
        .unwrap()
}

/// What somebody of the company does in Tryton itself, as its administrator.
pub(crate) async fn by_hand(base: &str, http: &Egress, method: &str, params: Value) -> Value {
    let answer = answer(base, http, method, params).await;
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

/// The same where Tryton may refuse: all that it answers.
pub(crate) async fn answer(base: &str, http: &Egress, method: &str, params: Value) -> Value {
    let body = json!({"id": "by-hand", "method": method, "params": params});
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let admin = BasicCredentials::new("admin", "admin-pw").unwrap();
    headers.insert(header::AUTHORIZATION, admin.header());
    let request = Request {
        method: Method::POST,
        url: format!("{base}/rpc/").parse().unwrap(),
        headers,
        body: body.to_string().into(),
        limits: Limits {
            timeout: Duration::from_mins(2),
            ..Limits::default()
        },
    };
    let answer = context("by-hand".to_owned(), http).send(request).await.unwrap();
    serde_json::from_slice(&answer.body).unwrap()
}

/// The context of the company's people.
pub(crate) fn company() -> Value {
    json!({"company": 1})
}
