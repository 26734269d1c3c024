//! Customers for the supplier's people: terms, limit, holds and overrides, read and changed.
//!
//! **Invariant:** every change names who and why, expects a version, is written to the history, and in the
//! same transaction enqueues the push to the ERP and the second look at waiting orders.

mod error;

pub use error::AccountsError;
