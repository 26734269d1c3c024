//! A shop that `scripts/vendure` serves: where it is, a connector to it, its own people at work.

use std::time::Duration;

use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp, civil::date};
use punchgate_connector::{
    Connector, Context, Secrets,
    carts::FillLine,
    conformance::{Browser, OrderFixture},
    egress::{Egress, Limits, Request},
    sessions::{SessionCustomer, SessionMode, SessionRequest},
};
use punchgate_domain::{
    money::{Currency, StatedAmount},
    purchase_order::Address,
    quantity::Unit,
};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

/// A customer of the seed, twelve percent off.
pub(crate) const ACME: &str = "C-ACME";
/// A part of the seed.
pub(crate) const PART: &str = "HX-1001";

/// What `scripts/vendure run` tells.
pub(crate) struct Shop {
    pub(crate) address: String,
    pub(crate) key: String,
    password: String,
}

/// None, and a word about it, where there is no shop.
#[expect(
    clippy::disallowed_methods,
    reason = "where the real system is, only the environment knows"
)]
#[expect(clippy::print_stderr, reason = "who runs the tests sees what was not tried")]
pub(crate) fn shop() -> Option<Shop> {
    let told = |suffix: &str| std::env::var(format!("PUNCHGATE_TEST_VENDURE{suffix}")).ok();
    let Some(address) = told("") else {
        eprintln!("skipped: PUNCHGATE_TEST_VENDURE is not set, the real Vendure was not tried");
        return None;
    };
    Some(Shop {
        address,
        key: told("_KEY").unwrap(),
        password: told("_ADMIN_PASSWORD").unwrap(),
    })
}

pub(crate) fn connector(shop: &Shop, key: &str) -> Box<dyn Connector> {
    let settings = json!({
        "base_url": shop.address, "allow_http": true, "allow_networks": ["127.0.0.0/8"],
        // A busy machine is slow, not wrong: what these tests look for has nothing to do with speed.
        "read_timeout_seconds": 120, "change_timeout_seconds": 300
    });
    let secrets: Secrets = [("api_key", key)].into_iter().collect();
    punchgate_storefront_vendure::from_config("shop", &settings, &secrets).unwrap()
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

pub(crate) fn usd(text: &str) -> StatedAmount {
    StatedAmount::parse(text, Currency::parse("USD").unwrap()).unwrap()
}

pub(crate) fn fixture_order() -> OrderFixture {
    OrderFixture {
        part_id: PART.to_owned(),
        unit: Unit::new("EA"),
        unit_price: usd("16.28"),
        date: date(2026, 3, 1),
        live: true,
    }
}

/// A session with lines, for a place in a country of the shop.
pub(crate) fn edit_session(items: Vec<FillLine>) -> SessionRequest {
    SessionRequest {
        session: format!("edit-{}", now().as_nanosecond()),
        mode: SessionMode::Edit,
        customer: SessionCustomer {
            external_id: ACME.to_owned(),
            code: None,
            name: None,
        },
        contact: None,
        currency: None,
        language: None,
        items,
        selected_item: None,
        ship_to: Some(Address {
            name: "Acme, plant 2".to_owned(),
            street: vec!["12 Mill Lane".to_owned()],
            city: "Dayton".to_owned(),
            country_code: Some("us".to_owned()),
            ..Address::default()
        }),
        notices: Vec::new(),
        return_url: "https://gateway.example/return/1".to_owned(),
        cancel_url: "https://gateway.example/cancel/1".to_owned(),
        expires_at: now() + SignedDuration::from_mins(30),
    }
}

/// Somebody of the shop in its administration.
pub(crate) struct Administrator<'a> {
    shop: &'a Shop,
    http: &'a Egress,
    bearer: Option<HeaderValue>,
}

impl<'a> Administrator<'a> {
    pub(crate) async fn log_in(shop: &'a Shop, http: &'a Egress) -> Self {
        let mut administrator = Self {
            shop,
            http,
            bearer: None,
        };
        let login = "mutation($password: String!) { login(username: \"superadmin\", password: $password) { __typename } }";
        let (headers, _) = administrator
            .send(login, json!({"password": shop.password}))
            .await;
        let token = headers["vendure-auth-token"].to_str().unwrap();
        administrator.bearer = Some(HeaderValue::from_str(&format!("Bearer {token}")).unwrap());
        administrator
    }

    pub(crate) async fn ask(&self, document: &str, variables: Value) -> Value {
        self.send(document, variables).await.1
    }

    async fn send(&self, document: &str, variables: Value) -> (HeaderMap, Value) {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(bearer) = &self.bearer {
            headers.insert(header::AUTHORIZATION, bearer.clone());
        }
        let request = Request {
            method: Method::POST,
            url: format!("{}/admin-api", self.shop.address).parse().unwrap(),
            headers,
            body: json!({"query": document, "variables": variables})
                .to_string()
                .into(),
            limits: Limits {
                timeout: Duration::from_mins(2),
                ..Limits::default()
            },
        };
        let answer = context("by-hand".to_owned(), self.http)
            .send(request)
            .await
            .unwrap();
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(body.get("errors").is_none(), "{body}");
        (answer.headers, body["data"].clone())
    }
}

/// A shopper's browser at the page that takes a login.
pub(crate) struct Shopper<'a> {
    pub(crate) shop: &'a Shop,
    pub(crate) http: &'a Egress,
}

#[async_trait]
impl Browser for Shopper<'_> {
    async fn enters(&self, login_url: &str) -> bool {
        let (_, token) = login_url.split_once("#punchout=").unwrap();
        let login = "mutation($token: String!) { authenticate(input: { punchgate: { token: $token } }) { __typename } }";
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let request = Request {
            method: Method::POST,
            url: format!("{}/shop-api", self.shop.address).parse().unwrap(),
            headers,
            body: json!({"query": login, "variables": {"token": token}})
                .to_string()
                .into(),
            limits: Limits::default(),
        };
        let answer = context("shopper".to_owned(), self.http).send(request).await;
        let body: Value = serde_json::from_slice(&answer.unwrap().body).unwrap();
        body["data"]["authenticate"]["__typename"] == "CurrentUser"
    }
}
