//! A hundred thousand customers read from an ERP, while orders come in:
//! `scripts/with-postgres cargo bench --bench sweep [-- --accounts 100000]`.
//! The ERP is a connector in this process that makes up its accounts: what is measured is the gateway.

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
#[expect(dead_code, reason = "the clients of the intake bench are used by halves")]
mod load;
mod measure;
#[path = "sweep/population.rs"]
mod population;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use load::{Client as _, Direct, Template};
use population::Population;
use punchgate::gateway::Gateway;
use punchgate_app::sync::{PullMode, PullReport, Sync, SyncPolicy, SyncScope};
use punchgate_connector::{
    Context,
    egress::{Egress, EgressRules},
};
use punchgate_testing::TestDatabase;

/// Between two orders of a client.
const PAUSE: Duration = Duration::from_millis(20);
const CLIENTS: usize = 4;
/// Orders are measured so long without a sweep.
const ALONE: Duration = Duration::from_secs(60);
/// Changes that are read in one go.
const CHANGES: usize = 1_000;
/// How often.
const TURNS: usize = 3;

fn main() {
    if !measure::is_bench_run() {
        return;
    }
    let accounts = std::env::args()
        .skip_while(|argument| argument != "--accounts")
        .nth(1);
    let accounts: usize = accounts.map_or(100_000, |text| text.parse().expect("a number"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut rows = Vec::new();
    runtime.block_on(async {
        for database in TestDatabase::all().await {
            rows.push(Box::pin(measured(&database, accounts)).await);
        }
    });
    let head = [
        "database",
        "first sweep",
        "sweep, nothing new",
        "1,000 changes",
        "order p50 alone",
        "meanwhile",
        "order p99 alone",
        "meanwhile",
        "ratio",
        "VmHWM",
    ];
    println!("{accounts} accounts\n{}", measure::table(&head, &rows));
}

/// Reads all of the population, or what has changed.
struct Reader {
    sync: Sync,
    scope: SyncScope,
    policy: SyncPolicy,
    gateway: Arc<Gateway>,
    http: Egress,
}

impl Reader {
    async fn read(&self, population: &Population, mode: PullMode) -> (Duration, PullReport) {
        let calls = |operation: &str| {
            let now = self.gateway.surroundings.now();
            Context::new(
                operation,
                now,
                Duration::from_secs(60),
                Default::default(),
                self.http.clone(),
            )
        };
        let begun = Instant::now();
        let report = self
            .sync
            .pull_accounts(&self.scope, &self.policy, population, &calls, mode)
            .await;
        (begun.elapsed(), report.unwrap())
    }
}

async fn measured(database: &TestDatabase, accounts: usize) -> Vec<String> {
    database.run_in().await;
    let erp = gateway::start_erp().await;
    let gateway = gateway::start(database.url(), &erp, 64).await;
    let reader = Reader {
        sync: Sync::new(gateway.surroundings.clone(), "bench"),
        scope: SyncScope {
            supplier: "ironquay".to_owned(),
            connector: "erp".to_owned(),
            scope: "population".to_owned(),
        },
        policy: SyncPolicy::default(),
        gateway: Arc::clone(&gateway),
        http: Egress::new(EgressRules::default()).unwrap(),
    };
    // What is rare, such as a new file of the database's log, must have its chance here, too: about as long alone as
    // beside the sweep, half of it before, half with all accounts there.
    let half = || orders_until(&gateway, tokio::time::sleep(ALONE / 2));
    let mut alone = half().await.1;
    let population = Population::of(accounts);
    let (first, mut meanwhile) = orders_until(&gateway, reader.read(&population, PullMode::Sweep)).await;
    assert_eq!((first.1.seen, first.1.changed), (accounts, accounts));
    alone.extend(half().await.1);
    let (again, report) = reader.read(&population, PullMode::Sweep).await;
    assert_eq!((report.changed, report.gone), (0, 0));
    // The cursor of changes comes to the end of what there is.
    reader.read(&population, PullMode::Changes).await;
    let mut changes = Vec::new();
    for turn in 1..=TURNS {
        population.change(turn * CHANGES);
        let (time, report) = reader.read(&population, PullMode::Changes).await;
        assert_eq!(report.changed, CHANGES);
        changes.push(time.as_secs_f64());
    }
    let halves = [within(&mut alone, 50), within(&mut meanwhile, 50)];
    let slow = [within(&mut alone, 99), within(&mut meanwhile, 99)];
    let ratio = slow[1].as_secs_f64() / slow[0].as_secs_f64();
    let seconds = |time: Duration| format!("{:.1} s", time.as_secs_f64());
    let millis = |time: Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    vec![
        database.product().to_owned(),
        seconds(first.0),
        seconds(again),
        format!("{:.1} s", measure::median(&changes)),
        millis(halves[0]),
        millis(halves[1]),
        millis(slow[0]),
        millis(slow[1]),
        format!("{ratio:.2}"),
        high_water(),
    ]
}

/// Orders come in until something has ended: what came of that, and how long each took to be answered.
async fn orders_until<T>(gateway: &Arc<Gateway>, until: impl Future<Output = T>) -> (T, Vec<Duration>) {
    let samples = documents::samples();
    let sample = samples
        .iter()
        .find(|sample| sample.name == "order, 5 lines")
        .unwrap();
    let template = Template::new(&sample.xml, &["1772445598.7731.42", "4500017342"]);
    let over = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (over, gateway, template) = (Arc::clone(&over), Arc::clone(gateway), template.clone());
            tokio::spawn(async move {
                let mut client = Direct { gateway, template };
                let mut times = Vec::new();
                while !over.load(Ordering::Relaxed) {
                    let begun = Instant::now();
                    client.send().await;
                    times.push(begun.elapsed());
                    tokio::time::sleep(PAUSE).await;
                }
                times
            })
        })
        .collect();
    let result = until.await;
    over.store(true, Ordering::Relaxed);
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await.unwrap());
    }
    (result, times)
}

/// The time within which so many of a hundred were answered.
fn within(times: &mut [Duration], of_hundred: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * of_hundred / 100).min(times.len().saturating_sub(1));
    times.get(place).copied().unwrap_or_default()
}

/// Most memory that the process has had.
fn high_water() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: u64 = line
        .and_then(|line| line.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .unwrap_or_default();
    format!("{} MB", kilobytes / 1024)
}
