//! An approved order goes to its sink: claimed, searched, created, searched again, recorded.
//!
//! **Invariant:** at most one live order per purchase order. One worker at a time holds an order's lease, and every
//! transaction of it sees that it still does; it searches before it creates, creates only while its lease outlasts
//! the request, and searches after it has created. After a request whose outcome nobody saw it only searches until
//! the sink must have settled; if it creates then, it asks once more later.

mod adopt;
mod ask;
mod change;
mod claim;
pub(super) mod draft;
mod exported;
mod later;
mod record;
mod restored;
mod surplus;

use std::{sync::Arc, time::Duration};

use punchgate_connector::{ConnectorError, Context, ErrorKind, orders::PlacedOrder};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    order::{Actor, OrderState, SinkAnswer},
};
use punchgate_storage::{StorageError, order::OrderRow, outbox};
use tokio_util::sync::CancellationToken;

pub(super) use self::{
    adopt::{is_in_sink, take_version},
    change::release,
};
use self::{claim::Going, record::Outcome, surplus::Surplus};
use super::{
    carry::{self, OrderJob},
    content,
    redecide::{Redecide, RedecideError},
};
use crate::{
    Surroundings,
    clock::micros,
    connectors::{Connected, ConnectorSource},
    directory::Directory,
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
    settle: Duration,
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
    /// Something that may be mended while the job waits: a switch, a password, a sink that is slow.
    #[error("{0}")]
    Later(String),
    /// The relationship is switched off.
    #[error("{0}")]
    SwitchedOff(String),
    /// Only a person gets any further.
    #[error("{0}")]
    Setup(String),
}

impl SubmitError {
    /// How a job ends with it. What an operator mends in the connector's settings or rights counts at the next try.
    fn ending(self) -> Ending {
        match self {
            Self::Setup(why) => Ending::Dead(why),
            Self::SwitchedOff(why) => Ending::Wait(why),
            Self::Sink(error)
                if matches!(
                    error.kind,
                    ErrorKind::Unsupported | ErrorKind::Invalid | ErrorKind::Schema | ErrorKind::NotFound
                ) =>
            {
                Ending::Dead(error.to_string())
            }
            error => Ending::Retry(error.to_string()),
        }
    }
}

/// What the sink said, with all its orders of this purchase order.
pub(super) struct Said {
    pub answer: SinkAnswer,
    pub order: Option<PlacedOrder>,
    /// Orders beyond the first: to be cancelled, and told to a person.
    pub surplus: Vec<PlacedOrder>,
    pub detail: Option<String>,
    /// How the job ends, where that does not follow from the answer.
    pub ends: Option<Ending>,
}

impl Said {
    fn without_order(answer: SinkAnswer, why: impl Into<String>) -> Self {
        Self {
            answer,
            order: None,
            surplus: Vec::new(),
            detail: Some(why.into()),
            ends: None,
        }
    }
}

impl Submit {
    /// Over these connectors. For `settle` after a request whose outcome nobody saw, a sink may still create the
    /// order: until then it is searched only.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
        settle: Duration,
    ) -> Self {
        let redecide = Redecide::new(surroundings.clone(), directory);
        Self {
            surroundings,
            redecide,
            connectors,
            settle,
        }
    }

    /// The job `submit-order`.
    pub async fn run(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        self.submit(claimed, &job)
            .await
            .unwrap_or_else(SubmitError::ending)
    }

    async fn submit(&self, claimed: &Claimed, job: &OrderJob) -> Result<Ending, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let Some(going) = self.claim(&supplier, claimed, job).await? else {
            return Ok(Ending::Done("nothing left to do".to_owned()));
        };
        let (said, surplus) = match self.take(&supplier, claimed, &going).await {
            Ok(said) => said,
            // Nothing was sent, and a request before this one may have made the order: it stands as it stood.
            Err(error) if going.only_searched() || going.after_unseen => return Err(error),
            Err(error) => {
                // Whatever failed, the sink was never told of the order.
                let said = Said::without_order(SinkAnswer::Absent, error.to_string());
                let outcome = Outcome::of(said, Vec::new());
                record::record(&self.surroundings, claimed, &going, &outcome, self.settle).await?;
                return Ok(error.ending());
            }
        };
        if said.answer == SinkAnswer::Unknown && going.only_searched() {
            // Nothing was sent and nothing was found: the order stands as it stood.
            return Ok(Ending::Retry(said.detail.unwrap_or_default()));
        }
        let outcome = Outcome::of(said, surplus);
        record::record(&self.surroundings, claimed, &going, &outcome, self.settle).await?;
        let said = outcome.said;
        if let Some(ending) = said.ends {
            return Ok(ending);
        }
        Ok(match said.answer {
            SinkAnswer::Unknown | SinkAnswer::Absent => Ending::Retry(
                said.detail
                    .unwrap_or_else(|| "the sink gave no answer".to_owned()),
            ),
            _ => Ending::Concluded,
        })
    }

    /// Asks the sink, and takes away what it has too much of. An error says that this time it was not told of the order.
    async fn take(
        &self,
        supplier: &SupplierId,
        claimed: &Claimed,
        going: &Going,
    ) -> Result<(Said, Vec<Surplus>), SubmitError> {
        let row = &going.row;
        let opened = self.opened(supplier, row).await?;
        let mut tx = self.surroundings.db.read().await?;
        let order = content::of_document(&mut tx, supplier.as_str(), &row.document_id).await?;
        let customer = draft::customer(&mut tx, row).await?;
        tx.rollback().await?;
        let draft = draft::of(
            row,
            going.reference().to_owned(),
            &order,
            &going.relationship,
            customer,
        )
        .map_err(SubmitError::Setup)?;
        let said = self.ask(claimed, &opened, going, &draft).await?;
        let surplus = self.cancel_surplus(claimed, &opened, &said.surplus).await;
        Ok((said, surplus))
    }

    /// The connector of the order's sink.
    async fn opened(&self, supplier: &SupplierId, row: &OrderRow) -> Result<Arc<Connected>, SubmitError> {
        let connector = row
            .sink_connector_id
            .clone()
            .ok_or_else(|| SubmitError::Setup("the relationship names no sink to submit to".to_owned()))?;
        self.connectors
            .connector(supplier, &ConnectorId::new(connector))
            .await
            .map_err(|error| SubmitError::Later(error.to_string()))
    }

    /// A context of its own for each call: the ids of requests are made from it, so it holds only what the
    /// protocols allow there.
    fn context(&self, opened: &Connected, claimed: &Claimed) -> Context {
        let id = format!("submit-{}-{}", claimed.entry.fence, self.surroundings.new_id());
        opened.context(id, self.surroundings.now(), CALL, CancellationToken::new())
    }
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
