//! Promises to pay. One that is settled stays: it is history.

use crate::{StorageResult, Tx};

macro_rules! promise_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, promise_id, customer_id, credit_account_id, currency, amount_minor, overdue_before_minor, until, \
             deadline, note, promised_by, entered_by, given_at, state, state_reason, settled_at, version",
            $after
        )
    };
}

/// A promise to pay.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PromiseRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id.
    pub promise_id: String,
    /// Of which customer.
    pub customer_id: String,
    /// On which account its debts are counted.
    pub credit_account_id: String,
    /// In the account's currency.
    pub currency: String,
    /// How much.
    pub amount_minor: i64,
    /// What was overdue then, if that was known.
    pub overdue_before_minor: Option<i64>,
    /// By the end of which day at the supplier.
    pub until: String,
    /// When it is broken: after that day and the days of grace.
    pub deadline: i64,
    /// For people.
    pub note: String,
    /// Who has promised, at the customer.
    pub promised_by: String,
    /// Who has entered it here.
    pub entered_by: String,
    /// When.
    pub given_at: i64,
    /// `running`, `kept`, `broken`, `withdrawn`.
    pub state: String,
    /// Why that.
    pub state_reason: Option<String>,
    /// Since when that; none while it runs.
    pub settled_at: Option<i64>,
    /// Counts every change.
    pub version: i64,
}

/// One promise.
pub async fn get(tx: &mut Tx, supplier: &str, promise: &str) -> StorageResult<Option<PromiseRow>> {
    fetch_optional!(
        tx,
        PromiseRow,
        promise_columns!(
            "select ",
            " from promise_to_pay where supplier_id = $1 and promise_id = $2"
        ),
        supplier,
        promise,
    )
}

/// Promises of these accounts that are running or broken, the oldest first.
pub async fn open_of_accounts(
    tx: &mut Tx,
    supplier: &str,
    accounts: &[String],
) -> StorageResult<Vec<PromiseRow>> {
    fetch_in!(
        tx,
        PromiseRow,
        promise_columns!(
            "select ",
            " from promise_to_pay where supplier_id = $1 and state in ('running', 'broken') and credit_account_id in ("
        ),
        ") order by given_at, promise_id",
        accounts,
        supplier,
    )
}

/// All promises of these accounts, whatever became of them, the oldest first.
pub async fn of_accounts(tx: &mut Tx, supplier: &str, accounts: &[String]) -> StorageResult<Vec<PromiseRow>> {
    fetch_in!(
        tx,
        PromiseRow,
        promise_columns!(
            "select ",
            " from promise_to_pay where supplier_id = $1 and credit_account_id in ("
        ),
        ") order by given_at, promise_id",
        accounts,
        supplier,
    )
}

/// All promises of an account, the newest first, at most `limit`.
pub async fn of_account(
    tx: &mut Tx,
    supplier: &str,
    account: &str,
    limit: i64,
) -> StorageResult<Vec<PromiseRow>> {
    fetch_all!(
        tx,
        PromiseRow,
        promise_columns!(
            "select ",
            " from promise_to_pay where supplier_id = $1 and credit_account_id = $2 \
             order by given_at desc, promise_id desc limit $3"
        ),
        supplier,
        account,
        limit,
    )
}

/// The accounts of a supplier with promises that are running or broken, a page at a time in their order.
pub async fn accounts_after(
    tx: &mut Tx,
    supplier: &str,
    after: &str,
    limit: i64,
) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select distinct credit_account_id from promise_to_pay where supplier_id = $1 and credit_account_id > $2 \
         and state in ('running', 'broken') order by credit_account_id limit $3",
        supplier,
        after,
        limit,
    )?;
    Ok(rows.into_iter().map(|(account,)| account).collect())
}

/// Writes a new promise.
pub async fn insert(tx: &mut Tx, row: &PromiseRow) -> StorageResult<()> {
    insert_rows!(
        tx,
        promise_columns!("insert into promise_to_pay (", ")"),
        "",
        std::slice::from_ref(row),
        |row| [
            row.supplier_id.as_str(),
            row.promise_id.as_str(),
            row.customer_id.as_str(),
            row.credit_account_id.as_str(),
            row.currency.as_str(),
            row.amount_minor,
            row.overdue_before_minor,
            row.until.as_str(),
            row.deadline,
            row.note.as_str(),
            row.promised_by.as_str(),
            row.entered_by.as_str(),
            row.given_at,
            row.state.as_str(),
            row.state_reason.as_deref(),
            row.settled_at,
            row.version,
        ]
    )?;
    Ok(())
}

/// Writes what became of it, and counts the version up; `false` if somebody else changed it meanwhile.
pub async fn settle(tx: &mut Tx, row: &PromiseRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update promise_to_pay set state = $1, state_reason = $2, settled_at = $3, version = version + 1 \
         where supplier_id = $4 and promise_id = $5 and version = $6",
        row.state.as_str(),
        row.state_reason.as_deref(),
        row.settled_at,
        row.supplier_id.as_str(),
        row.promise_id.as_str(),
        row.version,
    )?;
    Ok(count == 1)
}
