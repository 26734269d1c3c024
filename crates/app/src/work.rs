//! Durable work as the use cases see it: a claimed entry of the outbox, how much of its lease is left, and
//! how it ends. Claiming, heartbeat and back-off belong to whoever runs the jobs.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use punchgate_storage::{
    StorageError, StorageResult, Tx,
    outbox::{self, Attempt, EntryRow, Verdict},
};

use crate::{
    Surroundings,
    clock::{Clock, micros},
    events,
};

/// How long a lease runs from its claim or last heartbeat.
pub const LEASE: Duration = Duration::from_micros(outbox::LEASE_MICROS.unsigned_abs());

/// A claimed entry.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The entry with its fencing token.
    pub entry: EntryRow,
    /// When it was claimed or its lease was last extended, by the suspend-aware clock.
    held_since: Arc<Mutex<Duration>>,
    /// When the attempt began, by the wall clock.
    started_at: i64,
}

/// How a piece of work ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The use case has concluded the entry in the transaction that records the outcome.
    Concluded,
    /// Done; the worker concludes it.
    Done(String),
    /// Not now: the worker tries again later, up to its limit.
    Retry(String),
    /// Not before a person has turned a switch: the worker looks again every few minutes, without limit.
    Wait(String),
    /// Not before so long: the other side says when.
    RetryAfter(String, Duration),
    /// A person must look.
    Dead(String),
}

impl Claimed {
    /// Claimed at `since_boot` by the suspend-aware clock, at `now` by the wall clock.
    pub fn new(entry: EntryRow, since_boot: Duration, now: i64) -> Self {
        Self {
            entry,
            held_since: Arc::new(Mutex::new(since_boot)),
            started_at: now,
        }
    }

    /// Its lease was extended by a request that was sent at `since_boot`.
    pub fn extended(&self, since_boot: Duration) {
        *self.held_since.lock().unwrap_or_else(PoisonError::into_inner) = since_boot;
    }

    /// Whether a request that may take `needed` ends before the lease does. Asked right before it is sent:
    /// a machine that slept in between has lost its lease without noticing.
    pub fn lease_covers(&self, clock: &dyn Clock, needed: Duration) -> bool {
        let since = *self.held_since.lock().unwrap_or_else(PoisonError::into_inner);
        let held = clock.since_boot().saturating_sub(since);
        held + needed < LEASE
    }

    /// Sees inside a transaction that the lease is still ours, and keeps it so until the commit. Whoever has lost
    /// it writes nothing: the caller rolls back.
    pub async fn fence(&self, tx: &mut Tx) -> StorageResult<()> {
        if outbox::heartbeat(tx, &self.entry).await? {
            Ok(())
        } else {
            Err(self.lost())
        }
    }

    fn lost(&self) -> StorageError {
        StorageError::Other(format!(
            "the lease of {}#{} went to another worker",
            self.entry.stream, self.entry.seq
        ))
    }

    /// Concludes the entry inside the transaction that records the outcome. If the lease is no longer ours
    /// nothing of it may be written: the caller rolls back.
    pub async fn conclude(
        &self,
        tx: &mut Tx,
        surroundings: &Surroundings,
        verdict: &Verdict,
        outcome: &'static str,
        status_code: Option<i64>,
        detail: String,
    ) -> StorageResult<()> {
        let attempt = Attempt {
            outcome,
            status_code,
            detail,
            started_at: self.started_at,
            finished_at: micros(surroundings.now()),
        };
        if outbox::conclude(tx, &self.entry, verdict, &attempt).await? {
            // Whoever cannot be told of events is not told of that.
            if matches!(verdict, Verdict::Dead) && self.entry.kind != events::TELL_EVENT {
                let failed = events::failed(&self.entry, &attempt);
                events::announce(tx, &self.entry.supplier_id, &[failed]).await?;
            }
            Ok(())
        } else {
            Err(self.lost())
        }
    }

    /// The payload, if its version is one that this program knows.
    pub fn payload<T: serde::de::DeserializeOwned>(&self, version: i64) -> Result<T, String> {
        if self.entry.payload_version != version {
            return Err(format!(
                "payload version {} is not known here",
                self.entry.payload_version
            ));
        }
        serde_json::from_str(&self.entry.payload).map_err(|error| format!("payload does not read: {error}"))
    }
}
