//! Who deals with whom: provisioning, directory, authentication, connectors, API keys; on SQLite always, on
//! PostgreSQL where `PUNCHGATE_TEST_POSTGRES_URL` names one.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says by failing what went wrong"
)]

mod identity {
    mod api_keys;
    mod authentication;
    mod connectors;
    mod directory;
    mod holding;
    mod operators;
    mod programs;
    mod provisioning;
    mod world;
}
