//! Purchase orders, their versions and their history.

mod ship_tos;
mod steps;

pub use ship_tos::{ShipToRow, forget_ship_tos, insert_ship_tos};
pub use steps::{
    DecisionRow, OrderEventRow, OrderVersionRow, decisions, events, insert_events, insert_versions, version,
    versions, was_approved,
};

use crate::{StorageResult, Tx, list::ListQuery};

macro_rules! order_columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "supplier_id, order_id, relationship_id, mode, buyer_system, order_number, version, state, \
             state_reason, customer_id, ship_to_customer_ids, credit_account_id, arrival, currency, total_text, \
             total_minor, reserved_minor, drawn_override_id, drawn_minor, tender, content_hash, document_id, \
             payload_id, session_id, cart_snapshot_id, sink, sink_connector_id, sink_order_id, sink_created_at, \
             erp_created_at, reserves_charges, billed_minor, billed_at, requested_on, decision, commitment, \
             confirmation, received_at, decided_at, confirmed_at, updated_at, row_version",
            $after
        )
    };
}

/// An order as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OrderRow {
    /// Whose.
    pub supplier_id: String,
    /// Our id.
    pub order_id: String,
    /// With whom.
    pub relationship_id: String,
    /// `production`, `test` or `shadow`.
    pub mode: String,
    /// Which of the buyer's systems numbers its orders.
    pub buyer_system: String,
    /// The buyer's number.
    pub order_number: String,
    /// Version that counts.
    pub version: i64,
    /// State.
    pub state: String,
    /// Why, for people.
    pub state_reason: Option<String>,
    /// Sold-to.
    pub customer_id: Option<String>,
    /// Ship-tos, as far as the ERP knows them as customers of their own; a blank between two.
    pub ship_to_customer_ids: Option<String>,
    /// On whom the limit stands.
    pub credit_account_id: Option<String>,
    /// Place in the account's arrival order.
    pub arrival: i64,
    /// Currency of the total.
    pub currency: String,
    /// Total as stated.
    pub total_text: String,
    /// Total in minor units.
    pub total_minor: i64,
    /// What it takes of the limit, in the account's minor units.
    pub reserved_minor: i64,
    /// The override that let it pass.
    pub drawn_override_id: Option<String>,
    /// How much of it, in the account's minor units.
    pub drawn_minor: i64,
    /// `terms`, `card` …
    pub tender: String,
    /// Hash of the content that counts.
    pub content_hash: Vec<u8>,
    /// The document that counts.
    pub document_id: String,
    /// Its payloadID.
    pub payload_id: String,
    /// The session it came from.
    pub session_id: Option<String>,
    /// The cart it came from.
    pub cart_snapshot_id: Option<String>,
    /// `erp`, `storefront`, `none`.
    pub sink: String,
    /// The connector instance that takes it.
    pub sink_connector_id: Option<String>,
    /// The sink's id.
    pub sink_order_id: Option<String>,
    /// When the sink created it, by the sink's clock.
    pub sink_created_at: Option<i64>,
    /// When it came to be in the ERP, by the ERP's clock: from then on the exposure may show it.
    pub erp_created_at: Option<i64>,
    /// Whether tax or freight is in what it takes of the limit: then invoices release it with theirs.
    pub reserves_charges: i64,
    /// Invoiced since the exposure was last read, in the account's minor units: no longer open, not yet owed there.
    pub billed_minor: i64,
    /// When we heard of the last such invoice.
    pub billed_at: Option<i64>,
    /// Requested delivery, civil date.
    pub requested_on: Option<String>,
    /// The last decision, JSON.
    pub decision: Option<String>,
    /// What the sink last committed to of this version, JSON.
    pub commitment: Option<String>,
    /// `none`, `queued`, `sent`.
    pub confirmation: String,
    /// When received.
    pub received_at: i64,
    /// When last decided.
    pub decided_at: Option<i64>,
    /// When a person last confirmed it.
    pub confirmed_at: Option<i64>,
    /// When last changed.
    pub updated_at: i64,
    /// Counts every change of the row.
    pub row_version: i64,
}

/// What a list of orders is narrowed by.
#[derive(Debug, Clone, Default)]
pub struct OrderFilter {
    /// State.
    pub state: Option<String>,
    /// Relationship.
    pub relationship: Option<String>,
    /// Customer.
    pub customer: Option<String>,
    /// The buyer's order number, or the sink's.
    pub search: Option<String>,
}

/// Orders with any of these buyer's numbers; on PostgreSQL locked, in key order.
pub async fn of_numbers(tx: &mut Tx, supplier: &str, numbers: &[String]) -> StorageResult<Vec<OrderRow>> {
    if tx.is_postgres() {
        fetch_in!(
            tx,
            OrderRow,
            order_columns!(
                "select ",
                " from purchase_order where supplier_id = $1 and order_number in ("
            ),
            ") order by order_id for update",
            numbers,
            supplier,
        )
    } else {
        fetch_in!(
            tx,
            OrderRow,
            order_columns!(
                "select ",
                " from purchase_order where supplier_id = $1 and order_number in ("
            ),
            ") order by order_id",
            numbers,
            supplier,
        )
    }
}

/// One order; locked on PostgreSQL.
pub async fn lock(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<Option<OrderRow>> {
    let sql = tx.sql(
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and order_id = $2"
        ),
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and order_id = $2 for update"
        ),
    );
    fetch_optional!(tx, OrderRow, sql, supplier, order)
}

/// One order.
pub async fn get(tx: &mut Tx, supplier: &str, order: &str) -> StorageResult<Option<OrderRow>> {
    fetch_optional!(
        tx,
        OrderRow,
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and order_id = $2"
        ),
        supplier,
        order,
    )
}

/// Orders of an account that may be decided again, in arrival order, after a place in it. Nothing is locked:
/// whoever decides them loads them again.
pub async fn undecided_of_account(
    tx: &mut Tx,
    supplier: &str,
    account: &str,
    after: (i64, &str),
    limit: i64,
) -> StorageResult<Vec<OrderRow>> {
    fetch_all!(
        tx,
        OrderRow,
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and credit_account_id = $2 \
             and state in ('received', 'held', 'referred') \
             and (arrival > $3 or (arrival = $3 and order_id > $4)) order by arrival, order_id limit $5"
        ),
        supplier,
        account,
        after.0,
        after.1,
        limit,
    )
}

/// Held orders whose customer nobody knew, in order of arrival, after one of them.
pub async fn without_customer(
    tx: &mut Tx,
    supplier: &str,
    after: (i64, &str),
    limit: i64,
) -> StorageResult<Vec<OrderRow>> {
    fetch_all!(
        tx,
        OrderRow,
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and state = 'held' and customer_id is null \
             and (received_at > $2 or (received_at = $2 and order_id > $3)) order by received_at, order_id limit $4"
        ),
        supplier,
        after.0,
        after.1,
        limit,
    )
}

/// Orders received in a span of time, from the first instant on and before the second, in order of arrival, after one of
/// them. Copies in shadow runs are none.
pub async fn received_between(
    tx: &mut Tx,
    supplier: &str,
    (from, until): (i64, i64),
    after: (i64, &str),
    limit: i64,
) -> StorageResult<Vec<OrderRow>> {
    fetch_all!(
        tx,
        OrderRow,
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and received_at >= $2 and received_at < $3 and mode <> 'shadow' \
             and (received_at > $4 or (received_at = $4 and order_id > $5)) order by received_at, order_id limit $6"
        ),
        supplier,
        from,
        until,
        after.0,
        after.1,
        limit,
    )
}

/// Orders that the sink has, with this id of the sink.
pub async fn of_sink_order(
    tx: &mut Tx,
    supplier: &str,
    connector: &str,
    sink_order: &str,
) -> StorageResult<Option<OrderRow>> {
    fetch_optional!(
        tx,
        OrderRow,
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and sink_connector_id = $2 and sink_order_id = $3"
        ),
        supplier,
        connector,
        sink_order,
    )
}

/// An order that a person has entered under this number.
pub async fn entered_as(tx: &mut Tx, supplier: &str, number: &str) -> StorageResult<Option<OrderRow>> {
    fetch_optional!(
        tx,
        OrderRow,
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and sink_connector_id is null and sink_order_id = $2 \
             order by order_id limit 1"
        ),
        supplier,
        number,
    )
}

/// Writes new orders. A number that exists is [`crate::StorageError::Unique`].
pub async fn insert_many(tx: &mut Tx, rows: &[OrderRow]) -> StorageResult<()> {
    insert_rows!(
        tx,
        order_columns!("insert into purchase_order (", ")"),
        "",
        rows,
        |row| [
            row.supplier_id.as_str(),
            row.order_id.as_str(),
            row.relationship_id.as_str(),
            row.mode.as_str(),
            row.buyer_system.as_str(),
            row.order_number.as_str(),
            row.version,
            row.state.as_str(),
            row.state_reason.as_deref(),
            row.customer_id.as_deref(),
            row.ship_to_customer_ids.as_deref(),
            row.credit_account_id.as_deref(),
            row.arrival,
            row.currency.as_str(),
            row.total_text.as_str(),
            row.total_minor,
            row.reserved_minor,
            row.drawn_override_id.as_deref(),
            row.drawn_minor,
            row.tender.as_str(),
            row.content_hash.as_slice(),
            row.document_id.as_str(),
            row.payload_id.as_str(),
            row.session_id.as_deref(),
            row.cart_snapshot_id.as_deref(),
            row.sink.as_str(),
            row.sink_connector_id.as_deref(),
            row.sink_order_id.as_deref(),
            row.sink_created_at,
            row.erp_created_at,
            row.reserves_charges,
            row.billed_minor,
            row.billed_at,
            row.requested_on.as_deref(),
            row.decision.as_deref(),
            row.commitment.as_deref(),
            row.confirmation.as_str(),
            row.received_at,
            row.decided_at,
            row.confirmed_at,
            row.updated_at,
            row.row_version,
        ]
    )?;
    Ok(())
}

/// Writes an order back and counts its row version up; `false` if somebody else changed it meanwhile.
pub async fn update(tx: &mut Tx, row: &OrderRow) -> StorageResult<bool> {
    let count = execute!(
        tx,
        "update purchase_order set version = $1, state = $2, state_reason = $3, customer_id = $4, \
         ship_to_customer_ids = $5, credit_account_id = $6, arrival = $7, currency = $8, total_text = \
         $9, total_minor = $10, reserved_minor = $11, drawn_override_id = $12, drawn_minor = $13, \
         tender = $14, content_hash = $15, document_id = $16, payload_id = $17, session_id = $18, \
         cart_snapshot_id = $19, sink = $20, sink_connector_id = $21, sink_order_id = $22, \
         sink_created_at = $23, requested_on = $24, decision = $25, confirmation = $26, decided_at = \
         $27, confirmed_at = $28, updated_at = $29, erp_created_at = $30, billed_minor = $31, billed_at = $32, \
         reserves_charges = $33, commitment = $34, row_version = row_version + 1 where supplier_id = $35 \
         and order_id = $36 and row_version = $37",
        row.version,
        row.state.as_str(),
        row.state_reason.as_deref(),
        row.customer_id.as_deref(),
        row.ship_to_customer_ids.as_deref(),
        row.credit_account_id.as_deref(),
        row.arrival,
        row.currency.as_str(),
        row.total_text.as_str(),
        row.total_minor,
        row.reserved_minor,
        row.drawn_override_id.as_deref(),
        row.drawn_minor,
        row.tender.as_str(),
        row.content_hash.as_slice(),
        row.document_id.as_str(),
        row.payload_id.as_str(),
        row.session_id.as_deref(),
        row.cart_snapshot_id.as_deref(),
        row.sink.as_str(),
        row.sink_connector_id.as_deref(),
        row.sink_order_id.as_deref(),
        row.sink_created_at,
        row.requested_on.as_deref(),
        row.decision.as_deref(),
        row.confirmation.as_str(),
        row.decided_at,
        row.confirmed_at,
        row.updated_at,
        row.erp_created_at,
        row.billed_minor,
        row.billed_at,
        row.reserves_charges,
        row.commitment.as_deref(),
        row.supplier_id.as_str(),
        row.order_id.as_str(),
        row.row_version,
    )?;
    Ok(count == 1)
}

/// Orders of a credit account let go of what was invoiced before its exposure was read: from then on it is owed.
pub async fn release_billed(tx: &mut Tx, supplier: &str, account: &str, as_of: i64) -> StorageResult<()> {
    execute!(
        tx,
        "update purchase_order set reserved_minor = case when reserved_minor > billed_minor \
         then reserved_minor - billed_minor else 0 end, billed_minor = 0, billed_at = null, \
         row_version = row_version + 1 where supplier_id = $1 and credit_account_id = $2 and billed_minor <> 0 \
         and billed_at < $3",
        supplier,
        account,
        as_of,
    )?;
    Ok(())
}

/// An order that did not go to the ERP itself, but to a shop or by a person's hand, by the buyer's number and the
/// customer; none if there are several.
pub async fn by_another_way(
    tx: &mut Tx,
    supplier: &str,
    number: &str,
    customer_external_id: &str,
    connector: &str,
) -> StorageResult<Option<OrderRow>> {
    let mut rows = fetch_all!(
        tx,
        OrderRow,
        order_columns!(
            "select ",
            " from purchase_order where supplier_id = $1 and order_number = $2 and sink <> 'erp' and mode <> 'shadow' \
             and exists (select 1 from customer c where c.supplier_id = purchase_order.supplier_id \
             and c.customer_id = purchase_order.customer_id and c.external_id = $3 and c.connector_id = $4) \
             order by order_id limit 2"
        ),
        supplier,
        number,
        customer_external_id,
        connector,
    )?;
    Ok(if rows.len() == 1 { rows.pop() } else { None })
}

/// Of each of these orders: the number of its last event, and of its last stored version.
pub async fn last_numbers(
    tx: &mut Tx,
    supplier: &str,
    orders: &[String],
) -> StorageResult<Vec<(String, i64, i64)>> {
    fetch_in!(
        tx,
        (String, i64, i64),
        "select o.order_id, \
         (select cast(coalesce(max(e.seq), 0) as bigint) from order_event e \
          where e.supplier_id = o.supplier_id and e.order_id = o.order_id), \
         (select cast(coalesce(max(v.version), 0) as bigint) from order_version v \
          where v.supplier_id = o.supplier_id and v.order_id = o.order_id) \
         from purchase_order o where o.supplier_id = $1 and o.order_id in (",
        ")",
        orders,
        supplier,
    )
}

/// A list, newest first.
pub async fn list(
    tx: &mut Tx,
    supplier: &str,
    filter: &OrderFilter,
    after: Option<(i64, String)>,
    limit: u32,
) -> StorageResult<Vec<OrderRow>> {
    let list = ListQuery::of(
        order_columns!("select ", " from purchase_order"),
        supplier,
        "received_at desc, order_id desc",
        limit,
    )
    .equal("state", filter.state.as_deref())
    .equal("relationship_id", filter.relationship.as_deref())
    .equal("customer_id", filter.customer.as_deref())
    .any_equal(
        &["order_number", "sink_order_id", "order_id", "payload_id"],
        filter.search.as_deref(),
    )
    .after("received_at", "order_id", after);
    fetch_list!(tx, OrderRow, list)
}
