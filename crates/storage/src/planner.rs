//! What the planners are told of tables and indexes.
//!
//! SQLite's measures nothing by itself, and without figures it takes a supplier for ten rows: it would rather walk all that
//! a supplier has than look up two numbers. The figures are the same for every installation, so that every
//! installation has the plans that the tests have seen. PostgreSQL measures for itself, but once a minute at most: of a table that has
//! just been filled it knows nothing, and keeps the plans that it made for an empty one. Whoever fills it says so.

use crate::{Db, StorageResult};

/// What a full read of an ERP fills.
const FILLED_BY_SWEEPS: &str = "begin; set local lock_timeout = '1s'; analyze customer, customer_contact, customer_ship_to, credit_account, account_shadow, \
    change_history, hold, purchase_order; commit";

impl Db {
    /// Has PostgreSQL measure the tables that a full read of an ERP fills, so that what comes next finds its rows by the
    /// right index. Takes part of a second at a hundred thousand customers, keeps nobody from reading or writing, and
    /// waits a second at most for whoever looks after a table already.
    pub async fn measure_after_sweep(&self) -> StorageResult<()> {
        if let Self::Postgres { pool, .. } = self {
            let mut connection = pool.acquire().await?;
            if let Err(error) = sqlx::raw_sql(FILLED_BY_SWEEPS).execute(&mut *connection).await {
                // It is in a transaction that failed: nobody else shall have it so.
                connection.close().await?;
                return Err(error.into());
            }
        }
        Ok(())
    }
}

/// Tells it anew; at every migration, since that may have brought an index.
pub(crate) async fn tell(writer: &sqlx::SqlitePool) -> StorageResult<()> {
    let mut tx = writer.begin().await?;
    // The first line makes the table of figures, the last has the connection read it.
    sqlx::raw_sql("analyze; delete from sqlite_stat1;")
        .execute(&mut *tx)
        .await?;
    sqlx::raw_sql(FIGURES).execute(&mut *tx).await?;
    sqlx::raw_sql("analyze sqlite_schema;").execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Of every index: the rows of its table, then how many share its first column, its first two, and so on. One supplier
/// has all rows, a few words are shared by many, and what is left is an id or an instant.
const FIGURES: &str = r#"
    insert into sqlite_stat1 (tbl, idx, stat)
    with recursive
        words (name, count) as (values
            ('supplier_id', 1), ('connector_id', 2), ('sink_connector_id', 2), ('scope', 2), ('mode', 2),
            ('buyer_system', 2), ('request_kind', 2), ('subject', 2), ('released_at', 2), ('state', 8),
            ('relationship_id', 20), ('credit_account_id', 1000), ('customer_id', 1000)),
        keys (tbl, idx, place, is_unique, count, rows) as (
            select m.name, l.name, i.seqno,
                l."unique" and i.seqno = (select max(seqno) from pragma_index_info(l.name)),
                coalesce((select count from words where words.name = i.name), 1000000),
                case when l.partial then 10000 else 1000000 end
            from sqlite_schema m join pragma_index_list(m.name) l join pragma_index_info(l.name) i
            where m.type = 'table' and m.name not like 'sqlite%' and m.name not like '\_sqlx%' escape '\'),
        figures (tbl, idx, place, rows, stat) as (
            select tbl, idx, -1, rows, cast(rows as text) from keys where place = 0
            union all
            select f.tbl, f.idx, k.place, case when k.is_unique then 1 else max(1, f.rows / k.count) end,
                f.stat || ' ' || case when k.is_unique then 1 else max(1, f.rows / k.count) end
            from figures f join keys k on k.tbl = f.tbl and k.idx = f.idx and k.place = f.place + 1)
    select tbl, idx, stat from figures f where place = (select max(place) from keys where keys.idx = f.idx)
"#;
