//! Settings of an instance.

use punchgate_connector::{
    ConfigError, Connector, Secrets,
    published::{
        Connection, SignedJson,
        erp::{Erp, ErpSettings},
    },
    settings::SettingsReader,
};

use crate::connector::ErpHttp;

/// The kind in configuration.
pub const KIND: &str = "erp-http";

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let connection = Connection::read(&mut reader, secrets)?;
    let erp = ErpSettings::read(&mut reader)?;
    let capabilities = ErpSettings::qualities(&mut reader)?;
    reader.finish()?;
    Ok(Box::new(ErpHttp {
        id: id.to_owned(),
        erp: Erp::stated(erp, capabilities, SignedJson::new(connection)),
    }))
}
