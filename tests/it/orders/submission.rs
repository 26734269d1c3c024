//! At most one live order per purchase order, in an ERP that makes a second one for an equal reference.

use std::{
    cell::{Cell, RefCell},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use punchgate_connector::{
    ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind, Orders, Secrets, Spec,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, Refusal, SubmitOutcome},
};

use punchgate_app::{connectors::Constructor, orders::CANCEL_SURPLUS};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use tokio_util::sync::CancellationToken;

use crate::support::{
    cxml::Po,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
    wrapped::{self, Wrap},
};

/// Sends an order and lets the line be cut after the ERP's commit, then work goes on until it is settled.
async fn cut_line(world: &World) {
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.erp.misbehave(false, 1).await;
    world.drain().await;
    for _ in 0..4 {
        world.clock.advance(Duration::from_secs(600));
        world.settle().await;
    }
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_is_found_again() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    cut_line(&world).await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn an_erp_that_is_down_gets_the_order_when_it_is_back() {
    let world = Supplier::with_buyer().credit("1000.00").start().await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.erp.misbehave(true, 0).await;
    world.drain().await;
    assert!(world.erp.orders().await.is_empty());
    world.erp.misbehave(false, 0).await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_change_that_comes_while_nobody_knows_takes_the_order_s_place() {
    let world = faulty(Fault::LosesOne).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.drain().await;
    world.assert_state("4500001", "unknown").await;
    let change = Po::new("4500001", "500.00").operation("update");
    assert_eq!(world.send(&change.xml()).await.status, 200);
    world.assert_state("4500001", "unknown").await;
    for _ in 0..2 {
        world.clock.advance(Duration::from_secs(600));
        world.settle().await;
    }
    let order = world.assert_state("4500001", "accepted").await;
    assert_eq!((order.version, order.total_text.as_str()), (2, "500.00"));
    let live = world.erp.live_orders("4500001").await;
    assert_eq!(live.len(), 1, "{live:?}");
    world.finish().await;
}

#[tokio::test]
async fn an_erp_that_commits_late_gets_no_second_order() {
    let world = faulty(Fault::CommitsLate).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.drain().await;
    world.assert_state("4500001", "unknown").await;
    // The next attempts search and find nothing; nothing is sent again.
    world.clock.advance(Duration::from_secs(60));
    world.drain().await;
    world.assert_state("4500001", "unknown").await;
    assert!(world.erp.orders().await.is_empty());
    commit_late(&world).await;
    world.clock.advance(Duration::from_secs(120));
    world.settle().await;
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.orders().await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_comes_later_than_anybody_waits_is_found_and_taken_away() {
    let world = faulty(Fault::CommitsLate).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.drain().await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    commit_late(&world).await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 2);
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    let live = world.erp.live_orders("4500001").await;
    assert_eq!(live.len(), 1, "{live:?}");
    assert_eq!(Some(&live[0].id), order.sink_order_id.as_ref());
    world.finish().await;
}

#[tokio::test]
async fn a_late_order_of_an_older_version_counts_and_the_change_is_for_a_person() {
    let world = faulty(Fault::CommitsLate).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.drain().await;
    world
        .send(&Po::new("4500001", "500.00").operation("update").xml())
        .await;
    // Long enough for the change to take the order's place; the first request comes through before it is sent.
    world.erp.misbehave(true, 0).await;
    world.clock.advance(Duration::from_secs(600));
    world.drain().await;
    world.erp.misbehave(false, 0).await;
    commit_late(&world).await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(600));
        world.settle().await;
    }
    let order = world.assert_state("4500001", "accepted").await;
    assert_eq!((order.version, order.total_text.as_str()), (1, "400.00"));
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_withdrawal_waits_until_the_sink_must_have_settled() {
    let world = faulty(Fault::CommitsLate).await;
    let po = Po::new("4500001", "400.00");
    world.send(&po.xml()).await;
    world.drain().await;
    world.send(&po.operation("delete").xml()).await;
    world.drain().await;
    commit_late(&world).await;
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    assert!(world.erp.live_orders("4500001").await.is_empty());
    let order = world.assert_state("4500001", "cancelled").await;
    assert_eq!(order.reserved_minor, 0);
    world.finish().await;
}

#[tokio::test]
async fn an_outage_longer_than_anybody_waits_says_nothing_of_a_request_that_nobody_saw() {
    let world = faulty(Fault::CommitsLate).await;
    let po = Po::new("4500001", "400.00");
    world.send(&po.xml()).await;
    world.drain().await;
    commit_late(&world).await;
    world.erp.misbehave(true, 0).await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(600));
        world.drain().await;
        let order = world.assert_state("4500001", "unknown").await;
        assert_eq!(order.reserved_minor, 40_000);
    }
    world.send(&po.operation("delete").xml()).await;
    world.drain().await;
    world.erp.misbehave(false, 0).await;
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(600));
        world.settle().await;
    }
    assert!(world.erp.live_orders("4500001").await.is_empty());
    let order = world.assert_state("4500001", "cancelled").await;
    assert_eq!(order.reserved_minor, 0);
    world.finish().await;
}

#[tokio::test]
async fn a_refusal_because_of_a_request_that_nobody_saw_is_none() {
    let world = faulty(Fault::RefusesASecond).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.drain().await;
    world.assert_state("4500001", "unknown").await;
    for _ in 0..2 {
        world.clock.advance(Duration::from_secs(600));
        world.settle().await;
    }
    world.assert_state("4500001", "accepted").await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

#[tokio::test]
async fn a_second_order_that_cannot_be_taken_away_at_once_stays_work() {
    let world = faulty(Fault::CommitsLate).await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.drain().await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    commit_late(&world).await;
    CANCELS_FAIL.with(|fail| fail.set(true));
    world.clock.advance(Duration::from_secs(600));
    world.drain().await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 2);
    assert!(
        world
            .unfinished()
            .await
            .iter()
            .any(|entry| entry.kind == CANCEL_SURPLUS)
    );
    CANCELS_FAIL.with(|fail| fail.set(false));
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    assert_eq!(world.erp.live_orders("4500001").await.len(), 1);
    world.finish().await;
}

/// The proof that the tests above can fail: with the search gone, the ERP holds two live orders.
#[tokio::test]
async fn without_the_search_the_erp_would_hold_two_orders() {
    let world = faulty(Fault::Blind).await;
    cut_line(&world).await;
    let live = world.erp.live_orders("4500001").await;
    assert!(
        live.len() >= 2,
        "the harness sees what the search prevents: {live:?}"
    );
    let left: Vec<String> = world
        .unfinished()
        .await
        .into_iter()
        .map(|entry| entry.kind)
        .collect();
    world
        .finish_with(&left.iter().map(String::as_str).collect::<Vec<_>>())
        .await;
}

/// What is wrong with an ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Its search finds nothing.
    Blind,
    /// The first order does not get through, and nobody can tell.
    LosesOne,
    /// The first order gets through when the test says so, and nobody can tell.
    CommitsLate,
    /// The first order gets through just before the second, which is refused for that reason.
    RefusesASecond,
}

thread_local! {
    // A test runs on one thread: what was sent and not yet committed, and whether cancels fail.
    static LATE: RefCell<Option<OrderSubmission>> = const { RefCell::new(None) };
    static CANCELS_FAIL: Cell<bool> = const { Cell::new(false) };
}

async fn faulty(fault: Fault) -> World {
    let constructor: Constructor = match fault {
        Fault::Blind => |id, settings, secrets| Faulty::made(id, settings, secrets, Fault::Blind),
        Fault::LosesOne => |id, settings, secrets| Faulty::made(id, settings, secrets, Fault::LosesOne),
        Fault::CommitsLate => |id, settings, secrets| Faulty::made(id, settings, secrets, Fault::CommitsLate),
        Fault::RefusesASecond => {
            |id, settings, secrets| Faulty::made(id, settings, secrets, Fault::RefusesASecond)
        }
    };
    Supplier::with_buyer()
        .credit("1000.00")
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, constructor))
        .await
}

/// The ERP commits what it was sent long ago.
async fn commit_late(world: &World) {
    let late = LATE.with(RefCell::take).expect("an order is on its way");
    let supplier = SupplierId::new(SUPPLIER_ID);
    let erp = ConnectorId::new("erp");
    let source = &world.gateway.connectors;
    let connected = source.connector(&supplier, &erp).await.unwrap();
    let now = world.gateway.surroundings.now();
    let context = connected.context("late", now, Duration::from_secs(20), CancellationToken::new());
    connected
        .spec()
        .orders
        .unwrap()
        .submit(&context, &late)
        .await
        .unwrap();
}

/// `erp-http` with a fault.
#[derive(Debug)]
struct Faulty {
    inner: Box<dyn Connector>,
    fault: Fault,
    /// The next order is the one that is lost or late.
    next: AtomicBool,
}

impl Faulty {
    fn made(
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
        fault: Fault,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, |inner| Self {
            inner,
            fault,
            next: AtomicBool::new(fault != Fault::Blind),
        })
    }

    fn orders(&self) -> &dyn Orders {
        self.inner.spec().orders.unwrap()
    }
}

impl Wrap for Faulty {
    fn inner(&self) -> &dyn Connector {
        &*self.inner
    }

    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a> {
        Spec {
            orders: Some(self),
            ..inner
        }
    }
}

#[async_trait]
impl Orders for Faulty {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        if self.next.swap(false, Ordering::SeqCst) {
            if self.fault != Fault::LosesOne {
                LATE.with(|late| late.replace(Some(submission.clone())));
            }
            let unseen = ConnectorError::new(ErrorKind::Unknown, "submit_order", "the line was cut");
            return Err(unseen);
        }
        let late = match self.fault {
            Fault::RefusesASecond => LATE.with(RefCell::take),
            _ => None,
        };
        if let Some(late) = late {
            self.orders().submit(ctx, &late).await?;
            return Ok(SubmitOutcome::Rejected(Refusal {
                code: "duplicate".to_owned(),
                message: "there is an order with this number".to_owned(),
                fields: Vec::new(),
            }));
        }
        self.orders().submit(ctx, submission).await
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        if self.fault == Fault::Blind {
            return Ok(Vec::new());
        }
        self.orders().find(ctx, key).await
    }

    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        if CANCELS_FAIL.with(Cell::get) {
            return Err(ConnectorError::new(
                ErrorKind::Temporary,
                "cancel_order",
                "not now",
            ));
        }
        self.orders().cancel(ctx, order_id, reference, reason).await
    }
}
