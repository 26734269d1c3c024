//! What the two published JSON protocols (`docs/protocols`) share: the signed transport, the settings of a
//! connection, values, and orders. Only `erp-http` and `storefront-http` speak them.
//!
//! Everything but [`transport`] is pure.

pub mod check;
pub mod connection;
pub mod order;
pub mod problem;
pub mod transport;
pub mod values;

pub use connection::Connection;
pub use problem::Mismatch;
pub use transport::SignedJson;

/// The version that we speak.
pub const VERSION: u32 = 1;

#[cfg(test)]
mod tests;
