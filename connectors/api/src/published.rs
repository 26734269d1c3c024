//! What the two published JSON protocols (`docs/protocols`) share: the ways to the other side, the settings of a
//! connection, values, and orders; and the ERP protocol, which two connectors speak.
//!
//! Everything but [`transport`], [`lines`] and the calls of [`erp`] is pure.

pub mod check;
pub mod connection;
pub mod erp;
pub mod lines;
pub mod order;
pub mod peer;
pub mod problem;
pub mod transport;
pub mod values;

pub use connection::Connection;
pub use lines::JsonLines;
pub use peer::Peer;
pub use problem::Mismatch;
pub use transport::SignedJson;

/// The version that we speak.
pub const VERSION: u32 = 1;

#[cfg(test)]
mod tests;
