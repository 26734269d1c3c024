//! What rules have done about credit accounts, until their cases are over.

use crate::{StorageResult, Tx};

/// A case of a rule and an account that is not over.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CaseRow {
    /// Whose.
    pub supplier_id: String,
    /// About which account.
    pub credit_account_id: String,
    /// Of which rule.
    pub rule_id: String,
    /// The hold that was placed, released or not.
    pub hold_id: String,
    /// Under which code the rule placed it: the ERP that was told of it may call it otherwise.
    pub code: String,
    /// Since when.
    pub opened_at: i64,
}

/// Cases of these accounts.
pub async fn of_accounts(tx: &mut Tx, supplier: &str, accounts: &[String]) -> StorageResult<Vec<CaseRow>> {
    fetch_in!(
        tx,
        CaseRow,
        "select supplier_id, credit_account_id, rule_id, hold_id, code, opened_at from hold_rule_case \
         where supplier_id = $1 and credit_account_id in (",
        ") order by credit_account_id, rule_id",
        accounts,
        supplier,
    )
}

/// The accounts of a supplier that have cases, a page at a time in their order.
pub async fn accounts_after(
    tx: &mut Tx,
    supplier: &str,
    after: &str,
    limit: i64,
) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select distinct credit_account_id from hold_rule_case where supplier_id = $1 and credit_account_id > $2 \
         order by credit_account_id limit $3",
        supplier,
        after,
        limit,
    )?;
    Ok(rows.into_iter().map(|(account,)| account).collect())
}

/// Writes cases; one that is there is about another hold from now on.
pub async fn put_many(tx: &mut Tx, rows: &[CaseRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into hold_rule_case (supplier_id, credit_account_id, rule_id, hold_id, code, opened_at)",
        "on conflict (supplier_id, credit_account_id, rule_id) do update set hold_id = excluded.hold_id, \
         code = excluded.code, opened_at = excluded.opened_at",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.credit_account_id.as_str(),
            row.rule_id.as_str(),
            row.hold_id.as_str(),
            row.code.as_str(),
            row.opened_at,
        ]
    )?;
    Ok(())
}

/// A case is over.
pub async fn close(tx: &mut Tx, row: &CaseRow) -> StorageResult<()> {
    execute!(
        tx,
        "delete from hold_rule_case where supplier_id = $1 and credit_account_id = $2 and rule_id = $3",
        row.supplier_id.as_str(),
        row.credit_account_id.as_str(),
        row.rule_id.as_str(),
    )?;
    Ok(())
}
