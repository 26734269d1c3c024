//! A migrated database for each test and each bench, which is gone when the test is: a file in a temporary folder, or
//! a database on the PostgreSQL at `PUNCHGATE_TEST_POSTGRES_URL`. Yields a URL, and rows to put there; what is done with
//! them is the product's. Nothing that is shipped depends on this crate.

#![warn(missing_docs)]
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "only tests and benches run this: it stops where their surroundings are wrong, says what is skipped, is \
              configured by the environment, and makes the names of databases, which cannot be bound, itself"
)]

pub mod customer;

use std::env;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::str::FromStr;

use punchgate_storage::{Db, DbOptions};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};
use tempfile::TempDir;
use url::Url;

/// Files of 16 MB that `min_wal_size` in `scripts/with-postgres` keeps.
const LOG_FILES: usize = 64;

/// A migrated database of one test alone.
#[derive(Debug)]
pub struct TestDatabase {
    url: String,
    kept: Kept,
}

#[derive(Debug)]
enum Kept {
    /// The folder goes when this goes.
    Sqlite {
        _folder: TempDir,
    },
    Postgres {
        server: Url,
        name: String,
    },
}

impl TestDatabase {
    /// The one that `PUNCHGATE_TEST_DATABASE` asks for, `sqlite` or `postgres`.
    ///
    /// # Panics
    /// The variable says something else, or PostgreSQL is asked for and there is none.
    pub async fn asked_for() -> Self {
        match env::var("PUNCHGATE_TEST_DATABASE").as_deref() {
            Err(_) | Ok("sqlite") => Self::sqlite().await,
            Ok("postgres") => Self::postgres().await.expect(
                "PUNCHGATE_TEST_POSTGRES_URL is not set: run scripts/with-postgres cargo test --test it",
            ),
            Ok(other) => panic!("PUNCHGATE_TEST_DATABASE is `{other}`: use sqlite or postgres"),
        }
    }

    /// One on SQLite, and one on PostgreSQL where there is a server.
    pub async fn all() -> Vec<Self> {
        let mut all = vec![Self::sqlite().await];
        all.extend(Self::postgres().await);
        all
    }

    /// In a folder of its own.
    pub async fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("punchgate.db").display());
        migrate(&url).await;
        Self {
            url,
            kept: Kept::Sqlite { _folder: folder },
        }
    }

    /// On the PostgreSQL of the test run; without one it says so and is nothing.
    pub async fn postgres() -> Option<Self> {
        let Ok(server) = env::var("PUNCHGATE_TEST_POSTGRES_URL") else {
            println!("skipped: PUNCHGATE_TEST_POSTGRES_URL is not set");
            return None;
        };
        let server: Url = server.parse().expect("PUNCHGATE_TEST_POSTGRES_URL is a URL");
        let mut admin = connect(&server).await;
        let template = template(&mut admin, &server).await;
        let (name,): (String,) =
            sqlx::query_as("select 'test_' || replace(gen_random_uuid()::text, '-', '')")
                .fetch_one(&mut admin)
                .await
                .unwrap();
        run(&mut admin, format!("create database {name} template {template}")).await;
        admin.close().await.unwrap();
        Some(Self {
            url: with_database(&server, &name).into(),
            kept: Kept::Postgres { server, name },
        })
    }

    /// `sqlite:///tmp/…/punchgate.db` or `postgres://…/test_…`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// What it is called where results are shown.
    pub fn product(&self) -> &'static str {
        match self.kept {
            Kept::Sqlite { .. } => "SQLite",
            Kept::Postgres { .. } => "PostgreSQL",
        }
    }

    /// Has PostgreSQL measure its tables now, as its autovacuum does within a minute: until it has, it plans for tables
    /// of a few rows. SQLite is told its figures once and for all.
    pub async fn analyze(&self) {
        if let Kept::Postgres { server, name } = &self.kept {
            let mut inside = connect(&with_database(server, name)).await;
            run(&mut inside, "analyze".to_owned()).await;
        }
    }

    /// Has the files of PostgreSQL's log written once, as they are on a server that has run for a while: a new one takes a
    /// commit twenty milliseconds, one that is used again takes none. `scripts/with-postgres` has the server keep as many.
    pub async fn run_in(&self) {
        let Kept::Postgres { server, name } = &self.kept else {
            return;
        };
        let mut inside = connect(&with_database(server, name)).await;
        for _ in 0..LOG_FILES {
            let touch = "select pg_logical_emit_message(false, 'punchgate', 'run in')";
            run(&mut inside, touch.to_owned()).await;
            run(&mut inside, "select pg_switch_wal()".to_owned()).await;
        }
        // The first says what is needed no more, the second lets go of what the first one needed.
        for _ in 0..2 {
            run(&mut inside, "checkpoint".to_owned()).await;
        }
    }

    /// Returns when a transaction waits for a row that another one has locked. On SQLite at once: there whoever writes
    /// second waits before it begins.
    pub async fn until_somebody_waits(&self) {
        let Kept::Postgres { server, name } = &self.kept else {
            return;
        };
        let mut admin = connect(server).await;
        loop {
            let (waiting,): (i64,) = sqlx::query_as(
                "select count(*) from pg_stat_activity where datname = $1 and wait_event_type = 'Lock'",
            )
            .bind(name)
            .fetch_one(&mut admin)
            .await
            .unwrap();
            if waiting > 0 {
                return;
            }
        }
    }

    /// Opens it, as the product does.
    pub async fn open(&self) -> Db {
        Db::open(&self.url, DbOptions::default()).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Kept::Postgres { server, name } = &self.kept else {
            return;
        };
        let (server, name) = (server.clone(), name.clone());
        // A thread of its own: a test's runtime may be the one that is dropping this.
        let dropped = std::thread::spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap()
                .block_on(async {
                    run(
                        &mut connect(&server).await,
                        format!("drop database if exists {name} with (force)"),
                    )
                    .await;
                });
        });
        assert!(
            dropped.join().is_ok() || std::thread::panicking(),
            "the test's database was not dropped"
        );
    }
}

/// The name of a migrated database to copy. Made by the first test that asks, for all processes of the run; a changed
/// migration makes another.
async fn template(admin: &mut PgConnection, server: &Url) -> String {
    let name = format!("test_template_{:016x}", migrations_hash());
    sqlx::query("select pg_advisory_lock(7206)")
        .execute(&mut *admin)
        .await
        .unwrap();
    let found: Option<(i32,)> = sqlx::query_as("select 1 from pg_database where datname = $1")
        .bind(&name)
        .fetch_optional(&mut *admin)
        .await
        .unwrap();
    if found.is_none() {
        let unfinished = format!("{name}_unfinished");
        run(
            admin,
            format!("drop database if exists {unfinished} with (force)"),
        )
        .await;
        run(admin, format!("create database {unfinished} template template0")).await;
        migrate(with_database(server, &unfinished).as_str()).await;
        run(admin, format!("alter database {unfinished} rename to {name}")).await;
    }
    sqlx::query("select pg_advisory_unlock(7206)")
        .execute(admin)
        .await
        .unwrap();
    name
}

fn migrations_hash() -> u64 {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations/postgres");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in files {
        file.file_name().hash(&mut hasher);
        std::fs::read(&file).unwrap().hash(&mut hasher);
    }
    hasher.finish()
}

async fn migrate(url: &str) {
    let db = Db::open(url, DbOptions::default())
        .await
        .expect("the test's database opens");
    db.migrate().await.expect("the test's database is migrated");
    db.close().await;
}

async fn connect(server: &Url) -> PgConnection {
    PgConnectOptions::from_str(server.as_str())
        .unwrap()
        .connect()
        .await
        .expect("PostgreSQL for tests answers")
}

async fn run(connection: &mut PgConnection, sql: String) {
    if let Err(error) = sqlx::query(AssertSqlSafe(sql.clone())).execute(connection).await {
        panic!("{sql}: {error}");
    }
}

fn with_database(server: &Url, name: &str) -> Url {
    let mut url = server.clone();
    url.set_path(name);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_has_a_database_of_its_own() {
        let (one, other) = (TestDatabase::asked_for().await, TestDatabase::asked_for().await);
        assert_ne!(one.url(), other.url());
        for database in [&one, &other] {
            let db = database.open().await;
            db.read().await.expect("it answers");
            db.close().await;
        }
        if let Kept::Sqlite { _folder: folder } = &one.kept {
            let path = folder.path().to_owned();
            drop(one);
            assert!(!path.exists(), "the folder goes with the test");
        }
    }
}
