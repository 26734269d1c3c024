//! The demo's shop as a peer.

use std::sync::Arc;

use punchgate_demo::{Clock, Peer, ShopConfig, WireLog, serve_shop, shop::DEMO_SHOP_SECRET};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::http;

/// A running shop; it ends with the test.
pub(crate) struct Shop {
    pub(crate) url: String,
    wire: WireLog,
    _stop: DropGuard,
}

impl Shop {
    pub(crate) async fn start(clock: Arc<dyn Clock>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let wire = WireLog::new();
        let config = ShopConfig {
            clock,
            wire: wire.clone(),
            shutdown: stop.clone(),
            ..ShopConfig::demo(&url).unwrap()
        };
        tokio::spawn(serve_shop(config, listener));
        Self { url, wire, _stop: stop.drop_guard() }
    }

    /// What the connector needs, as `apply` reads it.
    pub(crate) fn declared(&self) -> (String, &'static str) {
        let base = format!("{}/punchgate", self.url);
        let settings = format!("{{ base_url = \"{base}\", allow_http = true, allow_networks = [\"127.0.0.0/8\"] }}");
        (settings, DEMO_SHOP_SECRET)
    }

    /// Calls of the storefront protocol so far, by operation.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        let exchanges = self.wire.since(0);
        exchanges.iter().filter(|exchange| exchange.to == Peer::Shop && exchange.url.ends_with(operation)).count()
    }

    /// Enters by a one-time login address as the shop's page does, and puts one product into the cart.
    pub(crate) async fn fill_cart(&self, login: &str, part: &str, quantity: &str) -> Value {
        let login = url::Url::parse(login).unwrap();
        let token = login.fragment().map(str::to_owned).unwrap_or_else(|| {
            let pair = login.query_pairs().next().map(|(_, value)| value.into_owned());
            pair.expect("the login address carries a token")
        });
        let entered: Value = http()
            .post(format!("{}/punchout/api/enter", self.url))
            .json(&json!({ "token": token.trim_start_matches("token=") }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let bearer = entered["bearer"].as_str().unwrap_or_else(|| panic!("the shop let nobody in: {entered}"));
        let added = http()
            .post(format!("{}/punchout/api/cart/lines", self.url))
            .bearer_auth(bearer)
            .json(&json!({ "sku": part, "quantity": quantity }))
            .send()
            .await
            .unwrap();
        assert!(added.status().is_success(), "{}", added.text().await.unwrap());
        entered
    }
}
