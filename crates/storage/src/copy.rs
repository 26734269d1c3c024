//! Copies of a SQLite file, and whether a file is whole. PostgreSQL is copied and checked by its own programs.

use std::path::Path;

use sqlx::Row as _;

use crate::{Db, StorageError, StorageResult};

/// Faults of a file that are told, at most.
const FAULTS: &str = "pragma integrity_check(20)";

impl Db {
    /// Copies the database as it stands at one moment into a file that does not exist or is empty, while others go on
    /// writing. [`StorageError::Other`] on PostgreSQL.
    pub async fn copy_into(&self, file: &Path) -> StorageResult<()> {
        let Self::Sqlite { readers, .. } = self else {
            return Err(StorageError::Other(
                "a PostgreSQL is copied by pg_dump".to_owned(),
            ));
        };
        let name = file
            .to_str()
            .ok_or_else(|| StorageError::Other(format!("{} is no UTF-8 name", file.display())))?;
        #[expect(
            clippy::disallowed_methods,
            reason = "the statement is sent without binds, and a name in quotes that are doubled ends nowhere else"
        )]
        let sql = sqlx::AssertSqlSafe(format!("vacuum into '{}'", name.replace('\'', "''")));
        sqlx::raw_sql(sql).execute(readers).await?;
        Ok(())
    }

    /// What is damaged in a SQLite file, in SQLite's words; nothing where it is whole. A PostgreSQL is not asked.
    pub async fn faults(&self) -> StorageResult<Vec<String>> {
        let Self::Sqlite { readers, .. } = self else {
            return Ok(Vec::new());
        };
        let rows = sqlx::raw_sql(FAULTS).fetch_all(readers).await?;
        let mut said = Vec::with_capacity(rows.len());
        for row in rows {
            said.push(row.try_get::<String, _>(0)?);
        }
        Ok(if said == ["ok"] { Vec::new() } else { said })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::DbOptions;

    async fn open(file: &Path) -> Db {
        Db::open(&format!("sqlite:{}", file.display()), DbOptions::default())
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn a_copy_is_whole_and_a_damaged_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let (first, second) = (folder.path().join("a.db"), folder.path().join("it's a copy.db"));
        let db = open(&first).await;
        db.migrate().await.unwrap();
        // What others have begun and not committed is not in it, and they are not waited for.
        let writing = db.begin(crate::Lane::Background).await.unwrap();
        db.copy_into(&second).await.unwrap();
        writing.rollback().await.unwrap();
        assert!(db.copy_into(&second).await.is_err(), "it overwrites nothing");
        db.close().await;
        let copy = open(&second).await;
        assert!(copy.is_current().await.unwrap());
        assert!(copy.faults().await.unwrap().is_empty());
        copy.close().await;
        // A page of the middle is gone.
        let mut bytes = std::fs::read(&second).unwrap();
        for byte in &mut bytes[8192..12288] {
            *byte = 0x5a;
        }
        std::fs::write(&second, bytes).unwrap();
        let copy = open(&second).await;
        let found = copy.faults().await;
        assert!(found.is_err() || !found.unwrap().is_empty());
    }
}
