//! The outbox: side effects, written in the transaction that causes them, one stream a thing they must keep
//! their order for. Only a stream's head is claimable; a dead head parks its stream visibly.

mod conclusion;
mod listing;
mod waking;

use std::collections::HashMap;

pub use conclusion::{Attempt, Verdict, conclude};
pub use listing::{EntryFilter, list};
pub use waking::{settle_stream, wake};

use crate::{StorageResult, Tx, db::clock_micros};

macro_rules! entry_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, lease_until, \
             fence, last_error, created_at, revived_at, finished_at, connector_id",
            $after
        )
    };
}

/// The heads of a supplier's streams that are due, up to the jobs that are asked for.
macro_rules! claimable {
    () => {
        entry_columns!(
            "select ",
            " from outbox o where o.supplier_id = $1 \
             and o.finished_at is null and o.not_before <= $2 \
             and (o.state = 'pending' or (o.state = 'leased' and o.lease_until <= $3)) \
             and not exists (select 1 from outbox e where e.supplier_id = o.supplier_id and e.stream = o.stream \
             and e.seq < o.seq and e.finished_at is null) \
             and o.kind || '/' || o.payload_version in ("
        )
    };
}

/// The last entries of streams.
macro_rules! tails {
    () => {
        "select o.stream, o.seq, case when o.state = 'pending' and o.attempts = 0 then o.kind || '/' || o.payload end from outbox o \
         where o.supplier_id = $1 and o.stream in ("
    };
}

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
    /// Leave it out if the same job waits at the end of the stream already and nobody has begun it.
    pub coalesce: bool,
    /// The connector whose system it calls, if any: see [`wake`].
    pub connector: Option<String>,
    /// The relationship of the order that it is about, if any.
    pub relationship: Option<String>,
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
    /// When a person last freed it, or it last waited for a switch: from then on it is tried as long as a new one.
    pub revived_at: Option<i64>,
    /// When it ended.
    pub finished_at: Option<i64>,
    /// The connector whose system it calls, if any.
    pub connector_id: Option<String>,
}

/// An attempt as it was recorded.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AttemptRow {
    /// From 1.
    pub attempt: i64,
    /// `done`, `retry`, `dead` …
    pub outcome: String,
    /// HTTP or cXML status seen.
    pub status_code: Option<i64>,
    /// In words.
    pub detail: String,
    /// Begun.
    pub started_at: i64,
    /// Ended.
    pub finished_at: i64,
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
    let known = tails_of(
        tx,
        &first.supplier,
        &streams,
        entries.iter().any(|entry| entry.coalesce),
    )
    .await?;
    let mut tails: HashMap<&str, (i64, Option<String>)> = known
        .iter()
        .map(|(stream, seq, kind)| (stream.as_str(), (*seq, kind.clone())))
        .collect();
    let mut rows = Vec::with_capacity(entries.len());
    for entry in entries {
        let tail = tails.entry(entry.stream.as_str()).or_insert((0, None));
        let job = format!("{}/{}", entry.kind, entry.payload);
        if entry.coalesce && tail.1.as_ref() == Some(&job) {
            continue;
        }
        *tail = (tail.0 + 1, Some(job));
        rows.push((tail.0, entry));
    }
    insert_rows!(
        tx,
        "insert into outbox (supplier_id, stream, seq, kind, payload_version, payload, state, attempts, not_before, \
         fence, created_at, connector_id, relationship_id)",
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
            row.1.connector.as_deref(),
            row.1.relationship.as_deref(),
        ]
    )?;
    Ok(())
}

/// The last entry of each stream, with its job if nobody has begun it. One that a new entry may coalesce with is
/// `locked`: begun at this moment, it would not see what is written with it.
async fn tails_of(
    tx: &mut Tx,
    supplier: &str,
    streams: &[String],
    locked: bool,
) -> StorageResult<Vec<(String, i64, Option<String>)>> {
    if locked && tx.is_postgres() {
        return fetch_in!(
            tx,
            (String, i64, Option<String>),
            tails!(),
            ") and o.seq = (select max(m.seq) from outbox m where m.supplier_id = o.supplier_id \
             and m.stream = o.stream) order by o.stream for update of o",
            streams,
            supplier,
        );
    }
    fetch_in!(
        tx,
        (String, i64, Option<String>),
        tails!(),
        ") and o.seq = (select max(m.seq) from outbox m where m.supplier_id = o.supplier_id and m.stream = o.stream)",
        streams,
        supplier,
    )
}

/// A kind of job and the version of its payload, as [`claim`] is told which ones its program knows.
pub fn job_key(kind: &str, payload_version: i64) -> String {
    format!("{kind}/{payload_version}")
}

/// Suppliers that have work of these jobs to claim, so that workers take them in turn.
pub async fn suppliers_with_work(tx: &mut Tx, now: i64, known: &[String]) -> StorageResult<Vec<String>> {
    let clock = clock_micros(tx).await?;
    let rows: Vec<(String,)> = fetch_in!(
        tx,
        (String,),
        "select distinct supplier_id from outbox where finished_at is null and not_before <= $1 \
         and (state = 'pending' or (state = 'leased' and lease_until <= $2)) and kind || '/' || payload_version in (",
        ") order by supplier_id",
        known,
        now,
        clock,
    )?;
    let mut suppliers: Vec<String> = rows.into_iter().map(|(supplier,)| supplier).collect();
    // More jobs than one statement asks for come in several answers.
    suppliers.sort_unstable();
    suppliers.dedup();
    Ok(suppliers)
}

/// Claims up to `most` stream heads of a supplier: leased, fenced, attempt counted. A job that is not `known` is
/// left for a program that knows it, and keeps its stream waiting.
pub async fn claim(
    tx: &mut Tx,
    supplier: &str,
    now: i64,
    most: i64,
    known: &[String],
) -> StorageResult<Vec<EntryRow>> {
    let clock = clock_micros(tx).await?;
    let mut rows: Vec<EntryRow> = if tx.is_postgres() {
        fetch_in!(
            tx,
            EntryRow,
            claimable!(),
            ") order by o.not_before, o.stream limit $4 for update of o skip locked",
            known,
            supplier,
            now,
            clock,
            most,
        )?
    } else {
        fetch_in!(
            tx,
            EntryRow,
            claimable!(),
            ") order by o.not_before, o.stream limit $4",
            known,
            supplier,
            now,
            clock,
            most,
        )?
    };
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

/// Frees an entry at once, by an operator's word: a dead or waiting one, or one that was passed over as long as
/// nothing behind it in its stream has begun. `false` if it is none of these.
pub async fn revive(tx: &mut Tx, supplier: &str, stream: &str, seq: i64, now: i64) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update outbox set state = 'pending', not_before = $1, revived_at = $1, finished_at = null \
         where supplier_id = $2 and stream = $3 and seq = $4 and (state in ('dead', 'pending') \
         or (state = 'skipped' and not exists (select 1 from outbox l where l.supplier_id = outbox.supplier_id \
         and l.stream = outbox.stream and l.seq > outbox.seq and l.attempts > 0)))",
        now,
        supplier,
        stream,
        seq,
    )?;
    Ok(count == 1)
}

/// Passes over a dead or waiting entry, by an operator's word; `false` if it is neither.
pub async fn skip(tx: &mut Tx, supplier: &str, stream: &str, seq: i64, now: i64) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update outbox set state = 'skipped', finished_at = $1 where supplier_id = $2 and stream = $3 \
         and seq = $4 and state in ('dead', 'pending')",
        now,
        supplier,
        stream,
        seq,
    )?;
    Ok(count == 1)
}

/// One entry.
pub async fn get(tx: &mut Tx, supplier: &str, stream: &str, seq: i64) -> StorageResult<Option<EntryRow>> {
    fetch_optional!(
        tx,
        EntryRow,
        entry_columns!(
            "select ",
            " from outbox where supplier_id = $1 and stream = $2 and seq = $3"
        ),
        supplier,
        stream,
        seq,
    )
}

/// The attempts at an entry, first to last.
pub async fn attempts(tx: &mut Tx, supplier: &str, stream: &str, seq: i64) -> StorageResult<Vec<AttemptRow>> {
    fetch_all!(
        tx,
        AttemptRow,
        "select attempt, outcome, status_code, detail, started_at, finished_at from delivery_attempt \
         where supplier_id = $1 and stream = $2 and seq = $3 order by attempt",
        supplier,
        stream,
        seq,
    )
}

/// The entries of one stream, first to last.
pub async fn of_stream(tx: &mut Tx, supplier: &str, stream: &str) -> StorageResult<Vec<EntryRow>> {
    fetch_all!(
        tx,
        EntryRow,
        entry_columns!(
            "select ",
            " from outbox where supplier_id = $1 and stream = $2 order by seq"
        ),
        supplier,
        stream,
    )
}

/// Entries that are neither done nor skipped: what a test harness refuses to leave behind.
pub async fn unfinished(tx: &mut Tx) -> StorageResult<Vec<EntryRow>> {
    fetch_all!(
        tx,
        EntryRow,
        entry_columns!(
            "select ",
            " from outbox where finished_at is null order by supplier_id, stream, seq"
        ),
    )
}

/// Whether a stream has an entry that is neither done nor skipped.
pub async fn is_open(tx: &mut Tx, supplier: &str, stream: &str) -> StorageResult<bool> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select seq from outbox where supplier_id = $1 and stream = $2 and finished_at is null limit 1",
        supplier,
        stream,
    )?;
    Ok(row.is_some())
}

/// Frees all that was given up or waits of a kind, at once; says how many.
pub async fn revive_kind(tx: &mut Tx, supplier: &str, kind: &str, now: i64) -> StorageResult<u64> {
    execute!(
        tx,
        "update outbox set state = 'pending', not_before = $1, revived_at = $1 \
         where supplier_id = $2 and finished_at is null and not_before > 0 and state in ('dead', 'pending') and kind = $3",
        now,
        supplier,
        kind,
    )
}
