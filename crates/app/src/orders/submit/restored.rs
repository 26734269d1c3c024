//! Orders that the sink may have under a key that is not known here: of a database that was restored, and of a shadow run.
//!
//! **Invariant:** an order that came before the restoration is looked for also under the references that it may have had
//! since the copy; one that came after it, and is dated before, may be one that the copy has lost; one that came in a shadow
//! run, the system beside has carried out, perhaps. Where the sink has its number, or cannot be asked for it, a person decides.

use std::time::Duration;

use jiff::{SignedDuration, tz::TimeZone};
use punchgate_connector::orders::{OrderSubmission, PlacedOrder};
use punchgate_domain::{Instant, policy::OrderSink};
use punchgate_storage::{
    StorageResult,
    order::{self, OrderRow},
    order_submission::SubmissionRow,
};

use super::{Submit, SubmitError, claim::Going};
use crate::{
    clock::micros, connectors::Connected, jobs, orders::carry, restoration::Restored, work::Claimed,
};

/// So many references beyond the last known one are looked under.
const BEYOND: i64 = 3;
/// How the refusal of an order begins that came before as a copy.
const COPIED: &str = "the order came as a copy in a shadow run before, and may have been carried out there";
/// How far the clocks of a buyer and the gateway may be apart.
const APART: SignedDuration = SignedDuration::from_hours(1);

/// Nothing goes out before what was under way at the end of the database that the copy replaces must have come to its end:
/// also what only that database knew of.
pub(super) fn is_settled(restored: &Restored, settle: Duration, now: Instant) -> Result<(), SubmitError> {
    let settle = i64::try_from(settle.as_micros()).unwrap_or(i64::MAX);
    if micros(restored.at).saturating_add(settle) <= micros(now) {
        return Ok(());
    }
    Err(SubmitError::Later(
        "the database was restored a moment ago: what was under way then is waited for".to_owned(),
    ))
}

/// How the refusal of an order that may be there already begins: what a person replays after it is the person's word.
fn refusal(restored: &Restored) -> String {
    format!("the order is older than the restoration of {}", restored.at)
}

/// References under which an order may have gone since the copy was taken; none for an order that came later.
pub(super) fn beyond(
    row: &OrderRow,
    known: &[SubmissionRow],
    restored: Option<&Restored>,
) -> Vec<SubmissionRow> {
    let Some(restored) = restored.filter(|restored| row.received_at <= micros(restored.at)) else {
        return Vec::new();
    };
    let last = known.last().map_or(1, |last| last.attempt);
    (last + 1..=last + BEYOND)
        .map(|attempt| SubmissionRow {
            supplier_id: row.supplier_id.clone(),
            order_id: row.order_id.clone(),
            attempt,
            version: row.version,
            reference: format!("{}.{attempt}", row.order_id),
            asked_at: micros(restored.taken_at),
            outcome: "asked".to_owned(),
            changed_at: None,
        })
        .collect()
}

impl Going {
    /// Under which of the sink's orders the word on this one is looked for, where none is live: what was cancelled under
    /// a reference that the copy does not know came after all that it knows.
    pub(super) fn counts<'a>(&'a self, found: &'a [PlacedOrder]) -> &'a str {
        let unknown = self.beyond.iter().rev().map(|one| one.reference.as_str());
        let mut there = unknown.filter(|reference| found.iter().any(|order| order.reference == *reference));
        there.next().unwrap_or_else(|| self.reference())
    }

    /// The row of a reference that only the sink knew.
    pub(super) fn learnt(&self, reference: &str) -> Option<SubmissionRow> {
        self.beyond.iter().find(|one| one.reference == reference).cloned()
    }
}

impl Submit {
    /// Stops an order that may be in the sink already under a key that was lost, until a person has looked. A person who
    /// has it replayed has.
    pub(super) async fn sure_it_is_new(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        sink: OrderSink,
        going: &Going,
        draft: &OrderSubmission,
    ) -> Result<(), SubmitError> {
        let Some(refusal) = doubt(going, draft) else {
            return Ok(());
        };
        if jobs::was_replayed_after(&self.surroundings, &claimed.entry, &refusal).await? {
            return Ok(());
        }
        let number = &draft.order.order_number;
        let orders = opened.connector.spec().orders.filter(|_| sink == OrderSink::Erp);
        let found = match orders {
            Some(orders) => {
                let context = self.context(opened, claimed);
                orders.find_by_number(&context, &draft.customer, number).await?
            }
            None => None,
        };
        let remedy = "if it is this one, cancel it there and replay this job, which enters it anew under a key that is known \
                      here; if it is another one, replay this job";
        let Some(found) = found else {
            return Err(SubmitError::Setup(format!(
                "{refusal}, and {} cannot be searched by the buyer's number: look there for {number}; {remedy}",
                opened.id
            )));
        };
        let strangers = self.unknown_here(&going.row, found).await?;
        if strangers.is_empty() {
            return Ok(());
        }
        Err(SubmitError::Setup(format!(
            "{refusal}, and {} has {number} already as {}: {remedy}",
            opened.id,
            strangers.join(", ")
        )))
    }

    /// Live orders of the sink that belong to no order of ours.
    async fn unknown_here(&self, row: &OrderRow, found: Vec<PlacedOrder>) -> StorageResult<Vec<String>> {
        let mut strangers = Vec::new();
        let mut tx = self.surroundings.db.read().await?;
        for placed in found.into_iter().filter(|placed| placed.state.is_live()) {
            let known = carry::order_of_reference(&placed.reference);
            if order::get(&mut tx, &row.supplier_id, known).await?.is_none() {
                strangers.push(placed.order_number);
            }
        }
        tx.rollback().await?;
        Ok(strangers)
    }
}

/// Why the sink may have it already, if it may.
fn doubt(going: &Going, draft: &OrderSubmission) -> Option<String> {
    let restored = going.restored.as_ref();
    let lost = restored.filter(|restored| may_be_lost(&going.row, draft, restored));
    lost.map(refusal)
        .or_else(|| going.copied.then(|| COPIED.to_owned()))
}

/// Whether it came after the restoration and is dated before: a buyer has sent it again, perhaps.
fn may_be_lost(row: &OrderRow, draft: &OrderSubmission, restored: &Restored) -> bool {
    if row.received_at <= micros(restored.at) {
        return false;
    }
    let dated = &draft.order.order_date;
    let until = restored.at.saturating_add(APART).unwrap_or(restored.at);
    match dated.instant {
        Some(instant) => instant <= until,
        // Of a day, or unreadable: it may have been then. The day of a buyer may be over a day before ours.
        None => {
            !dated.is_readable()
                || dated.date
                    <= until
                        .to_zoned(TimeZone::UTC)
                        .date()
                        .tomorrow()
                        .unwrap_or(dated.date)
        }
    }
}
