//! A freshly migrated database of each kind.

use std::str::FromStr as _;

use punchgate_storage::{Db, DbOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use tempfile::TempDir;

/// An SQLite database in a folder that goes with it.
pub(crate) async fn sqlite() -> (Db, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("schema.db").display());
    (migrated(&url).await, folder)
}

/// A database of its own on the PostgreSQL of the test run, if there is one; remove it with [`Temporary::remove`].
#[expect(
    clippy::disallowed_methods,
    reason = "the test run is configured by its environment"
)]
pub(crate) async fn postgres() -> Option<Temporary> {
    let Ok(server) = std::env::var("PUNCHGATE_TEST_POSTGRES_URL") else {
        println!("skipped: PUNCHGATE_TEST_POSTGRES_URL is not set");
        return None;
    };
    let server = PgConnectOptions::from_str(&server).unwrap();
    let mut admin = server.connect().await.unwrap();
    let (name,): (String,) = sqlx::query_as("select 'schema_' || replace(gen_random_uuid()::text, '-', '')")
        .fetch_one(&mut admin)
        .await
        .unwrap();
    run(&mut admin, format!("create database {name} template template0")).await;
    admin.close().await.unwrap();
    let url = server.clone().database(&name).to_url_lossy();
    let db = migrated(url.as_str()).await;
    Some(Temporary { db, server, name })
}

/// A database on PostgreSQL that somebody must remove.
pub(crate) struct Temporary {
    pub(crate) db: Db,
    server: PgConnectOptions,
    name: String,
}

impl Temporary {
    pub(crate) async fn remove(self) {
        self.db.close().await;
        let mut admin = self.server.connect().await.unwrap();
        run(&mut admin, format!("drop database {} with (force)", self.name)).await;
    }
}

async fn migrated(url: &str) -> Db {
    let db = Db::open(url, DbOptions::default()).await.unwrap();
    db.migrate().await.unwrap();
    db
}

#[expect(
    clippy::disallowed_methods,
    reason = "a database's name cannot be bound; the names are made here"
)]
async fn run(connection: &mut sqlx::PgConnection, sql: String) {
    sqlx::query(AssertSqlSafe(sql)).execute(connection).await.unwrap();
}
