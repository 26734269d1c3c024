//! The synchronisation of accounts with an ERP, both ways: one engine for every connector.
//!
//! **Invariant:** the base of every merge is what was last read from the ERP; what was asked for here waits
//! beside it. An echo of our own write is recognised by content and is no event. The cursor is saved in the
//! transaction that applies the page. No network inside a transaction.

mod apply;
mod attention;
mod due;
mod enter;
mod error;
mod explain;
mod exposure;
mod gone;
mod holds;
mod merge;
pub(crate) mod outage;
mod pace;
mod patch;
mod people;
mod policy;
pub(crate) mod progress;
mod pull;
mod push;
mod remote;
mod request;
mod resolve;
mod ruling;
mod sent;
mod snapshot;
mod waiting;

pub use apply::SyncScope;
pub use attention::attention_text;
pub use error::SyncError;
pub use exposure::ExposureReport;
pub use merge::FieldOwners;
pub use people::{AddressValue, PersonValue, PlaceValue};
pub use policy::{SyncPolicy, SyncSettings};
pub use pull::{Calls, PullMode, PullReport, Sync};
pub use push::PushOutcome;
pub use resolve::Take;
pub(crate) use resolve::{ask_again, has_moved_on, side, take_theirs};
pub(crate) use snapshot::NOTHING;
pub use snapshot::{Field, FieldValue, HoldValue, LimitValue, Snapshot, TermsValue};

pub use crate::accounts::PUSH_ACCOUNT;

use punchgate_domain::customer::CreditLimit;

/// A limit as it is merged.
pub(crate) fn limit_value(limit: CreditLimit) -> LimitValue {
    match limit {
        CreditLimit::Unknown => LimitValue::Unknown,
        CreditLimit::Unlimited => LimitValue::Unlimited,
        CreditLimit::Amount(money) => LimitValue::amount(money),
    }
}
