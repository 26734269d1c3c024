//! Orders of the shop that the shop passes on to the ERP, under a key of its own: they are found there by customer and
//! number, and count once.

use std::time::Duration;

use async_trait::async_trait;
use jiff::civil::date;
use punchgate_app::connectors::Constructor;
use punchgate_connector::{
    ConfigError, Connector, ConnectorError, ConnectorResult, Context, ErrorKind, Orders, Secrets, Spec,
    conformance::OrderFixture,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, SubmitOutcome},
};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    money::{Currency, StatedAmount},
    quantity::Unit,
};
use rust_decimal::Decimal;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{
    cxml::Po,
    erp::CUSTOMER,
    supplier::{SUPPLIER_ID, Supplier},
    world::World,
    wrapped::{self, Wrap},
};

const FIND: &str = "find-in-erp";

/// A relationship whose orders go to a shop that passes them on.
fn exporting() -> Supplier {
    Supplier::with_buyer()
        .relationship("order_sink", "\"storefront\"")
        .policy("price_action", "accept")
        .switch("shop_exports_to_erp", true)
        .credit("1000.00")
}

/// Sends the order 4500001 over 57.10, which the shop takes.
async fn ordered(world: &World) -> String {
    world.send(&Po::new("4500001", "57.10").xml()).await;
    world.settle().await;
    let order = world.assert_state("4500001", "accepted").await;
    assert_eq!(
        (order.erp_created_at, order.reserved_minor),
        (None, 5_710),
        "nobody has seen it in the ERP yet"
    );
    order.order_id
}

/// The shop enters an order in the ERP, as the ERP lets anybody do.
pub(crate) async fn pass_on(world: &World, reference: &str, number: &str) -> PlacedOrder {
    let source = &world.gateway.connectors;
    let erp = source
        .connector(&SupplierId::new(SUPPLIER_ID), &ConnectorId::new("erp"))
        .await
        .unwrap();
    let goods = OrderFixture {
        part_id: "TL-1110".to_owned(),
        unit: Unit::new("EA"),
        unit_price: StatedAmount::parse("28.55", Currency::parse("USD").unwrap()).unwrap(),
        date: date(2026, 3, 2),
        live: true,
    };
    let mut what = goods.submission(CUSTOMER, reference.to_owned());
    number.clone_into(&mut what.order.order_number);
    let id = format!("export-{}", reference.replace('.', "-"));
    let now = world.gateway.surroundings.now();
    let ctx = erp.context(id, now, Duration::from_secs(20), CancellationToken::new());
    let outcome = erp.connector.spec().orders.unwrap().submit(&ctx, &what).await;
    match outcome.unwrap() {
        SubmitOutcome::Created(order) => order,
        other => panic!("{other:?}"),
    }
}

/// An hour later, when whatever failed is tried again.
async fn later(world: &World) {
    world.clock.advance(Duration::from_secs(3_600));
    world.settle().await;
}

/// A second later, when the exposure is read once more.
async fn read_exposure(world: &World) {
    world.clock.advance(Duration::from_secs(1));
    world.round().await;
}

/// What the gateway says is left of the limit, and what is left of it in the ERP's books.
async fn available(world: &World) -> (Decimal, Decimal) {
    let found = world.get(&format!("/v1/customers?search={CUSTOMER}")).await;
    let amount = |value: &serde_json::Value| value.as_str().unwrap().parse::<Decimal>().unwrap();
    let said = amount(&found["items"][0]["available"]["amount"]);
    let account = world.erp.account(CUSTOMER).await;
    let limit = amount(&account["credit_limit"]["amount"]);
    (said, limit - world.erp.exposure(CUSTOMER).await)
}

/// The search, dead, and what it says.
async fn dead(world: &World) -> (String, String) {
    let jobs = world.get(&format!("/v1/jobs?state=dead&kind={FIND}")).await;
    let items = jobs["items"].as_array().unwrap();
    assert_eq!(items.len(), 1, "{jobs}");
    let text = |key: &str| items[0][key].as_str().unwrap().to_owned();
    (text("id"), text("last_error"))
}

async fn replay(world: &World, job: &str) {
    let path = format!("/v1/jobs/{job}/replay");
    world.post(&path, json!({ "reason": "put right" })).await;
    world.settle().await;
}

#[tokio::test]
async fn an_order_of_the_shop_counts_once_when_the_erp_has_it() {
    let world = exporting().start().await;
    ordered(&world).await;
    let reserved: Decimal = "57.10".parse().unwrap();
    let (said, books) = available(&world).await;
    assert_eq!(said, books - reserved, "the ERP knows nothing of it");

    let there = pass_on(&world, "shop-1001", "4500001").await;
    let live = world.erp.live_orders("4500001").await;
    assert_eq!(
        (live.len(), live[0].reference.as_str(), &live[0].id),
        (1, "shop-1001", &there.order_id)
    );
    read_exposure(&world).await;
    let (said, books) = available(&world).await;
    assert_eq!(
        said,
        books - reserved,
        "it counts twice until it is found: never too little"
    );

    later(&world).await;
    let order = world.order("4500001").await;
    let found_at = punchgate_app::clock::Clock::now(&world.clock).as_microsecond();
    assert_eq!(order.erp_created_at, Some(found_at));
    assert_eq!(world.erp.calls("find_order_by_number"), 2);
    read_exposure(&world).await;
    let (said, books) = available(&world).await;
    assert_eq!(said, books, "it counts once: in the exposure");
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_the_erp_holds_goes_on_reserving_until_it_is_released() {
    let world = exporting().start().await;
    ordered(&world).await;
    world
        .erp
        .place_hold(CUSTOMER, &["order_on_terms"], "Please call us.")
        .await;
    pass_on(&world, "shop-1001", "4500001").await;
    later(&world).await;
    let order = world.order("4500001").await;
    assert_eq!((order.erp_created_at, order.reserved_minor), (None, 5_710));
    let left = world.unfinished().await;
    let why = left[0].last_error.as_deref().unwrap();
    assert!(left[0].kind == FIND && why.contains("on hold"), "{left:?}");

    let live = world.erp.live_orders("4500001").await;
    world.erp.step(&live[0], "release").await;
    later(&world).await;
    assert!(world.order("4500001").await.erp_created_at.is_some());
    read_exposure(&world).await;
    let (said, books) = available(&world).await;
    assert_eq!(said, books);
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_was_there_before_is_not_it() {
    let world = exporting().start().await;
    pass_on(&world, "last-year", "4500001").await;
    later(&world).await;
    later(&world).await;
    ordered(&world).await;
    later(&world).await;
    assert_eq!(world.order("4500001").await.erp_created_at, None);
    pass_on(&world, "shop-1001", "4500001").await;
    later(&world).await;
    assert!(world.order("4500001").await.erp_created_at.is_some());
    world.finish().await;
}

#[tokio::test]
async fn several_that_it_may_be_are_for_a_person() {
    let world = exporting().start().await;
    let order = ordered(&world).await;
    pass_on(&world, "shop-1001", "4500001").await;
    let second = pass_on(&world, "desk-7", "4500001").await;
    for _ in 0..2 {
        later(&world).await;
        let (job, why) = dead(&world).await;
        assert!(why.contains("more than once"), "{why}");
        assert_eq!(world.order("4500001").await.erp_created_at, None);
        replay(&world, &job).await;
    }
    let read = world.get(&format!("/v1/orders/{order}")).await;
    let history = read["history"].as_array().unwrap().iter();
    let noted = history.filter(|event| {
        event["detail"]
            .as_str()
            .is_some_and(|it| it.contains("more than once"))
    });
    assert_eq!(noted.count(), 1, "{read}");

    let live = world.erp.live_orders("4500001").await;
    let surplus = live.iter().find(|order| order.id == second.order_id).unwrap();
    world.erp.cancel(surplus).await;
    let (job, _) = dead(&world).await;
    replay(&world, &job).await;
    assert!(world.order("4500001").await.erp_created_at.is_some());
    world.finish().await;
}

#[tokio::test]
async fn an_order_that_two_buyers_number_alike_sets_neither_free() {
    let world = exporting().beside("borealis", "AN01000000909").start().await;
    ordered(&world).await;
    let mut alike = Po::new("4500001", "159.00");
    alike.envelope.from = "AN01000000909";
    alike.envelope.sender = "AN01000000909";
    // At the price of the contract: the policy is the other relationship's.
    (alike.lines[0].part, alike.lines[0].unit) = ("TL-1010".to_owned(), "EA".to_owned());
    let answer = world.send(&alike.xml()).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    world.settle().await;
    let orders = world.orders().await;
    assert!(
        orders.len() == 2 && orders.iter().all(|order| order.state == "accepted"),
        "{orders:?}"
    );
    pass_on(&world, "shop-1001", "4500001").await;
    later(&world).await;
    let (_, why) = dead(&world).await;
    assert!(why.contains("1 more order(s)"), "{why}");
    assert!(
        world
            .orders()
            .await
            .iter()
            .all(|order| order.erp_created_at.is_none())
    );
    world.finish_with(&[FIND]).await;
}

#[tokio::test]
async fn another_order_of_ours_with_the_number_is_not_it() {
    let world = exporting().start().await;
    ordered(&world).await;
    world.send(&Po::new("4500002", "57.10").xml()).await;
    world.settle().await;
    let other = world.order("4500002").await.order_id;
    // Under our key it counts, whatever number the shop wrote.
    pass_on(&world, &other, "4500001").await;
    later(&world).await;
    assert!(world.order("4500002").await.erp_created_at.is_some());
    assert_eq!(world.order("4500001").await.erp_created_at, None);
    world.finish_with(&[FIND]).await;
}

/// How an ERP can be searched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Search {
    /// Under our key alone.
    Key,
    /// By customer and number alone, also where it is asked for our key.
    Number,
}

/// The ERP, not so easily searched.
#[derive(Debug)]
struct Searched {
    inner: Box<dyn Connector>,
    by: Search,
}

impl Searched {
    fn by(
        by: Search,
        id: &str,
        settings: &serde_json::Value,
        secrets: &Secrets,
    ) -> Result<Box<dyn Connector>, ConfigError> {
        wrapped::erp_http(id, settings, secrets, |inner| Self { inner, by })
    }

    fn orders(&self) -> &dyn Orders {
        self.inner.spec().orders.unwrap()
    }
}

impl Wrap for Searched {
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
impl Orders for Searched {
    async fn submit(&self, ctx: &Context, what: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        self.orders().submit(ctx, what).await
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        if self.by == Search::Key {
            return self.orders().find(ctx, key).await;
        }
        let (customer, number) = (&key.customer, &key.purchase_order_number);
        match self.orders().find_by_number(ctx, customer, number).await? {
            Some(found) if found.is_empty() => Ok(found),
            // As the connectors of the published protocols take an answer with another reference.
            _ => Err(ConnectorError::new(
                ErrorKind::Schema,
                "find_order",
                "another reference",
            )),
        }
    }

    async fn find_by_number(
        &self,
        ctx: &Context,
        customer: &str,
        number: &str,
    ) -> ConnectorResult<Option<Vec<PlacedOrder>>> {
        match self.by {
            Search::Key => Ok(None),
            Search::Number => self.orders().find_by_number(ctx, customer, number).await,
        }
    }

    async fn cancel(&self, _: &Context, _: &str, _: &str, _: &str) -> ConnectorResult<CancelOutcome> {
        panic!("nobody cancels here")
    }
}

async fn searched(make: Constructor) -> World {
    exporting()
        .start_with(|registry| registry.with(punchgate_erp_http::KIND, make))
        .await
}

#[tokio::test]
async fn an_erp_that_answers_by_number_when_it_is_asked_for_a_key_is_searched_all_the_same() {
    let world = searched(|id, settings, secrets| Searched::by(Search::Number, id, settings, secrets)).await;
    ordered(&world).await;
    pass_on(&world, "shop-1001", "4500001").await;
    later(&world).await;
    assert!(world.order("4500001").await.erp_created_at.is_some());
    world.finish().await;
}

#[tokio::test]
async fn an_erp_that_cannot_be_searched_by_number_says_so_at_once() {
    let world = searched(|id, settings, secrets| Searched::by(Search::Key, id, settings, secrets)).await;
    let order = ordered(&world).await;
    pass_on(&world, "shop-1001", "4500001").await;
    let (job, why) = dead(&world).await;
    assert!(why.contains("set shop_exports_to_erp = false"), "{why}");
    // A shop that passes our key on needs no more.
    pass_on(&world, &format!("{order}.2"), "4500001").await;
    replay(&world, &job).await;
    assert_eq!(
        world.order("4500001").await.erp_created_at,
        None,
        "we never asked for anything under this reference"
    );
    let (job, _) = dead(&world).await;
    pass_on(&world, &order, "another").await;
    replay(&world, &job).await;
    assert!(world.order("4500001").await.erp_created_at.is_some());
    world.finish().await;
}
