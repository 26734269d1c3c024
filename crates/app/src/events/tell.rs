//! The job that tells one system of one event.

use std::{sync::Arc, time::Duration};

use punchgate_connector::{ErrorKind, events::Event};
use punchgate_domain::{
    event::EventKind,
    ids::{ConnectorId, SupplierId},
};
use tokio_util::sync::CancellationToken;

use super::TellJob;
use crate::{
    Surroundings,
    clock::from_micros,
    connectors::{ConnectorSource, ConnectorSourceError},
    work::{Claimed, Ending},
};

/// How long one attempt may take.
const CALL: Duration = Duration::from_secs(30);

/// Tells systems of events.
#[derive(Debug, Clone)]
pub struct Tell {
    surroundings: Surroundings,
    connectors: Arc<ConnectorSource>,
}

impl Tell {
    /// Over these connectors.
    pub fn new(surroundings: Surroundings, connectors: Arc<ConnectorSource>) -> Self {
        Self {
            surroundings,
            connectors,
        }
    }

    /// The job `tell-event`. What a receiver refuses for what it is goes to a person at once; one that is away is told
    /// later, one that is switched off when it is on again, however long that takes; one that was taken out of the
    /// configuration no more.
    pub async fn run(&self, claimed: &Claimed) -> Ending {
        let job: TellJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        let Ok(kind) = EventKind::parse(&job.kind) else {
            return Ending::Dead(format!("'{}' is no event that is known here", job.kind));
        };
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let id = ConnectorId::new(job.connector.clone());
        let opened = match self.connectors.connector(&supplier, &id).await {
            Ok(opened) => opened,
            Err(ConnectorSourceError::Unknown { .. }) => {
                return Ending::Done(format!("there is no connector {id} any more"));
            }
            Err(error @ ConnectorSourceError::Disabled { .. }) => return Ending::Wait(error.to_string()),
            Err(error) => return Ending::Retry(error.to_string()),
        };
        let Some(events) = opened.connector.spec().events else {
            return Ending::Done(format!("{id} is told of nothing any more"));
        };
        let event = Event {
            id: job.id,
            kind,
            at: from_micros(job.at),
            data: job.data,
        };
        let operation = format!("tell-{}-{}", claimed.entry.fence, self.surroundings.new_id());
        let now = self.surroundings.now();
        let context = opened.context(operation, now, CALL, CancellationToken::new());
        match events.tell(&context, &event).await {
            Ok(()) => Ending::Done(format!("{id} has taken {}", event.id)),
            Err(error) => match error.kind {
                ErrorKind::RateLimited { after: Some(after) } => Ending::RetryAfter(error.to_string(), after),
                kind if kind.retryable() || kind == ErrorKind::Unknown => Ending::Retry(error.to_string()),
                _ => Ending::Dead(error.to_string()),
            },
        }
    }
}
