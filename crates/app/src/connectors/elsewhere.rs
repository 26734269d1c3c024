//! A configured connector, made for another part of its ERP: to see what it makes of one that does not exist.

use punchgate_connector::{Connector, settings};
use punchgate_storage::connector_instance;

use super::{Connected, ConnectorSource, ConnectorSourceError, Instance, open_secrets};

impl ConnectorSource {
    /// The same connector for another scope, called with the contexts of the first. Nobody else is handed it.
    pub async fn elsewhere(
        &self,
        connected: &Connected,
        scope: &str,
    ) -> Result<Box<dyn Connector>, ConnectorSourceError> {
        let (supplier, id) = (&connected.supplier, &connected.id);
        let mut tx = self.surroundings.db.read().await?;
        let row = connector_instance::find(&mut tx, supplier.as_str(), id.as_str()).await?;
        tx.rollback().await?;
        let Some(row) = row else {
            return Err(ConnectorSourceError::Unknown {
                supplier: supplier.clone(),
                id: id.clone(),
            });
        };
        let broken = |reason: String| ConnectorSourceError::Broken {
            supplier: supplier.clone(),
            id: id.clone(),
            reason,
        };
        let secrets =
            open_secrets(supplier, &row, &self.keyring).map_err(|error| broken(error.to_string()))?;
        let mut instance = Instance::read(&row, secrets)?;
        instance.settings = settings::with_scope(&instance.settings, scope)
            .ok_or_else(|| broken(format!("its scope is a company's number, and '{scope}' is none")))?;
        let connector = self.registry.connector(&instance);
        let connector = connector
            .map_err(|error| broken(format!("{}: {}; {}", error.key, error.problem, error.remedy)))?;
        match &connected.child {
            Some(introduced) => connector
                .introduced(&introduced.said)
                .map_err(|error| broken(error.to_string())),
            None => Ok(connector),
        }
    }
}
