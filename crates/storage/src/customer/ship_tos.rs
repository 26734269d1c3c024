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

/// A place as somebody names it: by the ERP's id or by the number that people use.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlaceName {
    /// Our id of the customer whose place it is.
    pub customer_id: String,
    /// Its id or number.
    pub name: String,
}

/// Who receives at a place that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ReceiverRow {
    /// Our id of the customer whose place it is.
    pub customer_id: String,
    /// As it was asked for.
    pub name: String,
    /// The ERP's id of the customer that it is, where it is one of its own.
    pub external_id: Option<String>,
}

/// Who receives at places that go by these names as the ERP's ids.
pub async fn receivers_by_id(
    tx: &mut Tx,
    supplier: &str,
    places: &[PlaceName],
) -> StorageResult<Vec<ReceiverRow>> {
    fetch_rows!(
        tx,
        ReceiverRow,
        "select s.customer_id, s.ship_to_id as name, s.external_id from (",
        ") as v join customer_ship_to s on s.supplier_id = v.column1 and s.customer_id = v.column2 \
         and s.ship_to_id = v.column3",
        places,
        |place| [supplier, place.customer_id.as_str(), place.name.as_str()]
    )
}

/// The same for names that are the numbers which people use; a number may be that of several places.
pub async fn receivers_by_code(
    tx: &mut Tx,
    supplier: &str,
    places: &[PlaceName],
) -> StorageResult<Vec<ReceiverRow>> {
    fetch_rows!(
        tx,
        ReceiverRow,
        "select s.customer_id, s.code as name, s.external_id from (",
        ") as v join customer_ship_to s on s.supplier_id = v.column1 and s.customer_id = v.column2 \
         and s.code = v.column3",
        places,
        |place| [supplier, place.customer_id.as_str(), place.name.as_str()]
    )
}
