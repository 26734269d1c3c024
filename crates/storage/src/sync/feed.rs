//! How far the feeds of an ERP or a shop were read.

use crate::{StorageResult, Tx};

macro_rules! feeds_of {
    ($after:literal) => {
        concat!(
            "select supplier_id, connector_id, scope, feed, cursor_value, started_at, finished_at, failed_at, \
             last_error, rows_applied from sync_cursor where supplier_id = $1 and connector_id = $2 \
             order by scope, feed",
            $after
        )
    };
}

/// How far a feed was read.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CursorRow {
    /// Whose.
    pub supplier_id: String,
    /// Connector.
    pub connector_id: String,
    /// Scope.
    pub scope: String,
    /// `accounts`, `accounts-sweep`, `exposure`.
    pub feed: String,
    /// The connector's own cursor; none: from the start.
    pub cursor_value: Option<String>,
    /// When the run under way (or the last one) began.
    pub started_at: Option<i64>,
    /// When a run last came to its end.
    pub finished_at: Option<i64>,
    /// When a run last failed.
    pub failed_at: Option<i64>,
    /// Why.
    pub last_error: Option<String>,
    /// Rows that changed something, all runs together.
    pub rows_applied: i64,
}

/// How far a feed was read.
pub async fn cursor(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    feed: &str,
) -> StorageResult<Option<CursorRow>> {
    fetch_optional!(
        tx,
        CursorRow,
        "select supplier_id, connector_id, scope, feed, cursor_value, started_at, finished_at, failed_at, \
         last_error, rows_applied from sync_cursor \
         where supplier_id = $1 and connector_id = $2 and scope = $3 and feed = $4",
        supplier,
        connector,
        scope,
        feed,
    )
}

/// The feeds of a supplier, for its operators.
pub async fn cursors(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CursorRow>> {
    fetch_all!(
        tx,
        CursorRow,
        "select supplier_id, connector_id, scope, feed, cursor_value, started_at, finished_at, failed_at, \
         last_error, rows_applied from sync_cursor where supplier_id = $1 order by connector_id, scope, feed",
        supplier,
    )
}

/// The feeds of one connector, locked: one at a time of them finds that its system is back.
pub async fn lock_feeds(tx: &mut Tx, supplier: &str, connector: &str) -> StorageResult<Vec<CursorRow>> {
    if tx.is_postgres() {
        return fetch_all!(tx, CursorRow, feeds_of!(" for update"), supplier, connector);
    }
    fetch_all!(tx, CursorRow, feeds_of!(""), supplier, connector)
}

/// Writes how far a feed was read.
pub async fn put_cursor(tx: &mut Tx, row: &CursorRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into sync_cursor (supplier_id, connector_id, scope, feed, cursor_value, started_at, finished_at, \
         failed_at, last_error, rows_applied) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         on conflict (supplier_id, connector_id, scope, feed) do update set \
         cursor_value = excluded.cursor_value, started_at = excluded.started_at, \
         finished_at = excluded.finished_at, failed_at = excluded.failed_at, last_error = excluded.last_error, \
         rows_applied = excluded.rows_applied",
        row.supplier_id.as_str(),
        row.connector_id.as_str(),
        row.scope.as_str(),
        row.feed.as_str(),
        row.cursor_value.as_deref(),
        row.started_at,
        row.finished_at,
        row.failed_at,
        row.last_error.as_deref(),
        row.rows_applied,
    )?;
    Ok(())
}

/// Notes that a feed could not be read. How far it has come is left to whoever reads it: this one may have lost its lease.
pub async fn note_failure(
    tx: &mut Tx,
    (supplier_id, connector_id, scope, feed): (&str, &str, &str, &str),
    failed_at: i64,
    error: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "insert into sync_cursor (supplier_id, connector_id, scope, feed, failed_at, last_error, rows_applied) \
         values ($1, $2, $3, $4, $5, $6, 0) \
         on conflict (supplier_id, connector_id, scope, feed) do update set \
         failed_at = excluded.failed_at, last_error = excluded.last_error",
        supplier_id,
        connector_id,
        scope,
        feed,
        failed_at,
        error,
    )?;
    Ok(())
}
