//! The connector at drop folders: on this machine, behind a real SFTP server, in a real S3 service.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

mod accounts;
mod columns;
mod conformance;
mod documents;
mod faults;
mod holds;
mod orders;
mod servers;
mod stores;
mod support;
