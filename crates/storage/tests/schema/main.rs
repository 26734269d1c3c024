//! The two schemas say the same, and every SQL text of the crate runs on both databases.
//!
//! PostgreSQL is the one at `PUNCHGATE_TEST_POSTGRES_URL` (`scripts/with-postgres`); without it, what needs it
//! says that it was skipped.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

mod collect;
mod introspect;
mod lists;
mod plans;
mod resolve;
mod statements;
