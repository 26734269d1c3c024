//! Group commit: requests that wait for an answer share a transaction, and nobody is answered before it.
//!
//! One task drains the queue: whatever arrived while the last transaction committed makes up the next
//! batch, in powers of two so that statements stay cached. A batch that fails is run again in halves down
//! to the culprit, which then fails alone; a transaction that crossed another one is run again.

use std::{future::Future, pin::Pin, sync::Arc};

use punchgate_storage::{Db, Lane, StorageError, StorageResult, Tx};
use tokio::sync::{mpsc, oneshot};

/// How often a transaction that crossed another one is run again.
const CROSSINGS: usize = 8;

/// A future that borrows the transaction.
pub type Step<'a, T> = Pin<Box<dyn Future<Output = StorageResult<T>> + Send + 'a>>;

/// What is done with a batch inside one transaction. It may run again: it owns nothing of the requests.
pub trait Batch: Send + Sync + 'static {
    /// What comes in.
    type Request: Send + Sync + 'static;
    /// What is answered, one for each request, in their order.
    type Answer: Send + 'static;

    /// Loads, decides and writes; the caller commits.
    fn run<'a>(&'a self, tx: &'a mut Tx, requests: &'a [Self::Request]) -> Step<'a, Vec<Self::Answer>>;
}

/// How much a [`GroupCommit`] takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Most requests that wait; the next one is told to come again.
    pub waiting: usize,
    /// Most requests that share a transaction.
    pub batch: usize,
}

/// The queue before a [`Batch`].
#[derive(Debug)]
pub struct GroupCommit<B: Batch> {
    queue: mpsc::Sender<Waiting<B>>,
}

impl<B: Batch> Clone for GroupCommit<B> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
        }
    }
}

struct Waiting<B: Batch> {
    request: B::Request,
    answer: oneshot::Sender<StorageResult<B::Answer>>,
}

impl<B: Batch> GroupCommit<B> {
    /// Starts the task that drains the queue; it ends when the last sender is dropped.
    pub fn start(db: Db, batch: B, bounds: Bounds) -> Self {
        let (queue, receiver) = mpsc::channel(bounds.waiting);
        tokio::spawn(drain(db, Arc::new(batch), receiver, bounds.batch.max(1)));
        Self { queue }
    }

    /// Hands in a request and waits until its transaction is committed. A full queue is
    /// [`StorageError::Unavailable`] at once: the sender tries again later.
    pub async fn submit(&self, request: B::Request) -> StorageResult<B::Answer> {
        let (answer, receiver) = oneshot::channel();
        self.queue
            .try_send(Waiting { request, answer })
            .map_err(|error| match error {
                mpsc::error::TrySendError::Full(_) => {
                    StorageError::Unavailable("more requests wait than can be taken in".to_owned())
                }
                mpsc::error::TrySendError::Closed(_) => StorageError::Unavailable("shutting down".to_owned()),
            })?;
        receiver
            .await
            .unwrap_or_else(|_| Err(StorageError::Unavailable("the intake stopped".to_owned())))
    }
}

async fn drain<B: Batch>(db: Db, batch: Arc<B>, mut queue: mpsc::Receiver<Waiting<B>>, most: usize) {
    let mut waiting = Vec::with_capacity(most);
    while queue.recv_many(&mut waiting, most).await > 0 {
        let (requests, answers): (Vec<_>, Vec<_>) =
            waiting.drain(..).map(|one| (one.request, one.answer)).unzip();
        let results = run_halving(&db, &*batch, &requests).await;
        for (answer, result) in answers.into_iter().zip(results) {
            // A sender that went away has its request stored all the same; it will ask again.
            let _ = answer.send(result);
        }
    }
}

/// Runs a batch; where it fails, its halves, so that one poisonous request fails alone.
async fn run_halving<B: Batch>(db: &Db, batch: &B, requests: &[B::Request]) -> Vec<StorageResult<B::Answer>> {
    let mut results = Vec::with_capacity(requests.len());
    // A stack of ranges, first on top: no recursion, and the order of arrival is kept.
    let mut ranges = Vec::from([(0, requests.len())]);
    while let Some((from, to)) = ranges.pop() {
        let size = to - from;
        match run_once(db, batch, &requests[from..to]).await {
            Ok(answers) => results.extend(answers.into_iter().map(Ok)),
            Err(error) if size == 1 => {
                tracing::warn!(%error, "a request failed by itself");
                results.push(Err(error));
            }
            // Nobody is the culprit: the database is away, for all of them.
            Err(StorageError::Unavailable(text)) => {
                results.extend((0..size).map(|_| Err(StorageError::Unavailable(text.clone()))));
            }
            Err(error) => {
                tracing::warn!(%error, size, "a batch failed and is run again in halves");
                let middle = from + size / 2;
                ranges.push((middle, to));
                ranges.push((from, middle));
            }
        }
    }
    results
}

async fn run_once<B: Batch>(db: &Db, batch: &B, requests: &[B::Request]) -> StorageResult<Vec<B::Answer>> {
    let mut crossings = 0;
    loop {
        match attempt(db, batch, requests).await {
            // A key that another gateway wrote meanwhile is seen by the next run.
            Err(StorageError::Retry(_) | StorageError::Unique(_)) if crossings < CROSSINGS => crossings += 1,
            result => return result,
        }
    }
}

async fn attempt<B: Batch>(db: &Db, batch: &B, requests: &[B::Request]) -> StorageResult<Vec<B::Answer>> {
    let mut tx = db.begin(Lane::Intake).await?;
    match batch.run(&mut tx, requests).await {
        Ok(answers) if answers.len() == requests.len() => {
            tx.commit().await?;
            Ok(answers)
        }
        Ok(answers) => {
            tx.rollback().await?;
            Err(StorageError::Other(format!(
                "{} answers to {} requests",
                answers.len(),
                requests.len()
            )))
        }
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}
