//! ERP connector for programs in any language (`docs/protocols/erp-stdio.md`): the messages of the ERP protocol, a line
//! each, over the standard input and output of a program that the core runs.
//!
//! Messages, their meaning and the calls are `punchgate_connector::published`'s, which `erp-http` shares.

mod config;
mod connector;

pub use config::{KIND, from_config};
