//! Connectors for the supplier's people: how they stand, and the switch.
//!
//! **Invariant:** who turned the switch and why is written in the transaction that turns it.

use punchgate_domain::{
    Instant,
    catalogue::Problem,
    ids::{ConnectorId, SupplierId},
};
use punchgate_storage::{
    Lane, StorageError,
    connector_instance::{self, ConnectorInstanceRow},
    history::{self, ChangeRow},
    supplier,
    sync::{self, CursorRow},
};

use super::{ConnectorSource, open_secrets};
use crate::{
    accounts::Author,
    clock::{from_micros, micros},
};

/// What lines about connectors are filed under.
const SUBJECT: &str = "connector";
/// Lines of the history that are read with a connector.
const WORDS: i64 = 5;

/// A connector as people see it.
#[derive(Clone, Debug)]
pub struct ConnectorView {
    /// Its id at the supplier.
    pub id: ConnectorId,
    /// Which kind.
    pub kind: String,
    /// `production` or `test`.
    pub mode: String,
    /// Whether it may be called.
    pub enabled: bool,
    /// The kinds of events that it is told of; none for one that hears of nothing.
    pub events: Vec<String>,
    /// Its secrets.
    pub secrets: SecretsView,
    /// How far its feeds were read.
    pub feeds: Vec<CursorRow>,
    /// What people did with it, newest first.
    pub words: Vec<ChangeRow>,
}

/// What may be told of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretsView {
    /// It has none.
    None,
    /// They do not open with the sealing keys of this gateway.
    Closed,
    /// One set.
    One {
        /// When it was last changed.
        since: Option<Instant>,
    },
    /// A new one and the one before it, which is still in use.
    Rotating {
        /// When they were last changed.
        since: Option<Instant>,
    },
}

/// Why the switch was not turned.
#[derive(Debug, thiserror::Error)]
pub enum SwitchError {
    /// There is no such connector.
    #[error("there is no connector '{0}'")]
    Unknown(ConnectorId),
    /// The database.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

impl SwitchError {
    /// What the person is told.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Unknown(_) => Problem::NotFound,
            Self::Storage(_) => Problem::Internal,
        }
    }
}

impl ConnectorSource {
    /// A supplier's connectors, by id.
    pub async fn overview(&self, supplier: &SupplierId) -> Result<Vec<ConnectorView>, StorageError> {
        let mut tx = self.surroundings.db.read().await?;
        let rows = connector_instance::of_supplier(&mut tx, supplier.as_str()).await?;
        let feeds = sync::cursors(&mut tx, supplier.as_str()).await?;
        let mut views = Vec::with_capacity(rows.len());
        for row in rows {
            let id = row.connector_id.as_str();
            let words = history::of_subject(&mut tx, supplier.as_str(), SUBJECT, id, WORDS).await?;
            views.push(ConnectorView {
                secrets: self.secrets_of(supplier, &row),
                feeds: feeds
                    .iter()
                    .filter(|feed| feed.connector_id == id)
                    .cloned()
                    .collect(),
                words,
                events: row
                    .events
                    .iter()
                    .flat_map(|kinds| kinds.split(' '))
                    .map(str::to_owned)
                    .collect(),
                enabled: row.enabled != 0,
                id: row.connector_id.into(),
                kind: row.kind,
                mode: row.mode,
            });
        }
        tx.rollback().await?;
        Ok(views)
    }

    /// Only their names are looked at: one that is called previous is from before a rotation.
    fn secrets_of(&self, supplier: &SupplierId, row: &ConnectorInstanceRow) -> SecretsView {
        let since = row.secrets_changed_at.map(from_micros);
        match open_secrets(supplier, row, &self.keyring) {
            Err(_) => SecretsView::Closed,
            Ok(secrets) if secrets.is_empty() => SecretsView::None,
            Ok(secrets) if secrets.keys().any(|name| name.starts_with("previous")) => {
                SecretsView::Rotating { since }
            }
            Ok(_) => SecretsView::One { since },
        }
    }

    /// Switches a connector on or off. Gateways see it within two seconds; what was to call it is tried again later.
    pub async fn switch(
        &self,
        supplier: &SupplierId,
        id: &ConnectorId,
        enabled: bool,
        author: &Author,
    ) -> Result<(), SwitchError> {
        let mut tx = self.surroundings.db.begin(Lane::Intake).await?;
        // Of two who switch at once, one waits here for the other.
        supplier::raise_directory_version(&mut tx).await?;
        let Some(before) = connector_instance::find(&mut tx, supplier.as_str(), id.as_str()).await? else {
            tx.rollback().await?;
            return Err(SwitchError::Unknown(id.clone()));
        };
        if (before.enabled != 0) == enabled {
            tx.rollback().await?;
            return Ok(());
        }
        let now = micros(self.surroundings.now());
        connector_instance::switch(&mut tx, supplier.as_str(), id.as_str(), enabled, now).await?;
        let line = ChangeRow {
            supplier_id: supplier.to_string(),
            change_id: self.surroundings.new_id(),
            subject: SUBJECT.to_owned(),
            subject_id: id.to_string(),
            field: "enabled".to_owned(),
            from_value: Some((!enabled).to_string()),
            to_value: Some(enabled.to_string()),
            who: author.who.clone(),
            why: author.why.clone(),
            changed_at: now,
        };
        history::insert_many(&mut tx, &[line]).await?;
        tx.commit().await?;
        self.lock().remove(&(supplier.clone(), id.clone()));
        tracing::warn!(%supplier, connector = %id, enabled, by = %author.who, why = %author.why,
            "a person turned the switch of a connector");
        Ok(())
    }
}
