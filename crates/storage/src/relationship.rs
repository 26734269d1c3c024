//! Trading relationships and their sealed secrets.

use crate::{StorageResult, Tx};

/// A trading relationship.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RelationshipRow {
    /// Whose it is.
    pub supplier_id: String,
    /// Its id at the supplier.
    pub relationship_id: String,
    /// What operators call it.
    pub name: String,
    /// The buying company.
    pub buyer_name: String,
    /// `cxml` …
    pub protocol: String,
    /// The dialect it starts from.
    pub dialect: String,
    /// `production` or `test`.
    pub mode: String,
    /// The kill switch.
    pub enabled: i64,
    /// The shop.
    pub storefront_connector_id: Option<String>,
    /// The ERP.
    pub erp_connector_id: Option<String>,
    /// Where approved orders go.
    pub order_sink: String,
    /// The customer that an order belongs to where nothing else says so, as the ERP calls it.
    pub customer_external_id: Option<String>,
    /// Everything else, JSON.
    pub settings: String,
    /// Raised by every change of the relationship or of anything under it.
    pub version: i64,
    /// When it was first written.
    pub created_at: i64,
    /// When it was last changed.
    pub updated_at: i64,
}

/// A sealed secret of a relationship.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RelationshipSecretRow {
    /// Whose it is.
    pub supplier_id: String,
    /// Of which relationship.
    pub relationship_id: String,
    /// `current`, `previous` and `outbound` are declared, `entered` and `dropped-1` … are people's.
    pub slot: String,
    /// The sealed text.
    pub sealed: Vec<u8>,
    /// With which key.
    pub key_id: String,
    /// Not accepted from this instant on.
    pub valid_until: Option<i64>,
    /// Since when the secret is this one.
    pub created_at: i64,
}

/// All relationships of all suppliers.
pub async fn all(tx: &mut Tx) -> StorageResult<Vec<RelationshipRow>> {
    fetch_all!(
        tx,
        RelationshipRow,
        "select supplier_id, relationship_id, name, buyer_name, protocol, dialect, mode, enabled,
                storefront_connector_id, erp_connector_id, order_sink, customer_external_id, settings,
                version, created_at, updated_at
           from relationship order by supplier_id, relationship_id"
    )
}

/// All relationships of a supplier, by id.
pub async fn of_supplier(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<RelationshipRow>> {
    fetch_all!(
        tx,
        RelationshipRow,
        "select supplier_id, relationship_id, name, buyer_name, protocol, dialect, mode, enabled,
                storefront_connector_id, erp_connector_id, order_sink, customer_external_id, settings,
                version, created_at, updated_at
           from relationship where supplier_id = $1 order by relationship_id",
        supplier_id
    )
}

/// One relationship.
pub async fn get(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
) -> StorageResult<Option<RelationshipRow>> {
    fetch_optional!(
        tx,
        RelationshipRow,
        "select supplier_id, relationship_id, name, buyer_name, protocol, dialect, mode, enabled,
                storefront_connector_id, erp_connector_id, order_sink, customer_external_id, settings,
                version, created_at, updated_at
           from relationship where supplier_id = $1 and relationship_id = $2",
        supplier_id,
        relationship_id
    )
}

/// When the last document of a relationship came in and went out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LastDocumentsRow {
    /// Which relationship.
    pub relationship_id: String,
    /// From the buyer.
    pub last_in: Option<i64>,
    /// To the buyer.
    pub last_out: Option<i64>,
}

/// The last documents of all relationships of a supplier, by id.
pub async fn last_documents(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<LastDocumentsRow>> {
    fetch_all!(
        tx,
        LastDocumentsRow,
        "select r.relationship_id,
                (select d.recorded_at from document d
                  where d.supplier_id = r.supplier_id and d.relationship_id = r.relationship_id
                    and d.direction = 'in' order by d.recorded_at desc, d.document_id desc limit 1) as last_in,
                (select d.recorded_at from document d
                  where d.supplier_id = r.supplier_id and d.relationship_id = r.relationship_id
                    and d.direction = 'out' order by d.recorded_at desc, d.document_id desc limit 1) as last_out
           from relationship r where r.supplier_id = $1 order by r.relationship_id",
        supplier_id
    )
}

/// Writes a relationship, new or changed.
pub async fn put(tx: &mut Tx, row: &RelationshipRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into relationship (supplier_id, relationship_id, name, buyer_name, protocol, dialect, mode,
                enabled, storefront_connector_id, erp_connector_id, order_sink, customer_external_id,
                settings, version, created_at, updated_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         on conflict (supplier_id, relationship_id) do update set
           name = excluded.name, buyer_name = excluded.buyer_name, protocol = excluded.protocol,
           dialect = excluded.dialect, mode = excluded.mode, enabled = excluded.enabled,
           storefront_connector_id = excluded.storefront_connector_id,
           erp_connector_id = excluded.erp_connector_id, order_sink = excluded.order_sink,
           customer_external_id = excluded.customer_external_id, settings = excluded.settings,
           version = excluded.version, updated_at = excluded.updated_at",
        &row.supplier_id,
        &row.relationship_id,
        &row.name,
        &row.buyer_name,
        &row.protocol,
        &row.dialect,
        &row.mode,
        row.enabled,
        row.storefront_connector_id.as_deref(),
        row.erp_connector_id.as_deref(),
        &row.order_sink,
        row.customer_external_id.as_deref(),
        &row.settings,
        row.version,
        row.created_at,
        row.updated_at
    )?;
    Ok(())
}

/// Something that belongs to it has changed: whoever holds it reads it anew.
pub async fn touch(tx: &mut Tx, supplier_id: &str, relationship_id: &str, now: i64) -> StorageResult<()> {
    execute!(
        tx,
        "update relationship set version = version + 1, updated_at = $3 where supplier_id = $1 and relationship_id = $2",
        supplier_id,
        relationship_id,
        now,
    )?;
    Ok(())
}

/// Turns the kill switch. Returns whether there was such a relationship.
pub async fn switch(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
    enabled: bool,
    now: i64,
) -> StorageResult<bool> {
    let rows = execute!(
        tx,
        "update relationship set enabled = $3, version = version + 1, updated_at = $4
          where supplier_id = $1 and relationship_id = $2",
        supplier_id,
        relationship_id,
        i64::from(enabled),
        now
    )?;
    Ok(rows > 0)
}

/// All sealed secrets of a supplier's relationships.
pub async fn secrets_of_supplier(
    tx: &mut Tx,
    supplier_id: &str,
) -> StorageResult<Vec<RelationshipSecretRow>> {
    fetch_all!(
        tx,
        RelationshipSecretRow,
        "select supplier_id, relationship_id, slot, sealed, key_id, valid_until, created_at
           from relationship_secret where supplier_id = $1 order by relationship_id, slot",
        supplier_id
    )
}

/// Writes a sealed secret, new or changed.
pub async fn put_secret(tx: &mut Tx, row: &RelationshipSecretRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into relationship_secret (supplier_id, relationship_id, slot, sealed, key_id, valid_until,
                created_at)
         values ($1, $2, $3, $4, $5, $6, $7)
         on conflict (supplier_id, relationship_id, slot) do update set
           sealed = excluded.sealed, key_id = excluded.key_id, valid_until = excluded.valid_until,
           created_at = excluded.created_at",
        &row.supplier_id,
        &row.relationship_id,
        &row.slot,
        &row.sealed,
        &row.key_id,
        row.valid_until,
        row.created_at
    )?;
    Ok(())
}

/// All sealed secrets of a relationship, by slot.
pub async fn secrets(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
) -> StorageResult<Vec<RelationshipSecretRow>> {
    fetch_all!(
        tx,
        RelationshipSecretRow,
        "select supplier_id, relationship_id, slot, sealed, key_id, valid_until, created_at
           from relationship_secret where supplier_id = $1 and relationship_id = $2 order by slot",
        supplier_id,
        relationship_id
    )
}

/// Removes the secrets of a relationship that a file declares.
pub async fn remove_declared_secrets(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "delete from relationship_secret where supplier_id = $1 and relationship_id = $2
            and slot in ('current', 'previous', 'outbound')",
        supplier_id,
        relationship_id
    )?;
    Ok(())
}

/// Removes one secret of a relationship.
pub async fn remove_secret(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
    slot: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "delete from relationship_secret where supplier_id = $1 and relationship_id = $2 and slot = $3",
        supplier_id,
        relationship_id,
        slot
    )?;
    Ok(())
}

/// Replaces a sealed secret only: another key, the same content.
pub async fn reseal(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
    slot: &str,
    sealed: &[u8],
    key_id: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "update relationship_secret set sealed = $4, key_id = $5
          where supplier_id = $1 and relationship_id = $2 and slot = $3",
        supplier_id,
        relationship_id,
        slot,
        sealed,
        key_id
    )?;
    Ok(())
}
