//! Pure types and decisions of the field: what a purchase order, a hold, a credit decision *is*.
//!
//! **Invariant:** no async, no I/O, no clock, no random, no floats for money. Time and identity come in
//! as parameters; everything here can be tabled in a test.
#![warn(missing_docs)]

#[macro_use]
pub mod stored_name;

pub mod cart;
pub mod catalogue;
pub mod credit;
pub mod customer;
pub mod event;
pub mod hold;
pub mod ids;
pub mod merge;
pub mod money;
pub mod operator;
pub mod order;
pub mod policy;
pub mod purchase_order;
pub mod quantity;
pub mod session;
pub mod shadow;

/// An instant on the time line; stored as microseconds since the Unix epoch, UTC.
pub type Instant = jiff::Timestamp;
