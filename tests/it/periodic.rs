//! Work that comes round runs side by side: what hangs keeps nothing else waiting. Real time is the subject.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use async_trait::async_trait;
use punchgate::{connectors, jobs, serve};
use punchgate_connector::{
    ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind, Exposures, Secrets, Spec,
    carts::{CartMove, Carts, FillLine, FilledCart, ShopCart},
    exposure::AccountExposure,
    page::Found,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::support::{
    cxml::Setup,
    erp::CUSTOMER,
    http,
    live::Live,
    supplier::{Supplier, api_key},
    world::World,
    wrapped::{self, Wrap},
};

/// Longer than any turn, shorter than the call that hangs.
const WITHIN: Duration = Duration::from_secs(15);

/// Whether a call hangs now.
static HANGS: AtomicBool = AtomicBool::new(false);

/// A connector whose ledger, or whose carts, never answer.
#[derive(Debug)]
struct Hanging {
    inner: Box<dyn Connector>,
}

impl Hanging {
    fn erp(id: &str, settings: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, |inner| Self { inner })
    }

    fn shop(id: &str, settings: &Value, secrets: &Secrets) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::storefront_http(id, settings, secrets, |inner| Self { inner })
    }

    fn carts(&self) -> &dyn Carts {
        self.inner.spec().carts.expect("the shop has carts")
    }

    /// Until the work is called off.
    async fn hang<T>(ctx: &Context) -> ConnectorResult<T> {
        HANGS.store(true, Ordering::Relaxed);
        ctx.cancelled().await;
        Err(ConnectorError::new(ErrorKind::Temporary, "call", "called off"))
    }
}

impl Wrap for Hanging {
    fn inner(&self) -> &dyn Connector {
        &*self.inner
    }

    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a> {
        Spec {
            exposure: inner.exposure.map(|_| self as &dyn Exposures),
            carts: inner.carts.map(|_| self as &dyn Carts),
            ..inner
        }
    }
}

#[async_trait]
impl Exposures for Hanging {
    async fn exposure(&self, ctx: &Context, _: &[String]) -> ConnectorResult<Found<AccountExposure>> {
        Self::hang(ctx).await
    }
}

#[async_trait]
impl Carts for Hanging {
    async fn read(&self, ctx: &Context, session: &str) -> ConnectorResult<ShopCart> {
        self.carts().read(ctx, session).await
    }

    async fn fill(&self, ctx: &Context, session: &str, lines: &[FillLine]) -> ConnectorResult<FilledCart> {
        self.carts().fill(ctx, session, lines).await
    }

    async fn close(&self, ctx: &Context, session: &str, to: CartMove) -> ConnectorResult<ShopCart> {
        match to {
            CartMove::Cancel => Self::hang(ctx).await,
            _ => self.carts().close(ctx, session, to).await,
        }
    }
}

/// Looks until it is so.
async fn eventually(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let began = Instant::now();
    while !is_so().await {
        assert!(began.elapsed() < WITHIN, "not within {WITHIN:?}: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_comes_through_while_the_ledger_hangs_and_a_stop_waits_for_no_call() {
    let live = Live::provision(Supplier::with_buyer(), None).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let registry = connectors::registry().with(punchgate_erp_http::KIND, Hanging::erp);
    let running = serve::start_on(listener, live.config(&address), registry)
        .await
        .unwrap();
    eventually("the ledger is asked", async || HANGS.load(Ordering::Relaxed)).await;
    live.erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call.")
        .await;
    let url = format!("http://{address}/api/v1/customers");
    eventually("the hold is here", async || {
        let answer = http().get(&url).bearer_auth(api_key("all")).send().await.unwrap();
        let list: Value = answer.json().await.unwrap();
        let items = list["items"].as_array().cloned().unwrap_or_default();
        items
            .iter()
            .any(|item| item["external_id"] == CUSTOMER && item["stops_terms"] == true)
    })
    .await;
    tokio::time::timeout(WITHIN, running.stop()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shop_that_hangs_keeps_no_hold_alive() {
    let day = Duration::from_secs(24 * 3600);
    let world = Supplier::with_buyer()
        .start_with(|registry| registry.with(punchgate_storefront_http::KIND, Hanging::shop))
        .await;
    world.punch_out(&Setup::new("cookie-1"), "TL-1110", "1").await;
    let list = world.get("/v1/customers").await;
    let items = list["items"].as_array().unwrap();
    let customer = items.iter().find(|item| item["external_id"] == CUSTOMER).unwrap();
    let path = format!("/v1/customers/{}", customer["id"].as_str().unwrap());
    let hold = json!({ "expected_version": customer["version"], "code": "AUDIT", "removes": ["order_on_terms"],
        "until": "2026-03-04T00:00:00Z", "reason": "audit" });
    world.post(&format!("{path}/holds"), hold).await;
    world.settle().await;

    world.clock.advance(day);
    let stop = CancellationToken::new();
    let running = tokio::spawn(jobs::periodic::run(world.gateway.clone(), stop.clone()));
    eventually("the shop is called", async || HANGS.load(Ordering::Relaxed)).await;
    assert_eq!(held(&world, &path).await, 1);
    world.clock.advance(day);
    eventually("the hold is over", async || held(&world, &path).await == 0).await;
    stop.cancel();
    tokio::time::timeout(WITHIN, running).await.unwrap().unwrap();
    world.settle().await;
    world.finish().await;
}

async fn held(world: &World, path: &str) -> usize {
    let view = world.get(path).await;
    let holds = view["holds"].as_array().cloned().unwrap_or_default();
    holds.iter().filter(|hold| hold["released_at"].is_null()).count()
}
