//! What the integration tests share: a database per test, the product put together on real sockets, its peers, and
//! the documents and calls that buyers' and suppliers' systems send.

pub(crate) mod api;
pub(crate) mod clock;
pub(crate) mod cxml;
pub(crate) mod erp;
pub(crate) mod live;
pub(crate) mod receiver;
pub(crate) mod shop;
pub(crate) mod supplier;
pub(crate) mod workspace;
pub(crate) mod world;
pub(crate) mod wrapped;

use std::time::Duration;

/// A client that follows no redirect and keeps no cookie.
pub(crate) fn http() -> reqwest::Client {
    punchgate_demo::http_client::http_client(Duration::from_secs(60)).unwrap()
}
