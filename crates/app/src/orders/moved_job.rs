//! A person replayed or skipped a job of an order: its history says so, so that no order stands still without a
//! word.

use punchgate_domain::{
    Instant,
    order::{Actor, Cause, OrderState},
};
use punchgate_storage::{StorageResult, Tx, order, order_change, outbox};

use super::{CHANGE_AT_SINK, SUBMIT_ORDER, WITHDRAWAL_DUE, carry, load, submit, write};
use crate::{accounts::Author, clock::micros};

/// What a person did with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It is tried again.
    Replayed,
    /// It is passed over.
    Skipped,
}

/// Notes it, and says of an order that does not go to its sink why; `false` if there is no such order. Locks the
/// order.
pub(crate) async fn note(
    tx: &mut Tx,
    supplier: &str,
    id: &str,
    (kind, moved): (&str, Moved),
    author: &Author,
    now: Instant,
) -> StorageResult<bool> {
    let row = order::lock(tx, supplier, id).await?;
    let mut working = load::with_numbers(tx, supplier, row.into_iter().collect()).await?;
    let Some(order) = working.first_mut() else {
        return Ok(false);
    };
    let words = match moved {
        Moved::Replayed => format!("{kind} is tried again: {}", author.why),
        Moved::Skipped => format!("{kind} was skipped: {}", author.why),
    };
    let (state, from) = (order.state()?, Some(order.row.state.clone()));
    let actor = Actor::Operator(author.who.clone());
    let on_its_way = matches!(
        state,
        OrderState::Approved | OrderState::Submitting | OrderState::Unknown
    );
    if kind == SUBMIT_ORDER && on_its_way {
        order.row.state_reason = Some(words.clone());
    }
    order.note(from, state, Cause::PersonDecided, &actor, Some(words), now);
    order.row.updated_at = micros(now);
    order.changed = true;
    let mut freed = None;
    if (kind, moved, state) == (WITHDRAWAL_DUE, Moved::Skipped, OrderState::Cancelled) {
        // The person who passes it over says that the sink has let go of the order.
        order.release_credit();
        order_change::forget(tx, supplier, id).await?;
        freed = carry::freed(order, now);
    }
    if (kind, moved) == (CHANGE_AT_SINK, Moved::Skipped)
        && let Some(change) = order_change::of_order(tx, supplier, id).await?
    {
        // What the sink made of it, the person has seen there: it stays as it was here, or is carried over by hand.
        submit::release(tx, order, &change).await?;
        freed = carry::redecide_account_of(&order.row, now);
    }
    write::orders(tx, &working).await?;
    outbox::enqueue_many(tx, freed.as_slice(), micros(now)).await?;
    Ok(true)
}
