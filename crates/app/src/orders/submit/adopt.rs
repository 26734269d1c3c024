//! A version takes the place of the one before: a change that came while its order was on the way to the sink, and one that was carried
//! over.

use punchgate_domain::{
    Instant,
    order::{Actor, Cause, OrderState},
    purchase_order::{OrderOperation, PurchaseOrder},
};
use punchgate_storage::{
    StorageResult, Tx, document,
    order::{self, OrderRow},
    order_submission::{self, SubmissionRow},
    outbox::NewEntry,
};

use crate::{
    clock::micros,
    directory::Relationship,
    orders::{
        carry, content, review,
        working::{Source, Working},
    },
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
    if take_version(tx, order, order.stored_versions, now)
        .await?
        .is_none()
    {
        return Ok(Vec::new());
    }
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

/// Lets a version that the sink has be what the order is again, and what it takes of the limit.
pub(super) async fn version_in_sink(
    tx: &mut Tx,
    order: &mut Working,
    version: i64,
    relationship: &Relationship,
    now: Instant,
) -> StorageResult<()> {
    let currency = order.row.currency.clone();
    if let Some(said) = take_version(tx, order, version, now).await? {
        review::reserve_as(order, &said, &currency, relationship);
        let detail = format!(
            "the sink has version {version}, of a request that came through late: a person carries the change over"
        );
        let (state, from) = (order.state()?, Some(order.row.state.clone()));
        order.note(
            from,
            state,
            Cause::SinkAnswered,
            &order.sink_actor(),
            Some(detail),
            now,
        );
    }
    Ok(())
}

/// A person says that the sink has this version by now: what it is asked later is compared with that.
pub(in crate::orders) async fn is_in_sink(
    tx: &mut Tx,
    row: &OrderRow,
    version: i64,
    now: Instant,
) -> StorageResult<()> {
    let changed_at = Some(micros(now));
    let submissions = order_submission::of_order(tx, &row.supplier_id, &row.order_id).await?;
    let created = submissions.into_iter().rev().find(|one| one.outcome == "created");
    match created {
        Some(one) => {
            let row = SubmissionRow {
                version,
                changed_at,
                ..one
            };
            order_submission::put(tx, &row).await
        }
        None => Ok(()),
    }
}

/// What the version says, if it is one that says what the order is; now it does.
pub(in crate::orders) async fn take_version(
    tx: &mut Tx,
    order: &mut Working,
    version: i64,
    now: Instant,
) -> StorageResult<Option<PurchaseOrder>> {
    let supplier = order.row.supplier_id.clone();
    let Some(stored) = order::version(tx, &supplier, &order.row.order_id, version).await? else {
        return Ok(None);
    };
    let said = content::of_document(tx, &supplier, &stored.document_id).await?;
    if said.operation == OrderOperation::Delete {
        return Ok(None);
    }
    let archived = document::get(tx, &supplier, &stored.document_id).await?;
    let payload_id = archived.and_then(|row| row.payload_id).unwrap_or_default();
    let content_hash = document::content_hash(tx, &supplier, &stored.document_id)
        .await?
        .unwrap_or_default();
    let source = Source {
        order: &said,
        version,
        document: &stored.document_id,
        payload_id: &payload_id,
        content_hash: &content_hash,
    };
    order.replace(&source, now);
    Ok(Some(said))
}
