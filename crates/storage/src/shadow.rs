//! Shadow runs: which copies came when, and the reports of each day.

use crate::{StorageResult, Tx};

/// What a day's copies came to beside the system that carries the orders out.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ShadowReportRow {
    /// Whose.
    pub supplier_id: String,
    /// Of which relationship.
    pub relationship_id: String,
    /// Of which day, in the supplier's calendar: `2026-03-02`.
    pub day: String,
    /// What it says, JSON.
    pub content: String,
    /// When it was made.
    pub made_at: i64,
}

/// Copies that came, were changed or withdrawn in a span of time, from the first instant on and before the second: when, and
/// which order; in that order, after one of them.
pub async fn copies_between(
    tx: &mut Tx,
    (supplier, relationship): (&str, &str),
    (from, until): (i64, i64),
    after: (i64, &str),
    limit: i64,
) -> StorageResult<Vec<(i64, String)>> {
    fetch_all!(
        tx,
        (i64, String),
        "select updated_at, order_id from purchase_order where supplier_id = $1 and relationship_id = $2 \
         and mode = 'shadow' and updated_at >= $3 and updated_at < $4 \
         and (updated_at > $5 or (updated_at = $5 and order_id > $6)) order by updated_at, order_id limit $7",
        supplier,
        relationship,
        from,
        until,
        after.0,
        after.1,
        limit,
    )
}

/// Whether an order came as a copy before.
pub async fn has_copy(
    tx: &mut Tx,
    (supplier, relationship): (&str, &str),
    (buyer_system, order_number): (&str, &str),
) -> StorageResult<bool> {
    let row: Option<(String,)> = fetch_optional!(
        tx,
        (String,),
        "select order_id from purchase_order where supplier_id = $1 and relationship_id = $2 and mode = 'shadow' \
         and buyer_system = $3 and order_number = $4",
        supplier,
        relationship,
        buyer_system,
        order_number,
    )?;
    Ok(row.is_some())
}

/// Whether the relationship has orders that are no copies and that the buyer may still change, cancel or wait for: in
/// production all that were not declined or withdrawn, for an accepted one is to be delivered, confirmed and billed.
pub async fn has_orders_of_its_own(tx: &mut Tx, supplier: &str, relationship: &str) -> StorageResult<bool> {
    let row: Option<(String,)> = fetch_optional!(
        tx,
        (String,),
        "select order_id from purchase_order where supplier_id = $1 and relationship_id = $2 and mode <> 'shadow' \
         and state not in ('declined', 'cancelled', 'tombstone') and not (mode = 'test' and state = 'accepted') limit 1",
        supplier,
        relationship,
    )?;
    Ok(row.is_some())
}

/// Stores a report; `false` if there is one of that day.
pub async fn insert(tx: &mut Tx, row: &ShadowReportRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "insert into shadow_report (supplier_id, relationship_id, day, content, made_at) values ($1, $2, $3, $4, $5) \
         on conflict (supplier_id, relationship_id, day) do nothing",
        row.supplier_id.as_str(),
        row.relationship_id.as_str(),
        row.day.as_str(),
        row.content.as_str(),
        row.made_at,
    )?;
    Ok(count == 1)
}

/// The report of a day.
pub async fn of_day(
    tx: &mut Tx,
    supplier: &str,
    relationship: &str,
    day: &str,
) -> StorageResult<Option<ShadowReportRow>> {
    fetch_optional!(
        tx,
        ShadowReportRow,
        "select supplier_id, relationship_id, day, content, made_at from shadow_report \
         where supplier_id = $1 and relationship_id = $2 and day = $3",
        supplier,
        relationship,
        day,
    )
}

/// The last report.
pub async fn last(tx: &mut Tx, supplier: &str, relationship: &str) -> StorageResult<Option<ShadowReportRow>> {
    fetch_optional!(
        tx,
        ShadowReportRow,
        "select supplier_id, relationship_id, day, content, made_at from shadow_report \
         where supplier_id = $1 and relationship_id = $2 order by day desc limit 1",
        supplier,
        relationship,
    )
}
