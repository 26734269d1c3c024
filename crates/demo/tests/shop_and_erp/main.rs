//! The demo shop and ERP as others meet them: over HTTP, by the published protocols.

mod erp;
mod fixture;
mod shop;
