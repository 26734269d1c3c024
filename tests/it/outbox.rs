//! Streams of the outbox: only the head is claimable, a dead head parks the rest, a lost lease writes nothing.

use punchgate_storage::{
    Db, Lane, Tx,
    outbox::{self, Attempt, EntryRow, NewEntry, Verdict},
};

use punchgate_testing::TestDatabase;

fn entry(stream: &str, kind: &'static str) -> NewEntry {
    NewEntry {
        supplier: "acme".to_owned(),
        stream: stream.to_owned(),
        kind,
        payload_version: 1,
        payload: "{}".to_owned(),
        not_before: 0,
        coalesce: false,
        connector: None,
        relationship: None,
    }
}

const ATTEMPT: Attempt = Attempt {
    outcome: "tried",
    status_code: None,
    detail: String::new(),
    started_at: 1,
    finished_at: 2,
};

async fn database() -> (TestDatabase, Db) {
    let database = TestDatabase::asked_for().await;
    let db = database.open().await;
    (database, db)
}

/// The streams and numbers of what is claimed now.
async fn claim(tx: &mut Tx, now: i64) -> Vec<EntryRow> {
    let known = ["first", "second"].map(|kind| outbox::job_key(kind, 1));
    outbox::claim(tx, "acme", now, 10, &known).await.unwrap()
}

fn names(claimed: &[EntryRow]) -> Vec<(String, i64)> {
    claimed
        .iter()
        .map(|entry| (entry.stream.clone(), entry.seq))
        .collect()
}

#[tokio::test]
async fn a_dead_head_parks_its_stream_until_a_person_speaks() {
    let (_database, db) = database().await;
    let mut tx = db.begin(Lane::Background).await.unwrap();
    let entries = [entry("a", "first"), entry("a", "second"), entry("b", "first")];
    outbox::enqueue_many(&mut tx, &entries, 0).await.unwrap();
    let claimed = claim(&mut tx, 5).await;
    assert_eq!(names(&claimed), [("a".to_owned(), 1), ("b".to_owned(), 1)]);
    for entry in &claimed {
        assert!(
            outbox::conclude(&mut tx, entry, &Verdict::Dead, &ATTEMPT)
                .await
                .unwrap()
        );
    }
    assert!(claim(&mut tx, 5).await.is_empty(), "parked");
    assert!(
        outbox::skip(&mut tx, "acme", "a", 1, 6).await.unwrap(),
        "passed over"
    );
    assert!(
        outbox::revive(&mut tx, "acme", "b", 1, 6).await.unwrap(),
        "tried again"
    );
    let claimed = claim(&mut tx, 7).await;
    assert_eq!(names(&claimed), [("a".to_owned(), 2), ("b".to_owned(), 1)]);
    assert_eq!((claimed[1].attempts, claimed[1].fence), (2, 2));
    tx.commit().await.unwrap();
}

/// During an upgrade a newer program enqueues what an older one does not know: a kind, or a payload's version.
#[tokio::test]
async fn what_this_program_does_not_know_is_left_for_one_that_does() {
    let (_database, db) = database().await;
    let mut tx = db.begin(Lane::Background).await.unwrap();
    let newer = NewEntry {
        payload_version: 2,
        ..entry("c", "first")
    };
    let entries = [
        entry("a", "third"),
        entry("a", "first"),
        entry("b", "first"),
        newer,
    ];
    outbox::enqueue_many(&mut tx, &entries, 0).await.unwrap();
    let claimed = claim(&mut tx, 5).await;
    assert_eq!(
        names(&claimed),
        [("b".to_owned(), 1)],
        "and a stream keeps its order"
    );
    let suppliers = |known: &'static str| [outbox::job_key(known, 1)];
    for (known, expected) in [("second", 0), ("third", 1)] {
        let found = outbox::suppliers_with_work(&mut tx, 5, &suppliers(known))
            .await
            .unwrap();
        assert_eq!(found.len(), expected, "{known}");
    }
    let known = [("third", 1), ("first", 2)].map(|(kind, version)| outbox::job_key(kind, version));
    let claimed = outbox::claim(&mut tx, "acme", 5, 10, &known).await.unwrap();
    assert_eq!(names(&claimed), [("a".to_owned(), 1), ("c".to_owned(), 1)]);
    assert!(
        claimed.iter().all(|entry| entry.attempts == 1),
        "nobody has tried it before"
    );
    tx.commit().await.unwrap();
}

/// What was passed over by mistake can be had back until something behind it has begun.
#[tokio::test]
async fn a_skipped_entry_comes_back_unless_its_stream_has_gone_on() {
    let (_database, db) = database().await;
    let mut tx = db.begin(Lane::Background).await.unwrap();
    let entries = [entry("a", "first"), entry("a", "second")];
    outbox::enqueue_many(&mut tx, &entries, 0).await.unwrap();
    assert!(outbox::skip(&mut tx, "acme", "a", 1, 6).await.unwrap());
    assert!(!outbox::skip(&mut tx, "acme", "a", 1, 6).await.unwrap(), "once");
    assert!(outbox::revive(&mut tx, "acme", "a", 1, 7).await.unwrap());
    assert!(outbox::skip(&mut tx, "acme", "a", 1, 8).await.unwrap());
    assert_eq!(names(&claim(&mut tx, 9).await), [("a".to_owned(), 2)]);
    assert!(!outbox::revive(&mut tx, "acme", "a", 1, 9).await.unwrap());
    assert!(
        !outbox::skip(&mut tx, "acme", "a", 2, 9).await.unwrap(),
        "a worker is on it"
    );
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn a_lost_lease_writes_nothing() {
    let (_database, db) = database().await;
    let mut tx = db.begin(Lane::Background).await.unwrap();
    outbox::enqueue(&mut tx, &entry("a", "first"), 0).await.unwrap();
    let mine = claim(&mut tx, 5).await.remove(0);
    // Somebody else has it by now.
    let stale = EntryRow {
        fence: mine.fence - 1,
        ..mine.clone()
    };
    assert!(!outbox::heartbeat(&mut tx, &stale).await.unwrap());
    assert!(
        !outbox::conclude(&mut tx, &stale, &Verdict::Done, &ATTEMPT)
            .await
            .unwrap()
    );
    assert!(outbox::heartbeat(&mut tx, &mine).await.unwrap());
    assert!(
        outbox::conclude(&mut tx, &mine, &Verdict::Retry(100), &ATTEMPT)
            .await
            .unwrap()
    );
    assert!(
        !outbox::conclude(&mut tx, &mine, &Verdict::Done, &ATTEMPT)
            .await
            .unwrap(),
        "once"
    );
    assert!(claim(&mut tx, 99).await.is_empty(), "not before its time");
    assert_eq!(claim(&mut tx, 100).await.len(), 1);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn two_workers_never_hold_one_stream() {
    let (_database, db) = database().await;
    let mut tx = db.begin(Lane::Background).await.unwrap();
    let entries: Vec<NewEntry> = (0..20)
        .flat_map(|n| {
            [
                entry(&format!("s{n}"), "first"),
                entry(&format!("s{n}"), "second"),
            ]
        })
        .collect();
    outbox::enqueue_many(&mut tx, &entries, 0).await.unwrap();
    tx.commit().await.unwrap();
    let worker = || async {
        let mut tx = db.begin(Lane::Background).await.unwrap();
        let claimed = claim(&mut tx, 5).await;
        tx.commit().await.unwrap();
        names(&claimed)
    };
    let (a, b, c) = tokio::join!(worker(), worker(), worker());
    let mut all: Vec<_> = a.into_iter().chain(b).chain(c).collect();
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), count, "nobody claimed what another had");
    assert!(all.iter().all(|(_, seq)| *seq == 1), "only heads: {all:?}");
}
