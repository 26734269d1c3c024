//! Suppliers, and the version of the whole directory: one number that every change of a supplier,
//! relationship, credential, secret, mapping or connector raises, so that a gateway sees with one small read
//! whether what it holds in memory is still true.

use crate::{StorageResult, Tx};

/// A selling company.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SupplierRow {
    /// Its id.
    pub supplier_id: String,
    /// Its name.
    pub name: String,
    /// IANA name of its time zone.
    pub time_zone: String,
    /// Further settings, JSON.
    pub settings: String,
    /// Raised by every change.
    pub version: i64,
    /// When it was first written.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// All suppliers, by id.
pub async fn all(tx: &mut Tx) -> StorageResult<Vec<SupplierRow>> {
    fetch_all!(
        tx,
        SupplierRow,
        "select supplier_id, name, time_zone, settings, version, created_at, updated_at
           from supplier order by supplier_id"
    )
}

/// One supplier.
pub async fn find(tx: &mut Tx, supplier_id: &str) -> StorageResult<Option<SupplierRow>> {
    fetch_optional!(
        tx,
        SupplierRow,
        "select supplier_id, name, time_zone, settings, version, created_at, updated_at
           from supplier where supplier_id = $1",
        supplier_id
    )
}

/// Writes a supplier, new or changed.
pub async fn put(tx: &mut Tx, row: &SupplierRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into supplier (supplier_id, name, time_zone, settings, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (supplier_id) do update set
           name = excluded.name, time_zone = excluded.time_zone, settings = excluded.settings,
           version = excluded.version, updated_at = excluded.updated_at",
        &row.supplier_id,
        &row.name,
        &row.time_zone,
        &row.settings,
        row.version,
        row.created_at,
        row.updated_at
    )?;
    Ok(())
}

/// The version of the directory; 0 before anything was written.
pub async fn directory_version(tx: &mut Tx) -> StorageResult<i64> {
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "select version from directory_version where directory = $1",
        DIRECTORY
    )?;
    Ok(row.map_or(0, |(version,)| version))
}

/// Raises the version of the directory; belongs into every transaction that changes what it holds. It is also
/// the lock on which two writers of the directory wait for each other.
pub async fn raise_directory_version(tx: &mut Tx) -> StorageResult<()> {
    execute!(
        tx,
        "insert into directory_version (directory, version) values ($1, 1)
         on conflict (directory) do update set version = directory_version.version + 1",
        DIRECTORY
    )?;
    Ok(())
}

const DIRECTORY: &str = "suppliers";
