//! Punchgate: the gateway between a buyer's procurement suite and a supplier's shop and ERP.
//!
//! This crate wires: configuration, command line, HTTP and background work around the use cases of
//! `punchgate-app`. **Invariant:** no decision of the field is made here.

pub mod cli;
pub mod config;
pub mod connectors;
pub mod demo;
pub mod gateway;
pub mod http;
pub mod jobs;
pub mod log;
mod machine;
mod mail;
mod mapping_table;
pub mod metrics;
pub mod out;
mod post;
pub mod serve;
pub mod tls;
