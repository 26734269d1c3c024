//! A batch that fails is run again in halves: the culprit fails alone, everybody else is stored.

use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use punchgate_app::group_commit::{Batch, Bounds, GroupCommit, Step};
use punchgate_storage::{
    StorageError, Tx,
    body::StoredBody,
    document::{self, NewDocument},
};

use punchgate_testing::TestDatabase;

/// Most requests of one transaction.
const MOST: usize = 64;

/// Stores each request as a document of that id; what begins with `poison` breaks a rule of the database, and the
/// first batches cross other transactions.
struct Store {
    crossings: AtomicUsize,
}

impl Batch for Store {
    type Request = String;
    type Answer = (String, usize);

    fn run<'a>(&'a self, tx: &'a mut Tx, requests: &'a [String]) -> Step<'a, Vec<(String, usize)>> {
        Box::pin(async move {
            if self
                .crossings
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok()
            {
                return Err(StorageError::Retry("crossed".to_owned()));
            }
            let mut documents: Vec<NewDocument> = requests.iter().map(|id| new_document(id)).collect();
            let poison: Vec<NewDocument> = requests
                .iter()
                .filter(|id| id.starts_with("poison"))
                .map(|id| new_document(id))
                .collect();
            documents.extend(poison);
            document::insert_many(tx, &documents).await?;
            Ok(requests.iter().map(|id| (id.clone(), requests.len())).collect())
        })
    }
}

fn new_document(id: &str) -> NewDocument {
    NewDocument {
        supplier: "acme".to_owned(),
        id: id.to_owned(),
        direction: "in",
        kind: "OrderRequest".to_owned(),
        relationship: None,
        mode: "production",
        payload_id: None,
        content_hash: None,
        status: "accepted",
        status_code: None,
        status_text: None,
        order_id: None,
        order_number: None,
        session_id: None,
        buyer_cookie: None,
        in_reply_to: None,
        replies_to: None,
        content_type: "text/xml".to_owned(),
        body: StoredBody::pack(b"<cXML/>"),
        findings: None,
        recorded_at: 1,
    }
}

/// Poisonous requests among `count`, and how often the first transaction crosses others.
async fn run(count: usize, poisonous: &[usize], crossings: usize) {
    let database = TestDatabase::asked_for().await;
    let db = database.open().await;
    let intake = GroupCommit::start(
        db.clone(),
        Store {
            crossings: AtomicUsize::new(crossings),
        },
        Bounds {
            waiting: 4096,
            batch: MOST,
        },
    );
    let name = |number: usize| match poisonous.contains(&number) {
        true => format!("poison-{number:03}"),
        false => format!("good-{number:03}"),
    };
    let answers = join_all((0..count).map(|number| intake.submit(name(number)))).await;
    let mut largest = 0;
    for (number, answer) in answers.into_iter().enumerate() {
        match answer {
            Ok((id, size)) => {
                assert_eq!(id, format!("good-{number:03}"), "everybody gets their own answer");
                largest = largest.max(size);
            }
            Err(StorageError::Unique(_)) => assert!(poisonous.contains(&number), "{number} was innocent"),
            Err(other) => panic!("{number}: {other}"),
        }
    }
    assert!(largest <= MOST);
    let mut tx = db.read().await.unwrap();
    for number in 0..count {
        let stored = document::get(&mut tx, "acme", &name(number)).await.unwrap();
        assert_eq!(
            stored.is_some(),
            !poisonous.contains(&number),
            "{number}: stored if and only if acknowledged"
        );
    }
    tx.rollback().await.unwrap();
    db.close().await;
}

#[tokio::test]
async fn one_poisonous_request_fails_alone() {
    run(50, &[17], 0).await;
}

#[tokio::test]
async fn several_fail_and_nobody_else() {
    run(130, &[0, 1, 31, 63, 64, 129], 0).await;
}

#[tokio::test]
async fn a_batch_of_nothing_but_poison() {
    run(9, &[0, 1, 2, 3, 4, 5, 6, 7, 8], 0).await;
}

#[tokio::test]
async fn a_transaction_that_crossed_others_is_run_again() {
    run(20, &[3], 5).await;
}

#[tokio::test]
async fn a_full_queue_says_so_at_once() {
    let database = TestDatabase::asked_for().await;
    let db = database.open().await;
    let intake = GroupCommit::start(
        db.clone(),
        Store {
            crossings: AtomicUsize::new(0),
        },
        Bounds {
            waiting: 1,
            batch: MOST,
        },
    );
    let answers = join_all((0..20).map(|number| intake.submit(format!("good-{number}")))).await;
    let refused = answers
        .iter()
        .filter(|answer| matches!(answer, Err(StorageError::Unavailable(_))))
        .count();
    assert_eq!(refused, 19, "one found a place");
    db.close().await;
}
