//! At most one live order per purchase order, in an ERP that makes a second one for an equal reference.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use punchgate_connector::{
    CheckReport, ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind, Orders,
    Secrets, Spec,
    egress::EgressRules,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, SubmitOutcome},
};

use crate::support::{cxml::Po, supplier::Supplier, world::World};

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
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Faulty::losing_one))
        .await;
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

/// The proof that the tests above can fail: with the search gone, the ERP holds two live orders.
#[tokio::test]
async fn without_the_search_the_erp_would_hold_two_orders() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Faulty::blind))
        .await;
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

/// `erp-http` with a fault.
#[derive(Debug)]
struct Faulty {
    inner: Box<dyn Connector>,
    /// Its search finds nothing.
    blind: bool,
    /// The next order does not get through, and nobody can tell.
    loses_next: AtomicBool,
}

type Made = Result<Box<dyn Connector>, ConfigError>;

impl Faulty {
    fn blind(id: &str, settings: &serde_json::Value, secrets: &Secrets) -> Made {
        Self::made(id, settings, secrets, true, false)
    }

    fn losing_one(id: &str, settings: &serde_json::Value, secrets: &Secrets) -> Made {
        Self::made(id, settings, secrets, false, true)
    }

    fn made(id: &str, settings: &serde_json::Value, secrets: &Secrets, blind: bool, loses: bool) -> Made {
        Ok(Box::new(Self {
            inner: punchgate_erp_http::from_config(id, settings, secrets)?,
            blind,
            loses_next: AtomicBool::new(loses),
        }))
    }

    fn orders(&self) -> &dyn Orders {
        self.inner.spec().orders.unwrap()
    }
}

#[async_trait]
impl Connector for Faulty {
    fn spec(&self) -> Spec<'_> {
        Spec {
            orders: Some(self),
            ..self.inner.spec()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        self.inner.egress_rules()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        self.inner.check(ctx).await
    }
}

#[async_trait]
impl Orders for Faulty {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        if self.loses_next.swap(false, Ordering::SeqCst) {
            let unseen = ConnectorError::new(ErrorKind::Unknown, "submit_order", "the line was cut");
            return Err(unseen);
        }
        self.orders().submit(ctx, submission).await
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        if self.blind {
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
        self.orders().cancel(ctx, order_id, reference, reason).await
    }
}
