//! An order is claimed for its sink: decided once more, marked as on its way, with the reference under which it goes.

use std::{sync::Arc, time::Duration};

use punchgate_domain::{
    Instant,
    ids::SupplierId,
    order::{Cause, OrderState},
};
use punchgate_storage::{
    Lane, StorageResult, Tx,
    order::{self, OrderRow},
    order_submission::{self, SubmissionRow},
    shadow,
};

use super::{Submit, SubmitError, job_actor, restored, state_of};
use crate::{
    clock::micros,
    directory::Relationship,
    orders::{
        carry::OrderJob,
        load,
        redecide::{self, Occasion, Stored},
        working::Working,
        write,
    },
    restoration::{self, Restored},
    work::Claimed,
};

/// What may be done about an order whose outcome is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Leave {
    /// Create it if no search finds it.
    Create,
    /// Search only: a request that was sent may still create it.
    Search,
    /// Search only, and then give way: a change of the order has come meanwhile.
    GiveWay,
}

/// An order on its way.
pub(super) struct Going {
    pub row: OrderRow,
    pub relationship: Arc<Relationship>,
    /// Every reference under which the sink was asked; the last one is the present one.
    pub submissions: Vec<SubmissionRow>,
    pub leave: Leave,
    /// A request was sent before whose outcome nobody saw.
    pub after_unseen: bool,
    /// References that it may have gone under since the copy that this database was restored from.
    pub beyond: Vec<SubmissionRow>,
    /// When that was, if ever.
    pub restored: Option<Restored>,
    /// Whether it came as a copy in a shadow run, beside a system that carried it out.
    pub copied: bool,
}

impl Going {
    /// The reference under which it goes now.
    pub(super) fn reference(&self) -> &str {
        self.submissions
            .last()
            .map_or(self.row.order_id.as_str(), |last| last.reference.as_str())
    }

    /// Whether nothing may be sent.
    pub(super) fn only_searched(&self) -> bool {
        self.leave != Leave::Create
    }
}

impl Submit {
    /// None if there is nothing to submit any more.
    pub(super) async fn claim(
        &self,
        supplier: &SupplierId,
        claimed: &Claimed,
        job: &OrderJob,
    ) -> Result<Option<Going>, SubmitError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        let restored = restoration::read(&mut tx).await?;
        tx.rollback().await?;
        let Some(row) = row.filter(|row| row.version == job.version) else {
            return Ok(None);
        };
        if let Some(restored) = &restored {
            restored::is_settled(restored, self.settle, self.surroundings.now())?;
        }
        let relationships = self
            .redecide
            .relationships(supplier.as_str(), std::slice::from_ref(&row))
            .await?;
        let Some(relationship) = relationships.get(&row.relationship_id).cloned() else {
            return Ok(None);
        };
        // A withdrawn order's stream goes on, whatever the switch says.
        let goes = matches!(
            state_of(&row)?,
            OrderState::Approved | OrderState::Submitting | OrderState::Unknown
        );
        if !goes {
            return Ok(None);
        }
        if !relationship.enabled {
            return Err(SubmitError::SwitchedOff(format!(
                "relationship {} is switched off: the order goes on when it is switched on",
                relationship.path_text()
            )));
        }
        let now = self.surroundings.now();
        // Its document is read before the database's one writer is taken.
        let mut tx = self.surroundings.db.read().await?;
        let stored = Stored::read(&mut tx, supplier.as_str(), &row.order_id, &relationships).await?;
        let whose = (supplier.as_str(), row.relationship_id.as_str());
        let which = (row.buyer_system.as_str(), row.order_number.as_str());
        let copied = shadow::has_copy(&mut tx, whose, which).await?;
        tx.rollback().await?;
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let mut working = self.under_lock(&mut tx, &row, stored.as_slice()).await?;
        // After account and order, as everybody locks who writes to the outbox.
        claimed.fence(&mut tx).await?;
        let Some(order) = working.first_mut() else {
            tx.rollback().await?;
            return Ok(None);
        };
        let going = mark(&mut tx, order, self.settle, now).await?;
        write::orders(&mut tx, &working).await?;
        tx.commit().await?;
        let row = working.pop().map(|mut order| {
            if order.changed {
                order.row.row_version += 1;
            }
            order.row
        });
        Ok(row
            .zip(going)
            .map(|(row, (submissions, leave, after_unseen))| Going {
                beyond: restored::beyond(&row, &submissions, restored.as_ref()),
                restored,
                copied,
                row,
                relationship,
                submissions,
                leave,
                after_unseen,
            }))
    }

    /// The order as it goes: decided once more, unless somebody was on the way before.
    async fn under_lock(
        &self,
        tx: &mut Tx,
        row: &OrderRow,
        stored: &[Stored],
    ) -> Result<Vec<Working>, SubmitError> {
        let supplier = &row.supplier_id;
        Ok(match state_of(row)? {
            OrderState::Approved => {
                let occasion = Occasion {
                    cause: Cause::DecidedAgain,
                    actor: job_actor(),
                    leaving: true,
                };
                redecide::decide_stored(&self.surroundings, tx, supplier, stored, &occasion).await?
            }
            // Only the sink's answer leads on.
            OrderState::Submitting | OrderState::Unknown => {
                let row = order::lock(tx, supplier, &row.order_id).await?;
                load::with_numbers(tx, supplier, row.into_iter().collect()).await?
            }
            _ => Vec::new(),
        })
    }
}

type Marked = (Vec<SubmissionRow>, Leave, bool);

/// Marks the order as on its way and says under which reference, and what may be done. None if it goes nowhere.
async fn mark(
    tx: &mut Tx,
    order: &mut Working,
    settle: Duration,
    now: Instant,
) -> StorageResult<Option<Marked>> {
    let supplier = order.row.supplier_id.clone();
    let before = order.state()?;
    if let Ok(next) = before.submit() {
        order.step(next, Cause::Claimed, &job_actor(), None, now);
    }
    let state = order.state()?;
    if !matches!(state, OrderState::Submitting | OrderState::Unknown) {
        return Ok(None);
    }
    let mut submissions = order_submission::of_order(tx, &supplier, &order.row.order_id).await?;
    let after_unseen = before == state;
    let leave = leave_of(order, submissions.last(), after_unseen, settle, now);
    if leave == Leave::Create {
        let row = next_submission(&order.row, submissions.last(), micros(now));
        order_submission::put(tx, &row).await?;
        submissions.retain(|known| known.attempt != row.attempt);
        submissions.push(row);
    }
    Ok(Some((submissions, leave, after_unseen)))
}

fn leave_of(
    order: &Working,
    last: Option<&SubmissionRow>,
    after_unseen: bool,
    settle: Duration,
    now: Instant,
) -> Leave {
    if !after_unseen {
        return Leave::Create;
    }
    let settle = i64::try_from(settle.as_micros()).unwrap_or(i64::MAX);
    let settled = last.is_none_or(|last| last.asked_at.saturating_add(settle) <= micros(now));
    match (settled, order.stored_versions > order.row.version) {
        (false, _) => Leave::Search,
        (true, true) => Leave::GiveWay,
        (true, false) => Leave::Create,
    }
}

/// The same reference again for what the sink surely has not; another one for another version, and after the sink
/// refused or cancelled what went under the last.
fn next_submission(row: &OrderRow, last: Option<&SubmissionRow>, asked_at: i64) -> SubmissionRow {
    let again = last
        .filter(|last| last.version == row.version && matches!(last.outcome.as_str(), "asked" | "absent"));
    let attempt = match (again, last) {
        (Some(again), _) => again.attempt,
        (None, Some(last)) => last.attempt + 1,
        (None, None) => 1,
    };
    SubmissionRow {
        supplier_id: row.supplier_id.clone(),
        order_id: row.order_id.clone(),
        attempt,
        version: row.version,
        reference: match attempt {
            1 => row.order_id.clone(),
            later => format!("{}.{later}", row.order_id),
        },
        asked_at,
        outcome: "asked".to_owned(),
        changed_at: None,
    }
}
