//! The suites find seeded faults: correct systems in memory pass every case, and with each fault exactly the cases
//! fail that are about it.

#![allow(clippy::unwrap_used, reason = "a test says by failing what went wrong")]

mod faults {
    mod erp;
    mod faulty_erp;
    mod faulty_shop;
    mod ledger;
    mod line;
    mod shop;
    mod stock;
}
