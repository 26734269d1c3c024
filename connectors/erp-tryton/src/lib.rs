//! ERP connector for Tryton 8.2, over its JSON-RPC.
//!
//! **Invariant:** `wire`, `feed` and `convert` are pure; only `connector` talks, through `rpc`. Every call names
//! the company: without it Tryton answers as if limits and terms were empty.

mod config;
mod connector;
mod convert;
mod feed;
mod rpc;
mod wire;

pub use config::{KIND, from_config};
