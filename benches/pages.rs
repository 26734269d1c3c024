//! What people and programs look at in an archive of a hundred thousand documents, each page many times, each time of another
//! object: `scripts/with-postgres cargo bench --bench pages [-- --documents 100000]`.
//! The archive is what `punchgate seed` makes.

#![expect(
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::unwrap_used,
    reason = "a bench prints its table, divides durations, and stops where its own set-up is wrong"
)]

#[expect(dead_code, reason = "the tables of the benches are used by halves")]
mod measure;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Body,
    http::{Request, header},
};
use http_body_util::BodyExt as _;
use punchgate::{
    config::Config,
    connectors,
    demo::{SeedArgs, seed},
    gateway::Gateway,
    http,
};
use punchgate_app::{
    Surroundings,
    api_keys::{self, Scope},
    clock::SystemClock,
    entropy::OsEntropy,
    operators::Asked,
    seal::{Keyring, Secret},
};
use punchgate_domain::operator::Role;
use punchgate_storage::{Db, DbOptions};
use punchgate_testing::TestDatabase;
use serde_json::Value;
use tower::ServiceExt as _;

/// How often each is asked for.
const TIMES: usize = 100;
const SUPPLIER: &str = "ironquay";
const NAME: &str = "bench";
const PASSWORD: &str = "a sentence that I remember";

fn main() {
    if !measure::is_bench_run() {
        return;
    }
    let documents = std::env::args()
        .skip_while(|argument| argument != "--documents")
        .nth(1);
    let documents: u32 = documents.map_or(100_000, |text| text.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for database in TestDatabase::all().await {
            let (count, took, rows) = Box::pin(measured(&database, documents)).await;
            let head = ["page", "answer", "p50", "p95", "slowest"];
            println!(
                "{}: {count} documents, seeded in {:.0} s\n{}",
                database.product(),
                took.as_secs_f64(),
                measure::table(&head, &rows)
            );
        }
    });
}

async fn measured(database: &TestDatabase, documents: u32) -> (u64, Duration, Vec<Vec<String>>) {
    let key = Keyring::new_key(&OsEntropy).expose().to_owned();
    let config = || {
        let text = format!(
            "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1:9\"\n[database]\nurl = \"{}\"\n\
             [limits]\nrequests_per_address = 1_000_000\n",
            database.url()
        );
        let key = [("PUNCHGATE_KEY_VALUE".to_owned(), key.clone())];
        Config::read(&text, &key).unwrap_or_else(|problems| panic!("{problems:?}"))
    };
    let begun = Instant::now();
    let count = seed(config(), &SeedArgs { documents, days: 90 }).await.unwrap();
    let took = begun.elapsed();
    let surroundings = Surroundings {
        db: Db::open(database.url(), DbOptions::default()).await.unwrap(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let keyring = Arc::new(Keyring::read(&key).unwrap());
    let gateway = Gateway::assemble(config(), surroundings, keyring, connectors::registry()).unwrap();
    let looker = Looker::of(&gateway).await;
    let mut rows = Vec::new();
    for (name, paths) in looker.pages().await {
        rows.push(looker.row(name, &paths).await);
    }
    gateway.surroundings.db.close().await;
    (count, took, rows)
}

/// Somebody who is signed in at the console, and has a key of the API.
struct Looker {
    router: Router,
    cookie: String,
    bearer: String,
}

/// A page of the API's orders.
const API_ORDERS: &str = "/api/v1/orders?limit=100";

impl Looker {
    async fn of(gateway: &Arc<Gateway>) -> Self {
        let operators = &gateway.operators;
        let supplier = SUPPLIER.into();
        let link = operators
            .add(NAME, &supplier, Role::Owner, "bench")
            .await
            .unwrap();
        operators
            .set_password(link.expose(), Secret::new(PASSWORD))
            .await
            .unwrap();
        let attempt = operators.attempt(NAME, [127, 0, 0, 1].into()).await.unwrap();
        let signed_in = operators.sign_in(attempt, Secret::new(PASSWORD)).await.unwrap();
        let is_in = operators
            .signed_in(signed_in.token.expose(), Asked::ByPerson)
            .await;
        assert!(is_in.unwrap().is_some());
        let scopes = Scope::ALL.iter().copied().collect();
        let (_, token) = api_keys::issue(&gateway.surroundings, &supplier, NAME, &scopes)
            .await
            .unwrap();
        Self {
            router: http::router(Arc::clone(gateway)),
            cookie: format!("punchgate-console={}", signed_in.token.expose()),
            bearer: format!("Bearer {}", token.expose()),
        }
    }

    /// The whole answer, which must be one.
    async fn get(&self, path: &str) -> Vec<u8> {
        let request = Request::get(path)
            .header(header::COOKIE, &self.cookie)
            .header(header::AUTHORIZATION, &self.bearer)
            .body(Body::empty())
            .unwrap();
        let answer = self.router.clone().oneshot(request).await.unwrap();
        let status = answer.status();
        let bytes = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(status.is_success(), "{path}: {status}");
        bytes.to_vec()
    }

    /// Some of a list of the API, old ones and new ones: of each page the last.
    async fn some_of(&self, list: &str) -> Vec<Value> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        while found.len() < TIMES {
            let path = format!("/api/v1/{list}?limit=100{cursor}");
            let page: Value = serde_json::from_slice(&self.get(&path).await).unwrap();
            let items = page["items"].as_array().unwrap();
            found.extend(items.iter().step_by(items.len().div_ceil(3).max(1)).cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert!(!found.is_empty(), "there are no {list}");
        found
    }

    /// Each page with the addresses by which it is asked for, in turn.
    async fn pages(&self) -> Vec<(&'static str, Vec<String>)> {
        let (orders, documents) = (self.some_of("orders").await, self.some_of("documents").await);
        let (sessions, customers) = (self.some_of("sessions").await, self.some_of("customers").await);
        let text = |of: &Value, key: &str| of[key].as_str().unwrap_or_default().to_owned();
        let console = |rest: &str| format!("/console/s/{SUPPLIER}{rest}");
        let each = |of: &[Value], key: &str, path: &str| -> Vec<String> {
            let encoded =
                |id: String| url::form_urlencoded::byte_serialize(id.as_bytes()).collect::<String>();
            of.iter()
                .map(|one| text(one, key))
                .filter(|id| !id.is_empty())
                .map(|id| path.replace("{}", &encoded(id)))
                .collect()
        };
        let one = |path: String| vec![path];
        vec![
            ("first page", one(console(""))),
            ("orders that wait", one(console("/orders"))),
            ("documents", one(console("/documents"))),
            (
                "documents of a kind",
                one(console("/documents?kind=ConfirmationRequest")),
            ),
            (
                "documents of a buyer and a direction",
                one(console("/documents?relationship=borealis&direction=in")),
            ),
            (
                "documents of a kind that hardly comes",
                one(console("/documents?kind=StatusUpdateRequest")),
            ),
            ("refused documents", one(console("/documents?status=refused"))),
            (
                "refused documents of a buyer",
                one(console("/documents?status=refused&relationship=borealis")),
            ),
            (
                "documents of an order number",
                each(&orders, "order_number", &console("/documents?search={}")),
            ),
            (
                "documents of a payloadID",
                each(&documents, "payload_id", &console("/documents?search={}")),
            ),
            (
                "documents of a BuyerCookie",
                each(&sessions, "buyer_cookie", &console("/documents?search={}")),
            ),
            (
                "search for what is not there",
                one(console("/documents?search=nowhere-to-be-found")),
            ),
            ("document", each(&documents, "id", &console("/documents/{}"))),
            ("case of an order", each(&orders, "id", &console("/orders/{}"))),
            ("deliveries", one(console("/deliveries"))),
            ("customers", one(console("/customers"))),
            ("customer", each(&customers, "id", &console("/customers/{}"))),
            ("relationships", one(console("/relationships"))),
            ("API: orders", one(API_ORDERS.to_owned())),
            ("API: orders held", one(format!("{API_ORDERS}&state=held"))),
            ("API: order", each(&orders, "id", "/api/v1/orders/{}")),
            ("API: documents", one("/api/v1/documents?limit=100".to_owned())),
            (
                "API: documents of an order number",
                each(&orders, "order_number", "/api/v1/documents?search={}"),
            ),
        ]
    }

    async fn row(&self, name: &str, paths: &[String]) -> Vec<String> {
        assert!(!paths.is_empty(), "{name}: there is nothing to ask for");
        // The first of each is read from the disk.
        self.get(&paths[0]).await;
        let (mut times, mut bytes) = (Vec::new(), 0);
        for path in paths.iter().cycle().take(TIMES) {
            let begun = Instant::now();
            bytes = self.get(path).await.len();
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let at = |of_hundred: usize| times[(times.len() * of_hundred / 100).min(times.len() - 1)];
        let millis = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
        vec![
            name.to_owned(),
            format!("{bytes} B"),
            millis(at(50)),
            millis(at(95)),
            millis(at(100)),
        ]
    }
}
