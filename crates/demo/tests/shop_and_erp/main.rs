//! The demo shop and ERP as others meet them: over HTTP, by the published protocols.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod erp;
mod erp_faults;
mod fixture;
mod shop;
mod shop_gateway;
