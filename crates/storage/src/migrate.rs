//! The schema: `migrations/{sqlite,postgres}/NNNN_name.sql`, compiled in, run in order, never edited once
//! released.

use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::{Db, StorageResult, planner};

const SQLITE: &[(i64, &str, &str)] = &[(
    1,
    "initial",
    include_str!("../../../migrations/sqlite/0001_initial.sql"),
)];
const POSTGRES: &[(i64, &str, &str)] = &[(
    1,
    "initial",
    include_str!("../../../migrations/postgres/0001_initial.sql"),
)];

impl Db {
    /// Brings the schema up to date. Several gateways may call it at once.
    pub async fn migrate(&self) -> StorageResult<()> {
        match self {
            Self::Sqlite { writer, .. } => {
                migrator(SQLITE).run(writer).await?;
                planner::tell(writer).await?;
            }
            Self::Postgres { pool, .. } => migrator(POSTGRES).run(pool).await?,
        }
        Ok(())
    }
}

impl Db {
    /// Whether the schema is the one that this program is made for; nothing is changed.
    pub async fn is_current(&self) -> StorageResult<bool> {
        Ok(self.schema_version().await? == Some(self.known_schema()))
    }

    /// The number of the schema's last migration; none where the database is somebody else's, or new.
    pub async fn schema_version(&self) -> StorageResult<Option<i64>> {
        let tx = &mut self.read().await?;
        let found: StorageResult<Option<(Option<i64>,)>> = fetch_optional!(
            tx,
            (Option<i64>,),
            "select cast(max(version) as bigint) from _sqlx_migrations",
        );
        Ok(found.ok().flatten().and_then(|(version,)| version))
    }

    /// The number of the last migration that this program has.
    pub fn known_schema(&self) -> i64 {
        let known = match self {
            Self::Sqlite { .. } => SQLITE.last(),
            Self::Postgres { .. } => POSTGRES.last(),
        };
        known.map_or(0, |(version, ..)| *version)
    }
}

fn migrator(texts: &[(i64, &'static str, &'static str)]) -> Migrator {
    Migrator::with_migrations(
        texts
            .iter()
            .map(|(version, name, sql)| {
                let sql = sqlx::SqlSafeStr::into_sql_str(*sql);
                Migration::new(*version, (*name).into(), MigrationType::Simple, sql, false)
            })
            .collect(),
    )
}
