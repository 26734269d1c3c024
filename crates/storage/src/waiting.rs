//! What waits for a person, counted: for the page that everybody sees first. And one by one: for those who are told of it.

use crate::{StorageResult, Tx};

/// Things of one kind in one state.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CountRow {
    /// The state.
    pub state: String,
    /// How many.
    pub count: i64,
    /// Since when the oldest of them is there.
    pub oldest: Option<i64>,
}

/// Work that was given up, by kind.
pub async fn dead_work(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select kind as state, cast(count(*) as bigint) as count, cast(min(created_at) as bigint) as oldest
           from outbox where supplier_id = $1 and state = 'dead' and created_at > 0 group by kind order by kind",
        supplier
    )
}

/// Orders that do not go on without somebody.
pub async fn orders(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(received_at) as bigint) as oldest
           from purchase_order
          where supplier_id = $1 and state in ('held', 'referred', 'rejected', 'unknown')
          group by state order by state",
        supplier
    )
}

/// Refused requests that nobody has looked at.
pub async fn quarantined(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(received_at) as bigint) as oldest
           from quarantine where supplier_id = $1 and state = 'waiting' group by state",
        supplier
    )
}

/// Fields that were changed on both sides.
pub async fn conflicts(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(noted_at) as bigint) as oldest
           from sync_conflict where supplier_id = $1 and state = 'open' group by state",
        supplier
    )
}

/// What was asked of an ERP and did not come about: refused by it, or given up.
pub async fn refused_changes(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select state, cast(count(*) as bigint) as count, cast(min(updated_at) as bigint) as oldest
           from account_change where supplier_id = $1 and state in ('rejected', 'parked') group by state order by state",
        supplier
    )
}

/// The customer of whom that was asked first.
pub async fn first_refused(tx: &mut Tx, supplier: &str, state: &str) -> StorageResult<Option<String>> {
    let row: Option<(String,)> = fetch_optional!(
        tx,
        (String,),
        // Of the first few: some may be of an account that no customer has any more.
        "select c.customer_id from (select supplier_id, connector_id, scope, external_id, updated_at from account_change
            where supplier_id = $1 and state = $2 order by updated_at, external_id limit 20) a
          join customer c on c.supplier_id = a.supplier_id and c.connector_id = a.connector_id
            and c.external_id = a.external_id and c.scope = a.scope
          order by a.updated_at, a.external_id limit 1",
        supplier,
        state
    )?;
    Ok(row.map(|(customer,)| customer))
}

/// One of the things that wait.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ThingRow {
    /// Its id.
    pub id: String,
    /// The state or kind by which it is counted.
    pub state: String,
    /// What people call it: a number, a key, a field.
    pub name: String,
    /// Where it belongs: a relationship, a connector; empty where nowhere.
    pub place: String,
}

/// Orders in a state, oldest first.
pub async fn each_order(tx: &mut Tx, supplier: &str, state: &str, most: i64) -> StorageResult<Vec<ThingRow>> {
    fetch_all!(
        tx,
        ThingRow,
        "select order_id as id, state, order_number as name, relationship_id as place from purchase_order \
         where supplier_id = $1 and state = $2 order by received_at limit $3",
        supplier,
        state,
        most
    )
}

/// Work that was given up, oldest first; the id is the stream's and its place there.
pub async fn each_dead_work(tx: &mut Tx, supplier: &str, most: i64) -> StorageResult<Vec<(ThingRow, i64)>> {
    let rows: Vec<(String, i64, String, Option<String>)> = fetch_all!(
        tx,
        (String, i64, String, Option<String>),
        "select o.stream, o.seq, o.kind, p.order_number from outbox o left join purchase_order p \
            on p.supplier_id = o.supplier_id and p.order_id = substr(o.stream, 7, 36) and o.stream like 'order/%' \
          where o.supplier_id = $1 and o.state = 'dead' and o.created_at > 0 order by o.created_at, o.stream, o.seq limit $2",
        supplier,
        most
    )?;
    let thing = |(id, seq, state, name): (String, i64, String, Option<String>)| {
        let row = ThingRow {
            id,
            state,
            name: name.unwrap_or_default(),
            place: String::new(),
        };
        (row, seq)
    };
    Ok(rows.into_iter().map(thing).collect())
}

/// Refused requests that nobody has looked at, oldest first; the place is why.
pub async fn each_quarantined(tx: &mut Tx, supplier: &str, most: i64) -> StorageResult<Vec<ThingRow>> {
    fetch_all!(
        tx,
        ThingRow,
        "select quarantine_id as id, state, coalesce(order_number, '') as name, reason as place from quarantine \
         where supplier_id = $1 and state = 'waiting' order by received_at, quarantine_id limit $2",
        supplier,
        most
    )
}

/// Fields that were changed on both sides, oldest first.
pub async fn each_conflict(tx: &mut Tx, supplier: &str, most: i64) -> StorageResult<Vec<ThingRow>> {
    fetch_all!(
        tx,
        ThingRow,
        "select conflict_id as id, field as state, external_id as name, connector_id as place from sync_conflict \
         where supplier_id = $1 and state = 'open' order by noted_at, conflict_id limit $2",
        supplier,
        most
    )
}

/// What was asked of an ERP and did not come about, oldest first; the id is the field, the name the ERP's id of the customer.
pub async fn each_refused_change(tx: &mut Tx, supplier: &str, most: i64) -> StorageResult<Vec<ThingRow>> {
    fetch_all!(
        tx,
        ThingRow,
        "select field as id, state, external_id as name, connector_id as place from account_change \
         where supplier_id = $1 and state in ('rejected', 'parked') \
         order by updated_at, connector_id, scope, external_id, field limit $2",
        supplier,
        most
    )
}

/// Relationships whose buyers have not taken what was sent to them, of what has been on its way since before an instant.
pub async fn silent_partners(
    tx: &mut Tx,
    supplier: &str,
    kind: &str,
    before: i64,
) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select p.relationship_id as state, cast(count(*) as bigint) as count, cast(min(o.created_at) as bigint) as oldest \
           from outbox o join purchase_order p on p.supplier_id = o.supplier_id and p.order_id = substr(o.stream, 7, 36) \
          where o.supplier_id = $1 and o.finished_at is null and o.not_before > 0 and o.state <> 'dead' and o.attempts > 0 \
            and o.kind = $2 and o.created_at <= $3 \
          group by p.relationship_id order by p.relationship_id",
        supplier,
        kind,
        before
    )
}

/// Mails of alerts that the mail server has not taken, tried or given up, with what was last said of one.
pub async fn untaken_mails(tx: &mut Tx, supplier: &str, kind: &str) -> StorageResult<Vec<CountRow>> {
    fetch_all!(
        tx,
        CountRow,
        "select coalesce(max(last_error), '') as state, cast(count(*) as bigint) as count, \
            cast(min(created_at) as bigint) as oldest \
           from outbox where supplier_id = $1 and finished_at is null and not_before > 0 and attempts > 0 \
            and last_error is not null and kind = $2 group by kind",
        supplier,
        kind
    )
}
