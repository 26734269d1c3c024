//! A backup that is made while orders come in, restored elsewhere: what it knows goes on, and nothing is sent twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    path::Path,
    process::Stdio,
};

use punchgate_storage::{Db, DbOptions, order, outbox};
use tokio::{process::Command, task::JoinSet};

use crate::{
    crash::customers_known,
    support::{
        cxml::{Answer, Po},
        erp::ErpOrder,
        http,
        live::{self, Live},
        supplier::{SUPPLIER_ID, Supplier},
    },
};

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

async fn punchgate(live: &Live, url: &str, words: &[&str]) -> Ran {
    let done = Command::new(env!("CARGO_BIN_EXE_punchgate"))
        .args(words)
        .env("PUNCHGATE_DATABASE_URL", url)
        .env(
            "PUNCHGATE_KEY_VALUE",
            live.config("127.0.0.1:1").key.value.expose(),
        )
        .env("PUNCHGATE_JOBS_SETTLE_SECONDS", "1")
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    Ran {
        code: done.status.code(),
        out: String::from_utf8(done.stdout).unwrap(),
        err: String::from_utf8(done.stderr).unwrap(),
    }
}

/// Work that is left, once none of it goes on by itself.
async fn left(url: &str) -> Vec<outbox::EntryRow> {
    let db = Db::open(url, DbOptions::default()).await.unwrap();
    let left = live::at_rest(&db, |entry| entry.state == "dead").await;
    db.close().await;
    left
}

/// Live orders of the ERP by the buyer's number.
async fn at_erp(live: &Live) -> BTreeMap<String, usize> {
    let mut found = BTreeMap::new();
    for order in live.erp.orders().await.into_iter().filter(ErpOrder::is_live) {
        *found.entry(order.purchase_order_number).or_default() += 1;
    }
    found
}

/// The orders that a database knows.
async fn numbers(url: &str) -> BTreeSet<String> {
    let db = Db::open(url, DbOptions::default()).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let filter = order::OrderFilter::default();
    let known = order::list(&mut tx, SUPPLIER_ID, &filter, None, 500)
        .await
        .unwrap();
    tx.rollback().await.unwrap();
    db.close().await;
    known.into_iter().map(|row| row.order_number).collect()
}

/// Sends these orders, four at a time.
async fn send(address: &str, numbers: Range<u32>) {
    let mut senders = JoinSet::new();
    for first in 0..4 {
        let (address, mine) = (address.to_owned(), numbers.clone().skip(first).step_by(4));
        senders.spawn(async move {
            for number in mine {
                post(&address, number).await;
            }
        });
    }
    while let Some(ended) = senders.join_next().await {
        ended.unwrap();
    }
}

async fn post(address: &str, number: u32) {
    let po = Po::new(number.to_string(), "12.50");
    let sent = http().post(format!("http://{address}/cxml")).body(po.xml());
    let sent = sent.send().await.unwrap();
    let answer = Answer::read(sent.status().as_u16(), sent.text().await.unwrap());
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// The orders of the test: while the backup is made, after it, and when the gateway is killed.
const DURING: Range<u32> = 4_500_000..4_500_060;
const AFTER: Range<u32> = 4_500_060..4_500_070;
const LAST: Range<u32> = 4_500_070..4_500_080;

/// A gateway under load; a backup is made in between, and then it is killed.
async fn backed_up_under_load(live: &Live, file: &str) {
    let process = live.spawn().await;
    let url = live.database.url();
    let backup = ["backup", file];
    let (made, ()) = tokio::join!(punchgate(live, url, &backup), send(&process.address, DURING));
    assert_eq!(made.code, Some(0), "{}{}", made.out, made.err);
    send(&process.address, AFTER).await;
    assert!(left(url).await.is_empty(), "the ERP has all of these");
    send(&process.address, LAST).await;
    process.kill().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_restored_and_nothing_is_sent_twice() {
    let live = Live::provision(Supplier::with_buyer().credit("90000000.00"), None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    let file = file.to_str().unwrap();
    if Db::sqlite_file(live.database.url()).is_none() {
        let told = punchgate(&live, live.database.url(), &["backup", file]).await;
        assert_eq!(told.code, Some(1), "no file was made");
        assert!(told.out.starts_with("pg_dump --format=custom"), "{}", told.out);
        return;
    }
    customers_known(&live).await;
    backed_up_under_load(&live, file).await;
    assert!(!folder.path().join("copy.db.partial").exists());

    let url = format!("sqlite:{}", folder.path().join("new.db").display());
    let restore = ["restore", file, "--by", "sam", "--reason", "a drill"];
    let restored = punchgate(&live, &url, &restore).await;
    assert_eq!(restored.code, Some(0), "{}{}", restored.out, restored.err);
    let process = live.spawn_on(&url).await;
    assert!(
        left(&url).await.is_empty(),
        "all that the copy knows goes on by itself"
    );
    let doubled: Vec<_> = at_erp(&live)
        .await
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .collect();
    assert!(doubled.is_empty(), "{doubled:?}");

    // Buyers send what they have sent once more; of some of it the copy knows nothing.
    let known = numbers(&url).await;
    assert!(known.len() <= DURING.len(), "{known:?}");
    for number in DURING.start..LAST.end {
        post(&process.address, number).await;
    }
    let dead = left(&url).await;
    assert!(dead.len() >= AFTER.len(), "{} are a person's", dead.len());
    for entry in &dead {
        let why = entry.last_error.as_deref().unwrap_or_default();
        assert!(why.contains("cancel it there and replay this job"), "{why}");
    }
    let there = at_erp(&live).await;
    for number in DURING.start..LAST.end {
        assert_eq!(
            there.get(&number.to_string()),
            Some(&1),
            "live orders for {number}"
        );
    }

    let running = punchgate(&live, &url, &[restore.as_slice(), &["--replace"]].concat()).await;
    assert_eq!(running.code, Some(1));
    assert!(
        running.err.contains("another gateway is running"),
        "{}",
        running.err
    );
    process.kill().await;
}

#[tokio::test]
async fn a_backup_overwrites_nothing_and_a_wrong_one_is_not_restored() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let Some(present) = Db::sqlite_file(live.database.url()) else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (copy, url) = (path("copy.db"), live.database.url());
    for (expected, said) in [(Some(0), "schema 1"), (Some(1), "exists already")] {
        let made = punchgate(&live, url, &["backup", &copy]).await;
        assert_eq!(made.code, expected, "{}", made.err);
        assert!(
            format!("{}{}", made.out, made.err).contains(said),
            "{} {}",
            made.out,
            made.err
        );
    }
    let manifest = std::fs::read_to_string(path("copy.db.json")).unwrap();
    std::fs::write(path("cut.db"), &std::fs::read(&copy).unwrap()[..9000]).unwrap();
    let mut changed = std::fs::read(&copy).unwrap();
    let middle = changed.len() / 2;
    changed[middle] ^= 1;
    std::fs::write(path("changed.db"), changed).unwrap();
    std::fs::copy(&copy, path("newer.db")).unwrap();
    std::fs::copy(&copy, path("alone.db")).unwrap();
    for name in ["cut.db", "changed.db"] {
        std::fs::write(path(&format!("{name}.json")), &manifest).unwrap();
    }
    let newer = manifest.replace("\"schema_version\": 1", "\"schema_version\": 99");
    std::fs::write(path("newer.db.json"), newer).unwrap();
    let elsewhere = format!("sqlite:{}", path("new.db"));
    let word = ["--by", "sam", "--reason", "a drill"];
    for (name, target, said) in [
        ("cut.db", elsewhere.as_str(), "cut short"),
        ("changed.db", &elsewhere, "its SHA-256 is another"),
        ("newer.db", &elsewhere, "has schema 99"),
        ("alone.db", &elsewhere, "alone.db.json cannot be read"),
        ("copy.db", url, "add --replace"),
    ] {
        let file = path(name);
        let refused = punchgate(
            &live,
            target,
            &[&["restore", file.as_str()], word.as_slice()].concat(),
        )
        .await;
        assert_eq!(refused.code, Some(1), "{name}");
        assert!(refused.err.contains(said), "{name}: {}", refused.err);
        assert!(!Path::new(&path("new.db")).exists() && !Path::new(&path("new.db.restoring")).exists());
    }
    let replaced = punchgate(
        &live,
        url,
        &[&["restore", copy.as_str(), "--replace"], word.as_slice()].concat(),
    )
    .await;
    assert_eq!(replaced.code, Some(0), "{}", replaced.err);
    let aside = format!("{}.replaced-1", present.display());
    assert!(
        replaced.err.contains(&aside) && Path::new(&aside).exists(),
        "{}",
        replaced.err
    );
    let listed = punchgate(&live, url, &["sync", "status", "--supplier", "ironquay"]).await;
    assert_eq!(listed.code, Some(0), "{}", listed.err);
}
