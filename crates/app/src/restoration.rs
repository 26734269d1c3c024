//! After a backup was put in the place of a database: what the copy no longer knows is asked for before it is sent.
//!
//! The systems around the gateway have gone on since the copy was taken. So its leases are void, everybody is signed
//! out, nothing goes out before what was under way must have settled, and `orders::submit` looks further for orders
//! than it does otherwise (`orders::submit::restored`). A document that waits to go out keeps its payloadID: that
//! stands in its entry.

use std::time::Duration;

use punchgate_domain::Instant;
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    restoration::{self, RestorationRow},
    supplier,
};

use crate::{
    Surroundings,
    accounts::Author,
    clock::{from_micros, micros},
};

/// The last time that a backup took the place of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restored {
    /// When.
    pub at: Instant,
    /// When the backup was taken.
    pub taken_at: Instant,
    /// By whom.
    pub by: String,
    /// Why.
    pub why: String,
}

/// Why a restoration was not noted.
#[derive(Debug, thiserror::Error)]
pub enum RestorationError {
    /// A backup of tomorrow.
    #[error(
        "the backup cannot have been taken at {0}, which is still to come: look at the clock of this machine"
    )]
    Future(Instant),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Notes that the database is a copy as of `taken_at`. No gateway may run on it. `settle`: how long a request that was
/// under way may still have an effect. Says how much work goes on from the copy.
pub async fn begin(
    surroundings: &Surroundings,
    taken_at: Instant,
    settle: Duration,
    author: &Author,
) -> Result<u64, RestorationError> {
    let now = surroundings.now();
    if taken_at > now {
        return Err(RestorationError::Future(taken_at));
    }
    let settle = i64::try_from(settle.as_micros()).unwrap_or(i64::MAX);
    let row = RestorationRow {
        restored_at: micros(now),
        taken_at: micros(taken_at),
        restored_by: author.who.clone(),
        reason: author.why.clone(),
    };
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let not_before = micros(now).saturating_add(settle);
    let mut entries = 0;
    for supplier in supplier::all(&mut tx).await? {
        entries += restoration::void_leases(&mut tx, &supplier.supplier_id, not_before).await?;
    }
    restoration::void_work_leases(&mut tx).await?;
    restoration::sign_out(&mut tx).await?;
    restoration::note(&mut tx, &row).await?;
    tx.commit().await?;
    tracing::warn!(%taken_at, by = %author.who, why = %author.why, entries, "the database is a copy from a backup");
    Ok(entries)
}

/// The last one; none where the database was never replaced.
pub async fn last(surroundings: &Surroundings) -> StorageResult<Option<Restored>> {
    let mut tx = surroundings.db.read().await?;
    let found = read(&mut tx).await?;
    tx.rollback().await?;
    Ok(found)
}

/// The same inside a transaction.
pub(crate) async fn read(tx: &mut Tx) -> StorageResult<Option<Restored>> {
    let row = restoration::last(tx).await?;
    Ok(row.map(|row| Restored {
        at: from_micros(row.restored_at),
        taken_at: from_micros(row.taken_at),
        by: row.restored_by,
        why: row.reason,
    }))
}
