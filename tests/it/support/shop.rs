//! The demo's shop as a peer.

use std::sync::Arc;

use punchgate_demo::{Clock, Peer, ShopConfig, WireLog, serve_shop, shop::DEMO_SHOP_SECRET};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::{
    cxml::{Setup, between},
    http,
    world::World,
};

/// A running shop; it ends with the test.
pub(crate) struct Shop {
    pub(crate) url: String,
    wire: WireLog,
    _stop: DropGuard,
}

impl Shop {
    /// With this freight and tax in every cart, if it knows them.
    pub(crate) async fn start(clock: Arc<dyn Clock>, [freight, tax]: [Option<&str>; 2]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let wire = WireLog::new();
        let amount = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        let config = ShopConfig {
            freight: amount(freight),
            tax: amount(tax),
            clock,
            wire: wire.clone(),
            shutdown: stop.clone(),
            ..ShopConfig::demo(&url).unwrap()
        };
        tokio::spawn(serve_shop(config, listener));
        Self {
            url,
            wire,
            _stop: stop.drop_guard(),
        }
    }

    /// What the connector needs, as `apply` reads it.
    pub(crate) fn declared(&self) -> (String, &'static str) {
        let base = format!("{}/punchgate", self.url);
        let settings = format!(
            "{{ base_url = \"{base}\", allow_http = true, allow_networks = [\"127.0.0.0/8\"], \
             qualities = {{ order_cancel = true }} }}"
        );
        (settings, DEMO_SHOP_SECRET)
    }

    /// Calls of the storefront protocol so far, by operation.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        let exchanges = self.wire.since(0);
        exchanges
            .iter()
            .filter(|exchange| exchange.to == Peer::Shop && exchange.url.ends_with(operation))
            .count()
    }

    /// Enters by a one-time login address as the shop's page does; yields the session's bearer.
    pub(crate) async fn enter(&self, login: &str) -> String {
        let token = login
            .split_once("#t=")
            .expect("the login address carries a token")
            .1;
        let answer: Value = http()
            .post(format!("{}/punchout/api/enter", self.url))
            .json(&json!({ "token": token }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let bearer = answer["bearer"].as_str();
        bearer
            .unwrap_or_else(|| panic!("the shop let nobody in: {answer}"))
            .to_owned()
    }

    /// Puts a product into the cart.
    pub(crate) async fn add(&self, bearer: &str, part: &str, quantity: &str) {
        let added = http()
            .post(format!("{}/punchout/api/cart/lines", self.url))
            .bearer_auth(bearer)
            .json(&json!({ "sku": part, "quantity": quantity }))
            .send()
            .await
            .unwrap();
        assert!(added.status().is_success(), "{}", added.text().await.unwrap());
    }

    /// The session as the shop's page sees it.
    pub(crate) async fn session(&self, bearer: &str) -> Value {
        let url = format!("{}/punchout/api/session", self.url);
        http()
            .get(url)
            .bearer_auth(bearer)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }
}

impl World {
    /// The whole loop of a shopper: setup, start, one product, return. Yields the returned message.
    pub(crate) async fn punch_out_and_return(&self, setup: &Setup, part: &str, quantity: &str) -> String {
        let (_, return_url) = self.punch_out(setup, part, quantity).await;
        let page = http()
            .post(&return_url)
            .form_body("accept=")
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let field = ["cxml-urlencoded", "cXML-urlencoded", "cxml-base64", "cXML-base64"]
            .into_iter()
            .find_map(|name| Some((name, between(&page, &format!("name=\"{name}\" value=\""), "\"")?)));
        let (name, value) = field.unwrap_or_else(|| panic!("no cart is posted: {page}"));
        if name.to_lowercase().ends_with("base64") {
            let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, value).unwrap();
            return String::from_utf8(bytes).unwrap();
        }
        unescaped(value)
    }

    /// Setup and start, and one product in the cart: the start page's and the return page's addresses.
    pub(crate) async fn punch_out(&self, setup: &Setup, part: &str, quantity: &str) -> (String, String) {
        let answer = self.send(&setup.xml()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let start = answer.start_page().expect("a start page");
        let redeemed = http()
            .post(&start)
            .form_body("nonce=browser-1-0123456789")
            .send()
            .await
            .unwrap();
        assert!(
            redeemed.status().is_redirection(),
            "{}: {}",
            redeemed.status(),
            redeemed.text().await.unwrap()
        );
        let login = redeemed.headers()["location"].to_str().unwrap().to_owned();
        let bearer = self.shop.enter(&login).await;
        self.shop.add(&bearer, part, quantity).await;
        let session = self.shop.session(&bearer).await;
        (start, session["return_url"].as_str().unwrap().to_owned())
    }
}

/// A form's body.
pub(crate) trait FormBody {
    fn form_body(self, body: &str) -> Self;
}

impl FormBody for reqwest::RequestBuilder {
    fn form_body(self, body: &str) -> Self {
        self.header("content-type", "application/x-www-form-urlencoded")
            .body(body.to_owned())
    }
}

/// An attribute's value as a browser reads it.
fn unescaped(value: &str) -> String {
    let mut text = value.to_owned();
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#34;", "\""),
        ("&#39;", "'"),
        ("&#10;", "\n"),
        ("&#60;", "<"),
        ("&#62;", ">"),
        ("&#38;", "&"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}
