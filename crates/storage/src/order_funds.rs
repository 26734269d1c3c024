//! Funds that a person has secured for an order. Nothing is overwritten: the newest record of an order counts.

use crate::{StorageResult, Tx};

/// A card that was charged or authorised.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct FundsRow {
    /// Whose.
    pub supplier_id: String,
    /// Order.
    pub order_id: String,
    /// The step of the order's history that tells of it.
    pub seq: i64,
    /// `authorised`, `captured`.
    pub kind: String,
    /// Currency of the amount.
    pub currency: String,
    /// How much, in minor units.
    pub amount_minor: i64,
    /// What the payment provider calls it.
    pub reference: String,
    /// Who says so.
    pub recorded_by: String,
    /// When.
    pub recorded_at: i64,
}

/// The newest record of each of these orders.
pub async fn newest(tx: &mut Tx, supplier: &str, orders: &[String]) -> StorageResult<Vec<FundsRow>> {
    fetch_in!(
        tx,
        FundsRow,
        "select supplier_id, order_id, seq, kind, currency, amount_minor, reference, recorded_by, recorded_at \
         from order_funds f where f.supplier_id = $1 and f.seq = (select max(m.seq) from order_funds m \
         where m.supplier_id = f.supplier_id and m.order_id = f.order_id) and f.order_id in (",
        ")",
        orders,
        supplier,
    )
}

/// Adds records.
pub async fn insert_many(tx: &mut Tx, rows: &[FundsRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into order_funds (supplier_id, order_id, seq, kind, currency, amount_minor, reference, \
         recorded_by, recorded_at)",
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.order_id.as_str(),
            row.seq,
            row.kind.as_str(),
            row.currency.as_str(),
            row.amount_minor,
            row.reference.as_str(),
            row.recorded_by.as_str(),
            row.recorded_at,
        ]
    )?;
    Ok(())
}
