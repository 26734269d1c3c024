//! What happens here, told to the systems that want to hear of it: written into the outbox in the transaction in
//! which it happens, delivered by a job.
//!
//! **Invariant:** an event is never lost and never told before it is true. Its id follows from what happened, so that
//! every attempt carries the same; what is about one order, customer or session is told in its order.

mod happened;
mod tell;

use punchgate_domain::event::EventKind;
use punchgate_storage::{
    StorageResult, Tx, connector_instance,
    history::{self, ChangeRow},
    outbox::{self, NewEntry},
    sync::{self, ConflictRow},
};
use serde::{Deserialize, Serialize};

pub(crate) use happened::{Happened, confirmed, failed, of_order};
pub use tell::Tell;

/// Tells one system of one event.
pub const TELL_EVENT: &str = "tell-event";

/// An event on its way to one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct TellJob {
    /// The connector that is told.
    connector: String,
    id: String,
    kind: String,
    /// Microseconds.
    at: i64,
    data: serde_json::Value,
}

/// Appends to the history, and announces what of it others may want to hear.
pub(crate) async fn record(tx: &mut Tx, lines: &[ChangeRow]) -> StorageResult<()> {
    history::insert_many(tx, lines).await?;
    if let Some(first) = lines.first() {
        let happened: Vec<Happened> = lines.iter().filter_map(happened::of_line).collect();
        announce(tx, &first.supplier_id, &happened).await?;
    }
    Ok(())
}

/// Parks conflicts for a person, and announces them.
pub(crate) async fn record_conflicts(tx: &mut Tx, rows: &[ConflictRow]) -> StorageResult<()> {
    sync::insert_conflicts(tx, rows).await?;
    let happened: Vec<Happened> = rows.iter().map(happened::of_conflict).collect();
    match rows.first() {
        Some(first) => announce(tx, &first.supplier_id, &happened).await,
        None => Ok(()),
    }
}

/// Writes into the outbox whom to tell, in the caller's transaction. All of one supplier.
pub(crate) async fn announce(tx: &mut Tx, supplier: &str, happened: &[Happened]) -> StorageResult<()> {
    if happened.is_empty() {
        return Ok(());
    }
    let told = connector_instance::told_of_events(tx, supplier).await?;
    let mut entries = Vec::new();
    for (connector, kinds) in &told {
        let wants = |kind: EventKind| kinds.split(' ').any(|name| name == kind.as_str());
        let wanted = happened.iter().filter(|one| wants(one.kind));
        entries.extend(wanted.map(|one| entry(supplier, connector, one)));
    }
    match happened.iter().map(|one| one.at).max() {
        Some(at) if !entries.is_empty() => outbox::enqueue_many(tx, &entries, at).await,
        _ => Ok(()),
    }
}

fn entry(supplier: &str, connector: &str, happened: &Happened) -> NewEntry {
    let job = TellJob {
        connector: connector.to_owned(),
        id: happened.id.clone(),
        kind: happened.kind.as_str().to_owned(),
        at: happened.at,
        data: happened.data.clone(),
    };
    NewEntry {
        supplier: supplier.to_owned(),
        stream: format!("events/{connector}/{}", happened.subject),
        kind: TELL_EVENT,
        payload_version: 1,
        // Texts and numbers only: this cannot fail.
        payload: serde_json::to_string(&job).unwrap_or_default(),
        not_before: happened.at,
        coalesce: false,
    }
}
