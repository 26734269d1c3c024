//! A gateway in service before a Tryton that `scripts/tryton` seeded, and the company's own people at work in it.

mod waits;

use std::{
    net::SocketAddr,
    time::{Duration, Instant, SystemTime},
};

use punchgate::{
    connectors,
    serve::{self, Running},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::waits::Waits;
use super::line::Line;
use crate::support::{
    http,
    live::Live,
    supplier::{Supplier, api_key},
};

/// The address of a Tryton that `scripts/tryton` seeded, database included.
const ADDRESS: &str = "PUNCHGATE_TEST_TRYTON";
/// How soon what one side sets is there on the other.
const WITHIN: Duration = Duration::from_secs(5);
/// When a test gives up.
const PATIENCE: Duration = Duration::from_mins(3);

/// The gateway, the line, Tryton.
pub(super) struct Rig {
    pub(super) tryton: Tryton,
    pub(super) line: Line,
    code: &'static str,
    address: SocketAddr,
    running: Running,
    // It holds the database, the shop, and what else the gateway speaks to.
    _live: Live,
}

impl Rig {
    /// With a buyer who is this customer; nothing, and a word about it, where there is no Tryton.
    pub(super) async fn start(module: bool, code: &'static str) -> Option<Self> {
        let tryton = Tryton::named(code).await?;
        let (_, at) = tryton.base.split_once("://").unwrap();
        let (host, database) = at.split_once('/').unwrap();
        let line = Line::to(host.to_owned()).await;
        let settings = format!(
            "{{ base_url = \"http://{}/{database}\", user = \"gateway\", company = 1, module = {module}, allow_http = true, \
             allow_networks = [\"127.0.0.0/8\"], read_timeout_seconds = 120, change_timeout_seconds = 300 }}",
            line.address
        );
        let supplier = Supplier::with_buyer()
            .relationship("customer", format!("\"{}\"", tryton.party))
            .erp(format!(
                "kind = \"erp-tryton\"\nsettings = {settings}\nsecrets = {{ password = {{ env = \"TRYTON\" }} }}\n"
            ));
        let live = Live::provision(supplier, None).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut config = live.config(&address.to_string());
        config.jobs.settle = Duration::from_secs(1);
        let running = serve::start_on(listener, config, connectors::registry())
            .await
            .unwrap();
        let rig = Self {
            tryton,
            line,
            code,
            address,
            running,
            _live: live,
        };
        rig.until("the first full read", async || !rig.customer().await.is_null())
            .await;
        Some(rig)
    }

    pub(super) async fn stop(self) {
        self.running.stop().await;
    }

    /// Sends a document of the buyer's; the status of the answer.
    pub(super) async fn send(&self, xml: &str) -> u16 {
        let request = http()
            .post(format!("http://{}/cxml", self.address))
            .header("content-type", "text/xml; charset=utf-8")
            .body(xml.to_owned());
        request.send().await.unwrap().status().as_u16()
    }

    /// Calls the API; what it answers must be a success.
    pub(super) async fn api(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let (status, text) = self.said(method, path, body).await;
        assert!((200..300).contains(&status), "{path}: {status} {text}");
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    /// Calls the API; status and answer, whatever they are.
    pub(super) async fn said(&self, method: Method, path: &str, body: Option<Value>) -> (u16, String) {
        let mut request = http()
            .request(method, format!("http://{}/api{path}", self.address))
            .bearer_auth(api_key("all"));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    pub(super) async fn get(&self, path: &str) -> Value {
        self.api(Method::GET, path, None).await
    }

    /// The customer as the gateway has it; nothing before it was read.
    pub(super) async fn customer(&self) -> Value {
        let list = self.get("/v1/customers").await;
        let items = list["items"].as_array().unwrap();
        match items.iter().find(|item| item["code"] == self.code) {
            Some(item) => {
                self.get(&format!("/v1/customers/{}", item["id"].as_str().unwrap()))
                    .await
            }
            None => Value::Null,
        }
    }

    pub(super) async fn conflicts(&self) -> Vec<Value> {
        let page = self.get("/v1/sync/conflicts").await;
        page["items"].as_array().unwrap().clone()
    }

    /// Whether the customer may order on terms now.
    pub(super) async fn on_terms(&self) -> bool {
        let question =
            json!({ "customer": self.tryton.party.to_string(), "amount": "10.00", "currency": "USD" });
        let options = self
            .api(Method::POST, "/v1/checkout-options", Some(question))
            .await;
        let tenders = options["tenders"].as_array().unwrap();
        tenders
            .iter()
            .any(|one| one["tender"] == "terms" && one["allowed"] == true)
    }

    /// Looks until it is so; how long that took.
    pub(super) async fn until(&self, what: &str, is_so: impl AsyncFn() -> bool) -> Took {
        let (began, mut waits) = (Instant::now(), Waits::begin());
        while !is_so().await {
            assert!(
                began.elapsed() < PATIENCE,
                "{what} never came: {}",
                self.customer().await
            );
            waits.look();
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        waits.look();
        Took {
            elapsed: began.elapsed(),
            waited: waits.total(),
        }
    }

    /// Five seconds on a machine that has time: of what passed between the change and its effect, that is taken off in
    /// which the gateway or Tryton was ready to run and got no processor. Nothing else excuses, neither a rest too long, nor
    /// a question too many, nor a machine that is busy before or after.
    #[expect(clippy::print_stderr, reason = "who runs the tests sees how long it took")]
    pub(super) async fn judge(&self, what: &str, took: Took) {
        let began = Instant::now();
        self.tryton.limit().await;
        let one_question = began.elapsed();
        eprintln!("{what}: {took:.1?}; now Tryton takes {one_question:.1?} for a question");
        assert!(took.of_its_own() < WITHIN, "{what}: {took:?}");
    }
}

/// How long something took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Took {
    elapsed: Duration,
    /// For a processor, by the gateway and Tryton.
    waited: Duration,
}

impl Took {
    fn of_its_own(self) -> Duration {
        self.elapsed.saturating_sub(self.waited)
    }
}

/// Tryton, as its administrator sees it.
pub(super) struct Tryton {
    base: String,
    pub(super) party: i64,
    /// Unlike that of every other run: what was entered stays there.
    pub(super) run: u128,
}

impl Tryton {
    #[expect(clippy::print_stderr, reason = "who runs the tests sees what was not tried")]
    #[expect(
        clippy::disallowed_methods,
        reason = "where the real system is, only the environment knows; its clock is the real one"
    )]
    async fn named(code: &str) -> Option<Self> {
        let Ok(base) = std::env::var(ADDRESS) else {
            eprintln!("skipped: {ADDRESS} is not set, the real Tryton was not tried");
            return None;
        };
        let run = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis();
        let mut tryton = Self { base, party: 0, run };
        let of_code = json!([[["code", "=", code]], 0, 1, null, {"company": 1}]);
        let found = tryton.call("model.party.party.search", of_code).await;
        tryton.party = found[0].as_i64().unwrap();
        Some(tryton)
    }

    async fn call(&self, method: &str, params: Value) -> Value {
        let request = http()
            .post(format!("{}/rpc/", self.base))
            .basic_auth("admin", Some("admin-pw"))
            .header("accept-encoding", "identity")
            .json(&json!({"id": "by-hand", "method": method, "params": params}));
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        assert!(answer.get("error").is_none(), "{method}: {answer}");
        answer["result"].clone()
    }

    pub(super) async fn set_limit(&self, amount: &str) {
        let limit = json!({"__class__": "Decimal", "decimal": amount});
        let params = json!([[self.party], {"credit_limit_amount": limit}, {"company": 1}]);
        self.call("model.party.party.write", params).await;
    }

    /// The limit as it stands there.
    pub(super) async fn limit(&self) -> String {
        let params = json!([[self.party], ["credit_limit_amount"], {"company": 1}]);
        let read = self.call("model.party.party.read", params).await;
        read[0]["credit_limit_amount"]["decimal"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The codes of the holds in force.
    pub(super) async fn holds(&self) -> Vec<String> {
        let params = json!([[["party", "=", self.party]], 0, 100, null, ["code", "until"], {"company": 1}]);
        let found = self.call("model.punchgate.hold.search_read", params).await;
        let holds = found.as_array().unwrap().iter();
        let in_force = holds.filter(|hold| hold["until"].is_null());
        in_force
            .map(|hold| hold["code"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Sales with the buyer's number that are not cancelled.
    pub(super) async fn live_sales(&self, number: &str) -> Vec<Value> {
        let live = json!([["reference", "=", number], ["state", "!=", "cancelled"]]);
        let params = json!([live, 0, 100, null, ["number", "state"], {"company": 1}]);
        let found = self.call("model.sale.sale.search_read", params).await;
        found.as_array().unwrap().clone()
    }
}
