//! Durable work for the supplier's people: listed, read with its attempts, tried again, passed over.
//!
//! **Invariant:** who spoke and why is written in the transaction that frees or skips an entry; what is about an
//! order stands in the order's history, too. What a worker is on stays untouched.

mod facts;
pub mod words;

use std::{fmt, str::FromStr};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use punchgate_domain::{catalogue::Problem, ids::SupplierId};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    history::{self, ChangeRow},
    outbox::{self, EntryFilter},
};

pub use facts::{EventFact, Facts, OrderFact};
pub use punchgate_storage::{
    history::ChangeRow as WordRow,
    outbox::{AttemptRow, EntryRow},
};

use crate::{Surroundings, accounts::Author, clock::micros, orders};

/// What a job's lines in the history are filed under.
const SUBJECT: &str = "job";
/// Lines of the history that are read with a job.
const WORDS: i64 = 50;

/// The states in which an entry can stand.
pub const STATES: [&str; 5] = ["dead", "pending", "leased", "done", "skipped"];

/// The id of a job: its stream and its place there, in one word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobId {
    stream: String,
    seq: i64,
}

/// What the list is narrowed by.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// One of [`STATES`]; none: dead ones, which wait for a person, or all of an order.
    pub state: Option<String>,
    /// Kind.
    pub kind: Option<String>,
    /// Our id of the order that it is about.
    pub order: Option<String>,
    /// The connector whose system it calls.
    pub connector: Option<String>,
    /// The relationship of the order that it is about.
    pub relationship: Option<String>,
    /// Made at this instant or later, in microseconds.
    pub since: Option<i64>,
    /// Made before this instant.
    pub until: Option<i64>,
    /// Oldest first, instead of newest first.
    pub oldest_first: bool,
    /// In whatever state, where none is named.
    pub any_state: bool,
}

/// A job as it stands.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// The entry.
    pub entry: EntryRow,
    /// Whether this program knows to run it; if not, a newer one must.
    pub known: bool,
}

/// A job with what became of it so far.
#[derive(Clone, Debug)]
pub struct JobView {
    /// The job.
    pub job: Job,
    /// First to last.
    pub attempts: Vec<AttemptRow>,
    /// What people said, newest first.
    pub words: Vec<ChangeRow>,
}

/// Why a person's word on a job was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// For the person.
    #[error("{details}")]
    Refused {
        /// Which problem.
        problem: Problem,
        /// In words.
        details: String,
    },
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What a person says of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Replay,
    Skip,
}

/// Lets people see and move work.
#[derive(Clone, Debug)]
pub struct JobDesk {
    surroundings: Surroundings,
    known: &'static [(&'static str, i64)],
}

impl JobId {
    pub(crate) fn at(stream: String, seq: i64) -> Self {
        Self { stream, seq }
    }

    pub(crate) fn of(entry: &EntryRow) -> Self {
        Self {
            stream: entry.stream.clone(),
            seq: entry.seq,
        }
    }

    /// The order that the job is about, where it is about one.
    pub(crate) fn order(&self) -> Option<&str> {
        let (order, _) = self.stream.strip_prefix("order/")?.split_once('/')?;
        Some(order)
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&URL_SAFE_NO_PAD.encode(format!("{}/{}", self.seq, self.stream)))
    }
}

impl FromStr for JobId {
    type Err = JobError;

    fn from_str(text: &str) -> Result<Self, JobError> {
        let read = || {
            let plain = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
            let (seq, stream) = plain.split_once('/')?;
            Some(Self {
                stream: stream.to_owned(),
                seq: seq.parse().ok()?,
            })
        };
        read().ok_or_else(|| no_such(text))
    }
}

impl Job {
    /// Where the list goes on after it.
    pub fn place(&self) -> (i64, String) {
        let EntryRow { stream, seq, .. } = &self.entry;
        (self.entry.created_at, format!("{stream}/{seq}"))
    }
}

impl JobDesk {
    /// `known`: kinds and payload versions that this program runs.
    pub fn new(surroundings: Surroundings, known: &'static [(&'static str, i64)]) -> Self {
        Self { surroundings, known }
    }

    /// A page, newest first.
    pub async fn list(
        &self,
        supplier: &SupplierId,
        filter: &JobFilter,
        after: Option<(i64, String)>,
        limit: u32,
    ) -> Result<Vec<Job>, JobError> {
        // What is asked of one order is asked of all that it has to do.
        let usual = if filter.order.is_some() || filter.any_state {
            None
        } else {
            Some("dead")
        };
        let state = filter.state.as_deref().or(usual);
        if state.is_some_and(|state| !STATES.contains(&state)) {
            return Err(JobError::Refused {
                problem: Problem::Validation,
                details: format!("state: one of {}", STATES.join(", ")),
            });
        }
        let filter = EntryFilter {
            state: state.map(str::to_owned),
            kind: filter.kind.clone(),
            stream: filter.order.as_ref().map(|order| format!("order/{order}/")),
            connector: filter.connector.clone(),
            relationship: filter.relationship.clone(),
            since: filter.since,
            until: filter.until,
            oldest_first: filter.oldest_first,
        };
        let mut tx = self.surroundings.db.read().await?;
        let rows = outbox::list(&mut tx, supplier.as_str(), &filter, after, limit).await?;
        tx.rollback().await?;
        Ok(rows.into_iter().map(|row| self.job(row)).collect())
    }

    /// One job with its attempts.
    pub async fn get(&self, supplier: &SupplierId, id: &JobId) -> Result<JobView, JobError> {
        let (supplier, stream, seq) = (supplier.as_str(), id.stream.as_str(), id.seq);
        let mut tx = self.surroundings.db.read().await?;
        let entry = outbox::get(&mut tx, supplier, stream, seq).await?;
        let attempts = outbox::attempts(&mut tx, supplier, stream, seq).await?;
        let words = history::of_subject(&mut tx, supplier, SUBJECT, &id.to_string(), WORDS).await?;
        tx.rollback().await?;
        Ok(JobView {
            job: self.job(entry.ok_or_else(|| no_such(&id.to_string()))?),
            attempts,
            words,
        })
    }

    /// The job is tried again at once, and as long as a new one. One that was passed over comes back as long as
    /// nothing behind it has begun.
    pub async fn replay(&self, supplier: &SupplierId, id: &JobId, author: &Author) -> Result<(), JobError> {
        self.say(supplier, id, Word::Replay, author).await
    }

    /// The job is passed over; what waits behind it goes on.
    pub async fn skip(&self, supplier: &SupplierId, id: &JobId, author: &Author) -> Result<(), JobError> {
        self.say(supplier, id, Word::Skip, author).await
    }

    async fn say(
        &self,
        supplier: &SupplierId,
        id: &JobId,
        word: Word,
        author: &Author,
    ) -> Result<(), JobError> {
        let (name, now) = (supplier.as_str(), self.surroundings.now());
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        // The order first, as every worker locks it: its history and the entry change together.
        let noted = self.note_order(&mut tx, name, id, word, author).await?;
        let Some(before) = outbox::get(&mut tx, name, &id.stream, id.seq).await? else {
            tx.rollback().await?;
            return Err(no_such(&id.to_string()));
        };
        let moved = match word {
            Word::Replay => outbox::revive(&mut tx, name, &id.stream, id.seq, micros(now)).await?,
            Word::Skip => outbox::skip(&mut tx, name, &id.stream, id.seq, micros(now)).await?,
        };
        if !moved {
            tx.rollback().await?;
            return Err(JobError::Refused {
                problem: Problem::InvalidTransition,
                details: refusal(&before, word).to_owned(),
            });
        }
        let line = ChangeRow {
            supplier_id: name.to_owned(),
            change_id: self.surroundings.new_id(),
            subject: SUBJECT.to_owned(),
            subject_id: id.to_string(),
            field: "state".to_owned(),
            from_value: Some(before.state),
            to_value: Some(word.leads_to().to_owned()),
            who: author.who.clone(),
            why: author.why.clone(),
            changed_at: micros(now),
        };
        history::insert_many(&mut tx, &[line]).await?;
        tx.commit().await?;
        tracing::warn!(supplier = name, job = %before.kind, stream = %id.stream, by = %author.who, why = %author.why,
            order_noted = noted, "a person moved a job: {}", word.leads_to());
        Ok(())
    }

    /// What is about an order is told where people look at the order.
    async fn note_order(
        &self,
        tx: &mut Tx,
        supplier: &str,
        id: &JobId,
        word: Word,
        author: &Author,
    ) -> StorageResult<bool> {
        let Some(order) = id.order() else {
            return Ok(false);
        };
        let Some(entry) = outbox::get(tx, supplier, &id.stream, id.seq).await? else {
            return Ok(false);
        };
        let happened = match word {
            Word::Replay => orders::moved_job::Moved::Replayed,
            Word::Skip => orders::moved_job::Moved::Skipped,
        };
        let now = self.surroundings.now();
        orders::moved_job::note(tx, supplier, order, (&entry.kind, happened), author, now).await
    }

    fn job(&self, entry: EntryRow) -> Job {
        let known = self.known.contains(&(entry.kind.as_str(), entry.payload_version));
        Job {
            id: JobId::of(&entry),
            entry,
            known,
        }
    }
}

impl Word {
    fn leads_to(self) -> &'static str {
        match self {
            Self::Replay => "pending",
            Self::Skip => "skipped",
        }
    }
}

/// Whether a person has had the job tried again after it had said this.
pub(crate) async fn was_replayed_after(
    surroundings: &Surroundings,
    entry: &EntryRow,
    said: &str,
) -> StorageResult<bool> {
    let id = JobId::of(entry).to_string();
    let mut tx = surroundings.db.read().await?;
    let attempts = outbox::attempts(&mut tx, &entry.supplier_id, &entry.stream, entry.seq).await?;
    let words = history::of_subject(&mut tx, &entry.supplier_id, SUBJECT, &id, WORDS).await?;
    tx.rollback().await?;
    let replayed = Some(Word::Replay.leads_to());
    let told = attempts.iter().rfind(|attempt| attempt.detail.contains(said));
    Ok(told.is_some_and(|told| {
        words
            .iter()
            .any(|word| word.to_value.as_deref() == replayed && word.changed_at >= told.finished_at)
    }))
}

fn refusal(entry: &EntryRow, word: Word) -> &'static str {
    match (entry.state.as_str(), word) {
        ("leased", _) => "a worker is on it: look again in a minute",
        ("skipped", Word::Replay) => {
            "it was passed over and what waited behind it has begun: it cannot come back"
        }
        ("skipped", Word::Skip) => "it is passed over already",
        _ => "it is done",
    }
}

fn no_such(id: &str) -> JobError {
    JobError::Refused {
        problem: Problem::NotFound,
        details: format!("there is no job '{id}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_word_and_reads_back() {
        for stream in ["order/0198-7/sink", "push/erp//C 1001/ä", "redecide/x"] {
            let id = JobId {
                stream: stream.to_owned(),
                seq: 12,
            };
            let text = id.to_string();
            assert!(
                text.chars()
                    .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)),
                "{text}"
            );
            assert_eq!(text.parse::<JobId>().unwrap(), id);
        }
        for text in ["", "x", "!", "b3JkZXI"] {
            assert!(text.parse::<JobId>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_order_that_a_job_is_about() {
        for (stream, order) in [
            ("order/7/sink", Some("7")),
            ("order/7/surplus/9", Some("7")),
            ("redecide/7", None),
            ("push/erp//7", None),
        ] {
            let id = JobId {
                stream: stream.to_owned(),
                seq: 1,
            };
            assert_eq!(id.order(), order, "{stream}");
        }
    }
}
