//! What waits for a person, counted: for the page that everybody sees first.

use crate::{StorageResult, Tx};

/// Things of one kind in one state.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CountRow {
    /// The state.
    pub state: String,
    /// How many.
    pub count: i64,
    /// Since when the oldest of them is there.
    pub oldest: Option<i64>,
}

/// Work that was given up, by kind.
pub async fn dead_work(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select kind as state, cast(count(*) as bigint) as count, cast(min(created_at) as bigint) as oldest
           from outbox where supplier_id = $1 and state = 'dead' and created_at > 0 group by kind order by kind",
        supplier
    )
}

/// Orders that do not go on without somebody.
pub async fn orders(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(received_at) as bigint) as oldest
           from purchase_order
          where supplier_id = $1 and state in ('held', 'referred', 'rejected', 'unknown')
          group by state order by state",
        supplier
    )
}

/// Refused requests that nobody has looked at.
pub async fn quarantined(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(received_at) as bigint) as oldest
           from quarantine where supplier_id = $1 and state = 'waiting' group by state",
        supplier
    )
}

/// Fields that were changed on both sides.
pub async fn conflicts(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(noted_at) as bigint) as oldest
           from sync_conflict where supplier_id = $1 and state = 'open' group by state",
        supplier
    )
}

/// What was asked of an ERP and did not come about: refused by it, or given up.
pub async fn refused_changes(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(updated_at) as bigint) as oldest
           from account_change where supplier_id = $1 and state in ('rejected', 'parked') group by state order by state",
        supplier
    )
}

/// The customer of whom that was asked first.
pub async fn first_refused(tx: &mut Tx, supplier: &str, state: &str) -> StorageResult<Option<String>> {
    let row: Option<(String,)> = fetch_optional!(
        tx,
        (String,),
        "select c.customer_id from account_change a join customer c on c.supplier_id = a.supplier_id
            and c.connector_id = a.connector_id and c.external_id = a.external_id and c.scope = a.scope
          where a.supplier_id = $1 and a.state = $2 order by a.updated_at, a.external_id limit 1",
        supplier,
        state
    )?;
    Ok(row.map(|(customer,)| customer))
}
