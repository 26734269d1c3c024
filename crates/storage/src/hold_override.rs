//! Overrides of holds and limits. What an order has drawn on one stands in the order's row.

use crate::{StorageResult, Tx};

macro_rules! override_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "o.supplier_id, o.override_id, o.order_id, o.customer_id, o.until, o.currency, o.amount_minor, o.reason, \
             o.placed_by, o.placed_at, o.revoked_at",
            $after
        )
    };
}

/// An override: of one order, or of a customer until a date, an amount or both.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OverrideRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id.
    pub override_id: String,
    /// The order, for one order.
    pub order_id: Option<String>,
    /// The customer, for a customer.
    pub customer_id: Option<String>,
    /// Until just before this.
    pub until: Option<i64>,
    /// Currency of the amount.
    pub currency: Option<String>,
    /// Up to this over all orders.
    pub amount_minor: Option<i64>,
    /// Why.
    pub reason: String,
    /// By whom.
    pub placed_by: String,
    /// When.
    pub placed_at: i64,
    /// When revoked.
    pub revoked_at: Option<i64>,
}

/// Overrides of these customers that are not revoked, oldest first.
pub async fn of_customers(
    tx: &mut Tx,
    supplier: &str,
    customers: &[String],
) -> StorageResult<Vec<OverrideRow>> {
    fetch_in!(
        tx,
        OverrideRow,
        override_columns!(
            "select ",
            " from hold_override o where o.supplier_id = $1 and o.revoked_at is null and o.customer_id in ("
        ),
        ") order by o.placed_at, o.override_id",
        customers,
        supplier,
    )
}

/// Overrides of these orders that are not revoked, oldest first.
pub async fn of_orders(tx: &mut Tx, supplier: &str, orders: &[String]) -> StorageResult<Vec<OverrideRow>> {
    fetch_in!(
        tx,
        OverrideRow,
        override_columns!(
            "select ",
            " from hold_override o where o.supplier_id = $1 and o.revoked_at is null and o.order_id in ("
        ),
        ") order by o.placed_at, o.override_id",
        orders,
        supplier,
    )
}

/// Overrides of an account's single orders that the sink does not have yet: for people to see. A decision asks by
/// order, since an account may have thousands that wait.
pub async fn of_open_orders(tx: &mut Tx, supplier: &str, account: &str) -> StorageResult<Vec<OverrideRow>> {
    fetch_all!(
        tx,
        OverrideRow,
        override_columns!(
            "select ",
            " from purchase_order p join hold_override o on o.supplier_id = p.supplier_id and o.order_id = p.order_id \
             where p.supplier_id = $1 and p.credit_account_id = $2 and p.state in \
             ('received', 'approved', 'held', 'referred', 'submitting', 'unknown', 'rejected') \
             and o.revoked_at is null order by o.placed_at, o.override_id"
        ),
        supplier,
        account,
    )
}

/// What is drawn on these overrides by orders that reserve (cancelled ones until the sink has let them go), in their credit account's minor units.
pub async fn drawn_on(
    tx: &mut Tx,
    supplier: &str,
    overrides: &[String],
) -> StorageResult<Vec<(String, i64)>> {
    fetch_in!(
        tx,
        (String, i64),
        "select drawn_override_id, cast(sum(drawn_minor) as bigint) from purchase_order where supplier_id = $1 \
         and state in ('approved', 'submitting', 'unknown', 'accepted', 'held_by_erp', \
         'cancelled') and drawn_override_id in (",
        ") group by drawn_override_id",
        overrides,
        supplier,
    )
}

/// One override.
pub async fn get(tx: &mut Tx, supplier: &str, id: &str) -> StorageResult<Option<OverrideRow>> {
    fetch_optional!(
        tx,
        OverrideRow,
        override_columns!(
            "select ",
            " from hold_override o where o.supplier_id = $1 and o.override_id = $2"
        ),
        supplier,
        id,
    )
}

/// Writes a new override.
pub async fn insert(tx: &mut Tx, row: &OverrideRow) -> StorageResult<()> {
    execute!(
        tx,
        "insert into hold_override (supplier_id, override_id, order_id, customer_id, until, currency, amount_minor, \
         reason, placed_by, placed_at, revoked_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        row.supplier_id.as_str(),
        row.override_id.as_str(),
        row.order_id.as_deref(),
        row.customer_id.as_deref(),
        row.until,
        row.currency.as_deref(),
        row.amount_minor,
        row.reason.as_str(),
        row.placed_by.as_str(),
        row.placed_at,
        row.revoked_at,
    )?;
    Ok(())
}

/// Revokes an override; `false` if it was revoked before.
pub async fn revoke(tx: &mut Tx, supplier: &str, id: &str, now: i64) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update hold_override set revoked_at = $1 where supplier_id = $2 and override_id = $3 \
         and revoked_at is null",
        now,
        supplier,
        id,
    )?;
    Ok(count == 1)
}
