//! Full reads that lack much, feeds that never end, limits that nobody means: the last good values stay.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use punchgate_app::sync::{PullMode, SyncError, SyncPolicy};
use punchgate_connector::{
    Accounts, ConnectorResult, Context, Cursor, Page,
    accounts::{Account, AccountPatch, PatchOutcome},
    page::Found,
};
use punchgate_domain::customer::CreditLimit;

use super::{
    fake_erp::{Trick, hold, usd},
    world::World,
};

async fn active(world: &World) -> usize {
    let page = world
        .accounts
        .list(world.supplier(), &Default::default(), None, 100)
        .await
        .unwrap();
    page.customers.iter().filter(|customer| customer.active).count()
}

#[tokio::test]
async fn a_full_read_that_lacks_too_much_ends_nothing() {
    // Accounts, of which so many are lacking, the share that may be; how many are gone, and how many withheld.
    let cases = [
        (30, 20, 20, 0, 20),
        (30, 20, 100, 20, 0),
        (30, 11, 20, 0, 11),
        (30, 10, 20, 10, 0),
        (60, 12, 20, 12, 0),
        (4, 3, 20, 3, 0),
        (4, 4, 20, 0, 4),
        (4, 4, 100, 4, 0),
    ];
    for (all, lacking, percent, gone, withheld) in cases {
        for mut world in World::all().await {
            world.policy = SyncPolicy {
                shrink_percent: percent,
                ..SyncPolicy::default()
            };
            (0..all).for_each(|number| world.erp.change(&format!("{number:03}"), |_| {}));
            world.pull().await;
            (0..lacking).for_each(|number| world.erp.delete(&format!("{number:03}"), false));
            world.clock.advance(Duration::from_secs(1));
            let report = world.try_pull(PullMode::Sweep).await.unwrap();
            let what = format!("{lacking} of {all}, {percent} %");
            assert_eq!((report.gone, report.withheld), (gone, withheld), "{what}");
            assert_eq!(active(&world).await, all - gone, "{what}");
            let status = world.accounts.sync_status(world.supplier()).await.unwrap();
            let sweep = status.iter().find(|row| row.feed == "accounts-sweep").unwrap();
            assert_eq!(
                sweep.last_error.is_some(),
                withheld > 0,
                "{what}: {:?}",
                sweep.last_error
            );
        }
    }
}

/// A feed that hides an account, or that never ends.
struct Treacherous<'a> {
    world: &'a World,
    hidden: Option<&'static str>,
    endless: bool,
    pulls: AtomicUsize,
}

impl<'a> Treacherous<'a> {
    fn new(world: &'a World) -> Self {
        Self {
            world,
            hidden: None,
            endless: false,
            pulls: AtomicUsize::new(0),
        }
    }
}

#[async_trait::async_trait]
impl Accounts for Treacherous<'_> {
    async fn pull(&self, ctx: &Context, from: Option<&Cursor>, most: u32) -> ConnectorResult<Page<Account>> {
        let pulls = self.pulls.fetch_add(1, Ordering::Relaxed);
        if self.endless {
            let mut page = self.world.erp.pull(ctx, None, most).await?;
            (page.more, page.next_cursor) = (true, Cursor::new(format!("page-{pulls}")));
            return Ok(page);
        }
        let mut page = self.world.erp.pull(ctx, from, most).await?;
        page.items
            .retain(|account| Some(account.external_id.as_str()) != self.hidden);
        Ok(page)
    }

    async fn get(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.world.erp.get(ctx, ids).await
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.world.erp.patch(ctx, patch).await
    }
}

#[tokio::test]
async fn what_a_full_read_passes_over_is_asked_for_before_it_is_gone() {
    for world in World::all().await {
        for id in ["100", "200", "300"] {
            world.customer(id).await;
        }
        world.clock.advance(Duration::from_secs(1));
        world.erp.change("100", |row| row.name = "Renamed".to_owned());
        let feed = Treacherous {
            hidden: Some("100"),
            ..Treacherous::new(&world)
        };
        let calls = world.calls();
        let report = world
            .sync
            .pull_accounts(&world.scope, &world.policy, &feed, &calls, PullMode::Sweep)
            .await
            .unwrap();
        assert_eq!((report.gone, report.withheld), (0, 0));
        let id = world.id("100").await;
        let view = world.view(&id).await;
        assert!(view.summary.active);
        assert_eq!(view.summary.name, "Renamed", "and what it missed is here");
    }
}

#[tokio::test]
async fn a_feed_without_an_end_is_left_alone() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let feed = Treacherous {
            endless: true,
            ..Treacherous::new(&world)
        };
        let calls = world.calls();
        for mode in [PullMode::Changes, PullMode::Sweep] {
            feed.pulls.store(0, Ordering::Relaxed);
            let pulled = world
                .sync
                .pull_accounts(&world.scope, &world.policy, &feed, &calls, mode)
                .await;
            assert!(
                matches!(&pulled, Err(error @ SyncError::Contract(_)) if !error.is_retryable()),
                "{pulled:?}"
            );
            assert!(feed.pulls.load(Ordering::Relaxed) < 150);
        }
        assert_eq!(
            world.view(&id).await.summary.limit,
            CreditLimit::Amount(usd(100_000))
        );
    }
}

#[tokio::test]
async fn a_negative_limit_is_not_taken() {
    for world in World::all().await {
        let id = world.customer("100").await;
        let lines = world.view(&id).await.history.len();
        let tell = |minor| {
            world
                .erp
                .change("100", |row| row.credit_limit = CreditLimit::Amount(usd(minor)))
        };
        tell(-5);
        let report = world.pull().await;
        assert_eq!(report.negative_limits, BTreeSet::from(["100".to_owned()]));
        let view = world.view(&id).await;
        assert_eq!(
            (view.summary.limit, view.history.len()),
            (CreditLimit::Amount(usd(100_000)), lines)
        );
        tell(70_000);
        assert!(world.pull().await.negative_limits.is_empty());
        assert_eq!(
            world.view(&id).await.summary.limit,
            CreditLimit::Amount(usd(70_000))
        );
        // An account that never had another has none that is known.
        world
            .erp
            .change("200", |row| row.credit_limit = CreditLimit::Amount(usd(-1)));
        world.pull().await;
        let id = world.id("200").await;
        assert_eq!(world.view(&id).await.summary.limit, CreditLimit::Unknown);
    }
}

/// The others count, whoever looks is told until it is mended, and what was known stays.
#[tokio::test]
async fn an_account_that_cannot_be_read_is_alone_in_that() {
    for world in World::all().await {
        let (garbled, other) = (world.customer("100").await, world.customer("200").await);
        world.erp.trick(Trick::Garble("100"));
        for id in ["100", "200"] {
            world
                .erp
                .change(id, |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
            world.erp.owes(id, usd(7), world.surroundings.now());
        }
        let report = world.pull().await;
        assert_eq!(report.unreadable, ["'100': no amount".to_owned()].into());
        assert!(
            world.view(&other).await.summary.stops_terms && !world.view(&garbled).await.summary.stops_terms
        );
        let sweep = world.try_pull(PullMode::Sweep).await.unwrap();
        assert_eq!((sweep.gone, sweep.unreadable.len()), (0, 1));
        let told = async || {
            let feeds = world.accounts.sync_status(world.supplier()).await.unwrap();
            let exposure = feeds.into_iter().find(|feed| feed.feed == "exposure").unwrap();
            exposure.last_error.is_some()
        };
        for _ in 0..3 {
            world.pull_exposure().await;
            assert!(told().await, "no round without it");
        }
        world.erp.honest();
        world.clock.advance(Duration::from_secs(1));
        world.pull_exposure().await;
        assert!(!told().await);
        world.erp.change("100", |row| row.name.push('!'));
        world.pull().await;
        assert!(world.view(&garbled).await.summary.stops_terms);
    }
}
