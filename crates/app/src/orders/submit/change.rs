//! A change that a person has carried over goes to the sink: searched, told, searched again, recorded.
//!
//! **Invariant:** a change is sent only while the order is with the sink and nobody has withdrawn it, and never beside
//! another request of the order whose outcome is open. Before the first request it is decided once more. The sink is told the whole order, so that what comes twice
//! changes once.

mod record;

use std::sync::Arc;

use punchgate_connector::{
    ConnectorError, ErrorKind, Orders,
    orders::{ChangeOutcome, OrderChange, OrderKey, OrderSubmission, PlacedOrder},
};
use punchgate_domain::{
    Instant, ids::SupplierId, order::OrderState, policy::OrderSink, purchase_order::PurchaseOrder,
};
use punchgate_storage::{
    Lane,
    order::{self, OrderRow},
    order_change::{self, OrderChangeRow},
    order_submission::{self, SubmissionRow},
};

use self::record::Told;
use super::{CALL, Submit, SubmitError, ask::said, draft, state_of};
use crate::{
    clock::micros,
    connectors::Connected,
    directory::Relationship,
    orders::{
        carry::OrderJob,
        content,
        load::{self, KnownOfChange},
        review::{Difference, Step},
        working::Working,
    },
    work::{Claimed, Ending},
};
pub(in crate::orders) use record::release;

const BY_HAND: &str = "change it there, then carry it over with by_hand = true";

/// A change and what it is told with.
struct Carried {
    row: OrderRow,
    change: OrderChangeRow,
    relationship: Arc<Relationship>,
    submissions: Vec<SubmissionRow>,
    draft: OrderSubmission,
    before: PurchaseOrder,
    after: PurchaseOrder,
}

impl Carried {
    /// What stands against it by now, if anything does.
    fn decide(&self, known: &KnownOfChange, order: &Working, now: Instant) -> Result<(), String> {
        let step = Step {
            relationship: &self.relationship,
            before: &self.before,
            after: &self.after,
            secured: known.secured,
            counted: Some(&self.change),
        };
        let party = known.customers.party_of(&self.relationship, &self.after)?;
        let mut ledger = known.customers.standings.ledger();
        Difference::decide(&mut ledger, &step, &party, order, now).map(drop)
    }
}

/// What is left to do about a change.
enum Next {
    /// The sink can be told.
    Tell(Box<Carried>),
    /// It ends here: the sink is not told (again), and why.
    Drop(Box<OrderRow>, String),
    Nothing,
}

impl Submit {
    /// The job `change-at-sink`.
    pub async fn change_at_sink(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        self.carry_change(claimed, &job)
            .await
            .unwrap_or_else(SubmitError::ending)
    }

    async fn carry_change(&self, claimed: &Claimed, job: &OrderJob) -> Result<Ending, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let carried = match self.next(&supplier, job).await? {
            Next::Tell(carried) => carried,
            Next::Drop(row, why) => return self.dropped(claimed, &row, job.version, why).await,
            Next::Nothing => return Ok(Ending::Done("nothing left to do".to_owned())),
        };
        let opened = self.opened(&supplier, &carried.row).await?;
        let spec = opened.connector.spec();
        let is_erp = carried.row.sink == OrderSink::Erp.as_str();
        let changes = is_erp && spec.capabilities.order_change;
        let Some(orders) = spec.orders.filter(|_| changes) else {
            let why = format!("'{}' does not change orders: {BY_HAND}", opened.id);
            if carried.change.sent_at.is_some() {
                return Err(SubmitError::Setup(why));
            }
            return self.dropped(claimed, &carried.row, job.version, why).await;
        };
        match self.tell(claimed, &opened, orders, &carried).await? {
            Told::Changed(order, surplus) => {
                let surplus = self.cancel_surplus(claimed, &opened, &surplus).await;
                self.changed(claimed, &carried, &order, &surplus).await
            }
            Told::Refused(why) => {
                let why = format!("the sink refuses it: {why}");
                self.dropped(claimed, &carried.row, job.version, why).await
            }
            Told::Stopped(why) => self.dropped(claimed, &carried.row, job.version, why).await,
            Told::Withdrawn => Ok(Ending::Done("the order was withdrawn meanwhile".to_owned())),
        }
    }

    /// Reads the change and what it is told with.
    async fn next(&self, supplier: &SupplierId, job: &OrderJob) -> Result<Next, SubmitError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        let change = order_change::of_order(&mut tx, supplier.as_str(), &job.order).await?;
        let submissions = order_submission::of_order(&mut tx, supplier.as_str(), &job.order).await?;
        let stored = order::version(&mut tx, supplier.as_str(), &job.order, job.version).await?;
        let before = match &row {
            Some(row) => Some(content::of_document(&mut tx, supplier.as_str(), &row.document_id).await?),
            None => None,
        };
        let content = match &stored {
            Some(stored) => {
                Some(content::of_document(&mut tx, supplier.as_str(), &stored.document_id).await?)
            }
            None => None,
        };
        let customer = match &row {
            Some(row) => draft::customer(&mut tx, row).await?,
            None => None,
        };
        tx.rollback().await?;
        let change = change.filter(|change| change.version == job.version);
        let (Some(row), Some(before), Some(change), Some(content)) = (row, before, change, content) else {
            return Ok(Next::Nothing);
        };
        let state = state_of(&row)?;
        if !matches!(state, OrderState::Accepted | OrderState::HeldByErp) {
            return Ok(Next::Drop(Box::new(row), format!("the order is {state} by now")));
        }
        let relationships = self
            .redecide
            .relationships(supplier.as_str(), std::slice::from_ref(&row))
            .await?;
        let Some(relationship) = relationships.get(&row.relationship_id).cloned() else {
            return Ok(Next::Drop(Box::new(row), "the relationship is gone".to_owned()));
        };
        if !relationship.enabled {
            return Err(SubmitError::SwitchedOff(format!(
                "relationship {} is switched off: the change goes on when it is switched on",
                relationship.path_text()
            )));
        }
        let mut as_changed = row.clone();
        as_changed.tender.clone_from(&change.tender);
        let reference = present(&row, &submissions);
        match draft::of(&as_changed, reference, &content, &relationship, customer) {
            Ok(draft) => Ok(Next::Tell(Box::new(Carried {
                row,
                change,
                relationship,
                submissions,
                draft,
                before,
                after: content,
            }))),
            Err(why) => Ok(Next::Drop(Box::new(row), why)),
        }
    }

    /// Asks first, tells, asks again. What nobody knows the outcome of comes again.
    async fn tell(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        orders: &dyn Orders,
        carried: &Carried,
    ) -> Result<Told, SubmitError> {
        let revision = u32::try_from(carried.change.version)
            .map_err(|_| SubmitError::Setup("the version is no number that a sink knows".to_owned()))?;
        let search = || {
            let key: OrderKey = carried.draft.key();
            self.search(claimed, opened, OrderSink::Erp, key, &carried.submissions)
        };
        let Some((there, surplus)) = the_order(search().await?, carried) else {
            return Ok(Told::Refused("it has no live order of it any more".to_owned()));
        };
        if there.revision >= Some(revision) {
            return Ok(Told::Changed(Box::new(there), surplus));
        }
        self.is_settled(&carried.change)?;
        if !claimed.lease_covers(&*self.surroundings.clock, CALL) {
            return Err(later("the lease was nearly over before the change was sent"));
        }
        if let Some(told) = self.is_stopped(claimed, carried).await? {
            return Ok(told);
        }
        let change = OrderChange {
            order_id: there.order_id.clone(),
            revision,
            submission: OrderSubmission {
                reference: there.reference.clone(),
                ..carried.draft.clone()
            },
        };
        match orders.change(&self.context(opened, claimed), &change).await {
            Ok(ChangeOutcome::Changed(order)) => {
                // A system that makes another order of a change: what it has now is seen.
                let found = search().await.unwrap_or_default();
                let others = found.into_iter().filter(|one| one.state.is_live());
                let surplus = others.filter(|one| one.order_id != order.order_id).collect();
                Ok(Told::Changed(Box::new(order), surplus))
            }
            Ok(ChangeOutcome::Refused { code, message, .. }) => {
                let why = format!("{message} ({code})");
                is_sure(carried, &there, &why)?;
                Ok(Told::Refused(why))
            }
            Err(error) if !error.surely_unchanged() => {
                match the_order(search().await.unwrap_or_default(), carried) {
                    Some((order, surplus)) if order.revision >= Some(revision) => {
                        Ok(Told::Changed(Box::new(order), surplus))
                    }
                    _ => Err(later(error)),
                }
            }
            Err(error) => {
                self.note_unsent(claimed, &carried.change).await?;
                let told = refusal(error)?;
                if let Told::Refused(why) = &told {
                    is_sure(carried, &there, why)?;
                }
                Ok(told)
            }
        }
    }

    /// After a request whose outcome nobody saw the sink is searched only, until it must have settled.
    fn is_settled(&self, change: &OrderChangeRow) -> Result<(), SubmitError> {
        let settle = i64::try_from(self.settle.as_micros()).unwrap_or(i64::MAX);
        let now = micros(self.surroundings.now());
        match change.sent_at {
            Some(sent) if sent.saturating_add(settle) > now => Err(later(
                "the sink may still carry out an earlier request: it is searched until that is settled",
            )),
            _ => Ok(()),
        }
    }

    /// Notes that the change is sent, unless the order is not with the sink any more (a cancel wins), or something stands
    /// against the change by now. What nobody knows the outcome of is told again whatever stands against it.
    async fn is_stopped(&self, claimed: &Claimed, carried: &Carried) -> Result<Option<Told>, SubmitError> {
        let (supplier, id) = (&carried.change.supplier_id, &carried.change.order_id);
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        // The account, then the order, then the entry: as everybody locks.
        let known = match carried.change.sent_at {
            None => {
                let asked = (&*carried.relationship, &carried.after);
                Some(load::known_of_change(&mut tx, &carried.row, asked, now).await?)
            }
            Some(_) => None,
        };
        let row = order::lock(&mut tx, supplier, id).await?;
        claimed.fence(&mut tx).await?;
        let mut working = load::with_numbers(&mut tx, supplier, row.into_iter().collect()).await?;
        let change = order_change::of_order(&mut tx, supplier, id).await?;
        let change = change.filter(|change| change.version == carried.change.version);
        let (Some(order), Some(change)) = (working.pop(), change) else {
            tx.rollback().await?;
            return Ok(Some(Told::Withdrawn));
        };
        if !matches!(order.state()?, OrderState::Accepted | OrderState::HeldByErp) {
            tx.rollback().await?;
            return Ok(Some(Told::Withdrawn));
        }
        if let Some(Err(why)) = known.map(|known| carried.decide(&known, &order, now)) {
            tx.rollback().await?;
            return Ok(Some(Told::Stopped(why)));
        }
        let sent_at = Some(micros(now));
        order_change::put(&mut tx, &OrderChangeRow { sent_at, ..change }).await?;
        tx.commit().await?;
        Ok(None)
    }

    /// This request came to nothing. An earlier one may still have been carried out.
    async fn note_unsent(&self, claimed: &Claimed, before: &OrderChangeRow) -> Result<(), SubmitError> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        order::lock(&mut tx, &before.supplier_id, &before.order_id).await?;
        claimed.fence(&mut tx).await?;
        let known = order_change::of_order(&mut tx, &before.supplier_id, &before.order_id).await?;
        if let Some(known) = known.filter(|known| known.version == before.version) {
            let sent_at = before.sent_at;
            order_change::put(&mut tx, &OrderChangeRow { sent_at, ..known }).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// A refusal says that nothing was done only where no earlier request may have done it: a sink that tells which version it
/// has was asked, any other has a person look.
fn is_sure(carried: &Carried, there: &PlacedOrder, why: &str) -> Result<(), SubmitError> {
    if carried.change.sent_at.is_none() || there.revision.is_some() {
        return Ok(());
    }
    Err(SubmitError::Setup(format!(
        "the sink refuses it: {why}; but an earlier request, whose outcome nobody saw, may have been carried out: look at \
         order {} there, then skip this, and if it is version {} carry that over with by_hand = true",
        there.order_number, carried.change.version
    )))
}

/// The reference under which the sink has the order.
fn present(row: &OrderRow, submissions: &[SubmissionRow]) -> String {
    let created = submissions.iter().rev().find(|one| one.outcome == "created");
    created.map_or_else(|| row.order_id.clone(), |one| one.reference.clone())
}

/// The live order that counts, and those beside it.
fn the_order(mut found: Vec<PlacedOrder>, carried: &Carried) -> Option<(PlacedOrder, Vec<PlacedOrder>)> {
    found.retain(|one| one.state.is_live());
    let here = carried.row.sink_order_id.as_deref();
    let said = said(found, &carried.draft.reference, here)?;
    said.order.map(|order| (order, said.surplus))
}

/// What the sink will never do is told to a person; what may be mended meanwhile comes again.
fn refusal(error: ConnectorError) -> Result<Told, SubmitError> {
    match error.kind {
        ErrorKind::Rejected
        | ErrorKind::Conflict
        | ErrorKind::NotFound
        | ErrorKind::Invalid
        | ErrorKind::Unsupported => Ok(Told::Refused(error.message)),
        _ => Err(error.into()),
    }
}

fn later(why: impl std::fmt::Display) -> SubmitError {
    SubmitError::Later(why.to_string())
}
