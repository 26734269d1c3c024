//! Interleavings of edits on both sides, readings, writes, lost answers and deaths of the gateway, against the ERP's
//! own books. `PUNCHGATE_INTERLEAVINGS` says how many, `PUNCHGATE_SEED` from which seed: `scripts/soak` runs a
//! million, everybody else a slice.

mod books;
mod checks;
mod rig;
mod steps;
mod wire;

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner},
};
use punchgate_app::sync::{FieldOwners, SyncPolicy};
use punchgate_domain::merge::FieldOwner;
use punchgate_testing::TestDatabase;
use rig::Rig;
use steps::Step;

/// How many a test runs if nobody says otherwise.
const SLICE: u32 = 30;
/// Cases of one database, which grows.
const CASES_A_DATABASE: u32 = 2_000;

/// A number that whoever runs the tests sets.
#[expect(clippy::disallowed_methods, reason = "whoever runs the tests says how many")]
fn setting(name: &str) -> Option<u32> {
    std::env::var(name).ok().map(|text| text.parse().unwrap())
}

fn policy(owner: FieldOwner) -> SyncPolicy {
    SyncPolicy {
        owners: FieldOwners {
            terms: owner,
            limit: owner,
            holds: owner,
        },
        ..SyncPolicy::default()
    }
}

/// Runs cases until one fails, which is then made as small as possible.
fn run((owner, names_holds): (FieldOwner, bool), on_postgres: bool, cases: u32, seed: u32) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let count = AtomicU32::new(0);
    let mut left = cases;
    let mut generation = 0_u8;
    while left > 0 {
        let part = left.min(CASES_A_DATABASE);
        left -= part;
        generation = generation.wrapping_add(1);
        let database = runtime.block_on(async {
            match on_postgres {
                true => TestDatabase::postgres().await,
                false => Some(TestDatabase::sqlite().await),
            }
        });
        let Some(database) = database else { return };
        let db = runtime.block_on(database.open());
        let mut bytes = [generation; 32];
        bytes[..4].copy_from_slice(&seed.to_be_bytes());
        bytes[4] = owner as u8 * 2 + u8::from(names_holds);
        let config = Config {
            cases: part,
            failure_persistence: None,
            max_shrink_iters: 4_000,
            ..Config::default()
        };
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        let result = runner.run(&steps::cases(), |steps: Vec<Step>| {
            let number = count.fetch_add(1, Ordering::Relaxed);
            let case = format!("{owner}-{names_holds}-{seed}-{number}-{}", std::process::id());
            let judged = runtime.block_on(async {
                let rig = Arc::new(Rig::on(&db, policy(owner), names_holds, &case).await);
                let judging = async move {
                    rig.run(&steps).await;
                    checks::judge(&rig).await;
                };
                futures_util::FutureExt::catch_unwind(std::panic::AssertUnwindSafe(judging)).await
            });
            judged.map_err(|why| TestCaseError::fail(words(&*why)))
        });
        runtime.block_on(db.close());
        if let Err(TestError::Fail(why, steps)) = result {
            panic!("seed {seed}, owner {owner}, names holds {names_holds}: {why}\n{steps:#?}");
        }
        result.unwrap();
    }
}

fn words(why: &(dyn std::any::Any + Send)) -> String {
    let text = why.downcast_ref::<String>().cloned();
    text.or_else(|| why.downcast_ref::<&str>().map(|text| (*text).to_owned()))
        .unwrap_or_default()
}

fn both_sides_converge(erp: (FieldOwner, bool)) {
    let cases = setting("PUNCHGATE_INTERLEAVINGS").map_or(SLICE, |all| all.div_ceil(4));
    let seed = setting("PUNCHGATE_SEED").unwrap_or(1);
    run(erp, false, cases, seed);
    run(erp, true, cases.div_ceil(4), seed);
}

#[test]
fn both_sides_converge_where_the_erp_wins() {
    both_sides_converge((FieldOwner::Erp, false));
}

#[test]
fn both_sides_converge_where_the_gateway_wins() {
    both_sides_converge((FieldOwner::Gateway, false));
}

#[test]
fn both_sides_converge_where_the_latest_wins() {
    both_sides_converge((FieldOwner::Latest, false));
}

#[test]
fn both_sides_converge_where_the_erp_names_holds_itself() {
    both_sides_converge((FieldOwner::Erp, true));
}
