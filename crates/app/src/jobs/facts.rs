//! What a job is about, for people who read it: the order and its number, the event and who is told of it.

use punchgate_domain::ids::SupplierId;
use punchgate_storage::{StorageResult, Tx, order};
use serde_json::Value;

use super::{Job, JobDesk};
use crate::events::{TELL_EVENT, TellJob};

/// What a job is about; what its payload does not say is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The order.
    pub order: Option<OrderFact>,
    /// The event that is told.
    pub event: Option<EventFact>,
    /// The ERP's id of the customer whose account is written there.
    pub customer: Option<String>,
    /// The number of the document that is delivered.
    pub document: Option<String>,
    /// Our id of the credit account whose orders are decided again.
    pub account: Option<String>,
}

/// An order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderFact {
    /// Our id.
    pub id: String,
    /// The buyer's number.
    pub number: String,
    /// The relationship.
    pub relationship: String,
}

/// An event on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventFact {
    /// Which kind.
    pub kind: String,
    /// `webhook-id`: the same with every attempt.
    pub id: String,
    /// When it happened, in microseconds.
    pub at: i64,
}

impl JobDesk {
    /// What each of these jobs is about.
    pub async fn facts(&self, supplier: &SupplierId, jobs: &[Job]) -> StorageResult<Vec<Facts>> {
        let mut tx = self.surroundings.db.read().await?;
        let mut all = Vec::with_capacity(jobs.len());
        for job in jobs {
            all.push(of(&mut tx, supplier.as_str(), job).await?);
        }
        tx.rollback().await?;
        Ok(all)
    }
}

async fn of(tx: &mut Tx, supplier: &str, job: &Job) -> StorageResult<Facts> {
    // One that does not read is a newer program's: it is shown without facts.
    let payload: Value = serde_json::from_str(&job.entry.payload).unwrap_or_default();
    let text = |key: &str| payload[key].as_str().map(str::to_owned);
    let mut facts = Facts {
        customer: text("external_id"),
        document: text("confirm_id"),
        account: text("account"),
        ..Facts::default()
    };
    let mut id = text("order").or_else(|| job.id.order().map(str::to_owned));
    if job.entry.kind == TELL_EVENT
        && let Ok(told) = serde_json::from_str::<TellJob>(&job.entry.payload)
    {
        id = told.data["order"].as_str().map(str::to_owned).or_else(|| {
            let (_, order) = job.entry.stream.split_once("/order/")?;
            Some(order.to_owned())
        });
        facts.event = Some(EventFact {
            kind: told.kind,
            id: told.id,
            at: told.at,
        });
    }
    if let Some(id) = id {
        facts.order = order::get(tx, supplier, &id).await?.map(|row| OrderFact {
            id: row.order_id,
            number: row.order_number,
            relationship: row.relationship_id,
        });
    }
    Ok(facts)
}
