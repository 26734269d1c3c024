//! What is under way at every supplier, in figures: for whoever watches the gateway, and for `doctor`.

use punchgate_domain::ids::SupplierId;
use punchgate_storage::{
    StorageResult, figures, supplier,
    sync::{self, CursorRow},
    waiting,
};

pub use punchgate_storage::figures::{FigureRow, Pool};

use crate::Surroundings;

/// The figures of a supplier.
#[derive(Clone, Debug)]
pub struct SupplierFigures {
    /// Whose.
    pub supplier: SupplierId,
    /// Orders that have not come to their end, by state.
    pub orders: Vec<FigureRow>,
    /// Work that has not come to its end, by kind.
    pub work: Vec<FigureRow>,
    /// Work that was given up, by kind.
    pub dead: Vec<FigureRow>,
    /// Sessions in which somebody shops, by state.
    pub sessions: Vec<FigureRow>,
    /// How far feeds were read.
    pub feeds: Vec<CursorRow>,
}

/// Of all suppliers, as of one moment each.
pub async fn read(surroundings: &Surroundings) -> StorageResult<Vec<SupplierFigures>> {
    let mut tx = surroundings.db.read().await?;
    let suppliers = supplier::all(&mut tx).await?;
    let mut all = Vec::with_capacity(suppliers.len());
    for row in suppliers {
        let id = row.supplier_id;
        let dead = waiting::dead_work(&mut tx, &id).await?;
        all.push(SupplierFigures {
            orders: figures::orders(&mut tx, &id).await?,
            work: figures::work(&mut tx, &id).await?,
            dead: dead
                .into_iter()
                .map(|row| FigureRow {
                    name: row.state,
                    count: row.count,
                    oldest: row.oldest,
                })
                .collect(),
            sessions: figures::sessions(&mut tx, &id).await?,
            feeds: sync::cursors(&mut tx, &id).await?,
            supplier: SupplierId::new(id),
        });
    }
    tx.rollback().await?;
    Ok(all)
}

/// How busy the connections of the database are.
pub fn pools(surroundings: &Surroundings) -> Vec<Pool> {
    surroundings.db.pools()
}
