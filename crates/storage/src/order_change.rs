//! A change of an order that a person has carried over to its sink, for as long as nobody knows what became of it.

use crate::{StorageResult, Tx};

/// A change on its way; an order has one at a time.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderChangeRow {
    /// Whose.
    pub supplier_id: String,
    /// Order.
    pub order_id: String,
    /// The version that the sink is told of.
    pub version: i64,
    /// How it is paid, as was decided.
    pub tender: String,
    /// On whom it is counted.
    pub credit_account_id: Option<String>,
    /// What it takes of the limit beyond what the order does, in the account's minor units.
    pub reserved_minor: i64,
    /// What of that the order's override lets pass.
    pub drawn_minor: i64,
    /// Who had it carried over.
    pub asked_by: String,
    /// When.
    pub asked_at: i64,
    /// When a request may last have been sent; none while the sink surely knows of none.
    pub sent_at: Option<i64>,
    /// What the sink committed to since, JSON.
    pub commitment: Option<String>,
}

/// The change of an order that is on its way.
pub async fn of_order(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<Option<OrderChangeRow>> {
    fetch_optional!(
        tx,
        OrderChangeRow,
        "select supplier_id, order_id, version, tender, credit_account_id, reserved_minor, drawn_minor, asked_by, asked_at, \
         sent_at, commitment from order_change where supplier_id = $1 and order_id = $2",
        supplier,
        order,
    )
}

/// Writes one, new or changed.
pub async fn put(tx: &mut Tx, row: &OrderChangeRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into order_change (supplier_id, order_id, version, tender, credit_account_id, reserved_minor, \
         drawn_minor, asked_by, asked_at, sent_at, commitment) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) \
         on conflict (supplier_id, order_id) do update set version = excluded.version, tender = excluded.tender, \
         credit_account_id = excluded.credit_account_id, reserved_minor = excluded.reserved_minor, \
         drawn_minor = excluded.drawn_minor, asked_by = excluded.asked_by, asked_at = excluded.asked_at, sent_at = excluded.sent_at, \
         commitment = excluded.commitment",
        row.supplier_id.as_str(),
        row.order_id.as_str(),
        row.version,
        row.tender.as_str(),
        row.credit_account_id.as_deref(),
        row.reserved_minor,
        row.drawn_minor,
        row.asked_by.as_str(),
        row.asked_at,
        row.sent_at,
        row.commitment.as_deref(),
    )?;
    Ok(())
}

/// It has come to its end: what it took of the limit is free.
pub async fn forget(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<()> {
    execute!(
        tx,
        "delete from order_change where supplier_id = $1 and order_id = $2",
        supplier,
        order,
    )?;
    Ok(())
}

/// What changes on their way take of these accounts' limits. No reading of the ERP shows them before they are there.
pub async fn reserved(tx: &mut Tx, supplier: &str, accounts: &[String]) -> StorageResult<Vec<(String, i64)>> {
    fetch_in!(
        tx,
        (String, i64),
        "select credit_account_id, cast(sum(reserved_minor) as bigint) from order_change where supplier_id = $1 \
         and credit_account_id in (",
        ") group by credit_account_id",
        accounts,
        supplier,
    )
}
