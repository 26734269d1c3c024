//! A change whose outcome nobody saw: asked for before anything else, told again as the same, and counted until it is
//! known.

use std::{cell::Cell, time::Duration};

use async_trait::async_trait;
use punchgate_connector::{
    ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind, Orders, Secrets, Spec,
    orders::{
        CancelOutcome, ChangeOutcome, OrderChange, OrderKey, OrderSubmission, PlacedOrder, SubmitOutcome,
    },
};
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use crate::support::{
    cxml::Po,
    supplier::Supplier,
    world::World,
    wrapped::{self, Wrap},
};

const TAKEN: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
    <!DOCTYPE cXML SYSTEM \"http://xml.cxml.org/schemas/cXML/1.2.045/cXML.dtd\">\n\
    <cXML payloadID=\"answer@buyer.example\" timestamp=\"2026-03-02T12:00:01+00:00\">\
    <Response><Status code=\"200\" text=\"OK\"/></Response></cXML>";

thread_local! {
    /// Whether answers to changes are lost, and orders do not tell which change was their last.
    static VEILED: Cell<bool> = const { Cell::new(false) };
}

/// `erp-http` whose changes are carried out unseen.
#[derive(Debug)]
struct Veiled {
    inner: Box<dyn Connector>,
}

impl Veiled {
    fn made(
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, |inner| Self { inner })
    }

    fn orders(&self) -> &dyn Orders {
        self.inner.spec().orders.unwrap()
    }
}

impl Wrap for Veiled {
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
impl Orders for Veiled {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        self.orders().submit(ctx, submission).await
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        let mut found = self.orders().find(ctx, key).await?;
        for order in found.iter_mut().filter(|_| VEILED.with(Cell::get)) {
            order.revision = None;
        }
        Ok(found)
    }

    async fn change(&self, ctx: &Context, change: &OrderChange) -> ConnectorResult<ChangeOutcome> {
        let outcome = self.orders().change(ctx, change).await;
        match VEILED.with(Cell::get) {
            true => Err(ConnectorError::new(
                ErrorKind::Unknown,
                "change_order",
                "the line was cut",
            )),
            false => outcome,
        }
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

/// An order of 400.00 that is told to become one of 900.00, and nobody sees what comes of it.
async fn untold() -> (World, MockServer) {
    let partner = MockServer::start().await;
    let taken = ResponseTemplate::new(200).set_body_raw(TAKEN, "text/xml");
    Mock::given(method("POST"))
        .respond_with(taken)
        .mount(&partner)
        .await;
    let world = Supplier::with_buyer()
        .credit("1000.00")
        .relationship("outbound_url", format!("\"{}/cxml\"", partner.uri()))
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Veiled::made))
        .await;
    world.send(&Po::new("1", "400.00").xml()).await;
    world.settle().await;
    world.assert_state("1", "accepted").await;
    world
        .send(&Po::new("1", "900.00").operation("update").xml())
        .await;
    VEILED.set(true);
    say(&world, "carry-over", json!({ "version": 2 })).await;
    for _ in 0..2 {
        world.settle().await;
    }
    (world, partner)
}

async fn say(world: &World, what: &str, mut body: serde_json::Value) {
    let order = world.order("1").await;
    body["expected_version"] = order.row_version.into();
    body["reason"] = "the buyer called".into();
    world
        .post(&format!("/v1/orders/{}/{what}", order.order_id), body)
        .await;
}

async fn confirmations(partner: &MockServer) -> Vec<String> {
    let requests = partner.received_requests().await.unwrap();
    let texts = requests
        .into_iter()
        .map(|request| String::from_utf8(request.body).unwrap());
    texts.collect()
}

#[tokio::test]
async fn a_change_that_nobody_saw_is_asked_for_and_told_again_as_the_same() {
    let (world, partner) = untold().await;
    assert_eq!(world.erp.calls("change_order"), 1);
    let waiting = world.assert_state("1", "accepted").await;
    assert_eq!((waiting.version, waiting.reserved_minor), (1, 40_000));
    // The ERP has acknowledged it meanwhile: the buyer is not told of that as of the first version.
    assert_eq!(confirmations(&partner).await.len(), 1);
    // Until the request must have come to its end nothing is sent; then the same once more.
    world.clock.advance(Duration::from_secs(5));
    world.settle().await;
    assert_eq!(world.erp.calls("change_order"), 1);
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    assert_eq!(world.erp.calls("change_order"), 2);
    VEILED.set(false);
    world.clock.advance(Duration::from_secs(600));
    for _ in 0..2 {
        world.settle().await;
    }
    let after = world.assert_state("1", "accepted").await;
    assert_eq!((after.version, after.reserved_minor), (2, 90_000));
    assert_eq!(world.erp.calls("change_order"), 2);
    assert_eq!(world.erp.live_orders("1").await.len(), 1);
    let told = confirmations(&partner).await;
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[1].contains("po.1.update.900.00@buyer.example"),
        "{}",
        told[1]
    );
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_was_perhaps_changed_counts_in_full_until_its_withdrawal_is_done() {
    let (world, _partner) = untold().await;
    world
        .send(&Po::new("1", "400.00").operation("delete").xml())
        .await;
    world.clock.advance(Duration::from_secs(600));
    world.settle().await;
    world.assert_state("1", "cancelled").await;
    assert_eq!(world.erp.calls("change_order"), 1, "a cancel wins");
    // 400 and perhaps 500 more of 1,000 are taken.
    world.send(&Po::new("2", "200.00").xml()).await;
    world.assert_state("2", "held").await;
    VEILED.set(false);
    say(&world, "cancel-at-sink", json!({})).await;
    world.settle().await;
    assert!(world.erp.live_orders("1").await.is_empty());
    world.clock.advance(Duration::from_secs(60));
    world.settle().await;
    world.assert_state("2", "accepted").await;
    world.finish().await;
}
