//! kill -9 during intake and submission, again and again: nothing acknowledged is missing, and the ERP, which makes a
//! second order for an equal reference, holds at most one live order for each purchase order.
//!
//! `PUNCHGATE_KILLS` and `PUNCHGATE_SEED` make it longer and different: `scripts/soak`.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use punchgate_storage::{Db, order};
use tokio::{sync::Notify, task::JoinSet};

use crate::support::{
    cxml::{Answer, Po},
    erp::{CUSTOMER, ErpOrder},
    http,
    live::{self, Live, Process},
    supplier::{SUPPLIER_ID, Supplier, api_key},
};

/// How many buyers send at once.
const SENDERS: usize = 8;

/// Small, repeatable randomness (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// What the senders know: the next order, and which ones were acknowledged.
#[derive(Default)]
struct Ledger {
    next: AtomicUsize,
    acknowledged: Mutex<BTreeMap<String, Po>>,
    unanswered: Mutex<Vec<Po>>,
    /// Requests begun and answers seen: the moments at which a kill may come.
    progress: AtomicUsize,
    moved: Notify,
}

impl Ledger {
    fn step(&self) {
        self.progress.fetch_add(1, Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// What was not answered is sent again first, as senders do; else a new order.
    fn take(&self) -> Po {
        if let Some(po) = self.unanswered.lock().unwrap().pop() {
            return po;
        }
        let number = self.next.fetch_add(1, Ordering::SeqCst);
        Po::new(format!("45{number:06}"), "12.50")
    }

    async fn reached(&self, progress: usize) {
        loop {
            let moved = self.moved.notified();
            if self.progress.load(Ordering::SeqCst) >= progress {
                return;
            }
            moved.await;
        }
    }
}

/// Sends orders until the gateway is gone.
async fn send(ledger: Arc<Ledger>, address: String) {
    let client = http();
    loop {
        let po = ledger.take();
        ledger.step();
        let sent = client
            .post(format!("http://{address}/cxml"))
            .header("content-type", "text/xml")
            .body(po.xml())
            .send()
            .await;
        let answer = match sent {
            Ok(answer) if answer.status().is_success() => answer.text().await.ok(),
            _ => None,
        };
        match answer {
            Some(text) => {
                let answer = Answer::read(200, text);
                assert_eq!(answer.status, 200, "{}", answer.body);
                ledger.acknowledged.lock().unwrap().insert(po.number.clone(), po);
                ledger.step();
            }
            None => {
                ledger.unanswered.lock().unwrap().push(po);
                return;
            }
        }
    }
}

/// One life of the gateway, ended after a random number of steps.
async fn live_and_die(live: &Live, ledger: &Arc<Ledger>, random: &mut Random) {
    let process = live.spawn().await;
    let steps = usize::try_from(1 + random.below(120)).unwrap();
    let end = ledger.progress.load(Ordering::SeqCst) + steps;
    // Now and then the ERP commits an order and the line is cut, too.
    live.erp
        .misbehave(false, u32::try_from(random.below(3)).unwrap())
        .await;
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        senders.spawn(send(Arc::clone(ledger), process.address.clone()));
    }
    ledger.reached(end).await;
    process.kill().await;
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }
    expire_leases(live).await;
}

/// The worker that held the leases is dead. Instead of waiting a minute for each to run out, they are over now.
async fn expire_leases(live: &Live) {
    let sql = "update outbox set lease_until = 0, not_before = 0 where state in ('leased', 'pending')";
    let db = live.open().await;
    match &db {
        Db::Sqlite { writer, .. } => {
            sqlx::query(sql).execute(writer).await.unwrap();
        }
        Db::Postgres { pool, .. } => {
            sqlx::query(sql).execute(pool).await.unwrap();
        }
    }
    db.close().await;
}

/// A last life in which everything gets to its end.
async fn settle(live: &Live, ledger: &Arc<Ledger>) -> Process {
    let process = live.spawn().await;
    let unanswered: Vec<Po> = std::mem::take(&mut *ledger.unanswered.lock().unwrap());
    for po in unanswered {
        let sent = http()
            .post(format!("http://{}/cxml", process.address))
            .body(po.xml())
            .send()
            .await
            .unwrap();
        let answer = Answer::read(sent.status().as_u16(), sent.text().await.unwrap());
        assert_eq!((answer.http, answer.status), (200, 200), "{}", answer.body);
        ledger.acknowledged.lock().unwrap().insert(po.number.clone(), po);
    }
    let db = live.open().await;
    live::at_rest(&db, |_| false).await;
    db.close().await;
    process
}

async fn states(live: &Live) -> BTreeMap<String, Vec<String>> {
    let db = live.open().await;
    let mut tx = db.read().await.unwrap();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut after = None;
    loop {
        let page = order::list(&mut tx, SUPPLIER_ID, &order::OrderFilter::default(), after, 500)
            .await
            .unwrap();
        let Some(last) = page.last() else { break };
        after = Some((last.received_at, last.order_id.clone()));
        for row in page {
            found.entry(row.order_number).or_default().push(row.state);
        }
    }
    tx.rollback().await.unwrap();
    db.close().await;
    found
}

async fn killed(kills: usize, seed: u64) {
    let live = Live::provision(Supplier::with_buyer().credit("90000000.00"), None).await;
    let (ledger, mut random) = (Arc::new(Ledger::default()), Random(seed));
    customers_known(&live).await;
    for _ in 0..kills {
        live_and_die(&live, &ledger, &mut random).await;
    }
    live.erp.misbehave(false, 0).await;
    let process = settle(&live, &ledger).await;
    process.kill().await;

    let stored = states(&live).await;
    let acknowledged = ledger.acknowledged.lock().unwrap().clone();
    assert!(
        acknowledged.len() > kills,
        "{} orders in {kills} lives are no test",
        acknowledged.len()
    );
    let mut by_number: BTreeMap<String, usize> = BTreeMap::new();
    for order in live.erp.orders().await.into_iter().filter(ErpOrder::is_live) {
        *by_number.entry(order.purchase_order_number).or_default() += 1;
    }
    for number in acknowledged.keys() {
        let states = stored
            .get(number)
            .unwrap_or_else(|| panic!("seed {seed}: {number} was acknowledged and is gone"));
        assert_eq!(states, &["accepted"], "seed {seed}: {number}");
        assert_eq!(
            by_number.get(number),
            Some(&1),
            "seed {seed}: live orders for {number}"
        );
    }
    let doubled: Vec<_> = by_number.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty(), "seed {seed}: {doubled:?}");
}

/// A first life reads customers and exposure; without them no order would be approved.
pub(crate) async fn customers_known(live: &Live) {
    let process = live.spawn().await;
    let began = Instant::now();
    let url = format!("http://{}/api/v1/customers?search={CUSTOMER}", process.address);
    loop {
        let found = http().get(&url).bearer_auth(api_key("all")).send().await.unwrap();
        let found: serde_json::Value = found.json().await.unwrap();
        if found["items"][0]["exposure"].is_object() {
            break;
        }
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "the customers were not read: {found}"
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    process.kill().await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "whoever runs a soak says how long and from which seed"
)]
fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| {
        text.parse()
            .unwrap_or_else(|_| panic!("{name} is no number: {text}"))
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn kill_9_again_and_again_loses_and_doubles_nothing() {
    let kills = usize::try_from(from_environment("PUNCHGATE_KILLS", 20)).unwrap();
    killed(kills, from_environment("PUNCHGATE_SEED", 20_260_302)).await;
}
