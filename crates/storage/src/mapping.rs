//! Mappings of a relationship: what the buyer's side calls something, and what the supplier's side does. Some are declared
//! in a file, and stand as long as they do there; the others people have entered.

use crate::{StorageResult, Tx};

/// The origin of what a file declares.
pub const DECLARED: &str = "declared";
/// The origin of what people enter.
pub const ENTERED: &str = "entered";

/// One mapping.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, sqlx::FromRow)]
pub struct MappingRow {
    /// Whose relationship.
    pub supplier_id: String,
    /// Which relationship.
    pub relationship_id: String,
    /// What is mapped.
    pub kind: String,
    /// The buyer's text.
    pub source: String,
    /// The supplier's text.
    pub target: String,
    /// [`DECLARED`] or [`ENTERED`].
    pub origin: String,
}

/// All mappings of a supplier's relationships.
pub async fn of_supplier(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<MappingRow>> {
    fetch_all!(
        tx,
        MappingRow,
        "select supplier_id, relationship_id, kind, source, target, origin
           from mapping where supplier_id = $1 order by relationship_id, kind, source",
        supplier_id
    )
}

/// All mappings of one relationship.
pub async fn of_relationship(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
) -> StorageResult<Vec<MappingRow>> {
    fetch_all!(
        tx,
        MappingRow,
        "select supplier_id, relationship_id, kind, source, target, origin
           from mapping where supplier_id = $1 and relationship_id = $2 order by kind, source",
        supplier_id,
        relationship_id
    )
}

/// Writes entries, new or again.
pub async fn put_many(tx: &mut Tx, rows: &[MappingRow], now: i64) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into mapping (supplier_id, relationship_id, kind, source, target, origin, updated_at)",
        "on conflict (supplier_id, relationship_id, kind, source) do update set target = excluded.target, \
         origin = excluded.origin, updated_at = excluded.updated_at",
        rows,
        |row| [
            &row.supplier_id,
            &row.relationship_id,
            &row.kind,
            &row.source,
            &row.target,
            &row.origin,
            now
        ]
    )?;
    Ok(())
}

/// Takes an entry away; `false` if there is none.
pub async fn remove(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
    (kind, source): (&str, &str),
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "delete from mapping where supplier_id = $1 and relationship_id = $2 and kind = $3 and source = $4",
        supplier_id,
        relationship_id,
        kind,
        source,
    )?;
    Ok(count == 1)
}

/// Replaces what is declared of a relationship. What people have entered stays, but for what is declared now.
pub async fn replace_declared(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
    rows: &[MappingRow],
    now: i64,
) -> StorageResult<()> {
    execute!(
        tx,
        "delete from mapping where supplier_id = $1 and relationship_id = $2 and origin = 'declared'",
        supplier_id,
        relationship_id
    )?;
    put_many(tx, rows, now).await
}
