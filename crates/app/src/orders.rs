//! Purchase orders: received in batches, decided, taken to their sink, confirmed.
//!
//! **Invariant:** an authenticated purchase order is stored before it is answered, and never refused for a
//! part, unit, ship-to, price or credit reason. At most one live order per purchase order reaches the sink.

pub mod answer;
mod carry;
mod carts;
pub mod case;
pub mod confirm;
pub mod content;
pub mod contract;
mod decide;
mod documents;
pub mod feed;
mod load;
mod mapped;
pub(crate) mod moved_job;
pub mod operator;
pub mod read;
pub mod redecide;
mod review;
pub mod shadow;
pub mod submit;
mod worded;
mod working;
mod write;

use std::{collections::BTreeMap, sync::Arc};

use punchgate_domain::{
    Instant,
    ids::{DocumentId, OrderId},
    purchase_order::PurchaseOrder,
};
use punchgate_storage::{StorageResult, Tx, body::StoredBody};

use crate::{
    Surroundings,
    directory::Relationship,
    group_commit::{Batch, Step},
};
pub use answer::Answer;
pub use carry::{
    ASK_SINK, CANCEL_ACCEPTED, CANCEL_AT_SINK, CANCEL_SURPLUS, CHANGE_AT_SINK, COMPARE_PRICES, FIND_IN_ERP,
    PREDECESSOR_DUE, REDECIDE_ACCOUNT, REDECIDE_ORDER, SUBMIT_ORDER, WITHDRAWAL_DUE,
};
pub use carry::{AccountJob, OrderJob};
pub(crate) use carry::{redecide_account, redecide_later};
pub use review::credit_policy;

/// A purchase order document that was read and whose sender is believed.
#[derive(Debug, Clone)]
pub struct Received {
    /// With whom; says whose it is.
    pub relationship: Arc<Relationship>,
    /// The sender's id of the document; empty where there was none.
    pub payload_id: String,
    /// Which of the buyer's systems numbers its orders; empty where it does not say.
    pub buyer_system: String,
    /// What it says.
    pub order: PurchaseOrder,
    /// Hash of its canonical content.
    pub content_hash: [u8; 32],
    /// Whether it calls itself a test.
    pub is_test: bool,
    /// The bytes, redacted and packed.
    pub document: ArchivedBytes,
    /// When it came.
    pub received_at: Instant,
}

/// The bytes of a document as they are archived, made before the transaction.
#[derive(Debug, Clone)]
pub struct ArchivedBytes {
    /// Content type as it came.
    pub content_type: String,
    /// Redacted and packed.
    pub body: StoredBody,
    /// The other parts of a multipart document.
    pub parts: Vec<ArchivedPart>,
    /// What the reader found, JSON.
    pub findings: Option<String>,
}

/// A further part of a multipart document.
#[derive(Debug, Clone)]
pub struct ArchivedPart {
    /// Content-ID without angle brackets.
    pub content_id: Option<String>,
    /// Content type.
    pub content_type: String,
    /// Packed.
    pub body: StoredBody,
}

/// What became of a received document.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// What the sender is told.
    pub answer: Answer,
    /// The Response, rendered and archived with the rest.
    pub response: Vec<u8>,
    /// The order it belongs to.
    pub order: Option<OrderId>,
    /// The archived document.
    pub document: DocumentId,
    /// What was done.
    pub disposition: Disposition,
}

/// What was done with a received document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disposition {
    /// A new order.
    Created,
    /// A new version of a known order.
    Changed,
    /// The order is withdrawn.
    Cancelled,
    /// The same once more.
    Repeated,
    /// Kept for a person; the order is as it was.
    Kept,
    /// Refused as contradicting what is known; kept for a person.
    Conflict,
}

impl Disposition {
    /// How it is archived.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Created => "accepted",
            Self::Changed => "changed",
            Self::Cancelled => "cancelled",
            Self::Repeated => "repeated",
            Self::Kept => "kept",
            Self::Conflict => "conflict",
        }
    }
}

/// The intake of purchase orders.
#[derive(Debug, Clone)]
pub struct Intake {
    surroundings: Surroundings,
    host: String,
}

impl Intake {
    /// `host` is the right side of the payloadIDs that we make.
    pub fn new(surroundings: Surroundings, host: impl Into<String>) -> Self {
        Self {
            surroundings,
            host: host.into(),
        }
    }

    /// Receives documents in their order of arrival, in one transaction that the caller commits.
    pub async fn receive_batch(&self, tx: &mut Tx, received: &[Received]) -> StorageResult<Vec<Outcome>> {
        let mut by_supplier: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, one) in received.iter().enumerate() {
            by_supplier
                .entry(one.relationship.supplier.id.as_str())
                .or_default()
                .push(place);
        }
        let mut outcomes: Vec<Option<Outcome>> = received.iter().map(|_| None).collect();
        for (supplier, places) in by_supplier {
            let batch: Vec<&Received> = places.iter().map(|place| &received[*place]).collect();
            let loaded = load::load(tx, supplier, &batch, self.surroundings.now()).await?;
            let mut new_id = || self.surroundings.new_id();
            let decided = decide::fold(loaded, &batch, self.surroundings.now(), &self.host, &mut new_id);
            let listens = batch.iter().any(|one| one.relationship.supplier.listens);
            write::write(tx, supplier, &decided, listens).await?;
            for (place, outcome) in places.into_iter().zip(decided.outcomes) {
                outcomes[place] = Some(outcome);
            }
        }
        Ok(outcomes.into_iter().flatten().collect())
    }
}

impl Batch for Intake {
    type Request = Received;
    type Answer = Outcome;

    fn run<'a>(&'a self, tx: &'a mut Tx, requests: &'a [Received]) -> Step<'a, Vec<Outcome>> {
        Box::pin(self.receive_batch(tx, requests))
    }
}
