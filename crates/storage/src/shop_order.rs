//! Orders that a shop has taken: what it last said of each, and when it is asked again.

use crate::{StorageResult, Tx};

/// An order that a shop has taken just now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewShopOrder {
    /// Whose.
    pub supplier_id: String,
    /// Order.
    pub order_id: String,
    /// The shop.
    pub connector_id: String,
    /// The shop's id.
    pub sink_order_id: String,
    /// From when on it is asked.
    pub due_at: i64,
}

/// An order of which the shop is to be asked.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DueOrder {
    /// Order.
    pub order_id: String,
    /// The shop's id.
    pub sink_order_id: String,
    /// What the shop last said, JSON; none: it was not asked yet.
    pub said: Option<String>,
    /// When it last said something new.
    pub changed_at: i64,
    /// With whom.
    pub relationship_id: String,
    /// The order's state here.
    pub state: String,
    /// How it is paid.
    pub tender: String,
    /// The buyer's number.
    pub order_number: String,
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<'a> {
    /// Whose.
    pub supplier: &'a str,
    /// Order.
    pub order: &'a str,
    /// The shop's id of what was asked for: another may have taken its place.
    pub sink_order: &'a str,
    /// What it says, JSON.
    pub said: Option<&'a str>,
    /// When it last said something new.
    pub changed_at: i64,
    /// When it was asked.
    pub asked_at: i64,
    /// When it is asked again; none: never.
    pub due_at: Option<i64>,
}

/// Notes orders that a shop has from now on. One that stands in the place of another is known by nothing.
pub async fn begin(tx: &mut Tx, rows: &[NewShopOrder]) -> StorageResult<()> {
    insert_rows!(
        tx,
        "insert into shop_order (supplier_id, order_id, connector_id, sink_order_id, changed_at, due_at)",
        "on conflict (supplier_id, order_id) do update set connector_id = excluded.connector_id, \
         sink_order_id = excluded.sink_order_id, said = null, changed_at = excluded.changed_at, asked_at = null, \
         due_at = excluded.due_at",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.order_id.as_str(),
            row.connector_id.as_str(),
            row.sink_order_id.as_str(),
            row.due_at,
            row.due_at,
        ]
    )?;
    Ok(())
}

/// Orders of which a shop is to be asked now, those that have waited longest first.
pub async fn due(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    now: i64,
    limit: i64,
) -> StorageResult<Vec<DueOrder>> {
    fetch_all!(
        tx,
        DueOrder,
        "select s.order_id, s.sink_order_id, s.said, s.changed_at, p.relationship_id, p.state, p.tender, \
         p.order_number from shop_order s join purchase_order p on p.supplier_id = s.supplier_id and p.order_id = s.order_id \
         where s.supplier_id = $1 and s.connector_id = $2 and s.due_at <= $3 order by s.due_at, s.order_id limit $4",
        supplier,
        connector,
        now,
        limit,
    )
}

/// Makes orders due that are not: those of which something new was heard last, so many.
pub async fn wake(tx: &mut Tx, supplier: &str, connector: &str, now: i64, most: i64) -> StorageResult<()> {
    execute!(
        tx,
        "update shop_order set due_at = $3 where supplier_id = $1 and order_id in \
         (select order_id from shop_order where supplier_id = $1 and connector_id = $2 and due_at > $3 \
         order by changed_at desc, order_id limit $4)",
        supplier,
        connector,
        now,
        most,
    )?;
    Ok(())
}

/// Writes what came of a question.
pub async fn answered(tx: &mut Tx, answer: &Answer<'_>) -> StorageResult<()> {
    execute!(
        tx,
        "update shop_order set said = $4, changed_at = $5, asked_at = $6, due_at = $7 \
         where supplier_id = $1 and order_id = $2 and sink_order_id = $3",
        answer.supplier,
        answer.order,
        answer.sink_order,
        answer.said,
        answer.changed_at,
        answer.asked_at,
        answer.due_at,
    )?;
    Ok(())
}

/// Asks again later, after those that wait: the question came to nothing.
pub async fn put_off(tx: &mut Tx, supplier: &str, order: &str, due_at: i64) -> StorageResult<()> {
    execute!(
        tx,
        "update shop_order set due_at = $3 where supplier_id = $1 and order_id = $2 and due_at is not null",
        supplier,
        order,
        due_at,
    )?;
    Ok(())
}
