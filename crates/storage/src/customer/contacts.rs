//! The people of a customer, as the ERP has them.

use crate::{StorageResult, Tx};

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ContactRow {
    /// Whose.
    pub supplier_id: String,
    /// The customer.
    pub customer_id: String,
    /// The ERP's id.
    pub contact_id: String,
    /// Name.
    pub name: String,
    /// E-mail.
    pub email: Option<String>,
    /// Telephone.
    pub phone: Option<String>,
    /// What for, JSON list of texts.
    pub roles: String,
    /// Whether the ERP still uses it.
    pub active: i64,
}

/// Writes them, new or again.
pub async fn put_many(tx: &mut Tx, rows: &[ContactRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into customer_contact (supplier_id, customer_id, contact_id, name, email, phone, roles, active)",
        "on conflict (supplier_id, customer_id, contact_id) do update set name = excluded.name, \
         email = excluded.email, phone = excluded.phone, roles = excluded.roles, active = excluded.active",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.customer_id.as_str(),
            row.contact_id.as_str(),
            row.name.as_str(),
            row.email.as_deref(),
            row.phone.as_deref(),
            row.roles.as_str(),
            row.active,
        ]
    )?;
    Ok(())
}

/// Takes away those that the ERP has no more; how many there were.
pub async fn remove(
    tx: &mut Tx,
    supplier: &str,
    customer: &str,
    contacts: &[String],
) -> StorageResult<usize> {
    let gone: Vec<(String,)> = fetch_in!(
        tx,
        (String,),
        "delete from customer_contact where supplier_id = $1 and customer_id = $2 and contact_id in (",
        ") returning contact_id",
        contacts,
        supplier,
        customer,
    )?;
    Ok(gone.len())
}

/// Those of a customer, by name.
pub async fn of_customer(tx: &mut Tx, supplier: &str, customer: &str) -> StorageResult<Vec<ContactRow>> {
    fetch_all!(
        tx,
        ContactRow,
        "select supplier_id, customer_id, contact_id, name, email, phone, roles, active from customer_contact \
         where supplier_id = $1 and customer_id = $2 order by name, contact_id",
        supplier,
        customer,
    )
}
