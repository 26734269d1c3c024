//! A person ends a conflict: ours once more, or theirs.

use punchgate_app::{
    accounts::AccountsError,
    sync::{FieldOwners, PushOutcome, SyncPolicy, Take},
};
use punchgate_domain::{customer::CreditLimit, merge::FieldOwner};

use super::{
    fake_erp::{Trick, hold, usd},
    world::World,
};

const OURS: i64 = 700_000;
const THEIRS: i64 = 300_000;

/// The only open conflict's id.
async fn open(world: &World) -> Vec<String> {
    let rows = world
        .accounts
        .conflicts(world.supplier(), Some("open"), None, 10)
        .await
        .unwrap();
    rows.into_iter().map(|row| row.conflict_id).collect()
}

async fn resolve(world: &World, take: Take) {
    let ids = open(world).await;
    assert_eq!(ids.len(), 1);
    let by = world.author();
    world
        .accounts
        .resolve_conflict(world.supplier(), &ids[0], take, &by)
        .await
        .unwrap();
    assert!(open(world).await.is_empty());
    let twice = world
        .accounts
        .resolve_conflict(world.supplier(), &ids[0], take, &by)
        .await;
    assert!(matches!(twice, Err(AccountsError::NotFound { .. })), "{twice:?}");
}

fn limit_there(world: &World) -> CreditLimit {
    world.erp.account("100").credit_limit
}

/// Both sides change the limit; then a person decides, and the ERP has what was decided.
#[tokio::test]
async fn a_limit_that_both_sides_changed() {
    let amount = |minor| CreditLimit::Amount(usd(minor));
    // Who wins at first, what the ERP then has; what the person takes, what the ERP has in the end.
    let cases = [
        (FieldOwner::Erp, THEIRS, Take::Ours, OURS),
        (FieldOwner::Erp, THEIRS, Take::Theirs, THEIRS),
        (FieldOwner::Gateway, OURS, Take::Ours, OURS),
        (FieldOwner::Gateway, OURS, Take::Theirs, THEIRS),
    ];
    for (owner, first, take, last) in cases {
        for mut world in World::all().await {
            let id = world.customer("100").await;
            world.policy = SyncPolicy {
                owners: FieldOwners {
                    limit: owner,
                    ..FieldOwners::default()
                },
                ..SyncPolicy::default()
            };
            world.ask_limit(&id, OURS).await;
            world.erp.change("100", |row| row.credit_limit = amount(THEIRS));
            world.push("100").await;
            assert_eq!(limit_there(&world), amount(first), "{owner} {take:?}");
            resolve(&world, take).await;
            world.push("100").await;
            assert_eq!(limit_there(&world), amount(last), "{owner} {take:?}");
            let view = world.view(&id).await;
            assert_eq!(view.summary.limit, amount(last), "{owner} {take:?}");
            assert!(view.requests.is_empty(), "{:?}", view.requests);
            let line = view.history.iter().find(|line| line.field == "limit in conflict");
            assert_eq!(line.map(|line| line.who.as_str()), Some("sam"));
        }
    }
}

/// The ERP has moved on to a third value: giving ours up does not bring back the second.
#[tokio::test]
async fn theirs_is_what_the_erp_has_now() {
    for world in World::all().await {
        let id = world.customer("100").await;
        world.ask_limit(&id, OURS).await;
        let set = |minor| {
            world
                .erp
                .change("100", |row| row.credit_limit = CreditLimit::Amount(usd(minor)));
        };
        set(THEIRS);
        world.push("100").await;
        set(500_000);
        world.pull().await;
        let by = world.author();
        let late = world
            .accounts
            .resolve_conflict(world.supplier(), &open(&world).await[0], Take::Ours, &by)
            .await;
        assert!(
            matches!(late, Err(AccountsError::InvalidTransition(_))),
            "{late:?}"
        );
        resolve(&world, Take::Theirs).await;
        assert_eq!(world.push("100").await, PushOutcome::Nothing);
        assert_eq!(limit_there(&world), CreditLimit::Amount(usd(500_000)));
    }
}

/// A hold that could not be written counts here all the while: taking theirs ends it, taking ours writes it.
#[tokio::test]
async fn a_parked_hold_ends_or_goes_to_the_erp() {
    for (take, stands) in [(Take::Ours, true), (Take::Theirs, false)] {
        for world in World::all().await {
            let id = world.customer("100").await;
            let request = world.hold_request(&id, "cheque").await;
            world
                .accounts
                .place_hold(world.supplier(), &request)
                .await
                .unwrap();
            world.erp.trick(Trick::RaceWrites(u32::MAX));
            assert_eq!(world.push("100").await, PushOutcome::Parked);
            world.erp.honest();
            assert!(!world.on_terms(&id, usd(1)).await);
            resolve(&world, take).await;
            world.push("100").await;
            assert_eq!(world.on_terms(&id, usd(1)).await, !stands, "{take:?}");
            assert_eq!(
                world.erp.account("100").holds.len(),
                usize::from(stands),
                "{take:?}"
            );
            let view = world.view(&id).await;
            assert!(view.requests.is_empty(), "{:?}", view.requests);
            assert_eq!(view.holds[0].row.push_state, "synced", "{take:?}");
            world.pull().await;
            assert_eq!(
                world.on_terms(&id, usd(1)).await,
                !stands,
                "{take:?} after a pull"
            );
        }
    }
}

/// A release that could not be written: taking theirs brings the ERP's hold back.
#[tokio::test]
async fn a_parked_release_is_undone_or_goes_to_the_erp() {
    for (take, stands) in [(Take::Ours, false), (Take::Theirs, true)] {
        for world in World::all().await {
            let id = world.customer("100").await;
            world
                .erp
                .change("100", |row| row.holds.push(hold("h1", "dunning", "Please pay.")));
            world.pull().await;
            world.release(&id, "dunning").await;
            world.erp.trick(Trick::RaceWrites(u32::MAX));
            assert_eq!(world.push("100").await, PushOutcome::Parked);
            world.erp.honest();
            resolve(&world, take).await;
            world.push("100").await;
            assert_eq!(world.view(&id).await.summary.stops_terms, stands, "{take:?}");
            assert_eq!(
                world.erp.account("100").holds.len(),
                usize::from(stands),
                "{take:?}"
            );
        }
    }
}
