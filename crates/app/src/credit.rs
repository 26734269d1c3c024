//! Where customers stand: limit, exposure, reservations, holds and overrides, loaded for a decision.
//!
//! **Invariant:** nothing is decided here; `punchgate_domain::credit` decides, the same at checkout, at cart
//! return and at the purchase order. Texts for the supplier's people never go to a shopper.

mod account_row;
mod basis;
mod carrier;
mod checkout;
mod receivers;
mod redecision;
pub mod rehearsal;

mod standing;
mod wording;

pub use account_row::{account_currency, limit_of};
pub(crate) use account_row::{exposure_of, oldest_due_of, overdue_of};
pub(crate) use basis::Basis;
pub(crate) use carrier::Counted;
pub(crate) use checkout::named_customer;
pub use checkout::{
    CheckoutError, CheckoutHold, CheckoutOptions, CheckoutQuestion, CheckoutRequest, checkout_options,
    decide_for,
};
pub(crate) use receivers::Receivers;
pub use redecision::{redecide_accounts, redecide_customers};
pub use standing::{CustomerCredit, Standings, available, hold_of, is_in_exposure};
pub(crate) use standing::{override_of, terms_of};
pub use wording::Wording;

use punchgate_domain::{
    Instant,
    ids::{ConnectorId, CreditAccountId, CustomerId, RelationshipId, SupplierId},
};
use punchgate_storage::{
    StorageResult, Tx,
    credit_account::{self, CreditAccountRow},
    customer::{self, CustomerRow},
};

/// How a caller names a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CustomerRef {
    /// By our id.
    Id(CustomerId),
    /// By the ERP's id, at one ERP connection.
    External {
        /// The connection.
        connector: ConnectorId,
        /// The ERP's id.
        external_id: String,
    },
    /// The customer that a trading relationship buys as.
    Relationship(RelationshipId),
}

impl std::fmt::Display for CustomerRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Id(id) => write!(f, "customer {id}"),
            Self::External {
                connector,
                external_id,
            } => write!(f, "customer {external_id} of {connector}"),
            Self::Relationship(relationship) => write!(f, "the customer of relationship {relationship}"),
        }
    }
}

/// Our id of a customer.
pub(crate) fn customer_of(row: &CustomerRow) -> CustomerId {
    CustomerId::new(row.customer_id.clone())
}

/// Customers of an ERP connection by the ERP's ids: one statement.
pub async fn customers_by_external(
    tx: &mut Tx,
    supplier: &SupplierId,
    connector: &ConnectorId,
    external_ids: &[String],
) -> StorageResult<Vec<CustomerRow>> {
    customer::by_external(tx, supplier.as_str(), connector.as_str(), external_ids).await
}

/// The customer that is meant, if there is one.
pub async fn find_customer(
    tx: &mut Tx,
    supplier: &SupplierId,
    wanted: &CustomerRef,
) -> StorageResult<Option<CustomerRow>> {
    let supplier = supplier.as_str();
    match wanted {
        CustomerRef::Id(id) => customer::get(tx, supplier, id.as_str()).await,
        CustomerRef::External {
            connector,
            external_id,
        } => {
            let ids = [external_id.clone()];
            let found = customer::by_external(tx, supplier, connector.as_str(), &ids).await?;
            Ok(found.into_iter().next())
        }
        CustomerRef::Relationship(relationship) => {
            customer::of_relationship(tx, supplier, relationship.as_str()).await
        }
    }
}

/// Locks credit accounts, in key order whatever the order they are named in, and says where their arrival
/// numbers stand. On SQLite the one writer is the lock.
pub async fn lock_accounts(
    tx: &mut Tx,
    supplier: &SupplierId,
    accounts: &[CreditAccountId],
) -> StorageResult<Vec<CreditAccountRow>> {
    let mut keys: Vec<String> = accounts.iter().map(ToString::to_string).collect();
    keys.sort_unstable();
    keys.dedup();
    credit_account::lock_many(tx, supplier.as_str(), &keys).await
}

/// Writes back the next arrival number of accounts that are locked.
pub async fn set_next_arrivals(
    tx: &mut Tx,
    supplier: &SupplierId,
    next: &[(String, i64)],
) -> StorageResult<()> {
    credit_account::set_next_arrivals(tx, supplier.as_str(), next).await
}

/// Loads where these customers stand: theirs and their payers' holds, the credit accounts on which they are
/// counted, with reservations and the customers' overrides. A fixed number of statements. Lock the accounts first
/// where a decision follows that takes up credit.
pub async fn standings(
    tx: &mut Tx,
    supplier: &SupplierId,
    customers: &[CustomerId],
    now: Instant,
) -> StorageResult<Standings> {
    standing::load(tx, supplier.as_str(), customers, now).await
}

/// Adds the overrides of single orders that are about to be decided.
pub async fn add_overrides_of_orders(
    tx: &mut Tx,
    supplier: &SupplierId,
    standings: &mut Standings,
    orders: &[String],
) -> StorageResult<()> {
    standing::add_overrides_of_orders(tx, supplier.as_str(), standings, orders).await
}

/// Adds the overrides of an account's orders that the sink does not have yet.
pub async fn add_overrides_of_open_orders(
    tx: &mut Tx,
    supplier: &SupplierId,
    standings: &mut Standings,
    account: &CreditAccountId,
) -> StorageResult<()> {
    standing::add_overrides_of_open_orders(tx, supplier.as_str(), standings, account).await
}
