//! An approved order goes to its sink: claimed, searched, created, searched again, recorded.
//!
//! **Invariant:** at most one live order per purchase order. One worker at a time holds an order's lease; it
//! searches before it creates, creates only while its lease outlasts the request, and searches after it has
//! created. What nobody saw the outcome of is asked for, never repeated blindly.

mod adopt;
mod draft;
mod later;
mod record;

use std::{sync::Arc, time::Duration};

use punchgate_connector::{
    ConnectorError, Context, ErrorKind,
    orders::{CancelOutcome, OrderKey, OrderSubmission, PlacedOrder, PlacedState, Refusal, SubmitOutcome},
};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    order::{Actor, Cause, OrderState, SinkAnswer},
    policy::OrderSink,
};
use punchgate_storage::{
    Lane, StorageError,
    order::{self, OrderRow},
    outbox,
};

use tokio_util::sync::CancellationToken;

use super::{
    carry::{self, OrderJob},
    content, load,
    redecide::{self, Occasion, Redecide, RedecideError},
    write,
};
use crate::{
    Surroundings,
    clock::micros,
    connectors::{Connected, ConnectorSource},
    directory::{Directory, Relationship},
    work::{Claimed, Ending},
};

/// How long one call to a sink may take; well under the lease.
const CALL: Duration = Duration::from_secs(20);

/// Takes orders to their sinks.
#[derive(Debug, Clone)]
pub struct Submit {
    surroundings: Surroundings,
    redecide: Redecide,
    connectors: Arc<ConnectorSource>,
}

/// Why a submission came to no end.
#[derive(Debug, thiserror::Error)]
enum SubmitError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Redecide(#[from] RedecideError),
    #[error(transparent)]
    Sink(#[from] ConnectorError),
    #[error("{0}")]
    Setup(String),
}

/// What the sink said, with all its orders of this reference.
pub(super) struct Said {
    pub answer: SinkAnswer,
    pub order: Option<PlacedOrder>,
    /// Orders beyond the first: to be cancelled, and told to a person.
    pub surplus: Vec<PlacedOrder>,
    pub detail: Option<String>,
}

impl Said {
    fn absent(why: impl Into<String>) -> Self {
        Self {
            answer: SinkAnswer::Absent,
            order: None,
            surplus: Vec::new(),
            detail: Some(why.into()),
        }
    }

    fn rejected(why: String) -> Self {
        Self {
            answer: SinkAnswer::Rejected,
            order: None,
            surplus: Vec::new(),
            detail: Some(why),
        }
    }
}

impl Submit {
    /// Over these connectors.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
    ) -> Self {
        let redecide = Redecide::new(surroundings.clone(), directory);
        Self {
            surroundings,
            redecide,
            connectors,
        }
    }

    /// The job `submit-order`.
    pub async fn run(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        match self.submit(claimed, &job).await {
            Ok(ending) => ending,
            Err(SubmitError::Setup(why)) => Ending::Dead(why),
            Err(SubmitError::Sink(error)) if !error.retryable() && error.surely_unchanged() => {
                Ending::Dead(error.to_string())
            }
            Err(error) => Ending::Retry(error.to_string()),
        }
    }

    async fn submit(&self, claimed: &Claimed, job: &OrderJob) -> Result<Ending, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let Some((row, relationship, superseded)) = self.claim(&supplier, job).await? else {
            return Ok(Ending::Done("nothing left to do".to_owned()));
        };
        let connector = row
            .sink_connector_id
            .clone()
            .ok_or_else(|| SubmitError::Setup("the relationship names no sink to submit to".to_owned()))?;
        let opened = self
            .connectors
            .connector(&supplier, &ConnectorId::new(connector))
            .await
            .map_err(|error| SubmitError::Setup(error.to_string()))?;
        let mut tx = self.surroundings.db.read().await?;
        let order = content::of_document(&mut tx, supplier.as_str(), &row.document_id).await?;
        let customer = draft::customer(&mut tx, &row).await?;
        tx.rollback().await?;
        let draft = draft::of(&row, order, customer).map_err(SubmitError::Setup)?;
        let said = self
            .ask(claimed, &relationship, &opened, (&draft, superseded))
            .await?;
        self.cancel_surplus(claimed, &opened, &said).await;
        record::record(&self.surroundings, claimed, &row, &relationship, &said).await?;
        Ok(match said.answer {
            SinkAnswer::Unknown | SinkAnswer::Absent => Ending::Retry(
                said.detail
                    .unwrap_or_else(|| "the sink gave no answer".to_owned()),
            ),
            _ => Ending::Concluded,
        })
    }

    /// Decides once more and marks the order as on its way, with whether a change of it has come meanwhile. None
    /// if there is nothing to submit any more.
    async fn claim(
        &self,
        supplier: &SupplierId,
        job: &OrderJob,
    ) -> Result<Option<(OrderRow, Arc<Relationship>, bool)>, SubmitError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        tx.rollback().await?;
        let Some(row) = row.filter(|row| row.version == job.version) else {
            return Ok(None);
        };
        let relationships = self
            .redecide
            .relationships(supplier.as_str(), std::slice::from_ref(&row))
            .await?;
        let Some(relationship) = relationships.get(&row.relationship_id).cloned() else {
            return Ok(None);
        };
        if !relationship.enabled {
            return Err(SubmitError::Setup(format!(
                "relationship {} is switched off; switch it on and replay",
                relationship.path_text()
            )));
        }

        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let occasion = Occasion {
            cause: Cause::DecidedAgain,
            actor: job_actor(),
            gated: false,
        };
        let ids = [row.order_id.clone()];
        let state = state_of(&row)?;
        let mut working = match state {
            OrderState::Approved => {
                redecide::decide_in(&mut tx, supplier.as_str(), &ids, &relationships, &occasion, now).await?
            }
            // Somebody was on the way before: only the sink's answer leads on.
            OrderState::Submitting | OrderState::Unknown => {
                let row = order::lock(&mut tx, supplier.as_str(), &row.order_id).await?;
                load::with_numbers(&mut tx, supplier.as_str(), row.into_iter().collect()).await?
            }
            _ => Vec::new(),
        };
        let Some(order) = working.first_mut() else {
            tx.rollback().await?;
            return Ok(None);
        };
        if let Ok(next) = order.state()?.submit() {
            order.step(next, Cause::Claimed, &job_actor(), None, now);
        }
        write::orders(&mut tx, &working).await?;
        tx.commit().await?;
        let claimed = working.pop().map(|mut order| {
            if order.changed {
                order.row.row_version += 1;
            }
            let superseded = order.stored_versions > order.row.version;
            (order.row, superseded)
        });
        let on_its_way = |row: &OrderRow| {
            row.state == OrderState::Submitting.as_str() || row.state == OrderState::Unknown.as_str()
        };
        Ok(claimed
            .filter(|(row, _)| on_its_way(row))
            .map(|(row, superseded)| (row, relationship, superseded)))
    }

    /// Searches, creates while the lease lasts, searches again. No transaction is open.
    async fn ask(
        &self,
        claimed: &Claimed,
        relationship: &Relationship,
        opened: &Connected,
        (draft, superseded): (&OrderSubmission, bool),
    ) -> Result<Said, SubmitError> {
        let (context, key) = (self.context(opened, claimed), draft.key());
        let found = find(relationship.order_sink, opened, &context, &key).await?;
        if !found.is_empty() {
            return Ok(said(found, None));
        }
        if superseded {
            return Ok(Said::absent("a change of the order came before it was there"));
        }
        if !claimed.lease_covers(&*self.surroundings.clock, CALL) {
            return Ok(Said::absent(
                "the lease was nearly over before the order was sent",
            ));
        }
        let created = create(relationship.order_sink, opened, &context, draft).await;
        match created {
            Ok(SubmitOutcome::Rejected(refusal)) => Ok(Said::rejected(words(&refusal))),
            Ok(SubmitOutcome::Created(order) | SubmitOutcome::Existing(order)) => {
                // Whoever else may have created one meanwhile: the search after the create finds it.
                let found = find(relationship.order_sink, opened, &context, &key).await;
                Ok(said(
                    found
                        .ok()
                        .filter(|found| !found.is_empty())
                        .unwrap_or_else(|| vec![order]),
                    None,
                ))
            }
            Err(error) if !error.surely_unchanged() => {
                let found = find(relationship.order_sink, opened, &context, &key).await;
                Ok(match found {
                    Ok(found) if !found.is_empty() => said(found, Some(error.to_string())),
                    // Nothing there yet proves nothing: it may still be under way. It is asked again.
                    _ => Said {
                        answer: SinkAnswer::Unknown,
                        order: None,
                        surplus: Vec::new(),
                        detail: Some(error.to_string()),
                    },
                })
            }
            Err(error) if error.kind == ErrorKind::Rejected => Ok(Said::rejected(error.message)),
            Err(error) if error.retryable() => Ok(Said::absent(error.to_string())),
            Err(error) => Err(error.into()),
        }
    }

    /// The sink doubled the order: the lowest key stays, the others are cancelled. What cannot be cancelled
    /// is in the history and the log all the same.
    async fn cancel_surplus(&self, claimed: &Claimed, opened: &Connected, said: &Said) {
        for order in &said.surplus {
            let context = self.context(opened, claimed);
            let Some(orders) = opened.connector.spec().orders else {
                continue;
            };
            let why = "doubled: an order with this reference exists";
            match orders
                .cancel(&context, &order.order_id, &order.reference, why)
                .await
            {
                Ok(CancelOutcome::Cancelled(_)) => {
                    tracing::error!(order = %order.order_id, "the sink had a second order; it was cancelled");
                }
                Ok(CancelOutcome::Refused { message, .. }) => {
                    tracing::error!(order = %order.order_id, %message, "the sink has a second order and keeps it");
                }
                Err(error) => tracing::error!(order = %order.order_id, %error, "the sink has a second order"),
            }
        }
    }

    /// A context of its own for each attempt: the ids of requests are made from it, so it holds only what the
    /// protocols allow there.
    fn context(&self, opened: &Connected, claimed: &Claimed) -> Context {
        let id = format!("submit-{}-{}", claimed.entry.fence, self.surroundings.new_id());
        opened.context(id, self.surroundings.now(), CALL, CancellationToken::new())
    }

    async fn key(&self, row: &OrderRow) -> Result<OrderKey, SubmitError> {
        let mut tx = self.surroundings.db.read().await?;
        let customer = draft::customer(&mut tx, row).await?;
        tx.rollback().await?;
        Ok(OrderKey {
            reference: row.order_id.clone(),
            customer: customer.map(|known| known.external_id).unwrap_or_default(),
            purchase_order_number: row.order_number.clone(),
        })
    }
}

async fn find(
    sink: OrderSink,
    opened: &Connected,
    context: &Context,
    key: &OrderKey,
) -> Result<Vec<PlacedOrder>, SubmitError> {
    let spec = opened.connector.spec();
    match (sink, spec.orders, spec.shop_orders) {
        (OrderSink::Erp, Some(orders), _) => Ok(orders.find(context, key).await?),
        (OrderSink::Storefront, _, Some(orders)) => {
            let found = orders.find(context, key).await?;
            Ok(found.into_iter().map(|placed| placed.order).collect())
        }
        _ => Err(SubmitError::Setup(format!(
            "connector kind {} takes no orders",
            spec.kind
        ))),
    }
}

async fn create(
    sink: OrderSink,
    opened: &Connected,
    context: &Context,
    submission: &OrderSubmission,
) -> Result<SubmitOutcome, ConnectorError> {
    let spec = opened.connector.spec();
    match (sink, spec.orders, spec.shop_orders) {
        (OrderSink::Erp, Some(orders), _) => orders.submit(context, submission).await,
        (OrderSink::Storefront, _, Some(orders)) => Ok(match orders.place(context, submission).await? {
            SubmitOutcome::Created(placed) => SubmitOutcome::Created(placed.order),
            SubmitOutcome::Existing(placed) => SubmitOutcome::Existing(placed.order),
            SubmitOutcome::Rejected(refusal) => SubmitOutcome::Rejected(refusal),
        }),
        _ => Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "submit_order",
            "the connector takes no orders",
        )),
    }
}

fn words(refusal: &Refusal) -> String {
    let fields: String = refusal
        .fields
        .iter()
        .filter_map(|field| {
            field
                .message
                .as_ref()
                .map(|text| format!("; {}: {text}", field.field))
        })
        .collect();
    format!("{} ({}){fields}", refusal.message, refusal.code)
}

/// Of all orders with the reference, the live one with the lowest key counts.
fn said(mut found: Vec<PlacedOrder>, detail: Option<String>) -> Said {
    found.sort_by(|a, b| key(&a.order_id).cmp(&key(&b.order_id)));
    let live = found.iter().position(|order| order.state.is_live()).unwrap_or(0);
    let order = found.remove(live);
    let surplus = found.into_iter().filter(|order| order.state.is_live()).collect();
    let (answer, words) = match &order.state {
        PlacedState::Open | PlacedState::Draft | PlacedState::Completed => (SinkAnswer::Accepted, None),
        PlacedState::OnHold { code, message } => (SinkAnswer::OnHold, Some(format!("{message} ({code})"))),
        PlacedState::Cancelled => (SinkAnswer::Rejected, Some("cancelled in the sink".to_owned())),
    };
    Said {
        answer,
        order: Some(order),
        surplus,
        detail: words.or(detail),
    }
}

/// Numbers in a key count as numbers: `9` comes before `10`.
fn key(id: &str) -> (usize, &str) {
    (id.len(), id)
}

fn state_of(row: &OrderRow) -> Result<OrderState, StorageError> {
    OrderState::parse(&row.state).map_err(|e| StorageError::corrupt("purchase_order.state", e))
}

fn job_actor() -> Actor {
    Actor::Job(carry::SUBMIT_ORDER.to_owned())
}

/// Enqueues in the caller's transaction.
async fn enqueue(
    tx: &mut punchgate_storage::Tx,
    entries: &[outbox::NewEntry],
    surroundings: &Surroundings,
) -> Result<(), StorageError> {
    outbox::enqueue_many(tx, entries, micros(surroundings.now())).await
}
