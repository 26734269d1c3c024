//! The kinds of connectors that there are, and how one is made of its settings.

use std::{collections::BTreeMap, fmt, sync::Arc};

use punchgate_connector::{
    ConfigError, Connector, Secrets,
    child::Child,
    egress::Egress,
    folder::{Folder, Roots},
};
use punchgate_domain::event::EventKind;

use super::Instance;
use crate::nearest::suggestion;

/// Makes a connector of one kind from its settings and secrets; calls nobody.
/// It is handed the instance's id, its settings and its opened secrets.
pub type Constructor = fn(&str, &serde_json::Value, &Secrets) -> Result<Box<dyn Connector>, ConfigError>;

/// A connector, the client that its rules allow, its program, not started, and its folder.
#[derive(Debug)]
pub(super) struct Built {
    pub(super) connector: Arc<dyn Connector>,
    pub(super) http: Egress,
    pub(super) child: Option<Child>,
    pub(super) folder: Option<Folder>,
}

/// The kinds of connectors that there are.
#[derive(Clone, Default)]
pub struct ConnectorRegistry {
    constructors: BTreeMap<&'static str, Constructor>,
    roots: Roots,
}

impl fmt::Debug for ConnectorRegistry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.constructors.keys()).finish()
    }
}

impl ConnectorRegistry {
    /// A registry without kinds.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a kind.
    #[must_use]
    pub fn with(mut self, kind: &'static str, constructor: Constructor) -> Self {
        self.constructors.insert(kind, constructor);
        self
    }

    /// With the folders of this machine below which the folders of connectors may lie.
    #[must_use]
    pub fn with_roots(mut self, roots: Roots) -> Self {
        self.roots = roots;
        self
    }

    /// The kinds, by name.
    pub fn kinds(&self) -> Vec<&'static str> {
        self.constructors.keys().copied().collect()
    }

    /// What is wrong with an instance, if anything is: the key, and what to do. Else the kinds of events that it is
    /// told of.
    pub fn check(&self, instance: &Instance) -> Result<Vec<EventKind>, ConfigError> {
        let built = self.build(instance)?;
        let events = built.connector.spec().events;
        Ok(events.map_or_else(Vec::new, |events| events.wanted().to_vec()))
    }

    /// The connector itself, as its settings have it.
    pub(super) fn connector(&self, instance: &Instance) -> Result<Box<dyn Connector>, ConfigError> {
        let Some(constructor) = self.constructors.get(instance.kind.as_str()) else {
            return Err(ConfigError {
                connector: instance.id.to_string(),
                key: "kind".to_owned(),
                problem: format!("there is no connector of kind '{}'", instance.kind),
                remedy: suggestion(&instance.kind, &self.kinds()),
            });
        };
        constructor(instance.id.as_str(), &instance.settings, &instance.own_secrets())
    }

    /// Whether an instance, as it is set up, says how much of an order it confirms; not of one that cannot be made.
    pub(crate) fn confirms_quantities(&self, instance: &Instance) -> bool {
        let built = self.build(instance);
        built.is_ok_and(|built| built.connector.spec().capabilities.confirms_quantities)
    }

    pub(super) fn build(&self, instance: &Instance) -> Result<Built, ConfigError> {
        let error = |key: &str, problem: String, remedy: String| ConfigError {
            connector: instance.id.to_string(),
            key: key.to_owned(),
            problem,
            remedy,
        };
        let connector: Arc<dyn Connector> = Arc::from(self.connector(instance)?);
        let http = Egress::new(connector.egress_rules())
            .map_err(|setup| error("settings", setup.to_string(), "correct the addresses".to_owned()))?;
        let child = connector.program().map(Child::new).transpose().map_err(|wrong| {
            let remedy =
                "install it where the gateway runs, and correct settings.command or settings.directory";
            error("settings.command", wrong.to_string(), remedy.to_owned())
        })?;
        let mut paths = connector.paths().into_iter();
        if let Some((key, path)) = paths.find(|(_, path)| self.roots.above(path).is_none()) {
            let problem = format!("{} lies under no folder that may be used", path.display());
            let remedy = "write it without . and .., and name a folder above it in [folders] roots of the configuration";
            return Err(error(key, problem, remedy.to_owned()));
        }
        let folder = connector.folder().map(|place| Folder::new(place, &self.roots));
        let folder = folder
            .transpose()
            .map_err(|wrong| error("settings.folder", wrong.problem, wrong.remedy))?;
        Ok(Built {
            connector,
            http,
            child,
            folder,
        })
    }
}
