//! Settings of an instance.

use punchgate_connector::{
    Capabilities, ConfigError, Connector, Secrets,
    published::{Connection, SignedJson},
    settings::SettingsReader,
};

use crate::{
    connector::ErpHttp,
    convert,
    wire::{QUALITIES, WireQualities},
};

/// The kind in configuration.
pub const KIND: &str = "erp-http";

pub(crate) const ACCOUNTS: &str = "accounts";
pub(crate) const EXPOSURE: &str = "exposure";
pub(crate) const ORDERS: &str = "orders";
pub(crate) const DOCUMENTS: &str = "documents";

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let connection = Connection::read(&mut reader, secrets)?;
    let scope = reader.text("scope")?.unwrap_or_default().to_owned();
    let offered = reader.choice("capabilities", &[ACCOUNTS, EXPOSURE, ORDERS, DOCUMENTS])?;
    let capabilities = qualities(&mut reader)?;
    reader.finish()?;
    Ok(Box::new(ErpHttp {
        id: id.to_owned(),
        scope,
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
    convert::capabilities(stated).map_err(|mismatch| {
        reader.error(
            "settings.qualities",
            mismatch.to_string(),
            "write them as the server's describe does",
        )
    })
}
