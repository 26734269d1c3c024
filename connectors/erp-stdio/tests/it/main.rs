//! The connector with real programs: the published example through the whole suite, and programs that do not keep to
//! the protocol.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

mod example;
mod hostile;
mod support;
