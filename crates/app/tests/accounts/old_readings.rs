//! Readings that were under way before something was asked for here: they are the ERP's word, and answer nothing.

use std::{sync::Mutex, time::Duration};

use futures_util::future::BoxFuture;
use punchgate_app::sync::PullMode;
use punchgate_connector::{
    Accounts, ConnectorResult, Context, Cursor, Page,
    accounts::{Account, AccountPatch, PatchOutcome},
    page::Found,
};
use punchgate_domain::customer::CreditLimit;

use super::{fake_erp::usd, world::World};

/// The ERP; once, while a page is on its way, something else happens.
struct OnItsWay<'a>(&'a World, Mutex<Option<BoxFuture<'a, ()>>>);

#[async_trait::async_trait]
impl Accounts for OnItsWay<'_> {
    async fn pull(&self, ctx: &Context, from: Option<&Cursor>, most: u32) -> ConnectorResult<Page<Account>> {
        let page = self.0.erp.pull(ctx, from, most).await;
        let happens = self.1.lock().unwrap().take();
        if let Some(happens) = happens {
            happens.await;
        }
        page
    }

    async fn get(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.0.erp.get(ctx, ids).await
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.0.erp.patch(ctx, patch).await
    }
}

async fn pull_while<'a>(world: &'a World, happens: BoxFuture<'a, ()>) {
    world.clock.advance(Duration::from_secs(1));
    let wire = OnItsWay(world, Mutex::new(Some(happens)));
    let calls = world.calls();
    world
        .sync
        .pull_accounts(&world.scope, &world.policy, &wire, &calls, PullMode::Changes)
        .await
        .unwrap();
}

#[tokio::test]
async fn a_page_that_was_on_its_way_settles_no_request() {
    // What the page says, what the ERP has by the time that somebody here asks for what the page will say.
    for (read, moved_to) in [(200_000, 300_000), (100_000, 300_000), (200_000, 200_000)] {
        for world in World::all().await {
            let id = world.customer("100").await;
            let limit = |minor| CreditLimit::Amount(usd(minor));
            world.erp.change("100", |row| row.credit_limit = limit(read));
            let ask = async {
                world.erp.change("100", |row| row.credit_limit = limit(moved_to));
                world.ask_limit(&id, read).await;
            };
            pull_while(&world, Box::pin(ask)).await;
            let view = world.view(&id).await;
            assert_eq!(view.summary.limit, limit(read), "it is the newest that is known");
            assert_eq!(view.requests.len(), 1, "{read} {moved_to}: still asked for");
            assert_eq!(world.pushes().await, ["100"]);
            world.push("100").await;
            world.pull().await;
            let view = world.view(&id).await;
            assert!(view.requests.is_empty(), "{:?}", view.requests);
            assert_eq!(view.summary.limit, limit(moved_to));
            let conflicts = world.accounts.conflicts(world.supplier(), None, None, 10).await;
            let told = usize::from(read != moved_to);
            assert_eq!(conflicts.unwrap().len(), told, "{read} {moved_to}: the ERP won");
        }
    }
}

#[tokio::test]
async fn an_account_that_is_gone_answers_nothing() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 100_000).await;
        world.erp.delete("100", true);
        world.pull().await;
        assert_eq!(world.view(&id).await.requests.len(), 1);
        assert_eq!(world.pushes().await, ["100"]);
    }
}
