//! The demo's peers: a simulated shop and ERP (and, beside them, the suite).
//!
//! Each is a small real server with its own state and its own web pages. They are spoken to only
//! over HTTP, by the protocols published in `docs/protocols`, and as treacherous as the real thing.
//! Shop and ERP must not share a type or a line of wire code with the gateway: they are an independent
//! reading of the published protocols, so that a mistake on one side shows. The suite reads and writes
//! cXML with `punchgate-protocols`, which is held against the published DTDs, and shares nothing else.

#![warn(missing_docs)]

pub mod assets;
pub mod auto;
pub mod clock;
mod envelope;
pub mod erp;
pub mod error;
pub mod http_client;
pub mod products;
mod purchase;
pub mod server;
pub mod shop;
pub mod signing;
pub mod suite;
pub mod wire_log;

pub use clock::{Clock, Entropy, OsEntropy, SystemClock};
pub use erp::{ErpConfig, serve_erp};
pub use error::DemoError;
pub use shop::{GatewayAccess, ShopConfig, serve_shop};
pub use suite::{SuiteConfig, serve_suite};
pub use wire_log::{Exchange, Peer, WireLog};
