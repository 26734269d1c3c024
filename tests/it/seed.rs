//! A database that `seed` has filled: as daily work leaves it, over the time that was asked for.

use std::{collections::BTreeMap, sync::Arc};

use punchgate::{
    config::Config,
    demo::{SeedArgs, seed},
};
use punchgate_app::{
    clock::{Clock as _, SystemClock, micros},
    entropy::OsEntropy,
    seal::Keyring,
};
use punchgate_storage::{
    document::{self, DocumentFilter},
    order::{self, OrderFilter},
};
use punchgate_testing::TestDatabase;

const SUPPLIER: &str = "ironquay";
const DAY: i64 = 86_400 * 1_000_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_its_own_is_filled_as_daily_work_fills_it() {
    let database = Arc::new(TestDatabase::asked_for().await);
    let text = format!(
        "[server]\npublic_url = \"http://127.0.0.1:9\"\n[database]\nurl = \"{}\"\n",
        database.url()
    );
    let key = Keyring::new_key(&OsEntropy).expose().to_owned();
    let config = Config::read(&text, &[("PUNCHGATE_KEY_VALUE".to_owned(), key)]).unwrap();
    let args = SeedArgs {
        documents: 600,
        days: 30,
    };
    let count = seed(config.clone(), &args).await.unwrap();
    assert!((600..1_500).contains(&count), "{count}");

    let db = database.open().await;
    let mut tx = db.read().await.unwrap();
    let orders = order::list(&mut tx, SUPPLIER, &OrderFilter::default(), None, 1_000)
        .await
        .unwrap();
    let mut states: BTreeMap<&str, usize> = BTreeMap::new();
    for order in &orders {
        *states.entry(order.state.as_str()).or_default() += 1;
    }
    // One of fifty is of the buyer on hold; all others have gone the whole way.
    let held = orders.len() - states["accepted"];
    assert!(held > 0 && held * 20 < orders.len(), "{states:?}");
    let confirmed = DocumentFilter {
        kind: Some("ConfirmationRequest".to_owned()),
        ..DocumentFilter::default()
    };
    let confirmed = document::list(&mut tx, SUPPLIER, &confirmed, None, 1_000)
        .await
        .unwrap();
    assert!(confirmed.len() >= states["accepted"], "{}", confirmed.len());
    // From a month ago to now.
    let now = micros(SystemClock.now());
    let first = orders.iter().map(|order| order.received_at).min().unwrap();
    let last = orders.iter().map(|order| order.received_at).max().unwrap();
    assert!((29 * DAY..31 * DAY).contains(&(now - first)), "{}", now - first);
    assert!(last - first > 10 * DAY && last <= now, "{}", last - first);
    tx.rollback().await.unwrap();
    db.close().await;

    let refused = seed(config, &args).await.unwrap_err();
    assert!(refused.contains("the supplier 'ironquay' already"), "{refused}");
}
