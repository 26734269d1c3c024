//! A change that came while its order was on the way to the sink.

use punchgate_domain::{
    Instant,
    order::{Actor, Cause, OrderState},
    purchase_order::OrderOperation,
};
use punchgate_storage::{StorageResult, Tx, document, order, outbox::NewEntry};

use crate::orders::{
    carry, content,
    working::{Source, Working},
};

/// Lets the newest version take the order's place once the sink surely has none of it; where the sink has the
/// order, a person carries the change over. What is to be done then.
pub(super) async fn waiting_change(
    tx: &mut Tx,
    order: &mut Working,
    now: Instant,
) -> StorageResult<Vec<NewEntry>> {
    let free = matches!(order.state()?, OrderState::Approved | OrderState::Rejected);
    if !free || order.stored_versions <= order.row.version {
        return Ok(Vec::new());
    }
    let supplier = order.row.supplier_id.clone();
    let newest = order::version(tx, &supplier, &order.row.order_id, order.stored_versions).await?;
    let Some(newest) = newest else {
        return Ok(Vec::new());
    };
    let said = content::of_document(tx, &supplier, &newest.document_id).await?;
    if said.operation == OrderOperation::Delete {
        return Ok(Vec::new());
    }
    let archived = document::get(tx, &supplier, &newest.document_id).await?;
    let payload_id = archived.and_then(|row| row.payload_id).unwrap_or_default();
    let content_hash = document::content_hash(tx, &supplier, &newest.document_id)
        .await?
        .unwrap_or_default();
    order.replace(
        &Source {
            order: &said,
            version: newest.version,
            document: &newest.document_id,
            payload_id: &payload_id,
            content_hash: &content_hash,
        },
        now,
    );
    order.release_credit();
    let detail = "the change that came while the order was on its way takes its place".to_owned();
    order.step(
        OrderState::Received,
        Cause::DocumentReceived,
        &Actor::Buyer,
        Some(detail),
        now,
    );
    Ok(vec![carry::redecide_order(&order.row, now)])
}
