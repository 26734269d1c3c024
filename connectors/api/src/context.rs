//! What every call of a connector is given: time, identity, the end of patience, and the way out.

mod disturbance;

pub(crate) use disturbance::{Disturbance, Trouble};

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use punchgate_child::{Child, ChildError, UnseenCause};
use punchgate_domain::Instant;
use punchgate_egress::{Egress, EgressError, Request, Response, UnknownCause};
use punchgate_folder::Folder;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio_util::sync::CancellationToken;

use crate::{ConnectorError, ConnectorResult, ErrorKind, files::Files};

/// What a call is given. One context belongs to one attempt of one piece of work.
#[derive(Debug)]
pub struct Context {
    operation_id: String,
    now: Instant,
    started: tokio::time::Instant,
    deadline: tokio::time::Instant,
    cancellation: CancellationToken,
    http: Egress,
    child: Option<Child>,
    folder: Option<Folder>,
    turns: Option<Arc<Semaphore>>,
    disturbance: Option<Arc<Disturbance>>,
    requests: AtomicU32,
    left_out: Mutex<Vec<LeftOut>>,
}

/// Why something was not waited for any longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Cut {
    /// The deadline has passed.
    Late,
    /// The work was called off.
    CalledOff,
}

impl Cut {
    /// For the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Late => "the deadline has passed",
            Self::CalledOff => "the work was called off",
        }
    }
}

/// A row of an answer that could not be read: the others count, and this one stays as it was last known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The other side's key, if that could be read.
    pub external_id: String,
    /// What is wrong with it, with its place.
    pub problem: String,
}

impl Context {
    /// A context. `operation_id` is never used twice (an attempt is a use): the ids of requests are made from
    /// it. `now` is the present instant, `patience` the time until the deadline.
    pub fn new(
        operation_id: impl Into<String>,
        now: Instant,
        patience: Duration,
        cancellation: CancellationToken,
        http: Egress,
    ) -> Self {
        let started = tokio::time::Instant::now();
        Self {
            operation_id: operation_id.into(),
            now,
            started,
            deadline: started + patience,
            cancellation,
            http,
            child: None,
            folder: None,
            turns: None,
            disturbance: None,
            requests: AtomicU32::new(0),
            left_out: Mutex::default(),
        }
    }

    /// With the program that the connector runs.
    #[must_use]
    pub fn with_child(self, child: Option<Child>) -> Self {
        Self { child, ..self }
    }

    /// With the folder that the connector uses.
    #[must_use]
    pub fn with_folder(self, folder: Option<Folder>) -> Self {
        Self { folder, ..self }
    }

    /// With the turns that the requests of all contexts of a connector take, first come, first served: the system behind
    /// it likes no more at a time.
    #[must_use]
    pub fn with_turns(self, turns: Option<Arc<Semaphore>>) -> Self {
        Self { turns, ..self }
    }

    /// With trouble on the line.
    #[must_use]
    pub(crate) fn with_disturbance(self, disturbance: Arc<Disturbance>) -> Self {
        let disturbance = Some(disturbance);
        Self { disturbance, ..self }
    }

    /// The files of the connector's folder, for an operation.
    pub fn files(&self, operation: &'static str) -> ConnectorResult<Files<'_>> {
        let folder = self.folder.as_ref().ok_or_else(|| {
            ConnectorError::new(
                ErrorKind::Blocked,
                operation,
                "this connector was given no folder",
            )
        })?;
        Ok(Files::new(self, folder, operation))
    }

    /// Names the attempt in logs and at the other side.
    pub fn operation_id(&self) -> &str {
        &self.operation_id
    }

    /// The present instant: that of the beginning and what has passed since.
    pub fn now(&self) -> Instant {
        SignedDuration::try_from(self.started.elapsed())
            .ok()
            .and_then(|passed| self.now.checked_add(passed).ok())
            .unwrap_or(self.now)
    }

    /// How much time is left.
    pub fn remaining(&self) -> Duration {
        self.deadline
            .saturating_duration_since(tokio::time::Instant::now())
    }

    /// Whether the work was called off.
    pub fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Until the work is called off: for a connector that waits for something else than an answer to [`Self::send`].
    pub async fn cancelled(&self) {
        self.cancellation.cancelled().await;
    }

    /// Waits for something else than an answer to [`Self::send`] or [`Self::ask`], within the deadline and until the work
    /// is called off.
    pub async fn within<T>(&self, work: impl Future<Output = T> + Send) -> Result<T, Cut> {
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(Cut::CalledOff),
            done = work => Ok(done),
            () = tokio::time::sleep_until(self.deadline) => Err(Cut::Late),
        }
    }

    /// Rows of an answer that cannot be read are left out, and whoever called is told.
    pub fn leave_out(&self, rows: impl IntoIterator<Item = LeftOut>) {
        let mut left_out = self.left_out.lock().unwrap_or_else(PoisonError::into_inner);
        left_out.extend(rows);
    }

    /// What was left out of the answers so far.
    pub fn take_left_out(&self) -> Vec<LeftOut> {
        std::mem::take(&mut self.left_out.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// An id for the next request, never used before.
    pub fn next_request_id(&self) -> String {
        let number = self.requests.fetch_add(1, Ordering::Relaxed) + 1;
        format!("{}-{number}", self.operation_id)
    }

    /// Sends a request when it is its turn, within the deadline, and gives up when the work is called off.
    pub async fn send(&self, mut request: Request) -> Result<Response, EgressError> {
        let host = request.url.host_str().unwrap_or_default().to_owned();
        let turn = self.within(self.turn()).await;
        let remaining = self.remaining();
        if turn.is_err() || self.is_cancelled() || remaining.is_zero() {
            let detail = if remaining.is_zero() {
                "the deadline had passed before it was sent"
            } else {
                "the work was called off before it was sent"
            };
            return Err(EgressError::NotSent {
                host,
                detail: detail.to_owned(),
            });
        }
        request.limits.timeout = request.limits.timeout.min(remaining);
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(EgressError::Unknown {
                host,
                cause: UnknownCause::Cut,
                detail: "the work was called off while it was under way".to_owned(),
            }),
            result = self.carried(request) => result,
        }
    }

    /// Waits behind those who came before; over when what it returns is dropped.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let turns = self.turns.as_ref()?;
        // Nobody closes it.
        turns.acquire().await.ok()
    }

    async fn carried(&self, request: Request) -> Result<Response, EgressError> {
        let send = async |request| self.http.send(request).await;
        match &self.disturbance {
            Some(disturbance) => disturbance.carry(request, send).await,
            None => send(request).await,
        }
    }

    /// Asks the connector's program, and gives up when the work is called off: the program is killed then. `read` says
    /// what is wrong with an answer that is not the one to this line.
    pub async fn ask<T>(
        &self,
        line: &[u8],
        until: tokio::time::Instant,
        read: impl FnOnce(&[u8]) -> Result<T, String> + Send,
    ) -> Result<T, ChildError> {
        let not_asked = |detail: &str| ChildError::NotAsked {
            program: "the program".to_owned(),
            detail: detail.to_owned(),
            after: None,
        };
        let Some(child) = &self.child else {
            return Err(not_asked("this connector was given none"));
        };
        if self.is_cancelled() || self.remaining().is_zero() {
            return Err(not_asked("the work was called off, or its time was over, before"));
        }
        tokio::select! {
            biased;
            () = self.cancellation.cancelled() => Err(ChildError::Unseen {
                program: "the program".to_owned(),
                cause: UnseenCause::Ended,
                detail: "the work was called off while it was under way".to_owned(),
            }),
            result = child.ask(line, until, read) => match &self.disturbance {
                Some(disturbance) => disturbance.answered(result),
                None => result,
            },
        }
    }
}
