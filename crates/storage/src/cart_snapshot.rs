//! Carts as they went back to the buyer, and the line keys by which an order finds its cart. They outlive
//! their session.

use crate::{StorageResult, Tx};

/// A stored cart.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CartSnapshotRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id.
    pub cart_snapshot_id: String,
    /// The session it came from.
    pub session_id: String,
    /// With whom.
    pub relationship_id: String,
    /// `original` (as the edit began), `returned`, or `shop` (as the shop had it, in its own units).
    pub purpose: String,
    /// Currency.
    pub currency: String,
    /// Sum of the lines in minor units.
    pub total_minor: i64,
    /// Lines and charges, JSON.
    pub content: String,
    /// When.
    pub taken_at: i64,
}

/// A line key that went back to the buyer.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct LineKeyRow {
    /// Whose.
    pub supplier_id: String,
    /// With whom.
    pub relationship_id: String,
    /// The line's key.
    pub auxiliary_id: String,
    /// The part.
    pub part_id: String,
    /// The newest cart with this line.
    pub cart_snapshot_id: String,
    /// When.
    pub taken_at: i64,
}

/// Stores a cart.
pub async fn insert(tx: &mut Tx, row: &CartSnapshotRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into cart_snapshot (supplier_id, cart_snapshot_id, session_id, relationship_id, purpose, currency, \
         total_minor, content, taken_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        row.supplier_id.as_str(),
        row.cart_snapshot_id.as_str(),
        row.session_id.as_str(),
        row.relationship_id.as_str(),
        row.purpose.as_str(),
        row.currency.as_str(),
        row.total_minor,
        row.content.as_str(),
        row.taken_at,
    )?;
    Ok(())
}

/// Points line keys at the cart that they last went back in. Each key once.
pub async fn point_keys(tx: &mut Tx, rows: &[LineKeyRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into cart_line_key (supplier_id, relationship_id, auxiliary_id, part_id, cart_snapshot_id, taken_at)",
        "on conflict (supplier_id, relationship_id, auxiliary_id, part_id) do update set \
         cart_snapshot_id = excluded.cart_snapshot_id, taken_at = excluded.taken_at",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.relationship_id.as_str(),
            row.auxiliary_id.as_str(),
            row.part_id.as_str(),
            row.cart_snapshot_id.as_str(),
            row.taken_at,
        ]
    )?;
    Ok(())
}

/// Where any of these line keys last went back.
pub async fn keys(tx: &mut Tx, supplier: &str, auxiliary_ids: &[String]) -> StorageResult<Vec<LineKeyRow>> {
    fetch_in!(
        tx,
        LineKeyRow,
        "select supplier_id, relationship_id, auxiliary_id, part_id, cart_snapshot_id, taken_at from cart_line_key \
         where supplier_id = $1 and auxiliary_id in (",
        ")",
        auxiliary_ids,
        supplier,
    )
}

/// Stored carts.
pub async fn many(tx: &mut Tx, supplier: &str, snapshots: &[String]) -> StorageResult<Vec<CartSnapshotRow>> {
    fetch_in!(
        tx,
        CartSnapshotRow,
        "select supplier_id, cart_snapshot_id, session_id, relationship_id, purpose, currency, total_minor, content, \
         taken_at from cart_snapshot where supplier_id = $1 and cart_snapshot_id in (",
        ")",
        snapshots,
        supplier,
    )
}

/// Carts of these sessions that were stored for a purpose.
pub async fn of_sessions(
    tx: &mut Tx,
    supplier: &str,
    purpose: &str,
    sessions: &[String],
) -> StorageResult<Vec<CartSnapshotRow>> {
    fetch_in!(
        tx,
        CartSnapshotRow,
        "select supplier_id, cart_snapshot_id, session_id, relationship_id, purpose, currency, total_minor, content, \
         taken_at from cart_snapshot where supplier_id = $1 and purpose = $2 and session_id in (",
        ")",
        sessions,
        supplier,
        purpose,
    )
}
