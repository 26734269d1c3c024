//! What is owed as of a time that is still to come: the ERP's clock runs ahead, or its time zone is wrong.

use std::time::Duration;

use punchgate_app::clock::micros;
use punchgate_connector::exposure::AccountExposure;
use punchgate_domain::{Instant, ids::CustomerId, money::Money};
use punchgate_storage::{
    Lane,
    credit_account::{self, ExposureReading},
};

use super::{fake_erp::usd, world::World};

/// A customer with an order that the ERP says it has created in five minutes' time.
async fn ordered(world: &World) -> (CustomerId, impl Fn(i64) -> Instant + use<>) {
    let id = world.customer("100").await;
    let now = world.surroundings.now();
    let at = move |minutes: i64| now + jiff::SignedDuration::from_mins(minutes);
    world.order(&id, "accepted", 10_000).await;
    world.in_sink(&id, "accepted", at(5)).await;
    world.clock.advance(Duration::from_secs(1));
    (id, at)
}

async fn available(world: &World, id: &CustomerId) -> Option<Money> {
    world.view(id).await.summary.available
}

async fn told(world: &World) -> Vec<(String, String)> {
    let rows = world.accounts.sync_attention(world.supplier()).await.unwrap();
    rows.into_iter()
        .map(|row| (row.matter, row.external_id))
        .collect()
}

#[tokio::test]
async fn a_clock_that_runs_ahead_lets_no_reservation_go() {
    for world in World::all().await {
        let (id, at) = ordered(&world).await;
        for minutes in [600, 601] {
            world.erp.owes("100", usd(3_000), at(minutes));
            world.pull_exposure().await;
            assert_eq!(
                available(&world, &id).await,
                Some(usd(87_000)),
                "the order reserves on"
            );
            assert_eq!(
                told(&world).await,
                [("future-exposure".to_owned(), "100".to_owned())],
                "once"
            );
            world.clock.advance(Duration::from_secs(1));
        }
        // Whose clock is set right counts again, and needs nobody.
        world.clock.advance(Duration::from_secs(600));
        world.erp.owes("100", usd(13_000), at(6));
        world.pull_exposure().await;
        assert_eq!(
            available(&world, &id).await,
            Some(usd(87_000)),
            "now it is in what is owed"
        );
        assert!(told(&world).await.is_empty());
    }
}

#[tokio::test]
async fn nor_does_one_in_the_feed_of_accounts() {
    for world in World::all().await {
        let (id, at) = ordered(&world).await;
        let owes = |open_items, as_of| {
            world.erp.change("100", |row| {
                row.exposure = Some(AccountExposure {
                    external_id: "100".to_owned(),
                    open_items,
                    open_orders: Some(usd(0)),
                    overdue: None,
                    oldest_due: None,
                    as_of,
                });
            });
        };
        owes(usd(3_000), at(600));
        world.pull().await;
        assert_eq!(available(&world, &id).await, Some(usd(87_000)));
        assert_eq!(told(&world).await.len(), 1);
        // A few seconds are nobody's business, and count as now.
        world.clock.advance(Duration::from_secs(600));
        owes(usd(13_000), at(10) + jiff::SignedDuration::from_secs(30));
        world.pull().await;
        assert_eq!(available(&world, &id).await, Some(usd(87_000)));
        assert!(told(&world).await.is_empty());
    }
}

#[tokio::test]
async fn a_reading_from_when_our_own_clock_ran_ahead_keeps_no_newer_one_out() {
    for world in World::all().await {
        let (id, at) = ordered(&world).await;
        let mut tx = world.surroundings.db.begin(Lane::Background).await.unwrap();
        let reading = ExposureReading {
            credit_account_id: id.to_string(),
            minor: 0,
            as_of: micros(at(600)),
            includes_orders: true,
            overdue_minor: None,
            oldest_due: None,
        };
        let entered = credit_account::enter_exposure(&mut tx, world.supplier(), &reading, micros(at(600)));
        assert!(entered.await.unwrap());
        tx.commit().await.unwrap();
        world.erp.owes("100", usd(3_000), world.surroundings.now());
        world.pull_exposure().await;
        assert_eq!(available(&world, &id).await, Some(usd(87_000)));
    }
}
