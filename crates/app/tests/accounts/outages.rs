//! After an outage what waits for the ERP is due at once; an ERP that is read and refuses what is written wakes nothing.

use std::time::Duration;

use punchgate_app::{accounts::PUSH_ACCOUNT, clock::micros, sync::PullMode};
use punchgate_storage::{
    Lane,
    outbox::{self, Attempt, NewEntry, Verdict},
};

use super::{fake_erp::Trick, world::World};

const MINUTE: Duration = Duration::from_secs(60);
/// A push that has been tried for long waits so long for the next try.
const BACK_OFF: Duration = Duration::from_secs(600);

/// The push is tried, and is to be tried again after a long while.
async fn try_in_vain(world: &World) {
    let known = [outbox::job_key(PUSH_ACCOUNT, 1)];
    let now = micros(world.surroundings.now());
    let attempt = Attempt {
        outcome: "retry",
        status_code: None,
        detail: "line cut".to_owned(),
        started_at: now,
        finished_at: now,
    };
    let later = now + i64::try_from(BACK_OFF.as_micros()).unwrap();
    let mut tx = world.surroundings.db.begin(Lane::Background).await.unwrap();
    let claimed = outbox::claim(&mut tx, world.supplier(), now, 10, &known)
        .await
        .unwrap();
    assert_eq!(claimed.len(), 1, "the push is due");
    outbox::conclude(&mut tx, &claimed[0], &Verdict::Retry(later), &attempt)
        .await
        .unwrap();
    tx.commit().await.unwrap();
}

async fn is_due(world: &World) -> bool {
    let now = micros(world.surroundings.now());
    world.entries(PUSH_ACCOUNT).await[0].not_before <= now
}

/// Nothing can be read for as many minutes; then the ERP is back.
async fn is_away_for(world: &World, minutes: u32) {
    world.erp.trick(Trick::FailAfterPages(0));
    for _ in 0..minutes {
        for mode in [PullMode::Changes, PullMode::Sweep] {
            assert!(world.try_pull(mode).await.is_err());
        }
        world.clock.advance(MINUTE);
    }
    world.erp.honest();
}

async fn with_a_push_that_waits(world: &World) {
    let id = world.customer("100").await;
    world.ask_limit(&id, 700_000).await;
    try_in_vain(world).await;
}

#[tokio::test]
async fn what_waits_is_due_when_the_erp_is_back_and_once() {
    for world in World::all().await {
        with_a_push_that_waits(&world).await;
        is_away_for(&world, 3).await;
        assert!(
            !is_due(&world).await,
            "it waits out its back-off while nobody answers"
        );
        world.pull().await;
        assert!(is_due(&world).await, "whichever feed is the first");
        try_in_vain(&world).await;
        for mode in [PullMode::Sweep, PullMode::Changes, PullMode::Sweep] {
            world.clock.advance(MINUTE);
            world.try_pull(mode).await.unwrap();
            assert!(
                !is_due(&world).await,
                "the other feed finds the same outage over, and wakes nothing"
            );
        }
    }
}

#[tokio::test]
async fn an_erp_that_is_read_wakes_nothing() {
    for world in World::all().await {
        with_a_push_that_waits(&world).await;
        for _ in 0..5 {
            world.clock.advance(MINUTE);
            world.pull().await;
            assert!(!is_due(&world).await);
        }
        // Away for a moment: no back-off has grown over that.
        world.erp.trick(Trick::FailAfterPages(0));
        assert!(world.try_pull(PullMode::Changes).await.is_err());
        world.erp.honest();
        world.pull().await;
        assert!(!is_due(&world).await);
    }
}

#[tokio::test]
async fn only_what_calls_this_erp_and_was_tried_is_woken() {
    for world in World::all().await {
        with_a_push_that_waits(&world).await;
        let later = micros(world.surroundings.now()) + 3_600_000_000;
        let entry = |stream: &str, connector: &str| NewEntry {
            supplier: world.supplier().to_owned(),
            stream: stream.to_owned(),
            kind: "ask-sink",
            payload_version: 1,
            payload: "{}".to_owned(),
            not_before: later,
            coalesce: false,
            connector: Some(connector.to_owned()),
            relationship: None,
        };
        let entries = [entry("order/1/late", "erp"), entry("order/2/sink", "other")];
        let mut tx = world.surroundings.db.begin(Lane::Intake).await.unwrap();
        outbox::enqueue_many(&mut tx, &entries, 0).await.unwrap();
        tx.commit().await.unwrap();
        is_away_for(&world, 2).await;
        world.pull().await;
        assert!(is_due(&world).await);
        let untouched = world.entries("ask-sink").await;
        assert!(
            untouched.iter().all(|entry| entry.not_before == later),
            "{untouched:?}"
        );
    }
}
