//! Credit accounts: the payer or group head on whom limit, exposure and reservations are counted.
//!
//! **Invariant:** the row is the lock. Whoever decides an order of the account, or changes what a decision
//! rests on, holds it. Available credit is nowhere stored.

use crate::{StorageResult, Tx, order_change};

macro_rules! account_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, credit_account_id, connector_id, scope, external_id, currency, limit_kind, limit_minor, \
             exposure_minor, exposure_as_of, exposure_includes_orders, exposure_overdue_minor, exposure_oldest_due, \
             next_arrival, version, updated_at",
            $after
        )
    };
}

/// A credit account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CreditAccountRow {
    /// Whose.
    pub supplier_id: String,
    /// Our id; the customer that it belongs to has the same.
    pub credit_account_id: String,
    /// From which ERP connection.
    pub connector_id: String,
    /// Company, sales area or credit segment.
    pub scope: String,
    /// The ERP's id.
    pub external_id: String,
    /// In what it is counted.
    pub currency: String,
    /// `unknown`, `unlimited`, `amount`.
    pub limit_kind: String,
    /// The limit, for `amount`.
    pub limit_minor: Option<i64>,
    /// What it owes by the ERP; none if never read.
    pub exposure_minor: Option<i64>,
    /// When that was read, by the ERP's clock less skew.
    pub exposure_as_of: Option<i64>,
    /// Whether orders open in the ERP are in it.
    pub exposure_includes_orders: i64,
    /// What of it is past its due date, if the ERP says so.
    pub exposure_overdue_minor: Option<i64>,
    /// The due date of the oldest open item, if the ERP says so.
    pub exposure_oldest_due: Option<String>,
    /// The next arrival number.
    pub next_arrival: i64,
    /// Counts every change.
    pub version: i64,
    /// When last changed.
    pub updated_at: i64,
}

/// A reading of what an account owes.
#[derive(Debug, Clone)]
pub struct ExposureReading {
    /// Which account.
    pub credit_account_id: String,
    /// How much, in the account's currency.
    pub minor: i64,
    /// When read, by the ERP's clock less skew.
    pub as_of: i64,
    /// Whether orders open in the ERP are in it.
    pub includes_orders: bool,
    /// What of it is past its due date, if the ERP says so.
    pub overdue_minor: Option<i64>,
    /// The due date of the oldest open item, if the ERP says so.
    pub oldest_due: Option<String>,
}

/// Accounts by our ids, locked on PostgreSQL in key order. `accounts` is sorted, so that two transactions
/// ask in the same order across chunks too.
pub async fn lock_many(
    tx: &mut Tx,
    supplier: &str,
    accounts: &[String],
) -> StorageResult<Vec<CreditAccountRow>> {
    if tx.is_postgres() {
        fetch_in!(
            tx,
            CreditAccountRow,
            account_columns!(
                "select ",
                " from credit_account where supplier_id = $1 and credit_account_id in ("
            ),
            ") order by credit_account_id for update",
            accounts,
            supplier,
        )
    } else {
        many(tx, supplier, accounts).await
    }
}

/// Accounts by our ids.
pub async fn many(tx: &mut Tx, supplier: &str, accounts: &[String]) -> StorageResult<Vec<CreditAccountRow>> {
    fetch_in!(
        tx,
        CreditAccountRow,
        account_columns!(
            "select ",
            " from credit_account where supplier_id = $1 and credit_account_id in ("
        ),
        ") order by credit_account_id",
        accounts,
        supplier,
    )
}

/// A page of a supplier's accounts of which something was read, in their order.
pub async fn read_after(
    tx: &mut Tx,
    supplier: &str,
    after: &str,
    limit: i64,
) -> StorageResult<Vec<CreditAccountRow>> {
    fetch_all!(
        tx,
        CreditAccountRow,
        account_columns!(
            "select ",
            " from credit_account where supplier_id = $1 and credit_account_id > $2 and exposure_as_of is not null \
             order by credit_account_id limit $3"
        ),
        supplier,
        after,
        limit,
    )
}

/// Accounts of one scope by the ERP's ids.
pub async fn by_external(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    external_ids: &[String],
) -> StorageResult<Vec<CreditAccountRow>> {
    fetch_in!(
        tx,
        CreditAccountRow,
        account_columns!(
            "select ",
            " from credit_account where supplier_id = $1 and connector_id = $2 and scope = $3 and external_id in ("
        ),
        ") order by credit_account_id",
        external_ids,
        supplier,
        connector,
        scope,
    )
}

/// The ERP's ids of the accounts on which orders are decided, a page at a time in their order.
pub async fn external_ids_after(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    scope: &str,
    after: &str,
    limit: i64,
) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select a.external_id from credit_account a where a.supplier_id = $1 and a.connector_id = $2 \
         and a.scope = $3 and a.external_id > $4 and exists (select 1 from customer c \
         where c.supplier_id = a.supplier_id and c.credit_account_id = a.credit_account_id and c.active = 1) \
         order by a.external_id limit $5",
        supplier,
        connector,
        scope,
        after,
        limit,
    )?;
    Ok(rows.into_iter().map(|(external_id,)| external_id).collect())
}

/// Open reservations per account: of orders in reserving states (and of cancelled ones that the sink has not let
/// go yet), less those that the exposure shows already: it includes open orders and was read after the order came
/// to be in the ERP. `purchase_order_reserving` is walked from where orders begin to count, so that what an account has
/// ordered in years gone by costs nothing. What a change on its way takes beyond its order comes to that.
pub async fn reserved(tx: &mut Tx, supplier: &str, accounts: &[String]) -> StorageResult<Vec<(String, i64)>> {
    // First: what becomes part of its order meanwhile is counted twice rather than not at all.
    let changes = order_change::reserved(tx, supplier, accounts).await?;
    let not_in_erp: Vec<(String, i64)> = fetch_in!(
        tx,
        (String, i64),
        "select p.credit_account_id, cast(sum(p.reserved_minor) as bigint) from purchase_order p \
         where p.supplier_id = $1 and p.reserved_minor <> 0 and p.erp_created_at is null \
         and p.state in ('approved', 'submitting', 'unknown', 'accepted', 'held_by_erp', 'cancelled') \
         and p.credit_account_id in (",
        ") group by p.credit_account_id",
        accounts,
        supplier,
    )?;
    let in_erp: Vec<(String, i64)> = fetch_in!(
        tx,
        (String, i64),
        "select p.credit_account_id, cast(sum(p.reserved_minor) as bigint) from credit_account a \
         join purchase_order p on p.supplier_id = a.supplier_id and p.credit_account_id = a.credit_account_id \
         and p.reserved_minor <> 0 and p.erp_created_at >= \
         case when a.exposure_includes_orders = 1 then coalesce(a.exposure_as_of, 0) else 0 end \
         where a.supplier_id = $1 \
         and p.state in ('approved', 'submitting', 'unknown', 'accepted', 'held_by_erp', 'cancelled') \
         and a.credit_account_id in (",
        ") group by p.credit_account_id",
        accounts,
        supplier,
    )?;
    Ok(added(added(not_in_erp, in_erp), changes))
}

fn added(mut sums: Vec<(String, i64)>, more: Vec<(String, i64)>) -> Vec<(String, i64)> {
    for (account, minor) in more {
        match sums.iter_mut().find(|(known, _)| *known == account) {
            // Beyond what can be counted, the account is full: it never becomes less.
            Some((_, sum)) => *sum = sum.saturating_add(minor),
            None => sums.push((account, minor)),
        }
    }
    sums
}

/// Whose credit the orders with these buyer's numbers take up: relationship, mode, buyer's system, number, account.
pub async fn taken_by_numbers(
    tx: &mut Tx,
    supplier: &str,
    numbers: &[String],
) -> StorageResult<Vec<(String, String, String, String, String)>> {
    fetch_in!(
        tx,
        (String, String, String, String, String),
        "select relationship_id, mode, buyer_system, order_number, credit_account_id from purchase_order \
         where supplier_id = $1 and credit_account_id is not null and order_number in (",
        ")",
        numbers,
        supplier,
    )
}

/// Which of these accounts have orders that wait for a decision.
pub async fn with_waiting_orders(
    tx: &mut Tx,
    supplier: &str,
    accounts: &[String],
) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_in!(
        tx,
        (String,),
        "select distinct credit_account_id from purchase_order where supplier_id = $1 \
         and state in ('received', 'held', 'referred') and credit_account_id in (",
        ")",
        accounts,
        supplier,
    )?;
    let mut accounts: Vec<String> = rows.into_iter().map(|(account,)| account).collect();
    accounts.sort_unstable();
    accounts.dedup();
    Ok(accounts)
}

/// The credit accounts of waiting orders that ship to one of these customers.
pub async fn of_waiting_orders_shipped_to(
    tx: &mut Tx,
    supplier: &str,
    customers: &[String],
) -> StorageResult<Vec<String>> {
    let rows: Vec<(Option<String>,)> = fetch_in!(
        tx,
        (Option<String>,),
        "select o.credit_account_id from order_ship_to s join purchase_order o on o.supplier_id = s.supplier_id \
         and o.order_id = s.order_id where s.supplier_id = $1 and o.state in ('received', 'held', 'referred') \
         and s.customer_id in (",
        ")",
        customers,
        supplier,
    )?;
    Ok(rows.into_iter().filter_map(|(account,)| account).collect())
}

/// Writes new accounts.
pub async fn insert_many(tx: &mut Tx, rows: &[CreditAccountRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        account_columns!("insert into credit_account (", ")"),
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.credit_account_id.as_str(),
            row.connector_id.as_str(),
            row.scope.as_str(),
            row.external_id.as_str(),
            row.currency.as_str(),
            row.limit_kind.as_str(),
            row.limit_minor,
            row.exposure_minor,
            row.exposure_as_of,
            row.exposure_includes_orders,
            row.exposure_overdue_minor,
            row.exposure_oldest_due.as_deref(),
            row.next_arrival,
            row.version,
            row.updated_at,
        ]
    )?;
    Ok(())
}

/// Writes currency, limit and exposure back and counts the version up; `false` if somebody else changed the
/// row meanwhile. The arrival number is left alone.
pub async fn update(tx: &mut Tx, row: &CreditAccountRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update credit_account set currency = $1, limit_kind = $2, limit_minor = $3, exposure_minor = $4, \
         exposure_as_of = $5, exposure_includes_orders = $6, exposure_overdue_minor = $7, exposure_oldest_due = $8, \
         updated_at = $9, version = version + 1 where supplier_id = $10 and credit_account_id = $11 and version = $12",
        row.currency.as_str(),
        row.limit_kind.as_str(),
        row.limit_minor,
        row.exposure_minor,
        row.exposure_as_of,
        row.exposure_includes_orders,
        row.exposure_overdue_minor,
        row.exposure_oldest_due.as_deref(),
        row.updated_at,
        row.supplier_id.as_str(),
        row.credit_account_id.as_str(),
        row.version,
    )?;
    Ok(count == 1)
}

/// Enters a reading unless a newer one is there; `false` if it changed nothing. One that is there as of a time still to
/// come is no newer one: a clock ran ahead when it was read, this machine's or the ERP's.
pub async fn enter_exposure(
    tx: &mut Tx,
    supplier: &str,
    reading: &ExposureReading,
    now: i64,
) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update credit_account set exposure_minor = $1, exposure_as_of = $2, exposure_includes_orders = $3, \
         exposure_overdue_minor = $4, exposure_oldest_due = $5, updated_at = $6, version = version + 1 \
         where supplier_id = $7 and credit_account_id = $8 and (exposure_as_of is null or exposure_as_of < $9 or exposure_as_of > $10)",
        reading.minor,
        reading.as_of,
        i64::from(reading.includes_orders),
        reading.overdue_minor,
        reading.oldest_due.as_deref(),
        now,
        supplier,
        reading.credit_account_id.as_str(),
        reading.as_of,
        now,
    )?;
    Ok(count == 1)
}

/// Sets the next arrival number of locked accounts: one statement, whatever their number.
pub async fn set_next_arrivals(tx: &mut Tx, supplier: &str, next: &[(String, i64)]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "update credit_account set next_arrival = cast(v.column3 as bigint) from (",
        ") as v where credit_account.supplier_id = v.column1 and credit_account.credit_account_id = v.column2",
        next,
        |row| [supplier, row.0.as_str(), row.1]
    )?;
    Ok(())
}
