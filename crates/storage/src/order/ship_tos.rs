//! Who receives orders that may be decided again: what a change of that customer's holds finds them by.

use crate::{StorageResult, Tx};

/// An order and a customer to which it ships.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShipToRow {
    /// Whose.
    pub supplier_id: String,
    /// The order.
    pub order_id: String,
    /// The customer.
    pub customer_id: String,
}

/// Notes them; what is noted already stays.
pub async fn insert_ship_tos(tx: &mut Tx, rows: &[ShipToRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into order_ship_to (supplier_id, order_id, customer_id)",
        "on conflict (supplier_id, order_id, customer_id) do nothing",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.order_id.as_str(),
            row.customer_id.as_str(),
        ]
    )?;
    Ok(())
}

/// Forgets those of an order.
pub async fn forget_ship_tos(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<()> {
    execute!(
        tx,
        "delete from order_ship_to where supplier_id = $1 and order_id = $2",
        supplier,
        order,
    )?;
    Ok(())
}
