//! Conformance suites: what a connector and the system behind it must do, tried out against the living system.
//!
//! They are library code: the tests run them against reference servers, the command line against an operator's
//! own. Cases are chosen by capability. **Invariant:** a suite writes only to the customers that it was given for that,
//! marks its orders as tests unless it may make real ones, and puts back or cancels what it changed where the
//! system lets it.

mod bench;
pub mod clerk;
pub mod erp;
mod line;
mod order;
pub mod report;
pub mod storefront;

pub use clerk::{Booking, Clerk};
pub use erp::{ErpFixture, PeopleFixture, run_erp};
pub use order::OrderFixture;
pub use report::{CaseResult, Report, Verdict};
pub use storefront::{Browser, StorefrontFixture, run_storefront};

use crate::Context;

/// Makes the context of one attempt from its operation id.
pub type MakeContext<'a> = dyn Fn(String) -> Context + Send + Sync + 'a;
