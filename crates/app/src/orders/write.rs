//! The third phase: one multi-row statement a table, the outbox included. The caller commits.

use punchgate_storage::{
    StorageError, StorageResult, Tx, credit_account, document, order, order_funds, outbox, request_key,
};

use super::{decide::Decided, working::Working};

/// Writes what was decided.
pub(super) async fn write(tx: &mut Tx, supplier: &str, decided: &Decided) -> StorageResult<()> {
    document::insert_many(tx, &decided.documents).await?;
    document::insert_parts(tx, &decided.parts).await?;
    orders(tx, &decided.orders).await?;
    request_key::insert_many(tx, &decided.keys).await?;
    credit_account::set_next_arrivals(tx, supplier, &decided.arrivals).await?;
    outbox::enqueue_many(tx, &decided.entries, decided.now).await
}

/// Writes orders with their versions and history. A row that somebody else changed meanwhile makes the
/// transaction run again.
pub(super) async fn orders(tx: &mut Tx, working: &[Working]) -> StorageResult<()> {
    let fresh: Vec<_> = working
        .iter()
        .filter(|one| one.is_new)
        .map(|one| one.row.clone())
        .collect();
    order::insert_many(tx, &fresh).await?;
    for one in working.iter().filter(|one| !one.is_new && one.changed) {
        if !order::update(tx, &one.row).await? {
            return Err(StorageError::Retry(format!(
                "order {} was changed meanwhile",
                one.row.order_id
            )));
        }
    }
    let versions: Vec<_> = working
        .iter()
        .flat_map(|one| one.versions.iter().cloned())
        .collect();
    order::insert_versions(tx, &versions).await?;
    let events: Vec<_> = working
        .iter()
        .flat_map(|one| one.events.iter().cloned())
        .collect();
    order::insert_events(tx, &events).await?;
    let funds: Vec<_> = working.iter().flat_map(|one| one.funds.iter().cloned()).collect();
    order_funds::insert_many(tx, &funds).await
}
