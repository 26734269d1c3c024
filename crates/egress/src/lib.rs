//! The one HTTP client of the product, guarded: it reaches only hosts that were allowed, only addresses that
//! may be reached (checked at connect, so that a name that changes on the second look is caught), follows no
//! redirect, reads no more than it was told to, and tells apart *surely not delivered* from *sent, outcome
//! unseen*.
//!
//! **Invariant:** no retry, no cookie, no proxy from the environment; a query, a header or a body is never logged.
#![warn(missing_docs)]

mod address;
mod certificate;
mod client;
mod dial;
mod error;
mod host;
mod relay;
mod resolver;
mod rules;

pub use certificate::{Certificate, certificate_at};
pub use client::{Egress, Limits, Request, Response};
pub use dial::connect;
pub use error::{EgressError, EgressSetupError, UnknownCause};
pub use host::{HostPattern, HostPatternError};
pub use ipnet::IpNet;
pub use relay::Relay;
pub use resolver::resolve;
pub use rules::EgressRules;
