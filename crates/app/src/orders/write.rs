//! The third phase: one multi-row statement a table, the outbox included. The caller commits.

use punchgate_domain::{order::OrderState, policy::OrderSink};
use punchgate_storage::{
    StorageError, StorageResult, Tx, credit_account, document, erp_document,
    order::{self, OrderRow, ShipToRow},
    order_funds, outbox, request_key,
    shop_order::{self, NewShopOrder},
};

use super::{decide::Decided, working::Working};
use crate::{directory::Mode, events};

/// Writes what was decided. Where nobody `listens` for events, none is looked for.
pub(super) async fn write(
    tx: &mut Tx,
    supplier: &str,
    decided: &Decided,
    listens: bool,
) -> StorageResult<()> {
    document::insert_many(tx, &decided.documents).await?;
    document::insert_parts(tx, &decided.parts).await?;
    rows(tx, &decided.orders).await?;
    request_key::insert_many(tx, &decided.keys).await?;
    credit_account::set_next_arrivals(tx, supplier, &decided.arrivals).await?;
    if !listens {
        return outbox::enqueue_many(tx, &decided.entries, decided.now).await;
    }
    let mut entries = decided.entries.clone();
    entries.extend(events::entries(tx, supplier, &happened(&decided.orders)).await?);
    outbox::enqueue_many(tx, &entries, decided.now).await
}

/// Writes orders with their versions and history, and announces what has happened to them. A row that somebody else
/// changed meanwhile makes the transaction run again.
pub(super) async fn orders(tx: &mut Tx, working: &[Working]) -> StorageResult<()> {
    rows(tx, working).await?;
    match working.first() {
        Some(first) => events::announce(tx, &first.row.supplier_id, &happened(working)).await,
        None => Ok(()),
    }
}

fn happened(working: &[Working]) -> Vec<events::Happened> {
    working
        .iter()
        .flat_map(|one| events::of_order(&one.row, &one.events))
        .collect()
}

async fn rows(tx: &mut Tx, working: &[Working]) -> StorageResult<()> {
    if let Some(one) = working.iter().find(|one| !is_harmless(&one.row)) {
        return Err(StorageError::Other(format!(
            "order {} is a copy of a shadow run and was to do more than be looked at",
            one.row.order_id
        )));
    }
    let fresh: Vec<_> = working
        .iter()
        .filter(|one| one.is_new)
        .map(|one| one.row.clone())
        .collect();
    order::insert_many(tx, &fresh).await?;
    for one in working.iter().filter(|one| !one.is_new && one.changed) {
        if !order::update(tx, &one.row).await? {
            return Err(StorageError::Retry(format!(
                "order {} was changed meanwhile",
                one.row.order_id
            )));
        }
    }
    ship_tos(tx, working).await?;
    in_sink(tx, working).await?;
    let versions: Vec<_> = working
        .iter()
        .flat_map(|one| one.versions.iter().cloned())
        .collect();
    order::insert_versions(tx, &versions).await?;
    let steps: Vec<_> = working
        .iter()
        .flat_map(|one| one.events.iter().cloned())
        .collect();
    order::insert_events(tx, &steps).await?;
    let funds: Vec<_> = working.iter().flat_map(|one| one.funds.iter().cloned()).collect();
    order_funds::insert_many(tx, &funds).await
}

/// Whether an order is none of a shadow run, or a copy as it should be: nothing waits for it, and it takes up nothing.
fn is_harmless(row: &OrderRow) -> bool {
    let state = OrderState::parse(&row.state);
    row.mode != Mode::Shadow.as_str()
        || state.is_ok_and(|state| state.is_final() && state != OrderState::Declined)
            && (row.reserved_minor, row.drawn_minor) == (0, 0)
            && row.credit_account_id.is_none()
            && row.sink_connector_id.is_none()
            && row.confirmation == "none"
}

/// What the sink told of an order before its key of it was known here is that order's from now on. What a shop has it is
/// asked after from now on.
async fn in_sink(tx: &mut Tx, working: &[Working]) -> StorageResult<()> {
    let mut in_shop = Vec::new();
    for one in working.iter().filter(|one| one.changed) {
        let key = |row: &OrderRow| row.sink_connector_id.clone().zip(row.sink_order_id.clone());
        let after = key(&one.row);
        let Some((connector, sink_order)) = &after else {
            continue;
        };
        if one.stored.as_deref().and_then(key) == after {
            continue;
        }
        let (supplier, order) = (&one.row.supplier_id, &one.row.order_id);
        erp_document::link_sink_order(tx, supplier, connector, sink_order, order).await?;
        if one.row.sink == OrderSink::Storefront.as_str() {
            in_shop.push(NewShopOrder {
                supplier_id: supplier.clone(),
                order_id: order.clone(),
                connector_id: connector.clone(),
                sink_order_id: sink_order.clone(),
                due_at: one.row.updated_at,
            });
        }
    }
    shop_order::begin(tx, &in_shop).await
}

/// Keeps the index of who receives, as far as that has changed.
async fn ship_tos(tx: &mut Tx, working: &[Working]) -> StorageResult<()> {
    let mut rows = Vec::new();
    for one in working.iter().filter(|one| one.changed) {
        let before = one.stored.as_deref().and_then(indexed);
        let after = indexed(&one.row);
        if before == after {
            continue;
        }
        if before.is_some() {
            order::forget_ship_tos(tx, &one.row.supplier_id, &one.row.order_id).await?;
        }
        let customers = after.unwrap_or_default().split_whitespace();
        rows.extend(customers.map(|customer| ShipToRow {
            supplier_id: one.row.supplier_id.clone(),
            order_id: one.row.order_id.clone(),
            customer_id: customer.to_owned(),
        }));
    }
    order::insert_ship_tos(tx, &rows).await
}

/// The ship-tos of an order by which it is found: it may still be decided again.
fn indexed(row: &OrderRow) -> Option<&str> {
    let open = OrderState::parse(&row.state).is_ok_and(OrderState::may_be_decided_again);
    row.ship_to_customer_ids.as_deref().filter(|_| open)
}
