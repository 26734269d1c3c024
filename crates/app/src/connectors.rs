//! Configured connectors, made into ones that can be called: settings read, secrets opened, one guarded client
//! for each instance, and its program or folder, if it uses one.
//!
//! Which kinds there are is a parameter ([`ConnectorRegistry`]); this module knows none by name. An instance is
//! made once for each version of its row.

mod desk;
mod elsewhere;
mod kinds;
mod registry;
mod secrets;

pub use desk::{ConnectorView, SecretsView, SwitchError};
pub use kinds::{is_erp, is_shop};
pub use registry::{ConnectorRegistry, Constructor};

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use jiff::SignedDuration;
use punchgate_connector::{
    ConfigError, Connector, Context, Secrets, Spec,
    child::{Child, ChildError},
    egress::Egress,
    folder::Folder,
    hint::{self, Hints},
    settings,
};
use punchgate_domain::{
    Instant,
    ids::{ConnectorId, SupplierId},
};
use punchgate_storage::{
    StorageError, StorageResult,
    connector_instance::{self, ConnectorInstanceRow},
};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::{
    Surroundings,
    directory::{FRESH_FOR, Mode},
    provisioning::{Provisioning, SecretSource},
    seal::{Keyring, Secret},
    sync::{SyncPolicy, SyncSettings},
};
pub(crate) use secrets::{open_secrets, seal_secrets};

/// A configured connector as its constructor is handed it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Whose it is.
    pub supplier: SupplierId,
    /// Its id at the supplier.
    pub id: ConnectorId,
    /// Which kind.
    pub kind: String,
    /// Production or test.
    pub mode: Mode,
    /// Whether it may be called.
    pub enabled: bool,
    /// Its settings.
    pub settings: serde_json::Value,
    /// What is settled for its synchronisation.
    pub sync: SyncPolicy,
    /// How its hints come in, if they do.
    pub webhook: Option<serde_json::Value>,
    /// Its secrets by name.
    pub secrets: BTreeMap<String, Secret>,
    /// Raised by every change.
    pub version: i64,
}

/// A connector that can be called.
#[derive(Debug)]
pub struct Connected {
    /// Whose it is.
    pub supplier: SupplierId,
    /// Its id at the supplier.
    pub id: ConnectorId,
    /// Production or test.
    pub mode: Mode,
    /// Which part of the ERP it is for: [`settings::scope`].
    pub scope: String,
    /// The connector.
    pub connector: Arc<dyn Connector>,
    /// What is settled for its synchronisation.
    pub sync: SyncPolicy,
    /// Raised by every change of its settings.
    pub version: i64,
    http: Egress,
    turns: Option<Arc<Semaphore>>,
    child: Option<Introduced>,
    folder: Option<Folder>,
}

/// A program, and what it said of itself when the connector was made: the connector can do what it said.
#[derive(Debug)]
struct Introduced {
    child: Child,
    said: Arc<[u8]>,
}

impl Connected {
    /// What it is and what it can do.
    pub fn spec(&self) -> Spec<'_> {
        self.connector.spec()
    }

    /// The context of one attempt. `operation_id` is never used twice: the ids of requests are made from it.
    pub fn context(
        &self,
        operation_id: impl Into<String>,
        now: Instant,
        timeout: Duration,
        cancel: CancellationToken,
    ) -> Context {
        let child = self.child.as_ref().map(|introduced| introduced.child.clone());
        Context::new(operation_id, now, timeout, cancel, self.http.clone())
            .with_turns(self.turns.clone())
            .with_child(child)
            .with_folder(self.folder.clone())
    }

    /// Whether its program, started again, still says what it said.
    fn is_up_to_date(&self) -> bool {
        self.child
            .as_ref()
            .is_none_or(|introduced| introduced.child.latest_greeting().as_ref() == Some(&introduced.said))
    }
}

/// Why a connector cannot be called.
#[derive(Debug, thiserror::Error)]
pub enum ConnectorSourceError {
    /// There is no such instance.
    #[error("supplier {supplier} has no connector '{id}'")]
    Unknown {
        /// Supplier.
        supplier: SupplierId,
        /// Connector.
        id: ConnectorId,
    },
    /// An operator switched it off.
    #[error("connector {supplier}/{id} is switched off")]
    Disabled {
        /// Supplier.
        supplier: SupplierId,
        /// Connector.
        id: ConnectorId,
    },
    /// It cannot be made of its row: an operator mends it.
    #[error("connector {supplier}/{id} cannot be used: {reason}")]
    Broken {
        /// Supplier.
        supplier: SupplierId,
        /// Connector.
        id: ConnectorId,
        /// What is wrong.
        reason: String,
    },
    /// Its program does not run, or not so that it can be spoken to; it is started again by and by.
    #[error("connector {supplier}/{id} cannot be used: {error}")]
    Program {
        /// Supplier.
        supplier: SupplierId,
        /// Connector.
        id: ConnectorId,
        /// What happened.
        error: ChildError,
    },
    /// The database gives no answer.
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// Hands out connectors.
#[derive(Debug)]
pub struct ConnectorSource {
    surroundings: Surroundings,
    keyring: Arc<Keyring>,
    registry: ConnectorRegistry,
    made: Mutex<HashMap<(SupplierId, ConnectorId), Made>>,
    /// The programs of instances with the version of their row: whoever asks for one that is being started waits for it.
    children: Mutex<HashMap<(SupplierId, ConnectorId), (i64, Child)>>,
}

#[derive(Debug, Clone)]
struct Made {
    connected: Arc<Connected>,
    checked_at: Instant,
}

impl ConnectorSource {
    /// A source that has made nothing yet.
    pub fn new(surroundings: Surroundings, keyring: Arc<Keyring>, registry: ConnectorRegistry) -> Self {
        Self {
            surroundings,
            keyring,
            registry,
            made: Mutex::default(),
            children: Mutex::default(),
        }
    }

    /// The kinds that there are.
    pub fn registry(&self) -> &ConnectorRegistry {
        &self.registry
    }

    /// What it takes to enter another one, with secrets from there.
    pub fn provisioning<'a>(&'a self, secrets: &'a dyn SecretSource) -> Provisioning<'a> {
        Provisioning {
            surroundings: &self.surroundings,
            keyring: &self.keyring,
            connectors: &self.registry,
            secrets,
        }
    }

    /// A connector of a supplier. A change of its row counts within two seconds.
    pub async fn connector(
        &self,
        supplier: &SupplierId,
        id: &ConnectorId,
    ) -> Result<Arc<Connected>, ConnectorSourceError> {
        let key = (supplier.clone(), id.clone());
        let now = self.surroundings.now();
        let known = self.lock().get(&key).cloned();
        if let Some(made) = &known
            && is_fresh(made.checked_at, now)
            && made.connected.is_up_to_date()
        {
            return Ok(Arc::clone(&made.connected));
        }
        let mut tx = self.surroundings.db.read().await?;
        let row = connector_instance::find(&mut tx, supplier.as_str(), id.as_str()).await?;
        tx.rollback().await?;
        let connected = match self.connected(&key, row, known).await {
            Ok(connected) => connected,
            Err(error) => {
                self.lock().remove(&key);
                if !matches!(error, ConnectorSourceError::Program { .. }) {
                    self.lock_children().remove(&key);
                }
                return Err(error);
            }
        };
        let made = Made {
            connected: Arc::clone(&connected),
            checked_at: now,
        };
        self.lock().insert(key, made);
        Ok(connected)
    }

    async fn connected(
        &self,
        key @ (supplier, id): &(SupplierId, ConnectorId),
        row: Option<ConnectorInstanceRow>,
        known: Option<Made>,
    ) -> Result<Arc<Connected>, ConnectorSourceError> {
        let (supplier, id) = (supplier.clone(), id.clone());
        let Some(row) = row else {
            return Err(ConnectorSourceError::Unknown { supplier, id });
        };
        if row.enabled == 0 {
            return Err(ConnectorSourceError::Disabled { supplier, id });
        }
        if let Some(made) = known
            && made.connected.version == row.version
            && made.connected.is_up_to_date()
        {
            return Ok(made.connected);
        }
        let broken = |reason: String| ConnectorSourceError::Broken {
            supplier: supplier.clone(),
            id: id.clone(),
            reason,
        };
        let secrets =
            open_secrets(&supplier, &row, &self.keyring).map_err(|error| broken(error.to_string()))?;
        let instance = Instance::read(&row, secrets)?;
        let mut built = self
            .registry
            .build(&instance)
            .map_err(|error| broken(format!("{}: {}; {}", error.key, error.problem, error.remedy)))?;
        let mut introduced = None;
        if let Some(child) = built.child.take() {
            let child = self.running(key, row.version, child);
            let said = child
                .greeting()
                .await
                .map_err(|error| ConnectorSourceError::Program {
                    supplier: supplier.clone(),
                    id: id.clone(),
                    error,
                })?;
            let connector = built.connector.introduced(&said);
            built.connector = connector.map_err(|error| broken(error.to_string()))?.into();
            introduced = Some(Introduced { child, said });
        }
        let at_a_time = built.connector.spec().capabilities.max_concurrency;
        let at_a_time = at_a_time.map(|requests| usize::try_from(requests).unwrap_or(1).max(1));
        Ok(Arc::new(Connected {
            supplier: instance.supplier,
            id: instance.id,
            mode: instance.mode,
            scope: settings::scope(&instance.settings),
            turns: at_a_time.map(|requests| Arc::new(Semaphore::new(requests))),
            connector: built.connector,
            sync: instance.sync,
            http: built.http,
            folder: built.folder,
            child: introduced,
            version: row.version,
        }))
    }

    /// The program of this version of an instance, the same for all.
    fn running(&self, key: &(SupplierId, ConnectorId), version: i64, new: Child) -> Child {
        let mut children = self.lock_children();
        match children.get(key) {
            Some((known, child)) if *known == version => child.clone(),
            _ => {
                children.insert(key.clone(), (version, new.clone()));
                new
            }
        }
    }

    fn lock_children(&self) -> std::sync::MutexGuard<'_, HashMap<(SupplierId, ConnectorId), (i64, Child)>> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<(SupplierId, ConnectorId), Made>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether something seen at an instant still counts; a clock that was set back makes nothing younger.
pub(crate) fn is_fresh(seen_at: Instant, now: Instant) -> bool {
    let age = now.duration_since(seen_at);
    let fresh_for = SignedDuration::try_from(FRESH_FOR).unwrap_or(SignedDuration::ZERO);
    age >= SignedDuration::ZERO && age < fresh_for
}

impl Instance {
    /// Its secrets as connectors take them; those of its hints are none of its business.
    fn own_secrets(&self) -> Secrets {
        let own = self.secrets.iter().filter(|(name, _)| !is_of_hints(name));
        own.map(|(name, secret)| (name.as_str(), secret.expose()))
            .collect()
    }

    /// How its hints come in, if they do; else what is wrong with that.
    pub fn hints(&self) -> Result<Option<Hints>, ConfigError> {
        let Some(settings) = &self.webhook else {
            return match self.secrets.keys().find(|name| is_of_hints(name)) {
                None => Ok(None),
                Some(name) => Err(ConfigError {
                    connector: self.id.to_string(),
                    key: format!("secrets.{name}"),
                    problem: "is given, and nothing says how webhooks come in".to_owned(),
                    remedy: "add [supplier.connector.webhook], or remove the secret".to_owned(),
                }),
            };
        };
        let secrets = self
            .secrets
            .iter()
            .map(|(name, secret)| (name.as_str(), secret.expose()));
        Hints::read(self.id.as_str(), settings, &secrets.collect()).map(Some)
    }

    /// An instance out of its row and its opened secrets.
    pub(crate) fn read(row: &ConnectorInstanceRow, secrets: BTreeMap<String, Secret>) -> StorageResult<Self> {
        Ok(Self {
            supplier: row.supplier_id.as_str().into(),
            id: row.connector_id.as_str().into(),
            kind: row.kind.clone(),
            mode: Mode::parse(&row.mode)
                .ok_or_else(|| StorageError::corrupt("connector_instance.mode", &row.mode))?,
            enabled: row.enabled != 0,
            settings: serde_json::from_str(&row.settings)
                .map_err(|error| StorageError::corrupt("connector_instance.settings", error))?,
            sync: sync_policy(row)?,
            webhook: row
                .webhook
                .as_deref()
                .map(serde_json::from_str)
                .transpose()
                .map_err(|error| StorageError::corrupt("connector_instance.webhook", error))?,
            secrets,
            version: row.version,
        })
    }
}

/// What is settled for the synchronisation with an instance.
pub(crate) fn sync_policy(row: &ConnectorInstanceRow) -> StorageResult<SyncPolicy> {
    let corrupt = |error: String| StorageError::corrupt("connector_instance.sync", error);
    let settings: SyncSettings =
        serde_json::from_str(&row.sync).map_err(|error| corrupt(error.to_string()))?;
    settings.read().map_err(|problems| {
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        corrupt(texts.join("; "))
    })
}

fn is_of_hints(secret: &str) -> bool {
    [hint::SECRET, hint::PREVIOUS_SECRET].contains(&secret)
}
