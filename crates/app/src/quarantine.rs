//! Refused order requests for whoever looks at them.

use punchgate_domain::ids::SupplierId;
use punchgate_storage::{
    StorageResult,
    quarantine::{self, QuarantineRow},
};

use crate::Surroundings;

/// A page, newest first.
pub async fn list(
    surroundings: &Surroundings,
    supplier: &SupplierId,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<QuarantineRow>> {
    let mut tx = surroundings.db.read().await?;
    let rows = quarantine::list(&mut tx, supplier.as_str(), None, after, limit).await?;
    tx.rollback().await?;
    Ok(rows)
}

/// Those of whom nobody knows whose they are: for the installation's owner.
pub async fn of_nobody(
    surroundings: &Surroundings,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<QuarantineRow>> {
    list(surroundings, &SupplierId::new(""), after, limit).await
}
