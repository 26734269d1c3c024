//! Reading that is cut short, or crossed by a write, leaves nothing out.

use std::{sync::Mutex, time::Duration};

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, Exposures, exposure::AccountExposure, page::Found,
};
use punchgate_storage::{Lane, sync};

use super::{
    fake_erp::{hold, usd},
    world::World,
};

/// The ERP answered a write a moment from now: a page that was asked for before is older.
async fn written_meanwhile(world: &World, external_id: &str) {
    let scope = &world.scope;
    let mut tx = world.surroundings.db.begin(Lane::Background).await.unwrap();
    let ids = [external_id.to_owned()];
    let mut rows = sync::shadows(&mut tx, &scope.supplier, &scope.connector, &scope.scope, &ids)
        .await
        .unwrap();
    rows[0].seen_at += 60_000_000;
    sync::put_shadows(&mut tx, &rows).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_hold_in_a_page_that_a_write_has_overtaken_is_read_again() {
    for world in World::all().await {
        let id = world.customer("100").await;
        written_meanwhile(&world, "100").await;
        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
        assert_eq!(world.pull().await.changed, 1);
        assert!(!world.on_terms(&id, usd(1)).await, "the cursor is past it");

        written_meanwhile(&world, "100").await;
        world.erp.delete("100", true);
        assert_eq!(world.pull().await.gone, 1);
        assert!(!world.view(&id).await.summary.active);
    }
}

/// A ledger that notes how many accounts it is asked for, and fails now and then.
#[derive(Default)]
struct Ledger {
    asked: Mutex<Vec<usize>>,
    fails: Mutex<Vec<Option<ErrorKind>>>,
}

#[async_trait]
impl Exposures for Ledger {
    async fn exposure(&self, _: &Context, ids: &[String]) -> ConnectorResult<Found<AccountExposure>> {
        self.asked.lock().unwrap().push(ids.len());
        match self.fails.lock().unwrap().pop().flatten() {
            Some(kind) => Err(ConnectorError::new(kind, "exposure", "the ledger is closed")),
            None => Ok(Found {
                items: Vec::new(),
                missing: ids.to_vec(),
            }),
        }
    }
}

impl Ledger {
    /// Runs once, failing as told, the first call's fate last; yields what was asked for, and whether more waits.
    async fn run(&self, world: &World, fails: Vec<Option<ErrorKind>>) -> (Vec<usize>, Option<bool>) {
        *self.fails.lock().unwrap() = fails;
        world.clock.advance(Duration::from_secs(1));
        let calls = world.calls();
        let report = world.sync.pull_exposure(&world.scope, self, &calls).await;
        let asked = std::mem::take(&mut *self.asked.lock().unwrap());
        (asked, report.ok().map(|report| report.more))
    }
}

#[tokio::test]
async fn a_read_of_what_is_owed_goes_on_where_it_stopped() {
    for world in World::all().await {
        for number in 0..250 {
            world.erp.change(&format!("{number:03}"), |_| {});
        }
        world.pull().await;
        let ledger = Ledger::default();
        let cases = [
            // Not now: the same accounts again.
            (
                vec![Some(ErrorKind::Temporary), None],
                (vec![100, 100], None),
                "cut short",
            ),
            // Not now, either: the accounts behind them have their turn.
            (
                vec![Some(ErrorKind::Temporary)],
                (vec![100], None),
                "no answer in time for these",
            ),
            (vec![], (vec![50], Some(false)), "the rest"),
            // Never.
            (
                vec![Some(ErrorKind::Schema)],
                (vec![100], None),
                "no answer for these",
            ),
            (
                vec![Some(ErrorKind::RateLimited { after: None })],
                (vec![100], None),
                "not so fast",
            ),
            (vec![], (vec![100, 50], Some(false)), "what it was too fast for"),
            (vec![], (vec![100, 100, 50], Some(false)), "from the start"),
        ];
        for (fails, expected, case) in cases {
            assert_eq!(ledger.run(&world, fails).await, expected, "{case}");
        }
    }
}
