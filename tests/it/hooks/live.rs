//! The loops that run by themselves. They read once a day here: what is effective sooner is a hint's doing.

use std::time::{Duration, Instant};

use punchgate::{connectors, jobs, serve};
use punchgate_app::clock::{Clock as _, SystemClock};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::{Message, STANDARD, path};
use crate::support::{
    erp::CUSTOMER,
    http,
    live::Live,
    supplier::{Supplier, api_key},
};

const DAY: Duration = Duration::from_secs(24 * 3600);
/// Longer than any hint takes.
const WITHIN: Duration = Duration::from_secs(30);

/// Looks until it is so.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < WITHIN, "not within {WITHIN:?}: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Whether the customer's terms are stopped by a hold, as the API tells it; none while it is not known.
async fn stopped(address: &str) -> Option<bool> {
    let url = format!("http://{address}/api/v1/customers");
    let answer = http().get(url).bearer_auth(api_key("all")).send().await.unwrap();
    let list: Value = answer.json().await.unwrap();
    let items = list["items"].as_array().cloned().unwrap_or_default();
    let customer = items.iter().find(|item| item["external_id"] == CUSTOMER)?;
    customer["stops_terms"].as_bool()
}

/// Whether the accounts have been read to the end.
async fn is_read(address: &str) -> bool {
    let url = format!("http://{address}/api/v1/sync");
    let answer = http().get(url).bearer_auth(api_key("all")).send().await.unwrap();
    let status: Value = answer.json().await.unwrap();
    let feeds = status["feeds"].as_array().cloned().unwrap_or_default();
    feeds
        .iter()
        .any(|feed| feed["feed"] == "accounts" && feed["finished_at"].is_string())
}

fn seconds() -> i64 {
    SystemClock.now().as_second()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hint_makes_a_change_effective_long_before_the_next_reading() {
    let supplier = Supplier::with_buyer().hints("erp", STANDARD).pace(DAY);
    let live = Live::provision(supplier, None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let running = serve::start_on(listener, live.config(&address), connectors::registry())
        .await
        .unwrap();
    eventually("the first reading", async || is_read(&address).await).await;
    let pulls = || live.erp.calls("accounts");
    let first = pulls();
    live.erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call.")
        .await;
    assert!(first > 0);
    assert_eq!((pulls(), stopped(&address).await), (first, Some(false)));
    let hint = Message::new("msg_hold", seconds(), "{}");
    assert_eq!(hint.send(&address, &path("erp")).await.0, 202);
    eventually("the hold is here", async || stopped(&address).await == Some(true)).await;

    // Many more: read at most once a second, and to the end.
    let (began, before) = (Instant::now(), pulls());
    live.erp.release_holds(CUSTOMER).await;
    for number in 0..300 {
        let hint = Message::new(&format!("msg_{number}"), seconds(), "{}");
        assert_eq!(hint.send(&address, &path("erp")).await.0, 202);
    }
    eventually("the hold is gone", async || {
        stopped(&address).await == Some(false)
    })
    .await;
    let most = usize::try_from(began.elapsed().as_secs()).unwrap() + 2;
    let made = pulls() - before;
    assert!(
        (1..=most * first).contains(&made),
        "{made} calls in {most} seconds, {first} at first"
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hint_to_another_gateway_reaches_the_one_that_reads() {
    let supplier = Supplier::with_buyer().hints("erp", STANDARD).pace(DAY);
    let world = supplier.start().await;
    let Some((address, _stop)) = world.second_gateway(&supplier).await else {
        eprintln!("skipped: one gateway has a SQLite database for itself");
        world.finish().await;
        return;
    };
    let before = world.erp.calls("accounts");
    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs::periodic::run(world.gateway.clone(), stop.clone()));
    eventually("the first reading", async || world.erp.calls("accounts") > before).await;
    let own = world.address.to_string();
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call.")
        .await;
    let now = world.gateway.surroundings.now().as_second();
    assert_eq!(
        Message::new("msg_1", now, "{}")
            .send(address, &path("erp"))
            .await
            .0,
        202
    );
    eventually("the hold is here", async || stopped(&own).await == Some(true)).await;
    stop.cancel();
    running.await.unwrap();
    world.settle().await;
    world.finish().await;
}
