//! Order confirmations to the buyer: what the supplier commits to, queued in the transaction that causes it,
//! delivered with the same payloadID and confirmation number on every retry. A later one for the same version of
//! the order takes the place of the one before.

mod deliver;
mod lines;

pub(super) use lines::conversion_to;

use jiff::Timestamp;
use punchgate_domain::{
    Instant,
    money::{Currency, StatedAmount},
    policy::ConfirmationPolicy,
    quantity::{Quantity, Unit},
};
use punchgate_storage::{StorageError, StorageResult, outbox::NewEntry};
use serde::{Deserialize, Serialize};

use super::{carry, working::Working};
use crate::{
    Surroundings,
    clock::micros,
    directory::{Mode, Relationship},
};

pub use deliver::Deliver;

/// Sends a confirmation to the buyer.
pub const DELIVER_CONFIRMATION: &str = "deliver-confirmation";

/// The payload of the job, version 1: everything that must stay the same on every attempt. The payloadID is made
/// of the document's id; the archive keeps it from the first attempt on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfirmationJob {
    /// Order.
    pub order: String,
    /// The version of the order that is confirmed: its document.
    pub order_document: String,
    /// The payloadID of that document.
    pub order_payload_id: String,
    /// The document that the confirmation is archived as.
    pub document: String,
    /// Our number for it.
    pub confirm_id: String,
    /// When it was made.
    pub noticed_at: i64,
    /// What is committed.
    pub commitment: Commitment,
}

/// What is committed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Commitment {
    /// `accept`, `reject` or `detail`.
    pub kind: CommitmentKind,
    /// For people.
    #[serde(default)]
    pub comments: Vec<String>,
    /// What the sink says of lines; several with one line number split it. What is as it was ordered is left out
    /// when the document is written.
    #[serde(default)]
    pub lines: Vec<CommittedLine>,
}

/// What the sink commits to while a change is on its way there, as it lies with the change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SaidMeanwhile {
    pub(super) said: Commitment,
    /// Written down before the sink was told of the change.
    pub(super) is_older: bool,
}

/// Why the buyer is not told of what the sink wrote down before it was told of this version.
pub(super) fn older_text(version: i64) -> String {
    format!(
        "the sink's confirmation was written before it was told of version {version}, and may be about the version \
         before: see what it has confirmed, then send the confirmation"
    )
}

/// How the order is confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommitmentKind {
    /// All of it.
    Accept,
    /// Nothing.
    Reject,
    /// What differs, on the lines given.
    Detail,
}

/// What becomes of a line, or of a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommittedLine {
    /// The buyer's line number.
    pub line_number: u32,
    /// How many.
    pub quantity: String,
    /// Unit.
    pub unit: String,
    /// What.
    pub outcome: CommittedOutcome,
    /// Price and currency, where they are told.
    #[serde(default)]
    pub unit_price: Option<(String, String)>,
    /// Delivered on, where that is known.
    #[serde(default)]
    pub delivery_on: Option<String>,
    /// For people.
    #[serde(default)]
    pub comments: Vec<String>,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CommittedOutcome {
    /// As ordered.
    Accepted,
    /// With another price or date.
    Changed,
    /// Later.
    Backordered,
    /// Not at all.
    Rejected,
}

impl Commitment {
    /// All of it.
    pub fn accept() -> Self {
        Self {
            kind: CommitmentKind::Accept,
            comments: Vec::new(),
            lines: Vec::new(),
        }
    }

    /// Nothing, and why.
    pub fn reject(why: impl Into<String>) -> Self {
        Self {
            kind: CommitmentKind::Reject,
            comments: vec![why.into()],
            lines: Vec::new(),
        }
    }

    /// What the sink says of lines.
    pub fn lines(lines: Vec<CommittedLine>) -> Self {
        Self {
            kind: CommitmentKind::Detail,
            comments: Vec::new(),
            lines,
        }
    }
}

impl CommittedLine {
    pub(super) fn parts(&self) -> Result<(Quantity, Unit, Option<StatedAmount>, Option<Timestamp>), String> {
        let quantity = Quantity::parse(&self.quantity).map_err(|e| e.to_string())?;
        let price = match &self.unit_price {
            Some((amount, currency)) => {
                let currency = Currency::parse(currency).map_err(|e| e.to_string())?;
                Some(StatedAmount::parse(amount, currency).map_err(|e| e.to_string())?)
            }
            None => None,
        };
        let delivery = match &self.delivery_on {
            Some(date) => {
                let date: jiff::civil::Date = date.parse().map_err(|e: jiff::Error| e.to_string())?;
                // Noon, so that no time zone of a reader makes it the day before or after.
                let noon = date
                    .at(12, 0, 0, 0)
                    .to_zoned(jiff::tz::TimeZone::UTC)
                    .map_err(|e| e.to_string())?;
                Some(noon.timestamp())
            }
            None => None,
        };
        Ok((quantity, Unit::new(&self.unit), price, delivery))
    }
}

/// What the sink last committed to of this version; all of it, as long as it has said nothing.
pub(super) fn committed(order: &Working) -> StorageResult<Commitment> {
    match &order.row.commitment {
        Some(said) => serde_json::from_str(said)
            .map_err(|error| StorageError::corrupt("purchase_order.commitment", error)),
        None => Ok(Commitment::accept()),
    }
}

/// The entry that sends a confirmation; none where the buyer takes none or the policy says so.
pub(super) fn enqueue_entry(
    surroundings: &Surroundings,
    order: &mut Working,
    relationship: &Relationship,
    commitment: Commitment,
) -> Option<NewEntry> {
    if !takes_confirmations(relationship) {
        return None;
    }
    Some(entry(
        order,
        commitment,
        surroundings.new_id(),
        micros(surroundings.now()),
    ))
}

/// The rejecting confirmation that follows every decline, a person's or a policy's.
pub(super) fn rejection(
    order: &mut Working,
    relationship: &Relationship,
    why: &str,
    document: String,
    now: Instant,
) -> Option<NewEntry> {
    takes_confirmations(relationship).then(|| entry(order, Commitment::reject(why), document, micros(now)))
}

/// The stream in which an order's confirmations go out.
pub(crate) fn stream(order: &str) -> String {
    format!("order/{order}/partner")
}

/// Whether the buyer is told at all.
pub(super) fn takes_confirmations(relationship: &Relationship) -> bool {
    relationship.outbound.is_some()
        && relationship.mode != Mode::Shadow
        && relationship.policies.confirmation != ConfirmationPolicy::Never
}

fn entry(order: &mut Working, commitment: Commitment, document: String, now: i64) -> NewEntry {
    let job = ConfirmationJob {
        order: order.row.order_id.clone(),
        order_document: order.row.document_id.clone(),
        order_payload_id: order.row.payload_id.clone(),
        confirm_id: format!("C-{}-{}", order.row.order_number, order.row.version),
        noticed_at: now,
        commitment,
        document,
    };
    "queued".clone_into(&mut order.row.confirmation);
    order.changed = true;
    NewEntry {
        supplier: order.row.supplier_id.clone(),
        stream: stream(&order.row.order_id),
        kind: DELIVER_CONFIRMATION,
        payload_version: 1,
        payload: carry::json(&job),
        not_before: now,
        coalesce: false,
        connector: None,
        relationship: Some(order.row.relationship_id.clone()),
    }
}
