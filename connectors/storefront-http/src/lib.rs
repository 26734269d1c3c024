//! Storefront connector for the published JSON protocol (`docs/protocols/storefront.md`).
//!
//! **Invariant:** `wire` and `convert` are pure; only `connector` talks, through the signed transport of
//! `punchgate_connector::published`.

mod config;
mod connector;
mod convert;
mod wire;

pub use config::{KIND, from_config};
