//! What people are told of, whom of it, and when they were last written to.
//!
//! `supplier_id` is empty for what concerns the installation as a whole.

use crate::{StorageResult, Tx};

/// Something that people are told of, as long as it goes on, and until its end is told.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AlertRow {
    /// Whose; empty: the installation's.
    pub supplier_id: String,
    /// What it is: a stable name.
    pub code: String,
    /// Which of them.
    pub subject: String,
    /// Its id: another one when it comes again after its end was told.
    pub alert_id: String,
    /// In words.
    pub detail: String,
    /// Where it is seen to, below the supplier's pages of the console.
    pub path: String,
    /// When it was first seen.
    pub began_at: i64,
    /// When it had lasted for long enough to be told; none: not yet.
    pub raised_at: Option<i64>,
    /// When it was seen no more.
    pub ended_at: Option<i64>,
}

/// That a recipient was told of it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ToldRow {
    /// Whose.
    pub supplier_id: String,
    /// Who.
    pub recipient: String,
    /// What.
    pub code: String,
    /// Which.
    pub subject: String,
    /// When, last.
    pub told_at: i64,
}

/// When a recipient was last written to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RecipientRow {
    /// Of whose alerts.
    pub supplier_id: String,
    /// Who.
    pub recipient: String,
    /// When.
    pub written_at: i64,
}

/// All that stands of a supplier, oldest first.
pub async fn of_supplier(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<AlertRow>> {
    fetch_all!(
        tx,
        AlertRow,
        "select supplier_id, code, subject, alert_id, detail, path, began_at, raised_at, ended_at from alert \
         where supplier_id = $1 order by began_at, code, subject",
        supplier,
    )
}

/// Writes alerts, new or changed.
pub async fn put_many(tx: &mut Tx, rows: &[AlertRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into alert (supplier_id, code, subject, alert_id, detail, path, began_at, raised_at, ended_at)",
        "on conflict (supplier_id, code, subject) do update set alert_id = excluded.alert_id, \
         detail = excluded.detail, path = excluded.path, began_at = excluded.began_at, \
         raised_at = excluded.raised_at, ended_at = excluded.ended_at",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.code.as_str(),
            row.subject.as_str(),
            row.alert_id.as_str(),
            row.detail.as_str(),
            row.path.as_str(),
            row.began_at,
            row.raised_at,
            row.ended_at,
        ]
    )?;
    Ok(())
}

/// It is over, and whoever was told of it knows.
pub async fn delete(tx: &mut Tx, row: &AlertRow) -> StorageResult<()> {
    execute!(
        tx,
        "delete from alert where supplier_id = $1 and code = $2 and subject = $3",
        row.supplier_id.as_str(),
        row.code.as_str(),
        row.subject.as_str(),
    )?;
    Ok(())
}

/// Who was told of what.
pub async fn told(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<ToldRow>> {
    fetch_all!(
        tx,
        ToldRow,
        "select supplier_id, recipient, code, subject, told_at from alert_told where supplier_id = $1 \
         order by recipient, code, subject",
        supplier,
    )
}

/// A recipient is told of these.
pub async fn tell_many(tx: &mut Tx, rows: &[ToldRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into alert_told (supplier_id, recipient, code, subject, told_at)",
        "on conflict (supplier_id, recipient, code, subject) do update set told_at = excluded.told_at",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.recipient.as_str(),
            row.code.as_str(),
            row.subject.as_str(),
            row.told_at,
        ]
    )?;
    Ok(())
}

/// A recipient knows that it is over, or is one no more.
pub async fn forget(tx: &mut Tx, row: &ToldRow) -> StorageResult<()> {
    execute!(
        tx,
        "delete from alert_told where supplier_id = $1 and recipient = $2 and code = $3 and subject = $4",
        row.supplier_id.as_str(),
        row.recipient.as_str(),
        row.code.as_str(),
        row.subject.as_str(),
    )?;
    Ok(())
}

/// When recipients were last written to.
pub async fn recipients(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<RecipientRow>> {
    fetch_all!(
        tx,
        RecipientRow,
        "select supplier_id, recipient, written_at from alert_recipient where supplier_id = $1 \
         order by recipient",
        supplier,
    )
}

/// A recipient is written to.
pub async fn write_to(tx: &mut Tx, row: &RecipientRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into alert_recipient (supplier_id, recipient, written_at) values ($1, $2, $3) \
         on conflict (supplier_id, recipient) do update set written_at = excluded.written_at",
        row.supplier_id.as_str(),
        row.recipient.as_str(),
        row.written_at,
    )?;
    Ok(())
}
