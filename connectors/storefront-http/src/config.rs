//! Settings of an instance.

use punchgate_connector::{
    Capabilities, ConfigError, Connector, Secrets,
    published::{Connection, SignedJson},
    settings::SettingsReader,
};

use crate::{
    connector::StorefrontHttp,
    convert,
    wire::{QUALITIES, WireQualities},
};

/// The kind in configuration.
pub const KIND: &str = "storefront-http";

pub(crate) const SESSIONS: &str = "sessions";
pub(crate) const CATALOGUE: &str = "catalogue";
pub(crate) const ORDERS: &str = "orders";

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let connection = Connection::read(&mut reader, secrets)?;
    let offered = reader.choice("capabilities", &[SESSIONS, CATALOGUE, ORDERS])?;
    let capabilities = qualities(&mut reader)?;
    reader.finish()?;
    Ok(Box::new(StorefrontHttp {
        id: id.to_owned(),
        offered,
        capabilities,
        peer: SignedJson::new(connection),
    }))
}

/// What the operator states of the other side, in the words of `describe`; what is not stated is read carefully.
fn qualities(reader: &mut SettingsReader<'_>) -> Result<Capabilities, ConfigError> {
    let Some(table) = reader.table("qualities", QUALITIES)? else {
        return Ok(Capabilities::default());
    };
    let stated: WireQualities = serde_json::from_value(table.clone()).map_err(|error| {
        reader.error(
            "settings.qualities",
            error.to_string(),
            "write them as the server's describe does",
        )
    })?;
    Ok(convert::capabilities(&stated))
}
