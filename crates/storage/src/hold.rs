//! Holds on customers. A released hold stays: it is history.

use crate::{StorageResult, Tx};

macro_rules! hold_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, hold_id, customer_id, external_id, source, code, removes, removes_told, text_internal, \
             text_accounts_payable, text_shopper, since, until, placed_by, place_reason, released_at, released_by, release_reason, \
             push_state, rule_id, version",
            $after
        )
    };
}

/// A hold. An empty text is none.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HoldRow {
    /// Whose.
    pub supplier_id: String,
    /// Its id.
    pub hold_id: String,
    /// On whom.
    pub customer_id: String,
    /// Its id in the ERP; for one placed here the same as ours.
    pub external_id: String,
    /// `manual`, `erp`, `rule`.
    pub source: String,
    /// Code of the reason.
    pub code: String,
    /// What it takes away, as bits.
    pub removes: i64,
    /// Whether the ERP says itself what it takes away; where it does not, the table of its codes does.
    pub removes_told: i64,
    /// For the supplier's people.
    pub text_internal: String,
    /// For the buyer's accounts payable.
    pub text_accounts_payable: String,
    /// For the shopper.
    pub text_shopper: String,
    /// In force from here on.
    pub since: i64,
    /// In force until just before this.
    pub until: Option<i64>,
    /// By whom.
    pub placed_by: String,
    /// Why.
    pub place_reason: String,
    /// When it was released or ran out.
    pub released_at: Option<i64>,
    /// By whom.
    pub released_by: Option<String>,
    /// Why.
    pub release_reason: Option<String>,
    /// `local` (the ERP never hears of it), `pending`, `synced`, `rejected`, `parked`.
    pub push_state: String,
    /// The rule that placed it, for `rule`.
    pub rule_id: Option<String>,
    /// Counts every change.
    pub version: i64,
}

/// Holds of these customers that are not released, oldest first.
pub async fn standing_of(tx: &mut Tx, supplier: &str, customers: &[String]) -> StorageResult<Vec<HoldRow>> {
    fetch_in!(
        tx,
        HoldRow,
        hold_columns!(
            "select ",
            " from hold where supplier_id = $1 and released_at is null and customer_id in ("
        ),
        ") order by since, hold_id",
        customers,
        supplier,
    )
}

/// All holds of a customer, newest first, at most `limit`.
pub async fn of_customer(
    tx: &mut Tx,
    supplier: &str,
    customer: &str,
    limit: i64,
) -> StorageResult<Vec<HoldRow>> {
    fetch_all!(
        tx,
        HoldRow,
        hold_columns!(
            "select ",
            " from hold where supplier_id = $1 and customer_id = $2 order by since desc, hold_id desc limit $3"
        ),
        supplier,
        customer,
        limit,
    )
}

/// Holds by our ids, released or not.
pub async fn many(tx: &mut Tx, supplier: &str, holds: &[String]) -> StorageResult<Vec<HoldRow>> {
    fetch_in!(
        tx,
        HoldRow,
        hold_columns!("select ", " from hold where supplier_id = $1 and hold_id in ("),
        ") order by hold_id",
        holds,
        supplier,
    )
}

/// One hold.
pub async fn get(tx: &mut Tx, supplier: &str, hold: &str) -> StorageResult<Option<HoldRow>> {
    fetch_optional!(
        tx,
        HoldRow,
        hold_columns!("select ", " from hold where supplier_id = $1 and hold_id = $2"),
        supplier,
        hold,
    )
}

/// Holds of all suppliers that have run out but are not released, oldest first.
pub async fn run_out(tx: &mut Tx, now: i64, limit: i64) -> StorageResult<Vec<HoldRow>> {
    fetch_all!(
        tx,
        HoldRow,
        hold_columns!(
            "select ",
            " from hold where released_at is null and until <= $1 order by until, supplier_id, hold_id limit $2"
        ),
        now,
        limit,
    )
}

/// Writes new holds.
pub async fn insert_many(tx: &mut Tx, rows: &[HoldRow]) -> StorageResult<()> {
    insert_rows!(tx, hold_columns!("insert into hold (", ")"), "", rows, |row| [
        row.supplier_id.as_str(),
        row.hold_id.as_str(),
        row.customer_id.as_str(),
        row.external_id.as_str(),
        row.source.as_str(),
        row.code.as_str(),
        row.removes,
        row.removes_told,
        row.text_internal.as_str(),
        row.text_accounts_payable.as_str(),
        row.text_shopper.as_str(),
        row.since,
        row.until,
        row.placed_by.as_str(),
        row.place_reason.as_str(),
        row.released_at,
        row.released_by.as_deref(),
        row.release_reason.as_deref(),
        row.push_state.as_str(),
        row.rule_id.as_deref(),
        row.version,
    ])?;
    Ok(())
}

/// Writes a hold back and counts its version up; `false` if somebody else changed it meanwhile.
pub async fn update(tx: &mut Tx, row: &HoldRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update hold set external_id = $1, code = $2, removes = $3, removes_told = $4, text_internal = $5, \
         text_accounts_payable = $6, text_shopper = $7, until = $8, released_at = $9, released_by = $10, \
         release_reason = $11, push_state = $12, version = version + 1 \
         where supplier_id = $13 and hold_id = $14 and version = $15",
        row.external_id.as_str(),
        row.code.as_str(),
        row.removes,
        row.removes_told,
        row.text_internal.as_str(),
        row.text_accounts_payable.as_str(),
        row.text_shopper.as_str(),
        row.until,
        row.released_at,
        row.released_by.as_deref(),
        row.release_reason.as_deref(),
        row.push_state.as_str(),
        row.supplier_id.as_str(),
        row.hold_id.as_str(),
        row.version,
    )?;
    Ok(count == 1)
}

/// Says how the last push of a customer's hold went, by the ERP's id of the hold.
pub async fn set_push_state(
    tx: &mut Tx,
    supplier: &str,
    customer: &str,
    external_id: &str,
    state: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "update hold set push_state = $1 where supplier_id = $2 and customer_id = $3 and external_id = $4 \
         and push_state = 'pending'",
        state,
        supplier,
        customer,
        external_id,
    )?;
    Ok(())
}

/// A hold whose way to the ERP had ended goes there again.
pub async fn push_again(tx: &mut Tx, supplier: &str, customer: &str, external_id: &str) -> StorageResult<()> {
    execute!(
        tx,
        "update hold set push_state = 'pending' where supplier_id = $1 and customer_id = $2 and external_id = $3 \
         and push_state in ('parked', 'rejected')",
        supplier,
        customer,
        external_id,
    )?;
    Ok(())
}

/// The ERP's ids of a connection's customers on whom the ERP has put a hold, a page at a time in their order.
pub async fn customers_held_by_erp(
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
        "select c.external_id from customer c where c.supplier_id = $1 and c.connector_id = $2 and c.scope = $3 \
         and c.external_id > $4 and exists (select 1 from hold h where h.supplier_id = c.supplier_id \
         and h.customer_id = c.customer_id and h.released_at is null and h.source = 'erp') \
         order by c.external_id limit $5",
        supplier,
        connector,
        scope,
        after,
        limit,
    )?;
    Ok(rows.into_iter().map(|(external_id,)| external_id).collect())
}
