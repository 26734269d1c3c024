//! Customers for the supplier's people: terms, limit, holds and overrides, read and changed.
//!
//! **Invariant:** every change names who and why, expects a version, is written to the history, and in the
//! same transaction enqueues the push to the ERP and the second look at waiting orders.

pub(crate) mod change;
mod conflict;
pub(crate) mod crossing;
mod error;
mod expiry;
mod holding;
mod overriding;
pub(crate) mod people;
mod preview;
mod promising;
mod request;
pub(crate) mod rules;
mod view;

pub use punchgate_domain::credit::StandingOverride;
pub use punchgate_storage::{
    customer::CustomerFilter,
    promise::PromiseRow,
    sync::{AccountChangeRow, CursorRow, attention::AttentionRow},
};

pub use change::{Author, PUSH_ACCOUNT, PushJob};
pub use conflict::ConflictView;
pub use error::AccountsError;
pub use expiry::holds_expired;
pub(crate) use holding::value_of as hold_value_of;
pub use holding::{HoldChanged, PlaceHold, ReleaseHold};
pub use overriding::{OverridePlaced, PlaceOverride};
pub use people::{Belongings, RelatedCustomer};
pub use promising::{PromiseGiven, PromiseToPay};
pub use request::{RequestLimit, RequestTerms};
pub(crate) use rules::promise_of;
pub use rules::rules_round;
pub use view::{CustomerPage, CustomerSummary, CustomerView, HoldView, OthersHold};

use crate::Surroundings;

/// The use cases of accounts.
#[derive(Debug, Clone)]
pub struct Accounts {
    surroundings: Surroundings,
}

impl Accounts {
    /// Over these surroundings.
    pub fn new(surroundings: Surroundings) -> Self {
        Self { surroundings }
    }
}
