//! ERP connector for a database: views that the supplier's people give us to read, staging tables to write.
//!
//! **Invariant:** `schema`, `dialect`, `statement`, `row`, `feed` and `convert` are pure; only `connector` talks, through
//! `database`. Names of tables and columns come from settings, quoted; every value is bound, none is part of a text.

mod config;
mod connector;
mod convert;
mod database;
mod dialect;
mod fault;
mod feed;
mod row;
mod schema;
mod statement;

pub use config::{KIND, from_config};
