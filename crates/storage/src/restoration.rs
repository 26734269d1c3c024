//! That this database is a copy of an earlier one, and what of it no longer holds: leases, sign-ins, links.

use crate::{StorageResult, Tx};

/// A time at which the database became an older copy of itself.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RestorationRow {
    /// When.
    pub restored_at: i64,
    /// When the copy was taken: what happened since is not in it.
    pub taken_at: i64,
    /// By whom.
    pub restored_by: String,
    /// Why.
    pub reason: String,
}

/// Notes one.
pub async fn note(tx: &mut Tx, row: &RestorationRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into restoration (restored_at, taken_at, restored_by, reason) values ($1, $2, $3, $4)",
        row.restored_at,
        row.taken_at,
        row.restored_by.as_str(),
        row.reason.as_str(),
    )?;
    Ok(())
}

/// The last one.
pub async fn last(tx: &mut Tx) -> StorageResult<Option<RestorationRow>> {
    fetch_optional!(
        tx,
        RestorationRow,
        "select restored_at, taken_at, restored_by, reason from restoration \
         where restored_at > 0 order by restored_at desc limit 1",
    )
}

/// No gateway is the one for anything.
pub async fn void_work_leases(tx: &mut Tx) -> StorageResult<()> {
    execute!(
        tx,
        "update work_lease set lease_until = 0, fence = fence + 1 where name > ''",
    )?;
    Ok(())
}

/// Nobody is on any work of a supplier, and none goes out before an instant. How many entries that are.
pub async fn void_leases(tx: &mut Tx, supplier: &str, not_before: i64) -> StorageResult<u64> {
    execute!(
        tx,
        "update outbox set state = case when state = 'leased' then 'pending' else state end, lease_until = null, \
         fence = fence + 1, not_before = case when not_before < $1 then $1 else not_before end \
         where supplier_id = $2 and finished_at is null and stream > ''",
        not_before,
        supplier,
    )
}

/// Everybody is signed out, and no link opens an account: what was taken from somebody since the copy comes back with
/// it.
pub async fn sign_out(tx: &mut Tx) -> StorageResult<()> {
    let least: &[u8] = &[];
    execute!(tx, "delete from operator_session where session_hash > $1", least)?;
    execute!(
        tx,
        "update operator_account set link_hash = null, link_until = null where link_hash > $1",
        least,
    )?;
    Ok(())
}
