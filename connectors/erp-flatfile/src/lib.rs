//! ERP connector for drop folders: files that an ERP leaves and fetches, in a folder here, behind SFTP or in S3.
//!
//! The folder is the ERP: `in` and `archive` together say what counts (`intake`), so the connector keeps nothing. What
//! stands in a file is read by pure functions: text (`text`), rows (`rows`), fields (`columns`, `fields`, `cell`), and
//! then values (`convert`).

mod arrival;
mod cell;
mod columns;
mod config;
mod connector;
mod convert;
mod documents;
mod feed;
mod fields;
mod hash;
mod intake;
mod manifest;
mod order_file;
mod pattern;
mod rows;
mod sheet;
mod state;
mod text;

pub use config::{KIND, from_config};
