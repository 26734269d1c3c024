//! Punchout sessions from setup request to returned cart, with a shop that has a state of its own; on SQLite
//! always, on PostgreSQL where `PUNCHGATE_TEST_POSTGRES_URL` names one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says by failing what went wrong"
)]

mod punchout {
    mod charges;
    mod editing;
    mod expiring;
    mod fake_shop;
    mod hold;
    mod opening;
    mod redeeming;
    mod returning;
    mod world;
}
