//! Storefront connector for Vendure 3.7 with the plugin that lies beside it, over the Admin API.
//!
//! **Invariant:** `wire` and `convert` are pure; only `connector` talks, through `graphql`. A call is one request:
//! whatever belongs together happens in one transaction of the shop.

mod config;
mod connector;
mod convert;
mod graphql;
mod wire;

pub use config::{KIND, from_config};
