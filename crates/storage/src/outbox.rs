//! The outbox: side effects, written in the transaction that causes them, one stream a thing they must keep
//! their order for. Only a stream's head is claimable; a dead head parks its stream visibly.

use std::collections::HashMap;

use crate::{StorageResult, Tx, db::clock_micros};

/// A side effect to record.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// Whose.
    pub supplier: String,
    /// What must keep its order: `order/{id}/sink`, `redecide/{account}` …
    pub stream: String,
    /// Which job.
    pub kind: &'static str,
    /// Version of the payload's shape.
    pub payload_version: i64,
    /// JSON.
    pub payload: String,
    /// Not before this instant.
    pub not_before: i64,
    /// Leave it out if an equal kind waits in the stream already and nobody has begun it.
    pub coalesce: bool,
}

/// An entry as it stands.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct EntryRow {
    /// Whose.
    pub supplier_id: String,
    /// Stream.
    pub stream: String,
    /// Place in the stream.
    pub seq: i64,
    /// Which job.
    pub kind: String,
    /// Version of the payload's shape.
    pub payload_version: i64,
    /// JSON.
    pub payload: String,
    /// `pending`, `leased`, `done`, `dead`, `skipped`.
    pub state: String,
    /// Attempts begun.
    pub attempts: i64,
    /// Not before this instant.
    pub not_before: i64,
    /// Until when the lease runs, by the database's clock.
    pub lease_until: Option<i64>,
    /// Fencing token.
    pub fence: i64,
    /// What the last attempt said.
    pub last_error: Option<String>,
    /// Since when.
    pub created_at: i64,
    /// When it ended.
    pub finished_at: Option<i64>,
}

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
    /// A person must look.
    Dead,
}

/// How long a lease runs unless it is extended, in microseconds.
pub const LEASE_MICROS: i64 = 60_000_000;

/// Records one side effect.
pub async fn enqueue(tx: &mut Tx, entry: &NewEntry, now: i64) -> StorageResult<()> {
    enqueue_many(tx, std::slice::from_ref(entry), now).await
}

/// Records side effects of one supplier, in their order within each stream.
pub async fn enqueue_many(tx: &mut Tx, entries: &[NewEntry], now: i64) -> StorageResult<()> {
    let Some(first) = entries.first() else {
        return Ok(());
    };
    let mut streams: Vec<String> = entries.iter().map(|entry| entry.stream.clone()).collect();
    streams.sort_unstable();
    streams.dedup();
    let known: Vec<(String, i64, Option<String>)> = fetch_in!(
        tx,
        (String, i64, Option<String>),
        "select o.stream, o.seq, case when o.state = 'pending' and o.attempts = 0 then o.kind end from outbox o \
         where o.supplier_id = $1 and o.stream in (",
        ") and o.seq = (select max(m.seq) from outbox m where m.supplier_id = o.supplier_id and m.stream = o.stream)",
        streams,
        first.supplier.as_str(),
    )?;
    let mut tails: HashMap<&str, (i64, Option<String>)> = known
        .iter()
        .map(|(stream, seq, kind)| (stream.as_str(), (*seq, kind.clone())))
        .collect();
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let tail = tails.entry(entry.stream.as_str()).or_insert((0, None));
        if entry.coalesce && tail.1.as_deref() == Some(entry.kind) {
            continue;
        }
        *tail = (tail.0 + 1, Some(entry.kind.to_owned()));
        rows.push((tail.0, entry));
    }
    insert_rows!(
        tx,
        "insert into outbox (supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, \
         fence, created_at)",
        "",
        rows,
        |row| [
            row.1.supplier.as_str(),
            row.1.stream.as_str(),
            row.0,
            row.1.kind,
            row.1.payload_version,
            row.1.payload.as_str(),
            "pending",
            0_i64,
            row.1.not_before,
            0_i64,
            now,
        ]
    )?;
    Ok(())
}

/// Suppliers that have claimable work, so that workers take them in turn.
pub async fn suppliers_with_work(tx: &mut Tx, now: i64) -> StorageResult<Vec<String>> {
    let clock = clock_micros(tx).await?;
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select distinct supplier_id from outbox where (state = 'pending' and not_before <= $1) \
         or (state = 'leased' and lease_until <= $2) order by supplier_id",
        now,
        clock,
    )?;
    Ok(rows.into_iter().map(|(supplier,)| supplier).collect())
}

/// When the next entry becomes due, if any waits.
pub async fn next_due(tx: &mut Tx) -> StorageResult<Option<i64>> {
    let row: Option<(Option<i64>,)> = fetch_optional!(
        tx,
        (Option<i64>,),
        "select cast(min(not_before) as bigint) from outbox where state = 'pending'"
    )?;
    Ok(row.and_then(|(due,)| due))
}

/// Claims up to `most` stream heads of a supplier: leased, fenced, attempt counted.
pub async fn claim(tx: &mut Tx, supplier: &str, now: i64, most: i64) -> StorageResult<Vec<EntryRow>> {
    let clock = clock_micros(tx).await?;
    let sql = tx.sql(
        "select supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, lease_until, \
         fence, last_error, created_at, finished_at from outbox o where o.supplier_id = $1 \
         and ((o.state = 'pending' and o.not_before <= $2) or (o.state = 'leased' and o.lease_until <= $3)) \
         and not exists (select 1 from outbox e where e.supplier_id = o.supplier_id and e.stream = o.stream \
         and e.seq < o.seq and e.state in ('pending', 'leased', 'dead')) order by o.not_before, o.stream limit $4",
        "select supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, lease_until, \
         fence, last_error, created_at, finished_at from outbox o where o.supplier_id = $1 \
         and ((o.state = 'pending' and o.not_before <= $2) or (o.state = 'leased' and o.lease_until <= $3)) \
         and not exists (select 1 from outbox e where e.supplier_id = o.supplier_id and e.stream = o.stream \
         and e.seq < o.seq and e.state in ('pending', 'leased', 'dead')) order by o.not_before, o.stream limit $4 \
         for update of o skip locked",
    );
    let mut rows = fetch_all!(tx, EntryRow, sql, supplier, now, clock, most)?;
    for row in &mut rows {
        row.fence += 1;
        row.attempts += 1;
        "leased".clone_into(&mut row.state);
        row.lease_until = Some(clock + LEASE_MICROS);
        execute!(
            tx,
            "update outbox set state = 'leased', attempts = $1, fence = $2, lease_until = $3 \
             where supplier_id = $4 and stream = $5 and seq = $6",
            row.attempts,
            row.fence,
            clock + LEASE_MICROS,
            row.supplier_id.as_str(),
            row.stream.as_str(),
            row.seq,
        )?;
    }
    Ok(rows)
}

/// Extends a lease; `false` if it is no longer ours.
pub async fn heartbeat(tx: &mut Tx, entry: &EntryRow) -> StorageResult<bool> {
    let until = clock_micros(tx).await? + LEASE_MICROS;
    let count = execute!(
        tx,
        "update outbox set lease_until = $1 where supplier_id = $2 and stream = $3 and seq = $4 and fence = $5 \
         and state = 'leased'",
        until,
        entry.supplier_id.as_str(),
        entry.stream.as_str(),
        entry.seq,
        entry.fence,
    )?;
    Ok(count == 1)
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
        Verdict::Retry(at) => ("pending", *at, None),
        Verdict::Dead => ("dead", entry.not_before, None),
    };
    let last_error = (!matches!(verdict, Verdict::Done)).then_some(attempt.detail.as_str());
    let count = execute!(
        tx,
        "update outbox set state = $1, not_before = $2, lease_until = null, last_error = $3, finished_at = $4 \
         where supplier_id = $5 and stream = $6 and seq = $7 and fence = $8 and state = 'leased'",
        state,
        not_before,
        last_error,
        finished,
        entry.supplier_id.as_str(),
        entry.stream.as_str(),
        entry.seq,
        entry.fence,
    )?;
    if count != 1 {
        return Ok(false);
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

/// Frees a dead or waiting entry at once (`pending`) or passes over it (`skipped`), by an operator's word.
pub async fn unpark(
    tx: &mut Tx,
    supplier: &str,
    stream: &str,
    seq: i64,
    skip: bool,
    now: i64,
) -> StorageResult<bool> {
    let state = if skip { "skipped" } else { "pending" };
    let finished = skip.then_some(now);
    let count = execute!(
        tx,
        "update outbox set state = $1, not_before = $2, finished_at = $3 where supplier_id = $4 and stream = $5 \
         and seq = $6 and state in ('dead', 'pending')",
        state,
        now,
        finished,
        supplier,
        stream,
        seq,
    )?;
    Ok(count == 1)
}

/// The entries of one stream, first to last.
pub async fn of_stream(tx: &mut Tx, supplier: &str, stream: &str) -> StorageResult<Vec<EntryRow>> {
    fetch_all!(
        tx,
        EntryRow,
        "select supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, lease_until, \
         fence, last_error, created_at, finished_at from outbox where supplier_id = $1 and stream = $2 order by seq",
        supplier,
        stream,
    )
}

/// Entries that are neither done nor skipped: what a test harness refuses to leave behind.
pub async fn unfinished(tx: &mut Tx) -> StorageResult<Vec<EntryRow>> {
    fetch_all!(
        tx,
        EntryRow,
        "select supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, lease_until, \
         fence, last_error, created_at, finished_at from outbox where state not in ('done', 'skipped') \
         order by supplier_id, stream, seq",
    )
}
