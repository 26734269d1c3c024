//! Who changed what, when, from what, to what, why. Append only.

use crate::{StorageResult, Tx};

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ChangeRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id.
    pub change_id: String,
    /// `customer`, `connector` …
    pub subject: String,
    /// Which.
    pub subject_id: String,
    /// What of it.
    pub field: String,
    /// From.
    pub from_value: Option<String>,
    /// To.
    pub to_value: Option<String>,
    /// Who.
    pub who: String,
    /// Why.
    pub why: String,
    /// When.
    pub changed_at: i64,
}

/// Appends.
pub async fn insert_many(tx: &mut Tx, rows: &[ChangeRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into change_history (supplier_id, change_id, subject, subject_id, field, from_value, to_value, who, \
         why, changed_at)",
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.change_id.as_str(),
            row.subject.as_str(),
            row.subject_id.as_str(),
            row.field.as_str(),
            row.from_value.as_deref(),
            row.to_value.as_deref(),
            row.who.as_str(),
            row.why.as_str(),
            row.changed_at,
        ]
    )?;
    Ok(())
}

/// The changes of a subject, newest first.
pub async fn of_subject(
    tx: &mut Tx,
    supplier: &str,
    subject: &str,
    subject_id: &str,
    limit: i64,
) -> StorageResult<Vec<ChangeRow>> {
    fetch_all!(
        tx,
        ChangeRow,
        "select supplier_id, change_id, subject, subject_id, field, from_value, to_value, who, why, changed_at \
         from change_history where supplier_id = $1 and subject = $2 and subject_id = $3 \
         order by changed_at desc, change_id desc limit $4",
        supplier,
        subject,
        subject_id,
        limit,
    )
}
