//! Work of which one gateway at a time may be the one. Leases run by the database's clock, so that gateways
//! agree; the fence tells a holder that was overtaken.

use crate::{StorageError, StorageResult, Tx, db::clock_micros};

/// A lease that is ours until somebody else gets a higher fence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Of which work.
    pub name: String,
    /// Fencing token.
    pub fence: i64,
}

/// Takes the lease if it is free, has run out, or is the holder's own; none if another holds it.
pub async fn acquire(tx: &mut Tx, name: &str, holder: &str, micros: i64) -> StorageResult<Option<Lease>> {
    let clock = clock_micros(tx).await?;
    let row: Option<(i64,)> = fetch_optional!(
        tx,
        (i64,),
        "insert into work_lease (name, holder, lease_until, fence) values ($1, $2, $3, 1) \
         on conflict (name) do update set holder = excluded.holder, lease_until = excluded.lease_until, \
         fence = work_lease.fence + 1 where work_lease.lease_until <= $4 or work_lease.holder = excluded.holder \
         returning fence",
        name,
        holder,
        clock + micros,
        clock,
    )?;
    Ok(row.map(|(fence,)| Lease {
        name: name.to_owned(),
        fence,
    }))
}

/// Extends the lease inside the transaction that does its work. [`StorageError::Retry`] is not it: a lost
/// lease is [`LostLease`], and the transaction must be rolled back.
pub async fn extend(tx: &mut Tx, lease: &Lease, micros: i64) -> StorageResult<Result<(), LostLease>> {
    // The clock is the database's own: one statement less in each transaction of a sweep.
    let sql = tx.sql(
        "update work_lease set lease_until = cast(unixepoch('subsec') * 1000000 as integer) + $1 \
         where name = $2 and fence = $3",
        "update work_lease set lease_until = cast(extract(epoch from clock_timestamp()) * 1000000 as bigint) + $1 \
         where name = $2 and fence = $3",
    );
    let count = execute!(tx, sql, micros, lease.name.as_str(), lease.fence,)?;
    Ok(if count == 1 { Ok(()) } else { Err(LostLease) })
}

/// Gives the lease back; nothing happens if it is another's by now.
pub async fn release(tx: &mut Tx, lease: &Lease) -> StorageResult<()> {
    execute!(
        tx,
        "update work_lease set lease_until = 0 where name = $1 and fence = $2",
        lease.name.as_str(),
        lease.fence,
    )?;
    Ok(())
}

/// Another gateway has the work now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("another gateway has taken over this work")]
pub struct LostLease;

impl From<LostLease> for StorageError {
    fn from(lost: LostLease) -> Self {
        Self::Other(lost.to_string())
    }
}
