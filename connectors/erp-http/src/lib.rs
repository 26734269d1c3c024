//! ERP connector for the published JSON protocol (`docs/protocols/erp.md`) over signed HTTP.
//!
//! Messages, their meaning and the calls are `punchgate_connector::published`'s, which `erp-stdio` shares.

mod config;
mod connector;

pub use config::{KIND, from_config};
