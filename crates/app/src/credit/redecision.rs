//! What changed for a credit account is worth a second look at its waiting orders.

use punchgate_domain::Instant;
use punchgate_storage::{
    StorageResult, Tx, credit_account, customer,
    outbox::{self, NewEntry},
};

use crate::{clock::micros, orders::redecide_account};

/// Enqueues the re-decision of these accounts' waiting orders, once an account; accounts without a waiting
/// order need none. Call it after the change, with the accounts locked: an order that is decided meanwhile
/// either saw the change or is seen here.
pub async fn redecide_accounts(
    tx: &mut Tx,
    supplier: &str,
    accounts: &[String],
    now: Instant,
) -> StorageResult<()> {
    let waiting = credit_account::with_waiting_orders(tx, supplier, accounts).await?;
    let entries: Vec<NewEntry> = waiting
        .iter()
        .map(|account| redecide_account(supplier, account, now))
        .collect();
    outbox::enqueue_many(tx, &entries, micros(now)).await
}

/// The same for whatever a change of these customers' holds touches: their own accounts, those of the
/// customers they pay for, and those with waiting orders that ship to them.
pub async fn redecide_customers(
    tx: &mut Tx,
    supplier: &str,
    customers: &[String],
    now: Instant,
) -> StorageResult<()> {
    let mut accounts = customer::accounts_touched_by(tx, supplier, customers).await?;
    accounts.extend(credit_account::of_waiting_orders_shipped_to(tx, supplier, customers).await?);
    accounts.sort_unstable();
    accounts.dedup();
    redecide_accounts(tx, supplier, &accounts, now).await
}
