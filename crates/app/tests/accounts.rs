//! Customers, credit, holds and their synchronisation with an ERP; on SQLite always, on PostgreSQL where
//! `PUNCHGATE_TEST_POSTGRES_URL` names one.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

mod accounts {
    mod announced;
    mod clocks;
    mod conflicts;
    mod crossings;
    mod fake_erp;
    mod holds;
    mod interleavings;
    mod old_readings;
    mod outages;
    mod people;
    mod pulls;
    mod pushes;
    mod reads;
    mod receivers;
    mod standings;
    mod sweeps;
    mod waiting;
    mod world;
}
