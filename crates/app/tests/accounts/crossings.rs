//! What is asked for here while a write is on its way: the last word counts, and an own write that arrives late is
//! nobody else's change.

use std::{sync::Mutex, time::Duration};

use futures_util::future::BoxFuture;
use punchgate_app::sync::{FieldOwners, PushOutcome, SyncPolicy};
use punchgate_connector::{
    Accounts, ConnectorError, ConnectorResult, Context, Cursor, ErrorKind, Page,
    accounts::{Account, AccountPatch, ErpHold, PatchOutcome},
    page::Found,
};
use punchgate_domain::{Instant, customer::CreditLimit, ids::CustomerId, merge::FieldOwner};
use punchgate_storage::{
    Db, Lane,
    outbox::{self, NewEntry},
};

use super::{
    fake_erp::{Trick, hold, usd},
    world::{ALL_WRITABLE, World},
};

/// The ERP; once, while the answer to a write is on its way, something else happens.
struct Meanwhile<'a>(&'a World, Mutex<Option<BoxFuture<'a, ()>>>);

#[async_trait::async_trait]
impl Accounts for Meanwhile<'_> {
    async fn pull(&self, ctx: &Context, from: Option<&Cursor>, most: u32) -> ConnectorResult<Page<Account>> {
        self.0.erp.pull(ctx, from, most).await
    }

    async fn get(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        self.0.erp.get(ctx, ids).await
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.0.clock.advance(Duration::from_millis(1));
        let answer = self.0.erp.patch(ctx, patch).await;
        let happens = self.1.lock().unwrap().take();
        if let Some(happens) = happens {
            happens.await;
        }
        answer
    }
}

async fn push_while<'a>(world: &'a World, happens: BoxFuture<'a, ()>) -> PushOutcome {
    let calls = world.calls();
    let wire = Meanwhile(world, Mutex::new(Some(happens)));
    let erp = (&wire as _, ALL_WRITABLE);
    let pushed = world
        .sync
        .push_account(&world.scope, &world.policy, erp, &calls, "100")
        .await;
    pushed.unwrap()
}

async fn place(world: &World, id: &CustomerId) {
    let request = world.hold_request(id, "cheque").await;
    world
        .accounts
        .place_hold(world.supplier(), &request)
        .await
        .unwrap();
}

async fn conflicts(world: &World) -> usize {
    let rows = world.accounts.conflicts(world.supplier(), None, None, 10).await;
    rows.unwrap().len()
}

/// The limits of the history, oldest first.
async fn limits(world: &World, id: &CustomerId) -> Vec<String> {
    let view = world.view(id).await;
    let lines = view
        .history
        .into_iter()
        .rev()
        .filter(|line| line.field == "limit");
    lines.filter_map(|line| line.to_value).collect()
}

#[tokio::test]
async fn a_newer_wish_wins_over_an_own_write_that_is_on_its_way() {
    for lost in [false, true] {
        for world in World::all().await {
            let id = world.customer("100").await;
            world.ask_limit(&id, 700_000).await;
            if lost {
                world.erp.trick(Trick::LoseAnswer);
            }
            // Back to what stands: as if nothing had been asked for, but for what is on its way.
            push_while(&world, Box::pin(world.ask_limit(&id, 100_000))).await;
            let limit = CreditLimit::Amount(usd(100_000));
            assert_eq!(world.erp.account("100").credit_limit, limit, "lost: {lost}");
            let view = world.view(&id).await;
            assert_eq!((view.summary.limit, view.requests.len()), (limit, 0));
            assert_eq!(conflicts(&world).await, 0, "nobody there changed anything");
            assert_eq!(
                limits(&world, &id).await,
                ["USD 1,000.00", "USD 7,000.00", "USD 1,000.00"]
            );
        }
    }
}

/// A write whose answer is lost; somebody in the ERP saves the account meanwhile.
struct Indistinct<'a> {
    world: &'a World,
    id: &'a CustomerId,
    /// Whether the write arrives; else that somebody sets its very value.
    arrives: bool,
    /// What was read then.
    read: Mutex<Vec<Account>>,
}

#[async_trait::async_trait]
impl Accounts for Indistinct<'_> {
    async fn pull(&self, ctx: &Context, from: Option<&Cursor>, most: u32) -> ConnectorResult<Page<Account>> {
        self.world.erp.pull(ctx, from, most).await
    }

    async fn get(&self, ctx: &Context, ids: &[String]) -> ConnectorResult<Found<Account>> {
        let found = self.world.erp.get(ctx, ids).await?;
        self.read.lock().unwrap().extend(found.items.iter().cloned());
        Ok(found)
    }

    async fn patch(&self, ctx: &Context, patch: &AccountPatch) -> ConnectorResult<PatchOutcome> {
        self.world.clock.advance(Duration::from_millis(1));
        if !self.read.lock().unwrap().is_empty() {
            return self.world.erp.patch(ctx, patch).await;
        }
        if self.arrives {
            self.world.erp.patch(ctx, patch).await?;
        }
        let kim = |account: &mut Account| account.changed_by = Some("kim".to_owned());
        self.world.erp.change("100", kim);
        if !self.arrives {
            let limit = patch.credit_limit.unwrap();
            self.world
                .erp
                .change("100", |account| account.credit_limit = limit);
        }
        self.world.ask_limit(self.id, 300_000).await;
        Err(ConnectorError::new(ErrorKind::Unknown, "patch", "no answer"))
    }
}

/// The two runs that nobody can tell apart, as the model's checks describe them: the last word here goes out in both.
#[tokio::test]
async fn a_value_set_there_that_is_on_its_way_too_looks_like_the_write() {
    let mut runs = Vec::new();
    for arrives in [true, false] {
        for world in World::all().await {
            let id = world.customer("100").await;
            world.ask_limit(&id, 700_000).await;
            let wire = Indistinct {
                world: &world,
                id: &id,
                arrives,
                read: Mutex::default(),
            };
            let (calls, erp) = (world.calls(), (&wire as _, ALL_WRITABLE));
            let pushed = world
                .sync
                .push_account(&world.scope, &world.policy, erp, &calls, "100");
            pushed.await.unwrap();
            assert_eq!(
                world.erp.account("100").credit_limit,
                CreditLimit::Amount(usd(300_000))
            );
            assert_eq!(conflicts(&world).await, 0);
            runs.push((wire.read.into_inner().unwrap(), limits(&world, &id).await));
        }
    }
    assert_eq!(runs[0].0.len(), 1);
    assert_eq!(runs[0].1, ["USD 1,000.00", "USD 7,000.00", "USD 3,000.00"]);
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
}

/// The other two: a value changed there and back between two readings is no change that anybody can see, and the last word
/// here goes out. What a reading would tell is compared to the last byte.
#[tokio::test]
async fn a_value_that_was_changed_there_and_back_looks_like_nothing() {
    let mut runs = Vec::new();
    for away in [Some(usd(100_000)), None] {
        for world in World::all().await {
            let id = world.customer("100").await;
            world.ask_limit(&id, 700_000).await;
            world.push("100").await;
            world.ask_limit(&id, 300_000).await;
            for limit in [away, away.map(|_| usd(700_000))] {
                world.clock.advance(Duration::from_millis(1));
                world.erp.change("100", |account| {
                    account.changed_by = Some("kim".to_owned());
                    if let Some(limit) = limit {
                        account.credit_limit = CreditLimit::Amount(limit);
                    }
                });
            }
            let told = world.erp.account("100");
            world.push("100").await;
            let limit = world.erp.account("100").credit_limit;
            assert_eq!(limit, CreditLimit::Amount(usd(300_000)));
            assert_eq!(conflicts(&world).await, 0);
            runs.push((told, limits(&world, &id).await));
        }
    }
    assert!(runs.iter().all(|run| *run == runs[0]), "{runs:?}");
}

#[tokio::test]
async fn a_release_comes_after_its_placement() {
    let tricks = [
        vec![],
        vec![Trick::RenameHolds],
        vec![Trick::LoseAnswer],
        vec![Trick::RenameHolds, Trick::LoseAnswer],
    ];
    for tricks in tricks {
        for world in World::all().await {
            let id = world.customer("100").await;
            place(&world, &id).await;
            tricks.iter().for_each(|trick| world.erp.trick(trick.clone()));
            let release = async { drop(world.release(&id, "cheque").await) };
            push_while(&world, Box::pin(release)).await;
            world.pull().await;
            world.push("100").await;
            assert!(world.erp.account("100").holds.is_empty(), "{tricks:?}");
            let view = world.view(&id).await;
            assert!(view.requests.is_empty(), "{tricks:?}: {:?}", view.requests);
            assert_eq!(view.holds.len(), 1, "{tricks:?}: it never came back");
            assert!(world.on_terms(&id, usd(1)).await, "{tricks:?}");
            assert_eq!(conflicts(&world).await, 0, "{tricks:?}");
        }
    }
}

#[tokio::test]
async fn an_erp_with_ids_of_its_own_has_a_hold_once_though_the_answer_was_lost() {
    // What somebody there does with it before it is read.
    let edits: [fn(&mut ErpHold); 4] = [
        |_| {},
        |hold| hold.texts.shopper = Some("Please pay.".to_owned()),
        |hold| hold.until = Some(Instant::from_second(4_000_000_000).unwrap()),
        // It keeps no more than seconds.
        |hold| {
            hold.texts.internal = None;
            hold.since = Instant::from_second(hold.since.as_second()).unwrap();
        },
    ];
    for edit in edits {
        for world in World::all().await {
            has_it_once(&world, edit).await;
        }
    }
}

async fn has_it_once(world: &World, edit: fn(&mut ErpHold)) {
    let id = world.customer("100").await;
    place(world, &id).await;
    world.erp.trick(Trick::RenameHolds);
    world.erp.trick(Trick::LoseAnswer);
    let edited = async { world.erp.change("100", |row| row.holds.iter_mut().for_each(edit)) };
    push_while(world, Box::pin(edited)).await;
    world.pull().await;
    world.push("100").await;
    let there = world.erp.account("100").holds.into_iter();
    let there: Vec<String> = there.map(|hold| hold.id).collect();
    let view = world.view(&id).await;
    let here = view.holds.iter().map(|held| held.row.external_id.as_str());
    assert_eq!(
        (there, here.collect::<Vec<_>>()),
        (vec!["erp-1".to_owned()], vec!["erp-1"])
    );
    assert!(view.requests.is_empty(), "{:?}", view.requests);
    let mut lines = view.history.iter();
    let author = lines
        .find(|line| line.field == "hold:erp-1")
        .map(|line| line.who.as_str());
    assert_eq!(author, Some("sam"));
}

/// Released here and edited there before anybody here saw that it had arrived: both sides have changed it.
#[tokio::test]
async fn a_release_does_not_pass_over_an_edit_that_nobody_here_has_seen() {
    for owner in [FieldOwner::Erp, FieldOwner::Gateway] {
        for mut world in World::all().await {
            world.policy.owners.holds = owner;
            let id = world.customer("100").await;
            place(&world, &id).await;
            world.erp.trick(Trick::RenameHolds);
            world.erp.trick(Trick::LoseAnswer);
            let edit = |hold: &mut ErpHold| hold.texts.shopper = Some("Please pay.".to_owned());
            let crossed = async {
                world.release(&id, "cheque").await;
                world.erp.change("100", |row| row.holds.iter_mut().for_each(edit));
            };
            push_while(&world, Box::pin(crossed)).await;
            world.push("100").await;
            assert_eq!(conflicts(&world).await, 1, "{owner}");
            let stays = owner == FieldOwner::Erp;
            assert_eq!(
                world.erp.account("100").holds.len(),
                usize::from(stays),
                "{owner}"
            );
            assert_eq!(world.on_terms(&id, usd(1)).await, !stays, "{owner}");
            assert!(world.view(&id).await.requests.is_empty(), "{owner}");
        }
    }
}

#[tokio::test]
async fn another_hold_of_the_same_code_is_not_ours() {
    for world in World::all().await {
        let id = world.customer("100").await;
        place(&world, &id).await;
        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "cheque", "Please pay.")));
        world.push("100").await;
        assert_eq!(world.erp.account("100").holds.len(), 2);
        let view = world.view(&id).await;
        assert_eq!(view.holds.iter().filter(|held| held.in_force).count(), 2);
    }
}

#[tokio::test]
async fn what_the_erp_has_counts_where_ours_won_and_is_refused() {
    for mut world in World::all().await {
        let id = world.customer("100").await;
        world.policy = SyncPolicy {
            owners: FieldOwners {
                limit: FieldOwner::Gateway,
                ..FieldOwners::default()
            },
            ..SyncPolicy::default()
        };
        world.ask_limit(&id, 700_000).await;
        world
            .erp
            .change("100", |row| row.credit_limit = CreditLimit::Amount(usd(10)));
        world.erp.trick(Trick::RefuseLimit);
        let pushed = world.push("100").await;
        assert!(matches!(pushed, PushOutcome::Written { refused } if refused.len() == 1));
        assert_eq!(world.view(&id).await.summary.limit, CreditLimit::Amount(usd(10)));
        assert_eq!(conflicts(&world).await, 1);
    }
}

#[tokio::test]
async fn a_refusal_is_not_of_the_wish_that_took_its_place() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, 10).await;
        world.erp.trick(Trick::RefuseLimit);
        let other = async {
            world.erp.honest();
            world.ask_limit(&id, 500_000).await;
        };
        push_while(&world, Box::pin(other)).await;
        let view = world.view(&id).await;
        assert!(view.requests.is_empty(), "{:?}", view.requests);
        assert_eq!(view.summary.limit, CreditLimit::Amount(usd(500_000)));
        assert!(
            view.history
                .iter()
                .all(|line| !line.why.starts_with("not in the ERP"))
        );
    }
}

/// An account that was read again while the ERP refused a release is not taken back to what it was before.
#[tokio::test]
async fn a_hold_that_comes_back_brings_nothing_else_back() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world
            .erp
            .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
        world.pull().await;
        world.release(&id, "dunning").await;
        world.erp.trick(Trick::RefuseRelease);
        let read = async {
            world
                .erp
                .change("100", |row| row.credit_limit = CreditLimit::Amount(usd(300_000)));
            world.pull().await;
        };
        push_while(&world, Box::pin(read)).await;
        let lines = limits(&world, &id).await;
        assert_eq!(lines, ["USD 1,000.00", "USD 3,000.00"]);
        assert!(!world.on_terms(&id, usd(1)).await, "the ERP keeps the hold");
        world.erp.change("100", |row| row.name = "Renamed".to_owned());
        world.pull().await;
        assert_eq!(limits(&world, &id).await, lines);
        assert_eq!(
            world.view(&id).await.summary.limit,
            CreditLimit::Amount(usd(300_000))
        );
    }
}

/// A push that is enqueued already serves a new request too; it must not begin before that request is there to see.
#[tokio::test]
async fn a_push_does_not_begin_before_what_counts_on_it() {
    for world in World::all().await {
        // SQLite has one writer: nothing begins meanwhile.
        if !matches!(world.surroundings.db, Db::Postgres { .. }) {
            continue;
        }
        let id = world.customer("100").await;
        world.ask_limit(&id, 700_000).await;
        let waiting = world.entries("push-account").await.remove(0);
        let entry = NewEntry {
            supplier: world.supplier().to_owned(),
            stream: waiting.stream,
            kind: "push-account",
            payload_version: 1,
            payload: waiting.payload,
            not_before: 0,
            coalesce: true,
            connector: Some("erp".to_owned()),
            relationship: None,
        };
        let known = [outbox::job_key("push-account", 1)];
        let begun = async |world: &World| {
            let mut tx = world.surroundings.db.begin(Lane::Background).await.unwrap();
            let claimed = outbox::claim(&mut tx, world.supplier(), i64::MAX, 10, &known).await;
            tx.rollback().await.unwrap();
            claimed.unwrap().len()
        };
        let mut asks = world.surroundings.db.begin(Lane::Intake).await.unwrap();
        outbox::enqueue(&mut asks, &entry, 0).await.unwrap();
        assert_eq!(begun(&world).await, 0);
        asks.commit().await.unwrap();
        assert_eq!(begun(&world).await, 1);
        assert_eq!(world.entries("push-account").await.len(), 1);
    }
}
