//! At most one live order per purchase order, in an ERP that makes a second one for an equal reference.

use std::time::Duration;

use async_trait::async_trait;
use punchgate_connector::{
    CheckReport, ConfigError, Connector, ConnectorResult, Context, Orders, Secrets, Spec,
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

/// The proof that the two tests above can fail: with the search gone, the ERP holds two live orders.
#[tokio::test]
async fn without_the_search_the_erp_would_hold_two_orders() {
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Blind::from_config))
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

/// `erp-http` whose search finds nothing.
#[derive(Debug)]
struct Blind(Box<dyn Connector>);

impl Blind {
    fn from_config(
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        Ok(Box::new(Self(punchgate_erp_http::from_config(
            id, settings, secrets,
        )?)))
    }
}

#[async_trait]
impl Connector for Blind {
    fn spec(&self) -> Spec<'_> {
        Spec {
            orders: Some(self),
            ..self.0.spec()
        }
    }

    fn egress_rules(&self) -> EgressRules {
        self.0.egress_rules()
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        self.0.check(ctx).await
    }
}

#[async_trait]
impl Orders for Blind {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        self.0.spec().orders.unwrap().submit(ctx, submission).await
    }

    async fn find(&self, _: &Context, _: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        Ok(Vec::new())
    }

    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        self.0
            .spec()
            .orders
            .unwrap()
            .cancel(ctx, order_id, reference, reason)
            .await
    }
}
