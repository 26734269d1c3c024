//! What the sink said, written with the conclusion of the job in one transaction: either both or neither.

use std::time::Duration;

use punchgate_connector::orders::{PlacedOrder, PlacedState};
use punchgate_domain::{
    Instant,
    order::{CancelDuty, Cause, OrderState, SinkAnswer},
    policy::{ConfirmationPolicy, OrderSink},
};
use punchgate_storage::{
    Lane, StorageResult, Tx,
    order::{self, OrderRow},
    order_change,
    order_submission::{self, SubmissionRow},
    outbox::{self, NewEntry, Verdict},
};

use super::{Said, adopt, claim::Going, enqueue, exported, surplus::Surplus};
use crate::{
    Surroundings,
    clock::micros,
    directory::Relationship,
    orders::{
        carry::{self, SurplusJob},
        confirm::{self, Commitment},
        load,
        working::Working,
        write,
    },
    work::Claimed,
};

/// How often a draft or a held order of the ERP is asked after, beside what the ERP tells of it: every hour.
const ASK_AGAIN_MICROS: i64 = 60 * 60 * 1_000_000;

/// What the sink said, and what became of the orders that it has too much of.
pub(super) struct Outcome {
    pub said: Said,
    pub surplus: Vec<Surplus>,
}

impl Outcome {
    pub(super) fn of(said: Said, surplus: Vec<Surplus>) -> Self {
        Self { said, surplus }
    }
}

/// Records the sink's answer. Without an answer the job is not concluded: it comes again.
pub(super) async fn record(
    surroundings: &Surroundings,
    claimed: &Claimed,
    going: &Going,
    outcome: &Outcome,
    settle: Duration,
) -> StorageResult<()> {
    let now = surroundings.now();
    let said = &outcome.said;
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    // The order, then the entry: as everybody locks who writes to the outbox.
    let locked = order::lock(&mut tx, &going.row.supplier_id, &going.row.order_id).await?;
    claimed.fence(&mut tx).await?;
    let mut working =
        load::with_numbers(&mut tx, &going.row.supplier_id, locked.into_iter().collect()).await?;
    let Some(order) = working.first_mut() else {
        return tx.rollback().await;
    };
    let mut entries = Vec::new();
    // What the sink was told since it was asked counts: a change, perhaps.
    let mut submissions =
        order_submission::of_order(&mut tx, &going.row.supplier_id, &going.row.order_id).await?;
    let placed = said.order.as_ref().map(|order| order.reference.as_str());
    submissions.extend(placed.and_then(|reference| going.learnt(reference)));
    note_submission(&mut tx, &submissions, said).await?;
    if order.state()? == OrderState::Cancelled {
        entries.extend(too_late(order, said, now));
    } else {
        let before = order.state()?;
        note_sink(order, said.order.as_ref(), now);
        match before.sink_says(said.answer) {
            // Nothing new: what the order shows to people stays.
            Ok(next)
                if next == before && (said.detail.is_none() || order.row.state_reason == said.detail) => {}
            Ok(next) => order.step(
                next,
                Cause::SinkAnswered,
                &order.sink_actor(),
                said.detail.clone(),
                now,
            ),
            Err(error) => {
                tracing::error!(order = %order.row.order_id, %error, "the sink's answer fits no state");
            }
        }
        if order.state()? == OrderState::Rejected {
            // A change on its way there has nothing left to change.
            order_change::forget(&mut tx, &going.row.supplier_id, &going.row.order_id).await?;
        }
        restore_version(&mut tx, order, (going, &submissions), said, now).await?;
        entries.extend(consequences(
            surroundings,
            order,
            &going.relationship,
            (before, said.answer),
        )?);
        entries.extend(exported::find_in_erp(
            order,
            &going.relationship,
            said.answer,
            now,
        ));
        entries.extend(adopt::waiting_change(&mut tx, order, now).await?);
    }
    // The request before this one may yet make an order.
    if going.after_unseen && !going.only_searched() && said.order.is_some() {
        let later = micros(now).saturating_add(i64::try_from(settle.as_micros()).unwrap_or(i64::MAX));
        entries.push(carry::ask_sink_later(&order.row, later));
    } else if order.state()? != OrderState::Cancelled {
        entries.extend(ask_again(order, said.order.as_ref(), now));
    }
    entries.extend(note_surplus(order, &outcome.surplus, now)?);
    write::orders(&mut tx, &working).await?;
    enqueue(&mut tx, &entries, surroundings).await?;
    conclude(tx, surroundings, claimed, said).await
}

async fn conclude(
    mut tx: Tx,
    surroundings: &Surroundings,
    claimed: &Claimed,
    said: &Said,
) -> StorageResult<()> {
    let outcome = match said.answer {
        SinkAnswer::Unknown | SinkAnswer::Absent => return tx.commit().await,
        SinkAnswer::Rejected => "rejected",
        SinkAnswer::Accepted | SinkAnswer::OnHold => "submitted",
    };
    let detail = said.order.as_ref().map_or_else(
        || said.detail.clone().unwrap_or_default(),
        |order| format!("order {} of the sink", order.order_number),
    );
    match claimed
        .conclude(&mut tx, surroundings, &Verdict::Done, outcome, None, detail)
        .await
    {
        Ok(()) => tx.commit().await,
        Err(error) => {
            tx.rollback().await?;
            Err(error)
        }
    }
}

/// Withdrawn while it was on its way: what the sink created is cancelled there.
fn too_late(order: &mut Working, said: &Said, now: Instant) -> Option<NewEntry> {
    let duty = OrderState::Cancelled.late_answer(said.answer).ok()?;
    note_sink(order, said.order.as_ref(), now);
    if duty.keeps_reservation() {
        return carry::cancel_duty(&order.row, CancelDuty::FindAtSink, now);
    }
    order.release_credit();
    order.changed = true;
    carry::redecide_account_of(&order.row, now)
}

/// The sink has an older version, of a request that came through late: that one counts, and a person carries the
/// change over.
async fn restore_version(
    tx: &mut Tx,
    order: &mut Working,
    (going, submissions): (&Going, &[SubmissionRow]),
    said: &Said,
    now: Instant,
) -> StorageResult<()> {
    let Some(placed) = &said.order else {
        return Ok(());
    };
    let sent = submissions.iter().find(|one| one.reference == placed.reference);
    match sent {
        Some(sent) if sent.version < order.row.version && placed.state.is_live() => {
            adopt::version_in_sink(tx, order, sent.version, &going.relationship, now).await
        }
        _ => Ok(()),
    }
}

/// What follows from the sink's answer, beside the order's own state.
fn consequences(
    surroundings: &Surroundings,
    order: &mut Working,
    relationship: &Relationship,
    (before, answer): (OrderState, SinkAnswer),
) -> StorageResult<Option<NewEntry>> {
    let confirms = relationship.policies.confirmation == ConfirmationPolicy::OnErpOrderCreated;
    Ok(match answer {
        // What differs from that was told when the sink said so.
        SinkAnswer::Accepted
            if confirms
                && before != OrderState::Accepted
                && confirm::committed(order)? == Commitment::accept() =>
        {
            confirm::enqueue_entry(surroundings, order, relationship, Commitment::accept())
        }
        SinkAnswer::Rejected => {
            order.release_credit();
            carry::redecide_account_of(&order.row, surroundings.now())
        }
        _ => None,
    })
}

async fn note_submission(tx: &mut Tx, submissions: &[SubmissionRow], said: &Said) -> StorageResult<()> {
    let outcome = match said.answer {
        SinkAnswer::Accepted | SinkAnswer::OnHold => "created",
        SinkAnswer::Rejected => "rejected",
        SinkAnswer::Absent => "absent",
        SinkAnswer::Unknown => return Ok(()),
    };
    let about = |one: &&SubmissionRow| {
        let placed = said.order.as_ref();
        placed.is_none_or(|placed| placed.reference == one.reference)
    };
    let Some(row) = submissions.iter().rev().find(about) else {
        return Ok(());
    };
    let row = SubmissionRow {
        outcome: outcome.to_owned(),
        ..row.clone()
    };
    order_submission::put(tx, &row).await
}

/// Records what a withdrawal found and cancelled: the order lets go of what it took of the limit.
pub(super) async fn withdrawn(
    surroundings: &Surroundings,
    claimed: &Claimed,
    row: &OrderRow,
    cancelled: &[PlacedOrder],
) -> StorageResult<()> {
    let now = surroundings.now();
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let locked = order::lock(&mut tx, &row.supplier_id, &row.order_id).await?;
    claimed.fence(&mut tx).await?;
    let mut working = load::with_numbers(&mut tx, &row.supplier_id, locked.into_iter().collect()).await?;
    for order in &mut working {
        let numbers: Vec<&str> = cancelled.iter().map(|one| one.order_number.as_str()).collect();
        let detail = match numbers.as_slice() {
            [] => "the sink has no live order of it".to_owned(),
            numbers => format!("cancelled in the sink: {}", numbers.join(", ")),
        };
        let state = order.state()?;
        let from = Some(order.row.state.clone());
        order.note(
            from,
            state,
            Cause::SinkAnswered,
            &order.sink_actor(),
            Some(detail),
            now,
        );
        order.release_credit();
        order_change::forget(&mut tx, &row.supplier_id, &row.order_id).await?;
        order.row.updated_at = micros(now);
        order.changed = true;
        let entry = carry::redecide_account_of(&order.row, now);
        enqueue(&mut tx, entry.as_slice(), surroundings).await?;
        // Nobody needs to look any more.
        let stream = carry::withdrawal_stream(&order.row);
        outbox::settle_stream(&mut tx, &order.row.supplier_id, &stream, micros(now)).await?;
    }
    write::orders(&mut tx, &working).await?;
    tx.commit().await
}

/// Says with a withdrawn order why the sink keeps it.
pub(super) async fn kept(
    surroundings: &Surroundings,
    claimed: &Claimed,
    row: &OrderRow,
    why: &str,
) -> StorageResult<()> {
    let now = surroundings.now();
    let mut tx = surroundings.db.begin(Lane::Background).await?;
    let locked = order::lock(&mut tx, &row.supplier_id, &row.order_id).await?;
    claimed.fence(&mut tx).await?;
    let mut working = load::with_numbers(&mut tx, &row.supplier_id, locked.into_iter().collect()).await?;
    for order in &mut working {
        let (state, from) = (order.state()?, Some(order.row.state.clone()));
        let detail = Some(why.to_owned());
        order.note(
            from,
            state,
            Cause::SinkAnswered,
            &order.sink_actor(),
            detail.clone(),
            now,
        );
        order.row.state_reason = detail;
        order.row.updated_at = micros(now);
        order.changed = true;
    }
    write::orders(&mut tx, &working).await?;
    tx.commit().await
}

pub(super) fn note_sink(order: &mut Working, sink: Option<&PlacedOrder>, now: Instant) {
    let Some(sink) = sink else { return };
    let before = order.row.clone();
    let created = sink.created_at.as_microsecond();
    if order.row.sink == OrderSink::Erp.as_str() {
        // It may have been a draft, or held, until just now: no reading that is under way surely shows it. One that is
        // held again is in none from now on.
        let since = order.row.erp_created_at.unwrap_or(created.max(micros(now)));
        order.row.erp_created_at = is_in_exposure_of(&sink.state).then_some(since);
    }
    order.row.sink_order_id = Some(sink.order_id.clone());
    order.row.sink_created_at = Some(created);
    if sink.state == PlacedState::Completed && order.row.reserved_minor != 0 {
        // Delivered and invoiced, shorter perhaps than it was ordered: nothing of it is open any more.
        order.row.billed_minor = order.row.reserved_minor;
        order.row.billed_at = Some(micros(now));
    }
    order.changed |= order.row != before;
}

/// A draft or a held order is asked after until it is under way: not every ERP tells when it is.
pub(super) fn ask_again(order: &Working, sink: Option<&PlacedOrder>, now: Instant) -> Option<NewEntry> {
    let waits = matches!(sink?.state, PlacedState::Draft | PlacedState::OnHold { .. });
    let is_erp = order.row.sink == OrderSink::Erp.as_str();
    (waits && is_erp).then(|| carry::ask_sink_later(&order.row, micros(now).saturating_add(ASK_AGAIN_MICROS)))
}

/// Whether what a customer owes or has ordered may show an order in this state. A draft or a held order is left out by
/// most systems: it goes on reserving until it is under way, late rather than nowhere.
fn is_in_exposure_of(state: &PlacedState) -> bool {
    match state {
        PlacedState::Open | PlacedState::Completed => true,
        PlacedState::Draft | PlacedState::OnHold { .. } | PlacedState::Cancelled => false,
    }
}

/// Says in the history what the sink had too much of; what is still there becomes work of its own.
pub(super) fn note_surplus(
    order: &mut Working,
    surplus: &[Surplus],
    now: Instant,
) -> StorageResult<Vec<NewEntry>> {
    let mut entries = Vec::new();
    for one in surplus {
        let number = &one.order.order_number;
        let detail = if one.cancelled {
            format!("the sink had a second order {number}; it is cancelled")
        } else {
            let job = SurplusJob {
                order: order.row.order_id.clone(),
                sink_order: one.order.order_id.clone(),
                number: number.clone(),
                reference: one.order.reference.clone(),
            };
            entries.push(carry::cancel_surplus(&order.row, &job, now));
            format!("the sink has a second order {number}, which must be cancelled")
        };
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
    Ok(entries)
}
