//! What the contract says of an order's lines that no cart covers, as ERP or shop answered. An answer stands for the
//! version of the order for which it was asked.

use crate::{StorageResult, Tx};

/// The answer for one line.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ContractPriceRow {
    /// Whose.
    pub supplier_id: String,
    /// Order.
    pub order_id: String,
    /// Version of the order.
    pub version: i64,
    /// Place of the line in the order, from 0.
    pub place: i64,
    /// `offered`, `not_offered` or `not_told`.
    pub answer: String,
    /// The unit of the price.
    pub unit: Option<String>,
    /// The price as it was stated.
    pub price: Option<String>,
    /// Its currency.
    pub currency: Option<String>,
    /// For how many units it stands.
    pub price_basis: Option<String>,
    /// Why there is no price.
    pub message: Option<String>,
    /// Who answered.
    pub connector_id: Option<String>,
    /// When it was asked.
    pub asked_at: i64,
}

/// Every answer for any of these orders, whatever the version.
pub async fn of_orders(
    tx: &mut Tx,
    supplier: &str,
    orders: &[String],
) -> StorageResult<Vec<ContractPriceRow>> {
    fetch_in!(
        tx,
        ContractPriceRow,
        "select supplier_id, order_id, version, place, answer, unit, price, currency, price_basis, message, \
         connector_id, asked_at from contract_price where supplier_id = $1 and order_id in (",
        ")",
        orders,
        supplier,
    )
}

/// Forgets every answer for an order: what it was asked for is called something else now.
pub async fn forget(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<()> {
    execute!(
        tx,
        "delete from contract_price where supplier_id = $1 and order_id = $2",
        supplier,
        order
    )?;
    Ok(())
}

/// Enters answers; a newer one takes the place of an older.
pub async fn put_many(tx: &mut Tx, rows: &[ContractPriceRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into contract_price (supplier_id, order_id, version, place, answer, unit, price, currency, \
         price_basis, message, connector_id, asked_at)",
        " on conflict (supplier_id, order_id, version, place) do update set answer = excluded.answer, \
         unit = excluded.unit, price = excluded.price, currency = excluded.currency, \
         price_basis = excluded.price_basis, message = excluded.message, connector_id = excluded.connector_id, \
         asked_at = excluded.asked_at",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.order_id.as_str(),
            row.version,
            row.place,
            row.answer.as_str(),
            row.unit.as_deref(),
            row.price.as_deref(),
            row.currency.as_deref(),
            row.price_basis.as_deref(),
            row.message.as_deref(),
            row.connector_id.as_deref(),
            row.asked_at,
        ]
    )?;
    Ok(())
}
