//! The connector against real databases: SQLite always, PostgreSQL and MariaDB where a server is named
//! (`scripts/with-postgres`, `scripts/with-mariadb`). Each test has a database of its own, made by the file in `examples`.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test says by failing what went wrong, and what is skipped"
)]

mod conformance;
mod cut;
mod echoes;
mod feed;
mod hostile;
mod orders;
mod patches;
mod rights;
mod support;
mod tls;

/// One test for each database.
macro_rules! on_each_database {
    ($($name:ident),* $(,)?) => {
        $(
            mod $name {
                use crate::support::Kind;

                #[tokio::test]
                async fn on_sqlite() {
                    super::$name(Kind::Sqlite).await;
                }

                #[tokio::test]
                async fn on_postgres() {
                    super::$name(Kind::Postgres).await;
                }

                #[tokio::test]
                async fn on_mariadb() {
                    super::$name(Kind::MariaDb).await;
                }
            }
        )*
    };
}
pub(crate) use on_each_database;
