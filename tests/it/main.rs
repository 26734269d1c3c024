//! The integration tests of the whole product: one binary, so that it links once.
//!
//! `PUNCHGATE_TEST_DATABASE` (`sqlite`, the default, or `postgres`) says which database every test gets one of.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

mod accounts;
mod alerts;
mod api;
mod architecture;
mod backup;
mod bad_input;
mod capability_tables;
mod checkout;
mod command_line;
mod conformance;
mod console;
mod crash;
mod decisions;
mod demo;
mod edges;
mod events;
mod evidence;
mod feed;
mod foreign_objects;
mod group_commit;
mod holds;
mod hooks;
mod hostile;
mod intake;
mod latency;
mod lockfile;
mod metrics;
mod offers;
mod operations;
mod orders;
mod outbox;
mod own_tls;
mod packaging;
mod periodic;
mod rate_limits;
mod rehearsals;
mod reload;
mod secrets;
mod seed;
mod shadow;
mod simulate;
mod start_link;
mod support;
mod tryton;
