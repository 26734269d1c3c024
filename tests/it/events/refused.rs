//! An order that the sink refuses, and a hold that comes back from the ERP.

use async_trait::async_trait;
use punchgate_connector::{
    ConfigError, Connector, ConnectorResult, Context, Orders, Secrets, Spec,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, Refusal, SubmitOutcome},
};
use reqwest::Method;
use serde_json::json;

use super::{KEYS, customer};
use crate::support::{
    cxml::Po,
    receiver::{Receiver, Told},
    supplier::Supplier,
    wrapped::{self, Wrap},
};

/// An ERP that takes no order.
#[derive(Debug)]
struct Refusing(Box<dyn Connector>);

impl Refusing {
    fn erp(
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, Self)
    }

    fn orders(&self) -> &dyn Orders {
        self.0.spec().orders.unwrap()
    }
}

impl Wrap for Refusing {
    fn inner(&self) -> &dyn Connector {
        &*self.0
    }

    fn spec<'a>(&'a self, inner: Spec<'a>) -> Spec<'a> {
        Spec {
            orders: Some(self),
            ..inner
        }
    }
}

#[async_trait]
impl Orders for Refusing {
    async fn submit(&self, _: &Context, _: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        Ok(SubmitOutcome::Rejected(Refusal {
            code: "customer".to_owned(),
            message: "The customer is inactive.".to_owned(),
            fields: Vec::new(),
        }))
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
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

fn kinds(told: &[Told]) -> Vec<&str> {
    told.iter().map(Told::kind).collect()
}

#[tokio::test]
async fn an_order_that_the_sink_refuses() {
    let hooks = Receiver::start().await;
    let supplier = Supplier::with_buyer().credit("1000.00");
    let supplier = supplier.connectors(hooks.declared(", events = [\"order.rejected\"]", KEYS));
    let world = supplier
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Refusing::erp))
        .await;
    world.send(&Po::new("4500001", "400.00").xml()).await;
    world.settle().await;
    world.assert_state("4500001", "rejected").await;
    let told = hooks.told().await;
    assert_eq!(kinds(&told), ["order.rejected"]);
    assert_eq!(told[0].data("state"), "rejected");
    assert!(told[0].data("reason").contains("inactive"), "{}", told[0].body);
    world.finish().await;
}

/// Our hold comes back from the ERP: nobody has placed it for that.
#[tokio::test]
async fn a_hold_that_is_set_here_is_placed_once() {
    let hooks = Receiver::start().await;
    let declared = hooks.declared(", events = [\"hold.placed\", \"hold.released\"]", KEYS);
    let world = Supplier::with_buyer().connectors(declared).start().await;
    world.drain().await;
    let before = hooks.told().await.len();
    let customer = customer(&world).await;
    let hold = json!({ "expected_version": customer["version"], "code": "PASTDUE", "removes": ["order_on_terms"],
        "shopper": "Please call accounts receivable.", "reason": "invoice 17 is 60 days late" });
    let path = format!("/v1/customers/{}/holds", customer["id"].as_str().unwrap());
    let placed = world.api(Method::POST, &path, Some(hold)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    for _ in 0..3 {
        world.settle().await;
    }
    let told = hooks.told().await;
    assert_eq!(kinds(&told[before..]), ["hold.placed"], "{told:#?}");

    let standing = &super::customer(&world).await["holds"][0];
    let path = format!("/v1/holds/{}/release", standing["id"].as_str().unwrap());
    let body = json!({ "expected_version": standing["version"], "reason": "paid" });
    let released = world.api(Method::POST, &path, Some(body)).await;
    assert_eq!(released.status, 200, "{}", released.body);
    for _ in 0..3 {
        world.settle().await;
    }
    let told = hooks.told().await;
    assert_eq!(kinds(&told[before..]), ["hold.placed", "hold.released"]);
    world.finish().await;
}
