//! A receiver that never answers holds workers, and never those of the orders.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use punchgate::jobs;
use punchgate_connector::{
    ConfigError, Connector, ConnectorResult, Context, Events, Secrets, Spec, events::Event,
};
use punchgate_domain::event::EventKind;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::KEYS;
use crate::support::{
    cxml::Po,
    receiver::Receiver,
    supplier::Supplier,
    wrapped::{self, Wrap},
};

/// Longer than all orders take, shorter than anybody waits.
const WITHIN: Duration = Duration::from_secs(60);

/// Who comes in has an answer; nobody does before the test lets him.
static DOOR: Semaphore = Semaphore::const_new(0);
/// How many wait now.
static WAITING: AtomicUsize = AtomicUsize::new(0);
/// How many ever waited at once.
static MOST: AtomicUsize = AtomicUsize::new(0);

/// A receiver that does not answer before the test lets it.
#[derive(Debug)]
struct Hanging {
    inner: Box<dyn Connector>,
}

impl Hanging {
    fn make(
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::events_webhook(id, settings, secrets, |inner| Self { inner })
    }
}

impl Wrap for Hanging {
    fn inner(&self) -> &dyn Connector {
        &*self.inner
    }

    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a> {
        Spec {
            events: inner.events.map(|_| self as &dyn Events),
            ..inner
        }
    }
}

#[async_trait]
impl Events for Hanging {
    fn wanted(&self) -> &[EventKind] {
        &[EventKind::OrderReceived]
    }

    async fn tell(&self, _: &Context, _: &Event) -> ConnectorResult<()> {
        MOST.fetch_max(WAITING.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
        let door = DOOR.acquire().await;
        WAITING.fetch_sub(1, Ordering::Relaxed);
        drop(door);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_receiver_that_hangs_holds_up_no_order() {
    let hooks = Receiver::start().await;
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .connectors(hooks.declared("", KEYS))
        .start_with(|registry| registry.with(punchgate_events_webhook::KIND, Hanging::make))
        .await;
    let workers = world.gateway.config.jobs.workers;
    let numbers: Vec<String> = (1..=2 * workers)
        .map(|number| format!("450000{number}"))
        .collect();
    for number in &numbers {
        world.send(&Po::new(number, "10.00").xml()).await;
    }
    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs::run(world.gateway.clone(), stop.clone()));
    let began = Instant::now();
    loop {
        let orders = world.orders().await;
        if MOST.load(Ordering::Relaxed) > 0 && orders.iter().all(|order| order.state == "accepted") {
            break;
        }
        assert!(began.elapsed() < WITHIN, "orders wait for the receiver");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(
        MOST.load(Ordering::Relaxed) <= workers / 2,
        "at most half of the workers"
    );
    DOOR.add_permits(1_000);
    stop.cancel();
    running.await.unwrap();
    world.settle().await;
    world.finish().await;
}
