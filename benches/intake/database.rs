//! The databases that are measured: a file in a temporary folder; a database of its own on the PostgreSQL of
//! `PUNCHGATE_TEST_POSTGRES_URL`, if that is set.

use std::str::FromStr as _;

use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, postgres::PgConnectOptions};
use url::Url;

/// A database with what it is called in the table.
pub(crate) struct Database {
    pub(crate) name: &'static str,
    pub(crate) url: String,
    folder: Option<tempfile::TempDir>,
    server: Option<(Url, String)>,
}

/// SQLite, and PostgreSQL where there is one.
pub(crate) async fn all() -> Vec<Database> {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("punchgate.db").display());
    let mut all = vec![Database {
        name: "SQLite",
        url,
        folder: Some(folder),
        server: None,
    }];
    #[expect(
        clippy::disallowed_methods,
        reason = "the bench is told where PostgreSQL is as the tests are"
    )]
    let server = std::env::var("PUNCHGATE_TEST_POSTGRES_URL");
    if let Ok(server) = server {
        let server: Url = server.parse().unwrap();
        let name = format!("bench_{}", std::process::id());
        run(&server, format!("create database {name} template template0")).await;
        let mut url = server.clone();
        url.set_path(&name);
        all.push(Database {
            name: "PostgreSQL",
            url: url.into(),
            folder: None,
            server: Some((server, name)),
        });
    }
    all
}

impl Database {
    /// Takes it away.
    pub(crate) async fn drop(self) {
        drop(self.folder);
        if let Some((server, name)) = self.server {
            run(&server, format!("drop database if exists {name} with (force)")).await;
        }
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a database's name cannot be bound; the names are made here"
)]
async fn run(server: &Url, sql: String) {
    let mut admin = PgConnectOptions::from_str(server.as_str())
        .unwrap()
        .connect()
        .await
        .unwrap();
    if let Err(error) = sqlx::query(AssertSqlSafe(sql.clone())).execute(&mut admin).await {
        panic!("{sql}: {error}");
    }
    admin.close().await.unwrap();
}
