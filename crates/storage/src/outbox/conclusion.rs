//! How an attempt at a claimed entry ended.

use super::EntryRow;
use crate::{StorageResult, Tx};

/// One attempt at an entry.
#[derive(Debug, Clone)]
pub struct Attempt {
    /// `delivered`, `retry`, `dead` …
    pub outcome: &'static str,
    /// HTTP or cXML status seen.
    pub status_code: Option<i64>,
    /// In words.
    pub detail: String,
    /// Begun.
    pub started_at: i64,
    /// Ended.
    pub finished_at: i64,
}

/// What becomes of a claimed entry.
#[derive(Debug, Clone)]
pub enum Verdict {
    /// Done.
    Done,
    /// Again, not before this instant.
    Retry(i64),
    /// It could not even be tried; again, not before this instant, and from then on like a new one.
    Wait(i64),
    /// A person must look.
    Dead,
}

/// Records the attempt and what becomes of the entry; `false` if the lease is no longer ours (then
/// nothing is written).
pub async fn conclude(
    tx: &mut Tx,
    entry: &EntryRow,
    verdict: &Verdict,
    attempt: &Attempt,
) -> StorageResult<bool> {
    let (state, not_before, finished) = match verdict {
        Verdict::Done => ("done", entry.not_before, Some(attempt.finished_at)),
        Verdict::Retry(at) | Verdict::Wait(at) => ("pending", *at, None),
        Verdict::Dead => ("dead", entry.not_before, None),
    };
    let waits = matches!(verdict, Verdict::Wait(_));
    let revived = if waits {
        Some(attempt.finished_at)
    } else {
        entry.revived_at
    };
    let last_error = (!matches!(verdict, Verdict::Done)).then_some(attempt.detail.as_str());
    let count = execute!(
        tx,
        "update outbox set state = $1, not_before = $2, lease_until = null, last_error = $3, finished_at = $4, \
         revived_at = $5 where supplier_id = $6 and stream = $7 and seq = $8 and fence = $9 and state = 'leased'",
        state,
        not_before,
        last_error,
        finished,
        revived,
        entry.supplier_id.as_str(),
        entry.stream.as_str(),
        entry.seq,
        entry.fence,
    )?;
    if count != 1 || waits {
        return Ok(count == 1);
    }
    execute!(
        tx,
        "insert into delivery_attempt (supplier_id, stream, seq, attempt, outcome, status_code, detail, started_at, \
         finished_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        entry.supplier_id.as_str(),
        entry.stream.as_str(),
        entry.seq,
        entry.attempts,
        attempt.outcome,
        attempt.status_code,
        attempt.detail.as_str(),
        attempt.started_at,
        attempt.finished_at,
    )?;
    Ok(true)
}
