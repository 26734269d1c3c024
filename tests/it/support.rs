//! What the integration tests share: the workspace as Cargo sees it, and a database per test.

pub(crate) mod database;
pub(crate) mod workspace;
