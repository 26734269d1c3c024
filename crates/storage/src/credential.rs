//! Who may present which identity: the small reference table by which a document without a supplier in its
//! address finds its relationship.

use crate::{StorageResult, Tx};

/// A credential of a relationship.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::FromRow)]
pub struct CredentialRow {
    /// Whose relationship.
    pub supplier_id: String,
    /// Which relationship.
    pub relationship_id: String,
    /// `buyer`, `sender` or `supplier`.
    pub party: String,
    /// The domain as it is matched.
    pub domain_key: String,
    /// The identity as it is matched.
    pub identity_key: String,
    /// The domain as it is written.
    pub domain: String,
    /// The identity as it is written.
    pub identity: String,
}

/// All credentials.
pub async fn all(tx: &mut Tx) -> StorageResult<Vec<CredentialRow>> {
    fetch_all!(
        tx,
        CredentialRow,
        "select supplier_id, relationship_id, party, domain_key, identity_key, domain, identity
           from credential
          order by supplier_id, relationship_id, party, domain_key, identity_key"
    )
}

/// All credentials of a supplier's relationships.
pub async fn of_supplier(tx: &mut Tx, supplier_id: &str) -> StorageResult<Vec<CredentialRow>> {
    fetch_all!(
        tx,
        CredentialRow,
        "select supplier_id, relationship_id, party, domain_key, identity_key, domain, identity
           from credential where supplier_id = $1
          order by relationship_id, party, domain_key, identity_key",
        supplier_id
    )
}

/// Replaces all credentials of a relationship.
pub async fn replace(
    tx: &mut Tx,
    supplier_id: &str,
    relationship_id: &str,
    rows: &[CredentialRow],
) -> StorageResult<()> {
    execute!(
        tx,
        "delete from credential where supplier_id = $1 and relationship_id = $2",
        supplier_id,
        relationship_id
    )?;
    insert_rows!(
        tx,
        "insert into credential (supplier_id, relationship_id, party, domain_key, identity_key, domain, identity)",
        "",
        rows,
        |row| [
            &row.supplier_id,
            &row.relationship_id,
            &row.party,
            &row.domain_key,
            &row.identity_key,
            &row.domain,
            &row.identity,
        ]
    )?;
    Ok(())
}
