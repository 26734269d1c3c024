//! The only SQL of the product. One SQL text and one row struct serve SQLite and PostgreSQL; one file an
//! aggregate, the SQL beside the function that runs it.
//!
//! **Invariant:** no business decision, no protocol, no HTTP. `supplier_id` leads every key and stands in
//! every query, so that PostgreSQL can be distributed by supplier. Instants are bigint microseconds UTC.
#![warn(missing_docs)]

#[macro_use]
mod tx;

mod copy;
mod keeper;
mod planner;

pub mod body;
pub mod cart_snapshot;
pub mod db;
pub mod error;
pub mod lanes;
#[macro_use]
pub mod list;
pub mod alert;
pub mod api_key;
pub mod connector_instance;
pub mod contract_price;
pub mod credential;
pub mod credit_account;
pub mod customer;
pub mod document;
pub mod erp_document;
pub mod evidence_link;
pub mod feed_hint;
pub mod figures;
pub mod history;
pub mod hold;
pub mod hold_override;
pub mod hold_rule_case;
pub mod mapping;
pub mod migrate;
pub mod operator;
pub mod order;
pub mod order_change;
pub mod order_funds;
pub mod order_submission;
pub mod outbox;
pub mod promise;
pub mod quarantine;
pub mod relationship;
pub mod request_key;
pub mod restoration;
pub mod session;
pub mod shadow;
pub mod shop_order;
pub mod supplier;
pub mod sync;
pub mod values;
pub mod waiting;
pub mod waiting_document;
pub mod work_lease;

pub use db::{Db, DbOptions};
pub use error::{StorageError, StorageResult};
pub use lanes::Lane;
pub use tx::Tx;
