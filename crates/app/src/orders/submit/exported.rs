//! An order that went to the shop is looked for in the ERP, where the shop passes it on: from then on the exposure
//! shows it, and what it reserves must not count beside that.
//!
//! **Invariant:** an order that may be a stranger's sets nothing free. The shop gives its orders a key of its own, so
//! they are found by customer and buyer's number; more than one that fits is for a person.

use punchgate_connector::{
    ErrorKind,
    orders::{OrderKey, PlacedOrder, PlacedState},
};
use punchgate_domain::{
    Instant,
    ids::{ConnectorId, SupplierId},
    order::{Actor, Cause, SinkAnswer},
    policy::OrderSink,
};
use punchgate_storage::{
    Lane, StorageResult,
    order::{self, OrderFilter, OrderRow},
    order_submission::{self, SubmissionRow},
    outbox::NewEntry,
};

use super::{Submit, SubmitError, draft};
use crate::{
    clock::micros,
    connectors::Connected,
    directory::Relationship,
    orders::{
        carry::{self, OrderJob},
        load,
        working::Working,
        write,
    },
    work::{Claimed, Ending},
};

/// Orders with one number that are looked at: a buyer has one, two at most.
const NAMESAKES: u32 = 50;

/// How far the clocks of gateway and ERP may be apart.
const APART_MICROS: i64 = 60 * 60 * 1_000_000;

/// The entry that looks for it, once the shop has it; none where the shop keeps its orders to itself.
pub(super) fn find_in_erp(
    order: &Working,
    relationship: &Relationship,
    answer: SinkAnswer,
    now: Instant,
) -> Option<NewEntry> {
    let in_shop = order.row.sink == OrderSink::Storefront.as_str()
        && matches!(answer, SinkAnswer::Accepted | SinkAnswer::OnHold);
    let asks = in_shop
        && relationship.policies.shop_exports_to_erp
        && relationship.erp.is_some()
        && order.row.erp_created_at.is_none();
    asks.then(|| carry::find_in_erp(&order.row, now))
}

/// What is looked for, and where.
struct Wanted {
    row: OrderRow,
    key: OrderKey,
    submissions: Vec<SubmissionRow>,
    connector: ConnectorId,
    /// Other orders of this customer with the same number that the shop has or may have, or that a person has entered:
    /// what the ERP has by that number may be theirs, for ever.
    namesakes: usize,
}

/// What the ERP has of it.
#[derive(Debug)]
enum There {
    /// Nothing that is live.
    Nothing,
    /// Nothing, and where the shop's own key stands it cannot be seen.
    Unsearchable,
    /// This one, and no other.
    One(Box<PlacedOrder>),
    /// Nobody can tell which; in words for a person.
    Several(String),
}

impl There {
    fn of(mut live: Vec<PlacedOrder>) -> Self {
        if live.len() > 1 {
            let numbers: Vec<&str> = live.iter().map(|order| order.order_number.as_str()).collect();
            return Self::Several(format!("the ERP has it more than once: {}", numbers.join(", ")));
        }
        live.pop()
            .map_or(Self::Nothing, |order| Self::One(Box::new(order)))
    }
}

impl Submit {
    /// The job `find-in-erp`. Until the ERP has it the order goes on reserving: late, never wrong.
    pub async fn find_exported(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        self.look_in_erp(claimed, &job)
            .await
            .unwrap_or_else(SubmitError::ending)
    }

    async fn look_in_erp(&self, claimed: &Claimed, job: &OrderJob) -> Result<Ending, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let Some(wanted) = self.wanted(&supplier, job).await? else {
            return Ok(Ending::Done("it need not be looked for any more".to_owned()));
        };
        let relationships = self
            .redecide
            .relationships(supplier.as_str(), std::slice::from_ref(&wanted.row))
            .await?;
        let relationship = relationships.get(&wanted.row.relationship_id);
        if !relationship.is_some_and(|known| known.policies.shop_exports_to_erp) {
            return Ok(Ending::Done("the shop passes on nothing any more".to_owned()));
        }
        let connector = &wanted.connector;
        let opened = self
            .connectors
            .connector(&supplier, connector)
            .await
            .map_err(|error| SubmitError::Later(error.to_string()))?;
        let number = &wanted.row.order_number;
        match self.there(claimed, &opened, &supplier, &wanted).await? {
            There::Nothing => Ok(Ending::Retry(format!(
                "the shop has order {number}, {connector} does not have it yet"
            ))),
            There::Unsearchable => Ok(Ending::Dead(format!(
                "{connector} does not have order {number} under its key {}, and cannot be searched by customer and buyer's \
                 number: set shop_exports_to_erp = false, or have the shop pass that key on and replay this",
                wanted.row.order_id
            ))),
            There::Several(why) => {
                let why = format!(
                    "{why}; cancel there what is too much, or have the shop pass the key {} on, then replay this",
                    wanted.row.order_id
                );
                self.note_for_a_person(claimed, &supplier, &wanted.row, &why)
                    .await?;
                Ok(Ending::Dead(why))
            }
            There::One(order) => match not_counted(&order.state) {
                Some(why) => Ok(Ending::Retry(format!(
                    "{connector} has it as {}, {why}: no exposure shows it yet",
                    order.order_number
                ))),
                None => {
                    // The ERP's word for when it came to be is not enough: one that it held then was in no exposure
                    // until it was released, at some time up to now.
                    let since = self.surroundings.now().max(order.created_at);
                    self.note_there(claimed, &supplier, &wanted.row, &order, since)
                        .await
                }
            },
        }
    }

    /// None if there is nothing to look for.
    async fn wanted(&self, supplier: &SupplierId, job: &OrderJob) -> StorageResult<Option<Wanted>> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        let Some(row) = row.filter(|row| row.erp_created_at.is_none() && row.reserved_minor != 0) else {
            tx.rollback().await?;
            return Ok(None);
        };
        let Some(customer) = draft::customer(&mut tx, &row).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let submissions = order_submission::of_order(&mut tx, supplier.as_str(), &row.order_id).await?;
        let filter = OrderFilter {
            customer: row.customer_id.clone(),
            search: Some(row.order_number.clone()),
            ..OrderFilter::default()
        };
        let alike = order::list(&mut tx, supplier.as_str(), &filter, None, NAMESAKES).await?;
        tx.rollback().await?;
        let namesakes = alike.iter().filter(|other| {
            other.order_id != row.order_id
                && other.order_number == row.order_number
                && other.sink != OrderSink::Erp.as_str()
                && (other.sink_order_id.is_some() || matches!(other.state.as_str(), "submitting" | "unknown"))
        });
        Ok(Some(Wanted {
            key: OrderKey {
                reference: row.order_id.clone(),
                customer: customer.external_id,
                purchase_order_number: row.order_number.clone(),
            },
            connector: ConnectorId::new(customer.connector_id),
            namesakes: namesakes.count(),
            submissions,
            row,
        }))
    }

    /// What stands under a key of ours is it, where the shop passes that on; else what has the number.
    async fn there(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        supplier: &SupplierId,
        wanted: &Wanted,
    ) -> Result<There, SubmitError> {
        let Some(orders) = opened.connector.spec().orders else {
            return Err(SubmitError::Setup(format!(
                "{} tells nothing of orders: set shop_exports_to_erp = false",
                wanted.connector
            )));
        };
        let key = &wanted.key;
        let under_key = self
            .search(claimed, opened, OrderSink::Erp, key.clone(), &wanted.submissions)
            .await;
        let (under_key, mistaken) = match under_key {
            Ok(found) => (found, None),
            // It searched by the number instead: that is asked by its own name.
            Err(SubmitError::Sink(error)) if error.kind == ErrorKind::Schema => (Vec::new(), Some(error)),
            Err(error) => return Err(error),
        };
        let knows_key = !under_key.is_empty();
        let ours = live(under_key);
        if !ours.is_empty() {
            return Ok(There::of(ours));
        }
        let by_number = orders
            .find_by_number(
                &self.context(opened, claimed),
                &key.customer,
                &key.purchase_order_number,
            )
            .await?;
        let Some(by_number) = by_number else {
            return match mistaken {
                Some(error) => Err(error.into()),
                None if knows_key => Ok(There::Nothing),
                None => Ok(There::Unsearchable),
            };
        };
        let perhaps = self.not_of_others(supplier, &wanted.row, live(by_number)).await?;
        if !perhaps.is_empty() && wanted.namesakes > 0 {
            return Ok(There::Several(format!(
                "{} more order(s) of the customer with the number {} went another way to the ERP",
                wanted.namesakes, key.purchase_order_number
            )));
        }
        Ok(There::of(perhaps))
    }

    /// Without those that stand there under the key of another order of ours, or were there before this one came.
    async fn not_of_others(
        &self,
        supplier: &SupplierId,
        row: &OrderRow,
        found: Vec<PlacedOrder>,
    ) -> StorageResult<Vec<PlacedOrder>> {
        let mut perhaps = Vec::with_capacity(found.len());
        let mut tx = self.surroundings.db.read().await?;
        let came = row.received_at.saturating_sub(APART_MICROS);
        for placed in found
            .into_iter()
            .filter(|placed| placed.created_at.as_microsecond() >= came)
        {
            let known = carry::order_of_reference(&placed.reference);
            let another =
                known != row.order_id && order::get(&mut tx, supplier.as_str(), known).await?.is_some();
            if !another {
                perhaps.push(placed);
            }
        }
        tx.rollback().await?;
        Ok(perhaps)
    }

    /// From `since` on, every exposure that is read shows it.
    async fn note_there(
        &self,
        claimed: &Claimed,
        supplier: &SupplierId,
        row: &OrderRow,
        there: &PlacedOrder,
        since: Instant,
    ) -> Result<Ending, SubmitError> {
        let detail = format!("the ERP has it as {}", there.order_number);
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let locked = order::lock(&mut tx, supplier.as_str(), &row.order_id).await?;
        claimed.fence(&mut tx).await?;
        let mut working =
            load::with_numbers(&mut tx, supplier.as_str(), locked.into_iter().collect()).await?;
        for order in &mut working {
            order.row.erp_created_at = Some(micros(since));
            if there.state == PlacedState::Completed {
                // Nothing of it is open any more: it lets go of all of it where the exposure has no open orders, too.
                order.row.billed_minor = order.row.reserved_minor;
                order.row.billed_at = Some(micros(since));
            }
            order.row.updated_at = micros(self.surroundings.now());
            order.changed = true;
            self.note(order, &detail)?;
        }
        write::orders(&mut tx, &working).await?;
        tx.commit().await?;
        Ok(Ending::Done(detail))
    }

    /// Says in the history, once, what a person is to look at.
    async fn note_for_a_person(
        &self,
        claimed: &Claimed,
        supplier: &SupplierId,
        row: &OrderRow,
        why: &str,
    ) -> StorageResult<()> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let locked = order::lock(&mut tx, supplier.as_str(), &row.order_id).await?;
        claimed.fence(&mut tx).await?;
        let said = order::events(&mut tx, supplier.as_str(), &row.order_id).await?;
        if said.iter().any(|event| event.detail.as_deref() == Some(why)) {
            return tx.rollback().await;
        }
        let mut working =
            load::with_numbers(&mut tx, supplier.as_str(), locked.into_iter().collect()).await?;
        for order in &mut working {
            self.note(order, why)?;
        }
        write::orders(&mut tx, &working).await?;
        tx.commit().await
    }

    fn note(&self, order: &mut Working, detail: &str) -> StorageResult<()> {
        let (state, from) = (order.state()?, Some(order.row.state.clone()));
        let (detail, now) = (Some(detail.to_owned()), self.surroundings.now());
        order.note(from, state, Cause::SinkAnswered, &Actor::Erp, detail, now);
        Ok(())
    }
}

fn live(found: Vec<PlacedOrder>) -> Vec<PlacedOrder> {
    found.into_iter().filter(|order| order.state.is_live()).collect()
}

/// Why the ERP does not count it yet; none where it does.
fn not_counted(state: &PlacedState) -> Option<&'static str> {
    match state {
        PlacedState::Open | PlacedState::Completed => None,
        PlacedState::Draft => Some("a draft"),
        PlacedState::OnHold { .. } => Some("on hold"),
        PlacedState::Cancelled => Some("cancelled"),
    }
}
