//! The database: SQLite inside by default, PostgreSQL when more than one gateway runs.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    str::FromStr,
    time::Duration,
};

use sqlx::{
    postgres::{PgConnectOptions, PgPoolOptions},
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use tokio::sync::mpsc;

use crate::{
    StorageError, StorageResult, Tx, keeper,
    lanes::{Lane, Lanes},
};

/// Prepared statements that a connection keeps: every text, and the batched ones once a power of two.
const STATEMENTS: usize = 400;

/// Sizes of the pools.
#[derive(Debug, Clone, Copy)]
pub struct DbOptions {
    /// Connections to PostgreSQL, or readers of SQLite.
    pub connections: u32,
    /// How long to wait for a connection.
    pub acquire_timeout: Duration,
}

impl Default for DbOptions {
    fn default() -> Self {
        Self {
            connections: 8,
            acquire_timeout: Duration::from_secs(10),
        }
    }
}

/// An open database.
#[derive(Debug, Clone)]
pub enum Db {
    /// One writer behind the lanes, many readers.
    Sqlite {
        /// The one writing connection.
        writer: sqlx::SqlitePool,
        /// Reading connections.
        readers: sqlx::SqlitePool,
        /// The connection that looks after the log.
        keeper: sqlx::SqlitePool,
        /// Who writes next.
        lanes: Lanes,
    },
    /// Many writers.
    Postgres {
        /// All connections.
        pool: sqlx::PgPool,
        /// Who rests.
        lanes: Lanes,
    },
}

impl Db {
    /// Opens `sqlite:PATH` (created if missing) or `postgres://…`. Does not migrate.
    pub async fn open(url: &str, options: DbOptions) -> StorageResult<Self> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::open_postgres(url, options).await
        } else if url.starts_with("sqlite:") {
            Self::open_sqlite(url, options).await
        } else {
            Err(StorageError::Other(
                "the database URL must start with sqlite: or postgres://, for example sqlite:punchgate.db"
                    .to_owned(),
            ))
        }
    }

    async fn open_postgres(url: &str, options: DbOptions) -> StorageResult<Self> {
        let connect = PgConnectOptions::from_str(url)?
            .application_name("punchgate")
            .statement_cache_capacity(STATEMENTS);
        let pool = PgPoolOptions::new()
            .max_connections(options.connections)
            .acquire_timeout(options.acquire_timeout)
            .connect_with(connect)
            .await?;
        Ok(Self::Postgres {
            pool,
            lanes: Lanes::of_many_writers(),
        })
    }

    /// What is wrong with a URL, in words without its password; nothing is opened.
    pub fn url_problem(url: &str) -> Option<String> {
        let problem = match url.starts_with("sqlite:") {
            true => SqliteConnectOptions::from_str(url).err(),
            false => PgConnectOptions::from_str(url).err(),
        };
        problem.map(|error| match error {
            sqlx::Error::Configuration(cause) => cause.to_string(),
            other => other.to_string(),
        })
    }

    /// Whether a URL asks for a SQLite database that nobody may write to.
    pub fn is_read_only(url: &str) -> bool {
        let parameters = url.strip_prefix("sqlite:").and_then(|rest| rest.split_once('?'));
        parameters.is_some_and(|(_, parameters)| {
            parameters
                .split('&')
                .any(|one| matches!(one, "mode=ro" | "immutable=true" | "immutable=1"))
        })
    }

    /// The file that a URL names, where it names one.
    pub fn sqlite_file(url: &str) -> Option<PathBuf> {
        if !url.starts_with("sqlite:") || url.contains(":memory:") || url.contains("mode=memory") {
            return None;
        }
        let options = SqliteConnectOptions::from_str(url).ok()?;
        Some(options.get_filename().to_owned())
    }

    async fn open_sqlite(url: &str, options: DbOptions) -> StorageResult<Self> {
        let connect = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(Duration::from_secs(10))
            .foreign_keys(true)
            .statement_cache_capacity(STATEMENTS);
        // A file does not hang up: to ask each time whether it is still there costs a turn of the connection's thread.
        let so_many = |connections| {
            SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(options.acquire_timeout)
                .test_before_acquire(false)
        };
        // The keeper brings the log into the file, no commit.
        let connect = connect.pragma("wal_autocheckpoint", "0");
        let writer = so_many(1).connect_with(connect.clone()).await?;
        let keeper = so_many(1).connect_lazy_with(connect.clone());
        let readers = so_many(options.connections)
            .connect_with(connect.read_only(true).create_if_missing(false))
            .await?;
        let (call, called) = mpsc::channel(1);
        let lanes = Lanes::of_one_writer(call);
        keeper::keep(keeper.clone(), lanes.downgrade(), called);
        Ok(Self::Sqlite {
            writer,
            readers,
            keeper,
            lanes,
        })
    }

    /// A writing transaction. On SQLite it waits in its lane for the one writer; a sweep rests before it.
    pub async fn begin(&self, lane: Lane) -> StorageResult<Tx> {
        match self {
            Self::Sqlite { writer, lanes, .. } => {
                let turn = lanes.turn(lane).await;
                // The one connection of the pool: it takes this between transactions only.
                match turn.new_haste(lane) {
                    Some(true) => {
                        turn.note_haste(true);
                        sqlx::raw_sql("pragma synchronous = normal")
                            .execute(writer)
                            .await?;
                    }
                    Some(false) => {
                        sqlx::raw_sql("pragma synchronous = full").execute(writer).await?;
                        turn.note_haste(false);
                    }
                    None => {}
                }
                let inner = writer.begin_with("BEGIN IMMEDIATE").await?;
                Ok(Tx::Sqlite(inner, Some(turn)))
            }
            Self::Postgres { pool, lanes } => {
                let turn = lanes.turn(lane).await;
                let begin = match lane {
                    Lane::Sweep => "begin; set local synchronous_commit = off",
                    Lane::Intake | Lane::Background => "begin",
                };
                Ok(Tx::Postgres(pool.begin_with(begin).await?, Some(turn)))
            }
        }
    }

    /// A reading transaction: one consistent view, no waiting for writers.
    pub async fn read(&self) -> StorageResult<Tx> {
        match self {
            Self::Sqlite { readers, .. } => Ok(Tx::Sqlite(readers.begin().await?, None)),
            Self::Postgres { pool, .. } => {
                let begin = "begin isolation level repeatable read read only";
                Ok(Tx::Postgres(pool.begin_with(begin).await?, None))
            }
        }
    }

    /// Closes all connections, after the work under way.
    pub async fn close(&self) {
        match self {
            Self::Sqlite {
                writer,
                readers,
                keeper,
                ..
            } => {
                keeper.close().await;
                readers.close().await;
                writer.close().await;
            }
            Self::Postgres { pool, .. } => pool.close().await,
        }
    }
}

/// The right to be the one gateway on a SQLite file, until it is dropped or the process ends. Several share a
/// PostgreSQL. Commands that come and go need none.
#[derive(Debug)]
pub struct SoleUse {
    _lock: Option<File>,
}

impl SoleUse {
    /// Takes the right, if nobody has it. The lock is on a file of its own beside the database, which stays.
    pub fn claim(url: &str) -> StorageResult<Self> {
        let Some(database) = database_file(url)? else {
            return Ok(Self { _lock: None });
        };
        let mut path = database.clone().into_os_string();
        path.push(".lock");
        let path = PathBuf::from(path);
        let failed = |error: std::io::Error| {
            StorageError::Other(format!("{} cannot be locked: {error}", path.display()))
        };
        let mut options = File::options();
        let lock = options
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: Some(lock) }),
            Err(TryLockError::WouldBlock) => Err(StorageError::Other(format!(
                "another gateway is running on {}: stop it, choose another file, or let both share a PostgreSQL",
                database.display()
            ))),
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }
}

/// Whether there is a SQLite file yet; a PostgreSQL is not asked.
pub fn exists(url: &str) -> StorageResult<bool> {
    Ok(database_file(url)?.is_none_or(|file| file.exists()))
}

/// The file behind a SQLite URL, by its one name, whichever link leads to it.
fn database_file(url: &str) -> StorageResult<Option<PathBuf>> {
    let Some(path) = Db::sqlite_file(url) else {
        return Ok(None);
    };
    if let Ok(whole) = path.canonicalize() {
        return Ok(Some(whole));
    }
    // Not made yet.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or_else(|| Path::new("."));
    let folder = folder
        .canonicalize()
        .map_err(|error| StorageError::Other(format!("{}: {error}", folder.display())))?;
    Ok(path.file_name().map(|name| folder.join(name)))
}

/// The database's own clock in microseconds: for leases only, so that gateways agree.
pub async fn clock_micros(tx: &mut Tx) -> StorageResult<i64> {
    let sql = tx.sql(
        "select cast(unixepoch('subsec') * 1000000 as integer)",
        "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)",
    );
    let row: Option<(i64,)> = fetch_optional!(tx, (i64,), sql)?;
    row.map(|(micros,)| micros)
        .ok_or_else(|| StorageError::Other("the database told no time".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_gateway_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        let url = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
        assert!(!exists(&url("a.db")).unwrap() && exists("postgres://gw@db/gw").unwrap());
        let first = SoleUse::claim(&url("a.db")).unwrap();
        let refused = SoleUse::claim(&url("a.db?mode=rwc")).unwrap_err().to_string();
        assert!(refused.contains("another gateway is running on") && refused.contains("a.db"));
        File::create(&path).unwrap();
        assert!(exists(&url("a.db")).unwrap());
        std::os::unix::fs::symlink(&path, folder.path().join("b.db")).unwrap();
        assert!(
            SoleUse::claim(&url("b.db")).is_err(),
            "another name of the same file"
        );
        let _other = SoleUse::claim(&url("c.db")).unwrap();
        drop(first);
        let _next = SoleUse::claim(&url("a.db")).unwrap();
        for shared in ["postgres://gw@db/gw", "sqlite::memory:"] {
            let _one = SoleUse::claim(shared).unwrap();
            let _two = SoleUse::claim(shared).unwrap();
        }
        let nowhere = SoleUse::claim(&url("none/a.db")).unwrap_err().to_string();
        assert!(nowhere.contains("none"), "{nowhere}");
    }
}
