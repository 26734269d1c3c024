//! The suppliers and their trading relationships, held in memory and re-read when they change.
//!
//! A change — by `apply`, by an operator's kill switch, in this process or another one — counts within
//! [`FRESH_FOR`]: older than that, the directory first asks the database for the directory's version.
//! **Invariant:** every relationship in here is typed and its secrets are open; one that does not read is
//! reported under its name and hinders no other.

pub mod desk;
pub mod entries;
pub(crate) mod holding;
pub mod hosts;
pub mod mapping;
pub mod mode;
pub mod relationship;
pub mod secrets;
pub mod settings;
mod snapshot;

use std::{
    sync::{Arc, RwLock},
    time::Duration,
};

use punchgate_domain::{
    Instant,
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
};
use punchgate_storage::{
    Lane, StorageError, Tx,
    history::{self, ChangeRow},
    relationship as stored, supplier,
};

use crate::{
    Surroundings,
    accounts::Author,
    clock::{from_micros, micros},
    seal::Keyring,
};

pub use holding::Holding;
pub use hosts::{HostRefusal, HostRule, HostRules};
pub use mapping::{MappingKind, Mappings};
pub use mode::Mode;
pub use relationship::{
    BuyerSystemRule, Identity, Outbound, Policies, Relationship, Supplier, Users, is_slug, parse_path_text,
    path_text,
};
pub(crate) use snapshot::{Key, Party, Slot, Snapshot, SupplierSettings, place_of};

/// How long the directory is believed without asking the database.
pub const FRESH_FOR: Duration = Duration::from_secs(2);

/// What a relationship's lines in the history are filed under.
const SUBJECT: &str = "relationship";
/// The field of those that tell of the kill switch.
const SWITCH: &str = "enabled";
/// How many lines of the history are looked at for it.
const LINES: i64 = 50;

/// How the kill switch of a relationship stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switched {
    /// Whether the relationship is on.
    pub enabled: bool,
    /// Since when, as far as that is known.
    pub since: Instant,
}

/// The directory.
#[derive(Debug)]
pub struct Directory {
    surroundings: Surroundings,
    keyring: Arc<Keyring>,
    held: RwLock<Option<Held>>,
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Clone, Debug)]
struct Held {
    snapshot: Arc<Snapshot>,
    checked_at: Instant,
}

/// Why there is no answer from the directory.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is no such supplier or relationship.
    #[error("there is no relationship '{0}'")]
    Unknown(String),
    /// It is there, but does not read: an operator mends it.
    #[error("relationship '{name}' cannot be used: {reason}")]
    Broken {
        /// Its path text.
        name: String,
        /// What is wrong.
        reason: String,
    },
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// The suppliers that there are, whether or not their relationships read.
pub async fn supplier_ids(surroundings: &Surroundings) -> Result<Vec<SupplierId>, StorageError> {
    let mut tx = surroundings.db.read().await?;
    let rows = supplier::all(&mut tx).await?;
    tx.rollback().await?;
    Ok(rows
        .into_iter()
        .map(|row| SupplierId::new(row.supplier_id))
        .collect())
}

impl DirectoryError {
    /// What the partner is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Unknown(_) => Problem::UnknownRelationship,
            Self::Broken { .. } | Self::Storage(_) => Problem::Internal,
        }
    }
}

impl Directory {
    /// A directory that has read nothing yet.
    pub fn new(surroundings: Surroundings, keyring: Arc<Keyring>) -> Self {
        Self {
            surroundings,
            keyring,
            held: RwLock::new(None),
            refreshing: tokio::sync::Mutex::new(()),
        }
    }

    /// A relationship by its ids, whether it is switched on or not.
    pub async fn relationship(
        &self,
        supplier: &SupplierId,
        id: &RelationshipId,
    ) -> Result<Arc<Relationship>, DirectoryError> {
        self.snapshot().await?.relationship(supplier, id)
    }

    /// A relationship by the text that stands for it in an address, whether it is switched on or not.
    pub async fn by_url(&self, text: &str) -> Result<Arc<Relationship>, DirectoryError> {
        let (supplier, id) = parse_path_text(text).ok_or_else(|| unknown(text))?;
        self.relationship(&supplier, &id).await
    }

    /// The supplier in the text that stands for a relationship in an address, whether or not it has that
    /// relationship.
    pub async fn supplier_by_url(&self, text: &str) -> Result<SupplierId, DirectoryError> {
        let (supplier, _) = parse_path_text(text).ok_or_else(|| unknown(text))?;
        Ok(self.supplier(&supplier).await?.id.clone())
    }

    /// A supplier.
    pub async fn supplier(&self, id: &SupplierId) -> Result<Arc<Supplier>, DirectoryError> {
        let snapshot = self.snapshot().await?;
        snapshot.supplier(id).ok_or_else(|| unknown(id.as_str()))
    }

    /// All suppliers, by id.
    pub async fn suppliers(&self) -> Result<Vec<Arc<Supplier>>, DirectoryError> {
        Ok(self.snapshot().await?.suppliers())
    }

    /// All relationships of a supplier that read, by id.
    pub async fn relationships(
        &self,
        supplier: &SupplierId,
    ) -> Result<Vec<Arc<Relationship>>, DirectoryError> {
        Ok(self.snapshot().await?.relationships(supplier))
    }

    /// Turns the kill switch of a relationship; what stands so already stays, and says since when.
    pub async fn switch(
        &self,
        supplier: &SupplierId,
        id: &RelationshipId,
        enabled: bool,
        author: &Author,
    ) -> Result<Switched, DirectoryError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        // Of two who switch at once, one waits here for the other.
        supplier::raise_directory_version(&mut tx).await?;
        let Some(before) = stored::get(&mut tx, supplier.as_str(), id.as_str()).await? else {
            tx.rollback().await?;
            return Err(unknown(&path_text(supplier, id)));
        };
        if (before.enabled != 0) == enabled {
            let since = switched_at(&mut tx, &before).await?;
            tx.rollback().await?;
            return Ok(Switched { enabled, since });
        }
        let now = micros(self.surroundings.now());
        stored::switch(&mut tx, supplier.as_str(), id.as_str(), enabled, now).await?;
        let line = ChangeRow {
            supplier_id: supplier.to_string(),
            change_id: self.surroundings.new_id(),
            subject: SUBJECT.to_owned(),
            subject_id: id.to_string(),
            field: SWITCH.to_owned(),
            from_value: Some((!enabled).to_string()),
            to_value: Some(enabled.to_string()),
            who: author.who.clone(),
            why: author.why.clone(),
            changed_at: now,
        };
        history::insert_many(&mut tx, &[line]).await?;
        tx.commit().await?;
        self.forget();
        tracing::warn!(relationship = %path_text(supplier, id), enabled, by = %author.who, why = %author.why,
            "a person turned the switch of a relationship");
        let since = from_micros(now);
        Ok(Switched { enabled, since })
    }

    /// Asks the database anew at the next call; for whoever has just changed something.
    pub fn forget(&self) {
        if let Some(held) = self
            .held
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .as_mut()
        {
            held.checked_at = Instant::MIN;
        }
    }

    /// What is true now, or was at most [`FRESH_FOR`] ago.
    pub(crate) async fn snapshot(&self) -> Result<Arc<Snapshot>, DirectoryError> {
        if let Some(snapshot) = self.fresh() {
            return Ok(snapshot);
        }
        let _one_at_a_time = self.refreshing.lock().await;
        // Somebody else may have asked while this call stood in line.
        if let Some(snapshot) = self.fresh() {
            return Ok(snapshot);
        }
        let known = self.held().map(|held| held.snapshot);
        // The time before the question: what changes while it is answered counts as not seen.
        let checked_at = self.surroundings.now();
        let mut tx = self.surroundings.db.read().await?;
        let version = supplier::directory_version(&mut tx).await?;
        let snapshot = match known {
            Some(known) if known.version() == version => known,
            known => Arc::new(Snapshot::load(&mut tx, version, known.as_deref(), &self.keyring).await?),
        };
        tx.rollback().await?;
        *self
            .held
            .write()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(Held {
            snapshot: Arc::clone(&snapshot),
            checked_at,
        });
        Ok(snapshot)
    }

    fn held(&self) -> Option<Held> {
        self.held
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    fn fresh(&self) -> Option<Arc<Snapshot>> {
        let held = self.held()?;
        crate::connectors::is_fresh(held.checked_at, self.surroundings.now()).then_some(held.snapshot)
    }

    pub(crate) fn now(&self) -> Instant {
        self.surroundings.now()
    }
}

/// Since when a relationship stands as it does: `apply` may have switched it, too, which no line tells.
async fn switched_at(tx: &mut Tx, row: &stored::RelationshipRow) -> Result<Instant, StorageError> {
    let told = history::of_subject(tx, &row.supplier_id, SUBJECT, &row.relationship_id, LINES).await?;
    let is_on = (row.enabled != 0).to_string();
    let last = told.into_iter().find(|line| line.field == SWITCH);
    let at = last.filter(|line| line.to_value.as_ref() == Some(&is_on));
    Ok(from_micros(at.map_or(row.updated_at, |line| line.changed_at)))
}

fn unknown(text: &str) -> DirectoryError {
    DirectoryError::Unknown(text.chars().take(100).collect())
}
