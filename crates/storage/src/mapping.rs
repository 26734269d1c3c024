//! Mappings of a relationship: what the buyer's side calls something, and what the supplier's side does.

use crate::{StorageResult, Tx};

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
}

/// All mappings of a supplier's relationships.
pub async fn of_supplier(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<MappingRow>> {
    fetch_all!(
        tx,
        MappingRow,
        "select supplier_id, relationship_id, kind, source, target
           from mapping where supplier_id = $1 order by relationship_id, kind, source",
        supplier_id
    )
}

/// Replaces all mappings of a relationship.
pub async fn replace(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
    rows: &[MappingRow],
    now: i64,
) -> StorageResult<()> {
    execute!(
        tx,
        "delete from mapping where supplier_id = $1 and relationship_id = $2",
        supplier_id,
        relationship_id
    )?;
    insert_rows!(
        tx,
        "insert into mapping (supplier_id, relationship_id, kind, source, target, updated_at)",
        "",
        rows,
        |row| [
            &row.supplier_id,
            &row.relationship_id,
            &row.kind,
            &row.source,
            &row.target,
            now
        ]
    )?;
    Ok(())
}
