//! Webhooks that come in: a foreign system says that something has changed, and the feed that shows what is read at once.
//!
//! **Invariant:** a hint only schedules a reading. Nothing of its body is stored, logged or taken for data; whoever
//! cannot prove where it comes from is told nothing, not even whether there is such a connector.

mod bells;
mod doors;
mod keys;
mod reasons;
mod seen;

use std::{
    collections::BTreeSet,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

pub use punchgate_connector::hint::{HintedFeed, Incoming};
use punchgate_connector::hint::{Hints, Proof, Proven};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use punchgate_storage::{
    Lane, StorageError, StorageResult,
    connector_instance::{self, ConnectorInstanceRow},
    feed_hint,
};
use tokio::sync::Notify;

use crate::{
    Surroundings,
    clock::micros,
    connectors::{is_erp, is_shop, open_secrets},
    directory::{Directory, DirectoryError},
    rate_limit::{Caller, RateLimit},
    seal::Keyring,
};
use bells::Bells;
use doors::Door;
use keys::SenderKeys;
use reasons::Reasons;
use seen::Seen;

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// What it is about is read soon, if there is a feed of it.
    Taken,
    /// It was taken before; nothing is read because of it.
    Repeated,
}

/// Why a message is not taken.
#[derive(Debug, thiserror::Error)]
pub enum HookError {
    /// It did not prove where it comes from, or there is nothing here for it. The log knows which.
    #[error("the webhook is refused")]
    Refused,
    /// Too many from this address to this connector.
    #[error("too many webhooks from one address")]
    TooMany,
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Takes webhooks.
#[derive(Debug)]
pub struct Hooks {
    surroundings: Surroundings,
    keyring: Arc<Keyring>,
    directory: Arc<Directory>,
    keys: SenderKeys,
    callers: Mutex<RateLimit<Door>>,
    reasons: Mutex<Reasons>,
    seen: Mutex<Seen>,
    bells: Bells,
}

/// A message that may be read, and then be received.
#[derive(Debug)]
pub struct Admitted {
    from: IpAddr,
    supplier: String,
    connector: String,
    /// Whether there is such a connector; if not, the message is read and refused as a wrong one is.
    is_there: bool,
}

/// Why one was refused, for the log.
struct Why {
    /// Of a connector that there is.
    connector: Option<(SupplierId, ConnectorId)>,
    reason: String,
}

impl Hooks {
    /// Has heard of nothing yet.
    pub fn new(surroundings: Surroundings, keyring: Arc<Keyring>, directory: Arc<Directory>) -> Self {
        Self {
            surroundings,
            keyring,
            directory,
            keys: SenderKeys::default(),
            callers: Mutex::new(RateLimit::new(doors::RATE)),
            reasons: Mutex::default(),
            seen: Mutex::default(),
            bells: Bells::default(),
        }
    }

    /// Asks whether a message is read at all, before it is: its sender may have sent too many.
    pub async fn admit(&self, from: IpAddr, supplier: &str, connector: &str) -> Result<Admitted, HookError> {
        // Names that anybody can invent cost no look into the database.
        let is_there = match self.directory.snapshot().await {
            Ok(snapshot) => snapshot.takes_hints(supplier, connector),
            Err(DirectoryError::Storage(error)) => return Err(error.into()),
            Err(_) => false,
        };
        let admitted = Admitted {
            from,
            supplier: supplier.to_owned(),
            connector: connector.to_owned(),
            is_there,
        };
        let now = micros(self.surroundings.now());
        match lock(&self.callers).admits(admitted.door(), Some(Caller::of(from)), now) {
            true => Ok(admitted),
            false => Err(HookError::TooMany),
        }
    }

    /// Counts a message whose body could not be read: it is as good as a wrong one.
    pub fn unread(&self, admitted: &Admitted) {
        let now = micros(self.surroundings.now());
        lock(&self.callers).refused(admitted.door(), admitted.caller(), now);
    }

    /// Takes a message that was admitted.
    pub async fn receive(&self, admitted: Admitted, incoming: &Incoming<'_>) -> Result<Receipt, HookError> {
        let now = micros(self.surroundings.now());
        let row = match admitted.is_there {
            true => self.row(&admitted.supplier, &admitted.connector).await?,
            false => None,
        };
        let (row, hints, proven) = match self.proven(row, &admitted, incoming).await {
            Ok(proven) => proven,
            Err(why) => {
                lock(&self.callers).refused(admitted.door(), admitted.caller(), now);
                self.tell_why(admitted.from, &why, now);
                return Err(HookError::Refused);
            }
        };
        let key = (
            SupplierId::new(row.supplier_id.clone()),
            ConnectorId::new(row.connector_id.clone()),
        );
        if let Some(id) = &proven.id
            && lock(&self.seen).knows(&key, id)
        {
            return Ok(Receipt::Repeated);
        }
        let mut feeds = hints.feeds(incoming);
        feeds.retain(|feed| is_read(&row.kind, *feed));
        self.ask(&key, &feeds, now).await?;
        if let Some(id) = &proven.id {
            lock(&self.seen).note(key, id);
        }
        Ok(Receipt::Taken)
    }

    async fn row(&self, supplier: &str, connector: &str) -> StorageResult<Option<ConnectorInstanceRow>> {
        let mut tx = self.surroundings.db.read().await?;
        let row = connector_instance::find(&mut tx, supplier, connector).await?;
        tx.rollback().await?;
        Ok(row)
    }

    async fn proven(
        &self,
        row: Option<ConnectorInstanceRow>,
        admitted: &Admitted,
        incoming: &Incoming<'_>,
    ) -> Result<(ConnectorInstanceRow, Hints, Proven), Why> {
        let Some(row) = row else {
            return Err(Why {
                connector: None,
                reason: format!(
                    "there is no connector {:.40?}/{:.40?} with a table webhook",
                    admitted.supplier, admitted.connector
                ),
            });
        };
        let key = (
            SupplierId::new(row.supplier_id.clone()),
            ConnectorId::new(row.connector_id.clone()),
        );
        let why = |reason: String| Why {
            connector: Some(key.clone()),
            reason,
        };
        let Some(settings) = row.webhook.as_deref().filter(|_| row.enabled != 0) else {
            let reason = match row.enabled {
                0 => "the connector is switched off",
                _ => "the connector has no table webhook",
            };
            return Err(why(reason.to_owned()));
        };
        let settings: serde_json::Value = serde_json::from_str(settings)
            .map_err(|error| why(format!("connector_instance.webhook: {error}")))?;
        let secrets = open_secrets(&key.0, &row, &self.keyring).map_err(|error| why(error.to_string()))?;
        let secrets = secrets
            .iter()
            .map(|(name, secret)| (name.as_str(), secret.expose()));
        let hints = Hints::read(&row.connector_id, &settings, &secrets.collect())
            .map_err(|error| why(error.to_string()))?;
        let now = self.surroundings.now();
        let proven = match &hints.proof {
            Proof::Signature(rule) => rule.verify(incoming, now),
            Proof::Token(rule) => self.keys.verify(&key, row.version, rule, incoming, now).await,
        };
        match proven {
            Ok(proven) => Ok((row, hints, proven)),
            Err(refusal) => Err(why(refusal.to_string())),
        }
    }

    /// Makes feeds due, and wakes whoever reads them here. Of a thousand hints one is written.
    async fn ask(
        &self,
        key @ (supplier, connector): &(SupplierId, ConnectorId),
        feeds: &BTreeSet<HintedFeed>,
        now: i64,
    ) -> StorageResult<()> {
        let mut tx = self.surroundings.db.read().await?;
        let waiting = feed_hint::waiting(&mut tx, supplier.as_str(), connector.as_str()).await?;
        tx.rollback().await?;
        let new: Vec<HintedFeed> = feeds
            .iter()
            .copied()
            .filter(|feed| !waiting.iter().any(|name| name == feed.as_str()))
            .collect();
        if !new.is_empty() {
            let mut tx = self.surroundings.db.begin(Lane::Background).await?;
            for feed in &new {
                feed_hint::ask(&mut tx, supplier.as_str(), connector.as_str(), feed.as_str(), now).await?;
            }
            tx.commit().await?;
        }
        for feed in feeds {
            self.bells.of(key, *feed).notify_one();
        }
        Ok(())
    }

    /// Rings when a feed is hinted at.
    pub fn bell(&self, supplier: &SupplierId, connector: &ConnectorId, feed: HintedFeed) -> Arc<Notify> {
        self.bells.of(&(supplier.clone(), connector.clone()), feed)
    }

    /// Rings for every feed that is due: another gateway may have taken the hint, and not have come to read.
    pub async fn ring_due(&self) -> StorageResult<()> {
        let mut tx = self.surroundings.db.read().await?;
        let due = feed_hint::all_due(&mut tx).await?;
        tx.rollback().await?;
        for row in due {
            if let Some(feed) = HintedFeed::parse(&row.feed) {
                let key = (
                    SupplierId::new(row.supplier_id),
                    ConnectorId::new(row.connector_id),
                );
                self.bells.of(&key, feed).notify_one();
            }
        }
        Ok(())
    }

    /// Whether a reading of the feed is due.
    pub async fn is_due(
        &self,
        supplier: &SupplierId,
        connector: &ConnectorId,
        feed: HintedFeed,
    ) -> StorageResult<bool> {
        let mut tx = self.surroundings.db.read().await?;
        let due = feed_hint::due(&mut tx, supplier.as_str(), connector.as_str(), feed.as_str()).await?;
        tx.rollback().await?;
        Ok(due.is_some())
    }

    /// A reading begins. What it answers, if it was hinted at.
    pub async fn begin(
        &self,
        supplier: &SupplierId,
        connector: &ConnectorId,
        feed: HintedFeed,
    ) -> StorageResult<Option<i64>> {
        // Most readings come by themselves: those write nothing.
        if !self.is_due(supplier, connector, feed).await? {
            return Ok(None);
        }
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let answers = feed_hint::begin(&mut tx, supplier.as_str(), connector.as_str(), feed.as_str()).await?;
        tx.commit().await?;
        Ok(answers)
    }

    /// A reading that answers so much has ended well.
    pub async fn serve(
        &self,
        supplier: &SupplierId,
        connector: &ConnectorId,
        feed: HintedFeed,
        answers: i64,
    ) -> StorageResult<()> {
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        feed_hint::serve(
            &mut tx,
            supplier.as_str(),
            connector.as_str(),
            feed.as_str(),
            answers,
        )
        .await?;
        tx.commit().await
    }

    /// Once a minute for each connector; those that there are not count as one.
    fn tell_why(&self, from: IpAddr, why: &Why, now: i64) {
        let Some(others) = lock(&self.reasons).tell(why.connector.as_ref(), now) else {
            return;
        };
        let (supplier, connector) = match &why.connector {
            Some((supplier, connector)) => (supplier.as_str(), connector.as_str()),
            None => ("", ""),
        };
        let reason = &why.reason;
        tracing::warn!(supplier, connector, %from, reason, others, "a webhook was refused");
    }
}

impl Admitted {
    fn door(&self) -> Door {
        Door::of(&self.supplier, &self.connector, self.is_there)
    }

    fn caller(&self) -> Option<Caller> {
        Some(Caller::of(self.from))
    }
}

/// Whether there is such a feed. A shop is asked after orders only.
fn is_read(kind: &str, feed: HintedFeed) -> bool {
    is_erp(kind) || is_shop(kind) && feed == HintedFeed::Documents
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
