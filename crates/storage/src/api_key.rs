//! Keys with which a supplier's systems call the API; only the hash of the secret is kept.

use crate::{StorageResult, Tx};

/// A key.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ApiKeyRow {
    /// Whose systems.
    pub supplier_id: String,
    /// Its id at the supplier.
    pub key_id: String,
    /// SHA-256 of the secret.
    pub secret_hash: Vec<u8>,
    /// What operators call it.
    pub name: String,
    /// What it may do, separated by blanks.
    pub scopes: String,
    /// When it was first written.
    pub created_at: i64,
    /// Not accepted from this instant on.
    pub revoked_at: Option<i64>,
}

/// One key.
pub async fn find(tx: &mut Tx, supplier_id: &str, key_id: &str) -> StorageResult<Option<ApiKeyRow>> {
    fetch_optional!(
        tx,
        ApiKeyRow,
        "select supplier_id, key_id, secret_hash, name, scopes, created_at, revoked_at
           from api_key where supplier_id = $1 and key_id = $2",
        supplier_id,
        key_id
    )
}

/// All keys of a supplier, by id.
pub async fn of_supplier(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<ApiKeyRow>> {
    fetch_all!(
        tx,
        ApiKeyRow,
        "select supplier_id, key_id, secret_hash, name, scopes, created_at, revoked_at
           from api_key where supplier_id = $1 order by key_id",
        supplier_id
    )
}

/// Writes a key, new or changed.
pub async fn put(tx: &mut Tx, row: &ApiKeyRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into api_key (supplier_id, key_id, secret_hash, name, scopes, created_at, revoked_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (supplier_id, key_id) do update set
           secret_hash = excluded.secret_hash, name = excluded.name, scopes = excluded.scopes,
           revoked_at = excluded.revoked_at",
        &row.supplier_id,
        &row.key_id,
        &row.secret_hash,
        &row.name,
        &row.scopes,
        row.created_at,
        row.revoked_at
    )?;
    Ok(())
}
