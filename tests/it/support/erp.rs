//! The demo's ERP as a peer: spoken to over HTTP, looked at by its own pages. It makes a second order for an equal
//! reference.

use std::{path::Path, sync::Arc};

use punchgate_demo::{Clock, ErpConfig, Exchange, Peer, WireLog, erp::DEMO_ERP_SECRET, serve_erp};
use rust_decimal::Decimal;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::http;

/// The customer of the tests' buyer.
pub(crate) const CUSTOMER: &str = "C-1001";

/// A running ERP; it ends with the test.
pub(crate) struct Erp {
    pub(crate) url: String,
    wire: WireLog,
    _stop: DropGuard,
}

/// An order as the ERP shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErpOrder {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) reference: String,
    pub(crate) purchase_order_number: String,
    pub(crate) state: String,
}

impl ErpOrder {
    pub(crate) fn is_live(&self) -> bool {
        self.state != "cancelled"
    }
}

impl Erp {
    pub(crate) async fn start(clock: Arc<dyn Clock>, data: Option<&Path>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let wire = WireLog::new();
        let config = ErpConfig {
            clock,
            wire: wire.clone(),
            shutdown: stop.clone(),
            data_dir: data.map(Path::to_owned),
            ..ErpConfig::demo().unwrap()
        };
        tokio::spawn(serve_erp(config, listener));
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
             qualities = {{ cas = \"native\", exposure_includes_open_orders = true, \
             order_change = true, \
             writable = [\"terms\", \"credit_limit\", \"holds\"] }} }}"
        );
        (settings, DEMO_ERP_SECRET)
    }

    /// A customer as the ERP has it.
    pub(crate) async fn account(&self, customer: &str) -> Value {
        let state = self.state().await;
        let accounts = state["accounts"].as_array().unwrap();
        accounts
            .iter()
            .find(|account| account["external_id"] == customer)
            .unwrap()
            .clone()
    }

    pub(crate) async fn state(&self) -> Value {
        let answer = http()
            .get(format!("{}/state.json", self.url))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }

    /// The orders that the gateway made; what the ERP began with is left out.
    pub(crate) async fn orders(&self) -> Vec<ErpOrder> {
        let state = self.state().await;
        let text = |order: &Value, key: &str| order[key].as_str().unwrap_or_default().to_owned();
        let all = state["orders"].as_array().unwrap().iter().map(|order| ErpOrder {
            id: text(order, "order_id"),
            number: text(order, "order_number"),
            reference: text(order, "reference"),
            purchase_order_number: text(order, "purchase_order_number"),
            state: text(order, "state"),
        });
        all.filter(|order| !order.reference.starts_with("phone-"))
            .collect()
    }

    /// The orders for a purchase order that are not cancelled.
    pub(crate) async fn live_orders(&self, number: &str) -> Vec<ErpOrder> {
        let mut orders = self.orders().await;
        orders.retain(|order| order.purchase_order_number == number && order.is_live());
        orders
    }

    /// Calls of the ERP protocol so far, by operation.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        let to_erp = |exchange: &Exchange| exchange.to == Peer::Erp && exchange.url.ends_with(operation);
        self.wire
            .since(0)
            .iter()
            .filter(|exchange| to_erp(exchange))
            .count()
    }

    /// What it was told to create, as it was written.
    pub(crate) fn submitted(&self) -> String {
        let exchanges = self.wire.since(0).into_iter();
        let told =
            exchanges.filter(|exchange| exchange.to == Peer::Erp && exchange.url.ends_with("submit_order"));
        told.map(|exchange| exchange.request).collect()
    }

    /// What the customer owes and has ordered.
    pub(crate) async fn exposure(&self, customer: &str) -> Decimal {
        let account = self.account(customer).await;
        let amount = |key: &str| {
            account["exposure"][key]["amount"]
                .as_str()
                .unwrap()
                .parse::<Decimal>()
                .unwrap()
        };
        amount("open_items") + amount("open_orders")
    }

    async fn post(&self, path: &str, form: &[(&str, &str)]) {
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let answer = http()
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body)
            .send()
            .await
            .unwrap();
        assert!(answer.status().is_redirection(), "{path}: {}", answer.status());
    }

    /// Sets the limit so that exactly this amount is left.
    pub(crate) async fn leave_available(&self, customer: &str, amount: &str) {
        let limit = self.exposure(customer).await + amount.parse::<Decimal>().unwrap();
        let limit = limit.to_string();
        let path = format!("/customers/{customer}/credit");
        self.post(
            &path,
            &[("terms", "NET30"), ("limit", &limit), ("reason", "test")],
        )
        .await;
    }

    /// A clerk takes the next step there: `ship`, `invoice` …
    pub(crate) async fn step(&self, order: &ErpOrder, step: &str) {
        self.post(&format!("/orders/{}/{step}", order.number), &[("reason", "next")])
            .await;
    }

    /// A clerk cancels an order there.
    pub(crate) async fn cancel(&self, order: &ErpOrder) {
        self.post(
            &format!("/orders/{}/cancel", order.number),
            &[("reason", "withdrawn")],
        )
        .await;
    }

    /// Agrees on other terms; none with an empty code. The limit stays.
    pub(crate) async fn set_terms(&self, customer: &str, terms: &str) {
        let account = self.account(customer).await;
        let limit = account["credit_limit"]["amount"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let form = [("terms", terms), ("limit", limit.as_str()), ("reason", "test")];
        self.post(&format!("/customers/{customer}/credit"), &form).await;
    }

    /// Places a hold that takes away what is named.
    pub(crate) async fn place_hold(&self, customer: &str, removes: &[&str], shopper: &str) {
        let mut form = vec![
            ("code", "PASTDUE"),
            ("shopper", shopper),
            ("internal", "for our eyes only"),
        ];
        form.extend(removes.iter().map(|permission| (*permission, "on")));
        self.post(&format!("/customers/{customer}/holds"), &form).await;
    }

    /// Places a hold with a code of which nobody has said what it takes away.
    pub(crate) async fn place_unexplained_hold(&self, customer: &str, code: &str) {
        self.post(&format!("/customers/{customer}/holds"), &[("code", code)])
            .await;
    }

    /// Releases every hold of a customer.
    pub(crate) async fn release_holds(&self, customer: &str) {
        let account = self.account(customer).await;
        for hold in account["holds"].as_array().unwrap() {
            let id = hold["id"].as_str().unwrap();
            self.post(
                &format!("/customers/{customer}/holds/{id}/release"),
                &[("reason", "paid")],
            )
            .await;
        }
    }

    /// Books a payment.
    pub(crate) async fn pay(&self, customer: &str, amount: &str) {
        self.post(&format!("/customers/{customer}/payments"), &[("amount", amount)])
            .await;
    }

    /// The next `cuts` orders are committed and the line is cut without an answer; or the ERP is down.
    pub(crate) async fn misbehave(&self, down: bool, cuts: u32) {
        let cuts = cuts.to_string();
        let mut form = vec![
            ("slow_ms", "0"),
            ("cut_after_commit", cuts.as_str()),
            ("acknowledge", "on"),
        ];
        if down {
            form.push(("down", "on"));
        }
        self.post("/break", &form).await;
    }
}
