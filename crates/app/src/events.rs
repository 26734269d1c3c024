//! What happens here, told to the systems that want to hear of it: written into the outbox in the transaction in
//! which it happens, delivered by a job.
//!
//! **Invariant:** an event is never lost and never told before it is true. Its id follows from what happened, so that
//! every attempt carries the same; what is about one order, customer or session is told in its order.

mod happened;
mod tell;

use std::collections::BTreeSet;

use punchgate_domain::event::EventKind;
use punchgate_storage::{
    StorageError, StorageResult, Tx, connector_instance,
    history::{self, ChangeRow},
    outbox::{self, NewEntry},
    sync::{self, ConflictRow, attention::AttentionRow},
};
use serde::{Deserialize, Serialize};

pub(crate) use happened::{Happened, confirmed, failed, of_order};
pub use tell::Tell;

/// Tells one system of one event.
pub const TELL_EVENT: &str = "tell-event";

/// An event on its way to one system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TellJob {
    /// The connector that is told.
    connector: String,
    pub(crate) id: String,
    pub(crate) kind: String,
    /// Microseconds.
    pub(crate) at: i64,
    pub(crate) data: serde_json::Value,
}

/// Appends to the history, and announces what of it others may want to hear.
pub(crate) async fn record(tx: &mut Tx, lines: &[ChangeRow]) -> StorageResult<()> {
    record_but(tx, lines, &BTreeSet::new()).await
}

/// The same where some lines, by their ids, tell only that a thing goes by another name now.
pub(crate) async fn record_but(
    tx: &mut Tx,
    lines: &[ChangeRow],
    renamed: &BTreeSet<String>,
) -> StorageResult<()> {
    history::insert_many(tx, lines).await?;
    if let Some(first) = lines.first() {
        let news = lines.iter().filter(|line| !renamed.contains(&line.change_id));
        let happened: Vec<Happened> = news.filter_map(happened::of_line).collect();
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

/// Announces what a person should look at, of rows that are new.
pub(crate) async fn announce_attention(tx: &mut Tx, rows: &[AttentionRow]) -> StorageResult<()> {
    let happened: Vec<Happened> = rows.iter().map(happened::of_attention).collect();
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
    let entries = entries(tx, supplier, happened).await?;
    match happened.iter().map(|one| one.at).max() {
        Some(at) => outbox::enqueue_many(tx, &entries, at).await,
        None => Ok(()),
    }
}

/// Whom to tell, as entries of the outbox: one a system that wants to hear of it.
pub(crate) async fn entries(
    tx: &mut Tx,
    supplier: &str,
    happened: &[Happened],
) -> StorageResult<Vec<NewEntry>> {
    let mut entries = Vec::new();
    if happened.is_empty() {
        return Ok(entries);
    }
    for (connector, kinds) in &connector_instance::told_of_events(tx, supplier).await? {
        let wants = |kind: EventKind| kinds.split(' ').any(|name| name == kind.as_str());
        for one in happened.iter().filter(|one| wants(one.kind)) {
            entries.push(entry(supplier, connector, one)?);
        }
    }
    Ok(entries)
}

fn entry(supplier: &str, connector: &str, happened: &Happened) -> StorageResult<NewEntry> {
    let job = TellJob {
        connector: connector.to_owned(),
        id: happened.id.clone(),
        kind: happened.kind.as_str().to_owned(),
        at: happened.at,
        data: happened.data.clone(),
    };
    let payload =
        serde_json::to_string(&job).map_err(|error| StorageError::corrupt("outbox.payload", error))?;
    Ok(NewEntry {
        supplier: supplier.to_owned(),
        stream: format!("events/{connector}/{}", happened.subject),
        kind: TELL_EVENT,
        payload_version: 1,
        payload,
        not_before: happened.at,
        coalesce: false,
        connector: Some(connector.to_owned()),
        relationship: happened.relationship.clone(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As version 1 stands in outboxes: it is read as long as the version is known.
    const FIXTURE: &str =
        r#"{"connector":"hooks","id":"evt_1","kind":"order.held","at":7,"data":{"order":"o1"}}"#;

    #[test]
    fn the_payload_is_as_it_was() {
        let happened = Happened {
            kind: EventKind::OrderHeld,
            id: "evt_1".to_owned(),
            subject: "order/o1".to_owned(),
            relationship: None,
            data: json!({ "order": "o1" }),
            at: 7,
        };
        let entry = entry("acme", "hooks", &happened).unwrap();
        assert_eq!((entry.payload.as_str(), entry.payload_version), (FIXTURE, 1));
        assert_eq!(entry.stream, "events/hooks/order/o1");
        let read: TellJob = serde_json::from_str(FIXTURE).unwrap();
        assert_eq!((read.connector.as_str(), read.at), ("hooks", 7));
    }
}
