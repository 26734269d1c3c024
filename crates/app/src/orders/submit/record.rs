//! What the sink said, written with the conclusion of the job in one transaction: either both or neither.

use punchgate_connector::orders::PlacedOrder;
use punchgate_domain::{
    order::{Actor, CancelDuty, Cause, OrderState, SinkAnswer},
    policy::ConfirmationPolicy,
};
use punchgate_storage::{
    Lane, StorageResult,
    order::{self, OrderRow},
    outbox::{NewEntry, Verdict},
};

use super::{Said, adopt, enqueue};
use crate::{
    Surroundings,
    clock::micros,
    directory::Relationship,
    orders::{
        carry,
        confirm::{self, Commitment},
        load,
        working::Working,
        write,
    },
    work::Claimed,
};

/// Records the sink's answer. Without an answer the job is not concluded: it comes again.
pub(super) async fn record(
    surroundings: &Surroundings,
    claimed: &Claimed,
    row: &OrderRow,
    relationship: &Relationship,
    said: &Said,
) -> StorageResult<()> {
    let now = surroundings.now();
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let locked = order::lock(&mut tx, &row.supplier_id, &row.order_id).await?;
    let mut working = load::with_numbers(&mut tx, &row.supplier_id, locked.into_iter().collect()).await?;
    let Some(order) = working.first_mut() else {
        return tx.rollback().await;
    };
    let mut entries = Vec::new();
    match order.state()? {
        OrderState::Cancelled => {
            // Withdrawn while it was on its way: what the sink created is cancelled there.
            if let Ok(duty) = OrderState::Cancelled.late_answer(said.answer) {
                note_sink(order, said.order.as_ref());
                let duty = if duty.keeps_reservation() {
                    CancelDuty::FindAtSink
                } else {
                    order.release_credit();
                    order.changed = true;
                    duty
                };
                entries.extend(carry::cancel_duty(&order.row, duty, now));
            }
        }
        state => {
            note_sink(order, said.order.as_ref());
            match state.sink_says(said.answer) {
                Ok(next) => order.step(next, Cause::SinkAnswered, &Actor::Erp, said.detail.clone(), now),
                Err(error) => {
                    tracing::error!(order = %order.row.order_id, %error, "the sink's answer fits no state")
                }
            }
            surplus(order, said, now);
            entries.extend(consequences(surroundings, order, relationship, said.answer));
            entries.extend(adopt::waiting_change(&mut tx, order, now).await?);
        }
    }
    write::orders(&mut tx, &working).await?;
    enqueue(&mut tx, &entries, surroundings).await?;
    let (verdict, outcome) = match said.answer {
        SinkAnswer::Unknown | SinkAnswer::Absent => return tx.commit().await,
        SinkAnswer::Rejected => (Verdict::Done, "rejected"),
        SinkAnswer::Accepted | SinkAnswer::OnHold => (Verdict::Done, "submitted"),
    };
    let detail = said.order.as_ref().map_or_else(
        || said.detail.clone().unwrap_or_default(),
        |order| format!("order {} of the sink", order.order_number),
    );
    match claimed
        .conclude(&mut tx, surroundings, &verdict, outcome, None, detail)
        .await
    {
        Ok(()) => tx.commit().await,
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

/// What follows from the sink's answer, beside the order's own state.
fn consequences(
    surroundings: &Surroundings,
    order: &mut Working,
    relationship: &Relationship,
    answer: SinkAnswer,
) -> Option<NewEntry> {
    match answer {
        SinkAnswer::Accepted
            if relationship.policies.confirmation == ConfirmationPolicy::OnErpOrderCreated =>
        {
            confirm::enqueue_entry(surroundings, order, relationship, Commitment::accept())
        }
        SinkAnswer::Rejected => {
            order.release_credit();
            carry::redecide_account_of(&order.row, surroundings.now())
        }
        _ => None,
    }
}

/// Records what a withdrawal found and cancelled.
pub(super) async fn withdrawn(
    surroundings: &Surroundings,
    row: &OrderRow,
    cancelled: &[PlacedOrder],
) -> StorageResult<()> {
    let now = surroundings.now();
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let locked = order::lock(&mut tx, &row.supplier_id, &row.order_id).await?;
    let mut working = load::with_numbers(&mut tx, &row.supplier_id, locked.into_iter().collect()).await?;
    for order in &mut working {
        let numbers: Vec<&str> = cancelled.iter().map(|one| one.order_number.as_str()).collect();
        let detail = match numbers.as_slice() {
            [] => "the sink has no such order".to_owned(),
            numbers => format!("cancelled in the sink: {}", numbers.join(", ")),
        };
        let state = order.state()?;
        let from = Some(order.row.state.clone());
        order.note(from, state, Cause::SinkAnswered, &Actor::Erp, Some(detail), now);
        order.release_credit();
        order.row.updated_at = micros(now);
        order.changed = true;
        let entry = carry::redecide_account_of(&order.row, now);
        enqueue(&mut tx, entry.as_slice(), surroundings).await?;
    }
    write::orders(&mut tx, &working).await?;
    tx.commit().await
}

fn note_sink(order: &mut Working, sink: Option<&PlacedOrder>) {
    if let Some(sink) = sink {
        order.row.sink_order_id = Some(sink.order_id.clone());
        order.row.sink_created_at = Some(sink.created_at.as_microsecond());
        order.changed = true;
    }
}

fn surplus(order: &mut Working, said: &Said, now: punchgate_domain::Instant) {
    if said.surplus.is_empty() {
        return;
    }
    let numbers: Vec<&str> = said.surplus.iter().map(|one| one.order_number.as_str()).collect();
    let detail = format!(
        "the sink had more than one order with this reference; cancelled: {}",
        numbers.join(", ")
    );
    let state = order.state();
    if let Ok(state) = state {
        let from = Some(order.row.state.clone());
        order.note(from, state, Cause::SinkAnswered, &Actor::Erp, Some(detail), now);
    }
}
