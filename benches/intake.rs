//! Durable intake beside a bare endpoint and beside one commit a request, all in one run:
//! `scripts/with-postgres cargo bench --bench intake [-- --turns 5 --seconds 2 --clients 64]`.
//! The contenders take turns on the same database; nothing is answered before its commit.

#![expect(
    clippy::print_stdout,
    clippy::float_arithmetic,
    clippy::unwrap_used,
    reason = "a bench prints its table, divides durations, and stops where its own set-up is wrong"
)]

#[path = "cxml/documents.rs"]
mod documents;
#[path = "intake/gateway.rs"]
mod gateway;
#[path = "intake/load.rs"]
mod load;
mod measure;

use std::{future::Future, net::SocketAddr, pin::Pin, sync::Arc, time::Duration};

use axum::Router;
use load::{Direct, OverHttp, Template, rate};
use punchgate::{
    gateway::Gateway,
    http::{self as web, server},
};
use punchgate_testing::TestDatabase;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Most requests of one commit, as configured by default.
const TOGETHER: usize = 64;
/// A constant answer as long as a real one.
const ANSWER: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE cXML SYSTEM \
    \"http://xml.cxml.org/schemas/cXML/1.2.071/cXML.dtd\">\n<cXML payloadID=\"0@gateway\" \
    timestamp=\"2026-03-02T12:00:00+00:00\" xml:lang=\"en-US\"><Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

/// How long and with how many clients is measured.
#[derive(Clone, Copy)]
struct Plan {
    turns: usize,
    turn: Duration,
    clients: usize,
}

type Turn = Pin<Box<dyn Future<Output = f64>>>;

/// Something to measure.
struct Contender {
    name: &'static str,
    run: Box<dyn Fn() -> Turn>,
    /// Whom it is compared with.
    beside: usize,
}

fn main() {
    if !measure::is_bench_run() {
        return;
    }
    let number =
        |name: &str, default: usize| argument(name).map_or(default, |text| text.parse().expect("a number"));
    let plan = Plan {
        turns: number("--turns", 5),
        turn: Duration::from_secs(u64::try_from(number("--seconds", 2)).unwrap()),
        clients: number("--clients", 64),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        for database in TestDatabase::all().await {
            println!(
                "{}, {} clients, {} turns of {:?}",
                database.product(),
                plan.clients,
                plan.turns,
                plan.turn
            );
            println!("{}", measure_database(&database, plan).await);
        }
    });
}

/// The argument behind this name, as in `cargo bench --bench intake -- --seconds 5`.
fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    arguments.nth(1)
}

async fn measure_database(database: &TestDatabase, plan: Plan) -> String {
    let erp = gateway::start_erp().await;
    let together = gateway::start(database.url(), &erp, TOGETHER).await;
    let alone = gateway::start(database.url(), &erp, 1).await;
    let samples = documents::samples();
    let template = |name: &str| {
        let sample = samples.iter().find(|sample| sample.name == name).unwrap();
        Template::new(&sample.xml, &["1772445598.7731.42", "4500017342"])
    };
    let (setup, order) = (template("setup request"), template("order, 5 lines"));
    let bare = serve(Router::new().route("/cxml", axum::routing::post(constant))).await;
    let product = serve(web::router(Arc::clone(&together))).await;
    let contenders = [
        over_http("bare endpoint, HTTP", 0, plan, bare, &order),
        over_http("setup requests, HTTP", 0, plan, product, &setup),
        over_http("orders, HTTP", 0, plan, product, &order),
        direct("setup requests, one commit each", 3, plan, &alone, &setup),
        direct("setup requests, group commit", 3, plan, &together, &setup),
        direct("orders, one commit each", 5, plan, &alone, &order),
        direct("orders, group commit", 5, plan, &together, &order),
    ];
    // Neither an empty database nor a cold one is measured.
    for contender in &contenders {
        (contender.run)().await;
    }
    database.analyze().await;
    let mut rates = vec![Vec::with_capacity(plan.turns); contenders.len()];
    for _ in 0..plan.turns {
        for (contender, rates) in contenders.iter().zip(&mut rates) {
            rates.push((contender.run)().await);
        }
    }
    let rows: Vec<Vec<String>> = contenders
        .iter()
        .zip(&rates)
        .map(|(contender, mine)| {
            let base = &rates[contender.beside];
            let ratios: Vec<f64> = mine.iter().zip(base).map(|(mine, base)| mine / base).collect();
            vec![
                contender.name.to_owned(),
                format!("{:.0}", measure::median(mine)),
                format!("{:.2}", measure::median(&ratios)),
                contenders[contender.beside].name.to_owned(),
            ]
        })
        .collect();
    measure::table(&["what", "a second", "ratio", "to"], &rows)
}

fn over_http(
    name: &'static str,
    beside: usize,
    plan: Plan,
    address: SocketAddr,
    template: &Template,
) -> Contender {
    let template = template.clone();
    let run = move || -> Turn {
        let template = template.clone();
        Box::pin(rate(plan.clients, plan.turn, move || {
            OverHttp::connect(address, "/cxml", template.clone())
        }))
    };
    Contender {
        name,
        run: Box::new(run),
        beside,
    }
}

fn direct(
    name: &'static str,
    beside: usize,
    plan: Plan,
    gateway: &Arc<Gateway>,
    template: &Template,
) -> Contender {
    let (gateway, template) = (Arc::clone(gateway), template.clone());
    let run = move || -> Turn {
        let (gateway, template) = (Arc::clone(&gateway), template.clone());
        Box::pin(rate(plan.clients, plan.turn, move || {
            std::future::ready(Direct {
                gateway: Arc::clone(&gateway),
                template: template.clone(),
            })
        }))
    };
    Contender {
        name,
        run: Box::new(run),
        beside,
    }
}

async fn constant(body: axum::body::Bytes) -> &'static str {
    std::hint::black_box(body);
    ANSWER
}

/// The product's own listener, for both.
async fn serve(router: Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let limits = server::ClientLimits {
        header: Duration::from_secs(10),
        connections: 2048,
        shutdown: Duration::from_secs(1),
    };
    let routers = tokio::sync::watch::channel(router).1;
    tokio::spawn(server::serve(
        listener,
        None,
        routers,
        limits,
        CancellationToken::new(),
    ));
    address
}
