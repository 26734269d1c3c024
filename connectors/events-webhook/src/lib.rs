//! Tells a web address of what happens here, as Standard Webhooks describes it (`docs/protocols/webhooks.md`).
//!
//! **Invariant:** `message` and `config` are pure; only `connector` talks.

mod config;
mod connector;
mod message;

pub use config::{KIND, from_config};
