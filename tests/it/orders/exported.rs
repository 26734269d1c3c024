//! Orders of the shop that the shop passes on to the ERP: they count once.

use std::{cell::RefCell, time::Duration};

use async_trait::async_trait;
use punchgate_connector::{
    CheckReport, ConfigError, Connector, ConnectorResult, Context, EgressRules, Orders, Secrets, Spec,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, PlacedState, SubmitOutcome},
};
use punchgate_domain::Instant;

use crate::support::{cxml::Po, erp::CUSTOMER, supplier::Supplier};

thread_local! {
    /// Since when the ERP has the shop's order. A test has a thread of its own.
    static THERE_SINCE: RefCell<Option<Instant>> = const { RefCell::new(None) };
}

/// The ERP, to which the shop passes on what the test says.
#[derive(Debug)]
struct Receiving {
    inner: Box<dyn Connector>,
}

impl Receiving {
    fn make(
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        let inner = punchgate_erp_http::from_config(id, settings, secrets)?;
        Ok(Box::new(Self { inner }))
    }
}

#[async_trait]
impl Connector for Receiving {
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
impl Orders for Receiving {
    async fn submit(&self, _: &Context, _: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        panic!("the order is the shop's")
    }

    async fn find(&self, _: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        assert_eq!(
            (key.customer.as_str(), key.purchase_order_number.as_str()),
            (CUSTOMER, "4500001")
        );
        let since = THERE_SINCE.with_borrow(Clone::clone);
        let order = since.map(|created_at| PlacedOrder {
            order_id: "9".to_owned(),
            order_number: "SO-9".to_owned(),
            reference: String::new(),
            purchase_order_number: Some(key.purchase_order_number.clone()),
            customer: key.customer.clone(),
            state: PlacedState::Open,
            total: None,
            created_at,
        });
        Ok(order.into_iter().collect())
    }

    async fn cancel(&self, _: &Context, _: &str, _: &str, _: &str) -> ConnectorResult<CancelOutcome> {
        panic!("nobody cancels here")
    }
}

#[tokio::test]
async fn an_order_of_the_shop_counts_once_when_the_erp_has_it() {
    THERE_SINCE.with_borrow_mut(|since| *since = None);
    let supplier = Supplier::with_buyer()
        .relationship("order_sink", "\"storefront\"")
        .policy("price_action", "accept")
        .switch("shop_exports_to_erp", true);
    let world = supplier
        .credit("1000.00")
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, Receiving::make))
        .await;
    world.send(&Po::new("4500001", "57.11").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    assert_eq!(
        (order.erp_created_at, order.reserved_minor),
        (None, 5_711),
        "nobody has seen it there yet"
    );
    THERE_SINCE.with_borrow_mut(|since| *since = Some(punchgate_app::clock::Clock::now(&world.clock)));
    world.clock.advance(Duration::from_secs(3_600));
    world.settle().await;
    let order = world.order("4500001").await;
    let since = THERE_SINCE.with_borrow(|since| since.map(Instant::as_microsecond));
    assert_eq!(order.erp_created_at, since);
    world.finish().await;
}
