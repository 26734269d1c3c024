//! What an ERP tells that a person has to settle here: noted once, until it is seen to.

use crate::{StorageResult, Tx};

/// The matter of a hold code that nobody has explained.
pub const HOLD_CODE: &str = "hold-code";

/// The matter of a write that the ERP has had for long and has not carried out; the name is the customer's in its scope.
pub const WRITE_WAITS: &str = "write-waits";

/// The matter of what accounts owe, told as of a time that is still to come; the name is the feed's in its scope.
pub const FUTURE_EXPOSURE: &str = "future-exposure";

/// The matter of an order on terms that a shop says is paid before its goods have left; the name is the order's id, and
/// where a customer stands else, its number.
pub const PAID_EARLY: &str = "paid-early";

/// The matter of an order that a shop does not have any more; named likewise.
pub const GONE_FROM_SHOP: &str = "gone-from-shop";

/// Something that a person should look at.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AttentionRow {
    /// Whose.
    pub supplier_id: String,
    /// Connector.
    pub connector_id: String,
    /// What it is about: [`HOLD_CODE`], [`WRITE_WAITS`], [`FUTURE_EXPOSURE`], [`PAID_EARLY`], [`GONE_FROM_SHOP`].
    pub matter: String,
    /// Which of them.
    pub name: String,
    /// Its id.
    pub attention_id: String,
    /// In which scope it was first seen.
    pub scope: String,
    /// The ERP's id of the customer with which it was first seen; of an order in a shop the buyer's number.
    pub external_id: String,
    /// When.
    pub noted_at: i64,
}

/// Notes it; `false` if it stands already.
pub async fn note(tx: &mut Tx, row: &AttentionRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "insert into sync_attention (supplier_id, connector_id, matter, name, attention_id, scope, external_id, \
         noted_at) values ($1, $2, $3, $4, $5, $6, $7, $8) \
         on conflict (supplier_id, connector_id, matter, name) do nothing",
        row.supplier_id.as_str(),
        row.connector_id.as_str(),
        row.matter.as_str(),
        row.name.as_str(),
        row.attention_id.as_str(),
        row.scope.as_str(),
        row.external_id.as_str(),
        row.noted_at,
    )?;
    Ok(count == 1)
}

/// What stands of a matter of one connector, by name.
pub async fn names(tx: &mut Tx, supplier: &str, connector: &str, matter: &str) -> StorageResult<Vec<String>> {
    let rows: Vec<(String,)> = fetch_all!(
        tx,
        (String,),
        "select name from sync_attention where supplier_id = $1 and connector_id = $2 and matter = $3 order by name",
        supplier,
        connector,
        matter,
    )?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// One of them, if it stands.
pub async fn find(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    matter: &str,
    name: &str,
) -> StorageResult<Option<AttentionRow>> {
    fetch_optional!(
        tx,
        AttentionRow,
        "select supplier_id, connector_id, matter, name, attention_id, scope, external_id, noted_at \
         from sync_attention where supplier_id = $1 and connector_id = $2 and matter = $3 and name = $4",
        supplier,
        connector,
        matter,
        name,
    )
}

/// All that stands of a supplier.
pub async fn of_supplier(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<AttentionRow>> {
    fetch_all!(
        tx,
        AttentionRow,
        "select supplier_id, connector_id, matter, name, attention_id, scope, external_id, noted_at \
         from sync_attention where supplier_id = $1 order by connector_id, matter, name",
        supplier,
    )
}

/// Somebody has seen to it.
pub async fn end(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    matter: &str,
    name: &str,
) -> StorageResult<()> {
    execute!(
        tx,
        "delete from sync_attention where supplier_id = $1 and connector_id = $2 and matter = $3 and name = $4",
        supplier,
        connector,
        matter,
        name,
    )?;
    Ok(())
}
