//! What is under way, counted for whoever watches the gateway. Only open things are counted: what has come to its end
//! would be read in full at every look.

use crate::{Db, StorageResult, Tx};

/// So many things of a supplier.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FigureRow {
    /// Which: a state, a kind.
    pub name: String,
    /// How many.
    pub count: i64,
    /// Since when the oldest is there.
    pub oldest: Option<i64>,
}

/// Orders that have not come to their end, by state.
pub async fn orders(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<FigureRow>> {
    fetch_all!(
        tx,
        FigureRow,
        "select state as name, cast(count(*) as bigint) as count, cast(min(received_at) as bigint) as oldest \
         from purchase_order where supplier_id = $1 and state in \
         ('received', 'approved', 'held', 'referred', 'submitting', 'unknown', 'held_by_erp', 'rejected') \
         group by state order by state",
        supplier,
    )
}

/// Punchout sessions in which somebody shops, by state.
pub async fn sessions(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<FigureRow>> {
    fetch_all!(
        tx,
        FigureRow,
        "select state as name, cast(count(*) as bigint) as count, cast(min(opened_at) as bigint) as oldest \
         from session where supplier_id = $1 and state in ('opened', 'shopping') group by state order by state",
        supplier,
    )
}

/// Work that has not come to its end and was not given up, by kind.
pub async fn work(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<FigureRow>> {
    fetch_all!(
        tx,
        FigureRow,
        "select kind as name, cast(count(*) as bigint) as count, cast(min(created_at) as bigint) as oldest \
         from outbox where supplier_id = $1 and finished_at is null and state <> 'dead' and stream > '' \
         group by kind order by kind",
        supplier,
    )
}

/// Connections of a pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pool {
    /// `writer`, `readers` or `connections`.
    pub name: &'static str,
    /// That are open.
    pub open: u32,
    /// Of these, that nobody uses.
    pub idle: usize,
    /// That may be open.
    pub most: u32,
}

impl Db {
    /// How busy the connections are.
    pub fn pools(&self) -> Vec<Pool> {
        macro_rules! pool {
            ($name:literal, $pool:expr) => {
                Pool {
                    name: $name,
                    open: $pool.size(),
                    idle: $pool.num_idle(),
                    most: $pool.options().get_max_connections(),
                }
            };
        }
        match self {
            Self::Sqlite { writer, readers, .. } => {
                vec![pool!("writer", writer), pool!("readers", readers)]
            }
            Self::Postgres { pool, .. } => vec![pool!("connections", pool)],
        }
    }
}
