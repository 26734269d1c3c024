//! Brings what SQLite's writer has committed from its log into the database file, beside the writer.
//!
//! By itself SQLite does that within a commit, every thousand pages, while everybody who has something to write waits for
//! it to reach the disk. Here a connection of its own does it; the writer waits only where the log has grown so long that
//! it must be begun anew, and then for what was written in the meantime.

use sqlx::{FromRow as _, SqlitePool};
use tokio::sync::mpsc;

use crate::{
    StorageResult,
    lanes::{Lane, Lanes, WeakLanes},
};

/// So many pages the log may have before the writer waits until it can begin anew: 64 MiB.
const LONG: i64 = 16_384;

/// The log as a checkpoint found it and left it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
struct Log {
    /// Pages that it has; -1 where there is none.
    log: i64,
    /// Those of them that are in the database file by now.
    checkpointed: i64,
}

/// Looks after the log whenever it is called, until nobody is left who could call, or the connection is closed.
pub(crate) fn keep(pool: SqlitePool, lanes: WeakLanes, mut called: mpsc::Receiver<()>) {
    tokio::spawn(async move {
        while called.recv().await.is_some() {
            let Some(lanes) = lanes.upgrade() else { return };
            match look_after(&pool, &lanes, LONG).await {
                Ok(_) => {}
                Err(_) if pool.is_closed() => return,
                Err(error) => tracing::warn!(%error, "the log of the database was not brought into its file"),
            }
        }
    });
}

async fn look_after(pool: &SqlitePool, lanes: &Lanes, long: i64) -> StorageResult<Log> {
    let log = checkpoint(pool).await?;
    if log.log < long {
        return Ok(log);
    }
    // While nobody writes, the little that came in between is brought over, too; whoever writes next begins anew, unless
    // somebody still reads what was there before.
    let _turn = lanes.turn(Lane::Background).await;
    checkpoint(pool).await
}

async fn checkpoint(pool: &SqlitePool) -> StorageResult<Log> {
    let row = sqlx::raw_sql("pragma wal_checkpoint(passive)")
        .fetch_one(pool)
        .await?;
    Ok(Log::from_row(&row)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Db, DbOptions, Tx};

    #[tokio::test]
    async fn the_log_is_brought_over_beside_the_writer_and_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("a.db").display());
        let db = Db::open(&url, DbOptions::default()).await.unwrap();
        let Db::Sqlite {
            writer,
            keeper,
            lanes,
            ..
        } = &db
        else {
            panic!("no SQLite")
        };
        let write = async |rows: usize| {
            for _ in 0..rows {
                sqlx::raw_sql("insert into note (text) values (zeroblob(5000))")
                    .execute(writer)
                    .await
                    .unwrap();
            }
        };
        sqlx::raw_sql("create table note (text blob)")
            .execute(writer)
            .await
            .unwrap();
        write(700).await;
        let Tx::Sqlite(mut reader, _) = db.read().await.unwrap() else {
            panic!("no SQLite")
        };
        let seen = sqlx::raw_sql("select 1 from note limit 1")
            .fetch_all(&mut *reader)
            .await;
        assert_eq!(seen.unwrap().len(), 1);
        let log = look_after(keeper, lanes, i64::MAX).await.unwrap();
        assert!(log.log > 1_400, "no commit brought it over: {log:?}");
        assert_eq!(log.checkpointed, log.log);
        write(100).await;
        let longer = look_after(keeper, lanes, 1).await.unwrap();
        assert!(
            longer.log > log.log && longer.checkpointed < longer.log,
            "somebody reads: {longer:?}"
        );
        reader.rollback().await.unwrap();
        let whole = look_after(keeper, lanes, 1).await.unwrap();
        assert_eq!(whole.checkpointed, whole.log);
        write(1).await;
        let anew = look_after(keeper, lanes, i64::MAX).await.unwrap();
        assert!(anew.log < 20, "begun anew: {anew:?}");
        db.close().await;
        assert!(!folder.path().join("a.db-wal").exists(), "all is in the file");
    }
}
