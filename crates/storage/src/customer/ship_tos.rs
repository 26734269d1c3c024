//! The places of a customer, as the ERP has them: found by the ERP's id or by the number that people use.

use crate::{StorageResult, Tx};

/// A place.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PlaceRow {
    /// Whose.
    pub supplier_id: String,
    /// The customer.
    pub customer_id: String,
    /// The ERP's id.
    pub ship_to_id: String,
    /// The number that people use, if another.
    pub code: Option<String>,
    /// Where it is, JSON.
    pub address: String,
    /// Whether the ERP still delivers to it.
    pub active: i64,
    /// The ERP's id of the customer that it is, where it is one of its own.
    pub external_id: Option<String>,
}

/// Writes them, new or again.
pub async fn put_many(tx: &mut Tx, rows: &[PlaceRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into customer_ship_to (supplier_id, customer_id, ship_to_id, code, address, active, external_id)",
        "on conflict (supplier_id, customer_id, ship_to_id) do update set code = excluded.code, \
         address = excluded.address, active = excluded.active, external_id = excluded.external_id",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.customer_id.as_str(),
            row.ship_to_id.as_str(),
            row.code.as_deref(),
            row.address.as_str(),
            row.active,
            row.external_id.as_deref(),
        ]
    )?;
    Ok(())
}

/// Takes away those that the ERP has no more; how many there were.
pub async fn remove(
    tx: &mut Tx,
    supplier: &str,
    customer: &str,
    ship_tos: &[String],
) -> StorageResult<usize> {
    let gone: Vec<(String,)> = fetch_in!(
        tx,
        (String,),
        "delete from customer_ship_to where supplier_id = $1 and customer_id = $2 and ship_to_id in (",
        ") returning ship_to_id",
        ship_tos,
        supplier,
        customer,
    )?;
    Ok(gone.len())
}

/// Those of a customer, by the ERP's id.
pub async fn of_customer(tx: &mut Tx, supplier: &str, customer: &str) -> StorageResult<Vec<PlaceRow>> {
    fetch_all!(
        tx,
        PlaceRow,
        "select supplier_id, customer_id, ship_to_id, code, address, active, external_id from customer_ship_to \
         where supplier_id = $1 and customer_id = $2 order by ship_to_id",
        supplier,
        customer,
    )
}

/// Places of a customer that go by this id or number.
pub async fn named(tx: &mut Tx, supplier: &str, customer: &str, name: &str) -> StorageResult<Vec<PlaceRow>> {
    fetch_all!(
        tx,
        PlaceRow,
        "select supplier_id, customer_id, ship_to_id, code, address, active, external_id from customer_ship_to \
         where (supplier_id = $1 and customer_id = $2 and ship_to_id = $3) \
         or (supplier_id = $1 and customer_id = $2 and code = $3) order by ship_to_id",
        supplier,
        customer,
        name,
    )
}
