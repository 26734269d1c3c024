//! What became of a change, written with the conclusion of its job in one transaction.

use punchgate_connector::orders::{PlacedOrder, PlacedState};
use punchgate_domain::{
    Instant,
    order::{Cause, OrderState, SinkAnswer},
    policy::ConfirmationPolicy,
};
use punchgate_storage::{
    Lane, StorageError, StorageResult, Tx,
    order::{self, OrderRow},
    order_change::{self, OrderChangeRow},
    order_submission::{self, SubmissionRow},
    outbox::{NewEntry, Verdict},
};

use super::{Carried, Submit, SubmitError};
use crate::{
    clock::micros,
    directory::Relationship,
    orders::{
        carry,
        confirm::{self, Commitment, SaidMeanwhile},
        content, load,
        review::change_reservation,
        submit::{adopt, enqueue, record, surplus::Surplus},
        working::Working,
        write,
    },
    work::{Claimed, Ending},
};

/// What the sink said to a change.
pub(super) enum Told {
    /// The order is so, with what is there beside it.
    Changed(Box<PlacedOrder>, Vec<PlacedOrder>),
    /// It will not be so: why, for people.
    Refused(String),
    /// It was not told: what stands against it by now.
    Stopped(String),
    /// Nobody asked any more.
    Withdrawn,
}

/// An order with its change, under the lock.
struct Locked {
    order: Working,
    change: OrderChangeRow,
}

impl Submit {
    /// The order is the version that the sink was told, and takes up what that does.
    pub(super) async fn changed(
        &self,
        claimed: &Claimed,
        carried: &Carried,
        placed: &PlacedOrder,
        surplus: &[Surplus],
    ) -> Result<Ending, SubmitError> {
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let version = carried.change.version;
        let Some(mut locked) = lock(&mut tx, claimed, &carried.row, version).await? else {
            tx.rollback().await?;
            return Ok(Ending::Done("nothing left to do".to_owned()));
        };
        let state = locked.order.state()?;
        take(&mut tx, &mut locked, carried, placed, now).await?;
        let mut entries = Vec::new();
        let Locked { mut order, change } = locked;
        if state != OrderState::Cancelled {
            record::note_sink(&mut order, Some(placed), now);
            let goes = order.state()? == OrderState::Accepted
                && matches!(placed.state, PlacedState::Open | PlacedState::Completed);
            entries.extend(self.tell_buyer(&mut order, &carried.relationship, (&change, goes))?);
            entries.extend(record::ask_again(&order, Some(placed), now));
        }
        entries.extend(record::note_surplus(&mut order, surplus, now)?);
        entries.extend(carry::freed(&order, now));
        let said = format!("order {} of the sink is version {version}", placed.order_number);
        write::orders(&mut tx, std::slice::from_ref(&order)).await?;
        enqueue(&mut tx, &entries, &self.surroundings).await?;
        claimed
            .conclude(&mut tx, &self.surroundings, &Verdict::Done, "changed", None, said)
            .await?;
        tx.commit().await?;
        Ok(Ending::Concluded)
    }

    /// The confirmation of the version that counts now: what the sink has committed to since it was told, or all of it.
    /// What it wrote down before is perhaps about the version before: a person looks.
    fn tell_buyer(
        &self,
        order: &mut Working,
        relationship: &Relationship,
        (change, goes): (&OrderChangeRow, bool),
    ) -> StorageResult<Option<NewEntry>> {
        let meanwhile = said_meanwhile(change)?;
        order.row.commitment = meanwhile.as_ref().map(|meanwhile| carry::json(&meanwhile.said));
        let is_older = meanwhile.as_ref().is_some_and(|meanwhile| meanwhile.is_older);
        let committed = meanwhile.map(|meanwhile| meanwhile.said);
        let told = match relationship.policies.confirmation {
            ConfirmationPolicy::Manual | ConfirmationPolicy::Never => None,
            _ if is_older && order.row.version == change.version => {
                let why = confirm::older_text(change.version);
                let (from, state) = (Some(order.row.state.clone()), order.state()?);
                let now = self.surroundings.now();
                order.note(
                    from,
                    state,
                    Cause::SinkAnswered,
                    &order.sink_actor(),
                    Some(why.clone()),
                    now,
                );
                order.row.state_reason = Some(why);
                None
            }
            ConfirmationPolicy::OnErpOrderCreated => committed.or_else(|| goes.then(Commitment::accept)),
            ConfirmationPolicy::OnErpAcknowledgement => committed,
        };
        Ok(told.and_then(|told| confirm::enqueue_entry(&self.surroundings, order, relationship, told)))
    }

    /// The order stays what it was, and what the change took of the limit is free.
    pub(super) async fn dropped(
        &self,
        claimed: &Claimed,
        row: &OrderRow,
        version: i64,
        why: String,
    ) -> Result<Ending, SubmitError> {
        let now = self.surroundings.now();
        let relationships = self
            .redecide
            .relationships(&row.supplier_id, std::slice::from_ref(row))
            .await?;
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let Some(locked) = lock(&mut tx, claimed, row, version).await? else {
            tx.rollback().await?;
            return Ok(Ending::Done("nothing left to do".to_owned()));
        };
        let Locked { mut order, change } = locked;
        let state = order.state()?;
        let withdrawn = state == OrderState::Cancelled;
        let mut entries = Vec::new();
        if let (Some(known), Some(_), false) = (
            relationships.get(&row.relationship_id),
            &change.commitment,
            withdrawn,
        ) {
            // It was about the order as it is.
            entries.extend(self.tell_buyer(&mut order, known, (&change, false))?);
        }
        let detail = format!("version {version} was not carried over: {why}");
        if !(withdrawn && change.sent_at.is_some()) {
            release(&mut tx, &mut order, &change).await?;
        }
        let from = Some(order.row.state.clone());
        order.note(
            from,
            state,
            Cause::SinkAnswered,
            &order.sink_actor(),
            Some(detail.clone()),
            now,
        );
        if !withdrawn {
            order.row.state_reason = Some(detail.clone());
        }
        order.row.updated_at = micros(now);
        order.changed = true;
        entries.extend(carry::redecide_account_of(&order.row, now));
        if !withdrawn {
            // A sink that does not change in one step holds it perhaps.
            entries.push(carry::ask_sink(&order.row, now));
        }
        write::orders(&mut tx, std::slice::from_ref(&order)).await?;
        enqueue(&mut tx, &entries, &self.surroundings).await?;
        claimed
            .conclude(
                &mut tx,
                &self.surroundings,
                &Verdict::Done,
                "refused",
                None,
                detail,
            )
            .await?;
        tx.commit().await?;
        Ok(Ending::Concluded)
    }
}

/// The order, then the entry: as everybody locks who writes to the outbox.
async fn lock(tx: &mut Tx, claimed: &Claimed, row: &OrderRow, version: i64) -> StorageResult<Option<Locked>> {
    let locked = order::lock(tx, &row.supplier_id, &row.order_id).await?;
    claimed.fence(tx).await?;
    let mut working = load::with_numbers(tx, &row.supplier_id, locked.into_iter().collect()).await?;
    let change = order_change::of_order(tx, &row.supplier_id, &row.order_id).await?;
    let change = change.filter(|change| change.version == version);
    Ok(working
        .pop()
        .zip(change)
        .map(|(order, change)| Locked { order, change }))
}

fn said_meanwhile(change: &OrderChangeRow) -> StorageResult<Option<SaidMeanwhile>> {
    let said = change.commitment.as_deref().map(serde_json::from_str);
    said.transpose()
        .map_err(|error| StorageError::corrupt("order_change.commitment", error))
}

/// Gives back what a change took of the limit, as if nobody had asked for it.
pub(in crate::orders) async fn release(
    tx: &mut Tx,
    order: &mut Working,
    change: &OrderChangeRow,
) -> StorageResult<()> {
    let row = &mut order.row;
    row.drawn_minor = row.drawn_minor.saturating_sub(change.drawn_minor).max(0);
    if row.drawn_minor == 0 {
        row.drawn_override_id = None;
    }
    order.changed = true;
    order_change::forget(tx, &change.supplier_id, &change.order_id).await
}

/// Lets the version take the order's place; of an order that was withdrawn meanwhile only what it takes of the limit is as the
/// sink has it.
async fn take(
    tx: &mut Tx,
    locked: &mut Locked,
    carried: &Carried,
    placed: &PlacedOrder,
    now: Instant,
) -> StorageResult<()> {
    let Locked { order, change } = locked;
    let supplier = order.row.supplier_id.clone();
    let state = order.state()?;
    let before = content::of_document(tx, &supplier, &order.row.document_id).await?;
    let from = Some(order.row.state.clone());
    let Some(after) = adopt::take_version(tx, order, change.version, now).await? else {
        return Ok(());
    };
    order.row.tender.clone_from(&change.tender);
    change_reservation(
        order,
        (&before, &after),
        change.reserved_minor,
        &carried.relationship,
    );
    if order.row.erp_created_at.is_some() {
        // A reading that is under way shows perhaps what it was before.
        order.row.erp_created_at = Some(micros(now));
    }
    order_change::forget(tx, &supplier, &order.row.order_id).await?;
    let sent = carried
        .submissions
        .iter()
        .find(|one| one.reference == placed.reference);
    if let Some(sent) = sent {
        let row = SubmissionRow {
            version: change.version,
            changed_at: Some(change.sent_at.unwrap_or_else(|| micros(now))),
            outcome: "created".to_owned(),
            ..sent.clone()
        };
        order_submission::put(tx, &row).await?;
    }
    let detail = format!(
        "version {} is in the sink as {}, carried over by {}",
        change.version, placed.order_number, change.asked_by
    );
    step(order, from, state, placed, detail, now);
    Ok(())
}

/// Notes the change, and goes on to where the sink says that the order stands.
fn step(
    order: &mut Working,
    from: Option<String>,
    state: OrderState,
    placed: &PlacedOrder,
    detail: String,
    now: Instant,
) {
    let waits = order.stored_versions > order.row.version;
    let since = waits.then(|| {
        format!(
            "version {} came since: a person carries it over",
            order.stored_versions
        )
    });
    let (answer, reason) = match &placed.state {
        PlacedState::OnHold { code, message } => (SinkAnswer::OnHold, Some(format!("{message} ({code})"))),
        _ => (SinkAnswer::Accepted, None),
    };
    let reason = [reason, since]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ");
    match state.sink_says(answer) {
        Ok(next) => order.step(next, Cause::SinkAnswered, &order.sink_actor(), Some(detail), now),
        Err(_) => order.note(
            from,
            state,
            Cause::SinkAnswered,
            &order.sink_actor(),
            Some(detail),
            now,
        ),
    }
    if state != OrderState::Cancelled {
        order.row.state_reason = (!reason.is_empty()).then_some(reason);
    }
}
