//! Links to one case for a buyer's people; only the hash of the secret part is kept.

use crate::{StorageResult, Tx};

/// A link.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct EvidenceLinkRow {
    /// Whose case.
    pub supplier_id: String,
    /// Its id; not what stands in the address.
    pub link_id: String,
    /// SHA-256 of what stands in the address.
    pub secret_hash: Vec<u8>,
    /// `order` or `document`.
    pub subject: String,
    /// Which.
    pub subject_id: String,
    /// Who made it.
    pub made_by: String,
    /// Why.
    pub reason: String,
    /// When.
    pub made_at: i64,
    /// Opens nothing from this instant on.
    pub expires_at: i64,
    /// Nor from this one on.
    pub revoked_at: Option<i64>,
}

/// Writes a new one.
pub async fn insert(tx: &mut Tx, row: &EvidenceLinkRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into evidence_link (supplier_id, link_id, secret_hash, subject, subject_id, made_by, reason, made_at,
           expires_at, revoked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        &row.supplier_id,
        &row.link_id,
        &row.secret_hash,
        &row.subject,
        &row.subject_id,
        &row.made_by,
        &row.reason,
        row.made_at,
        row.expires_at,
        row.revoked_at
    )?;
    Ok(())
}

/// By what stands in the address.
pub async fn by_secret(
    tx: &mut Tx,
    supplier_id: &str,
    secret_hash: &[u8],
) -> StorageResult<Option<EvidenceLinkRow>> {
    fetch_optional!(
        tx,
        EvidenceLinkRow,
        "select supplier_id, link_id, secret_hash, subject, subject_id, made_by, reason, made_at, expires_at, revoked_at
           from evidence_link where supplier_id = $1 and secret_hash = $2",
        supplier_id,
        secret_hash
    )
}

/// By its id.
pub async fn get(tx: &mut Tx, supplier_id: &str, link_id: &str) -> StorageResult<Option<EvidenceLinkRow>> {
    fetch_optional!(
        tx,
        EvidenceLinkRow,
        "select supplier_id, link_id, secret_hash, subject, subject_id, made_by, reason, made_at, expires_at, revoked_at
           from evidence_link where supplier_id = $1 and link_id = $2",
        supplier_id,
        link_id
    )
}

/// Those of a case, the newest first.
pub async fn of_subject(
    tx: &mut Tx,
    supplier_id: &str,
    subject: &str,
    subject_id: &str,
    limit: u32,
) -> StorageResult<Vec<EvidenceLinkRow>> {
    fetch_all!(
        tx,
        EvidenceLinkRow,
        "select supplier_id, link_id, secret_hash, subject, subject_id, made_by, reason, made_at, expires_at, revoked_at
           from evidence_link where supplier_id = $1 and subject = $2 and subject_id = $3
           order by made_at desc, link_id desc limit $4",
        supplier_id,
        subject,
        subject_id,
        i64::from(limit)
    )
}

/// Opens nothing from now on. One that was taken back before stays as it was.
pub async fn revoke(tx: &mut Tx, supplier_id: &str, link_id: &str, now: i64) -> StorageResult<()> {
    execute!(
        tx,
        "update evidence_link set revoked_at = $3 where supplier_id = $1 and link_id = $2 and revoked_at is null",
        supplier_id,
        link_id,
        now
    )?;
    Ok(())
}
