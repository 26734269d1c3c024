//! Settings of an instance.

use http::HeaderValue;
use punchgate_connector::{ConfigError, Connector, Endpoint, Secrets, settings::SettingsReader};

use crate::{connector::Vendure, graphql::AdminApi};

/// The kind in configuration.
pub const KIND: &str = "storefront-vendure";

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
    let endpoint = Endpoint::read(&mut reader)?;
    let path = reader.text("admin_api_path")?.unwrap_or("admin-api");
    let url = endpoint.base.join(path.trim_matches('/')).map_err(|error| {
        reader.error(
            "settings.admin_api_path",
            format!("'{path}' is no path: {error}"),
            "write it as in the shop's apiOptions.adminApiPath, for example \"admin-api\"",
        )
    })?;
    if url.origin() != endpoint.base.origin() || !url.path().starts_with(endpoint.base.path()) {
        return Err(reader.error(
            "settings.admin_api_path",
            format!("'{path}' leads away from settings.base_url"),
            "write a path below it, for example \"admin-api\"",
        ));
    }
    let channel = channel(&mut reader)?;
    let key = key(&reader, secrets)?;
    let offered = reader.choice("capabilities", &[SESSIONS, CATALOGUE, ORDERS])?;
    reader.finish()?;
    Ok(Box::new(Vendure {
        id: id.to_owned(),
        offered,
        api: AdminApi {
            endpoint,
            url,
            key,
            channel,
        },
    }))
}

/// The token of the channel in which we work; without one Vendure takes its default channel.
fn channel(reader: &mut SettingsReader<'_>) -> Result<Option<HeaderValue>, ConfigError> {
    let Some(text) = reader.text("channel_token")? else {
        return Ok(None);
    };
    HeaderValue::from_str(text).map(Some).map_err(|_| {
        reader.error(
            "settings.channel_token",
            format!("'{text}' cannot stand in a header"),
            "copy the token from Settings → Channels in the shop's administration",
        )
    })
}

fn key(reader: &SettingsReader<'_>, secrets: &Secrets) -> Result<HeaderValue, ConfigError> {
    let remedy = "set it to an API key of the shop whose role has the permission Punchout";
    let Some(text) = secrets.get("api_key").filter(|text| !text.trim().is_empty()) else {
        return Err(reader.error("secrets.api_key", "is missing", remedy));
    };
    let mut value = HeaderValue::from_str(text.trim())
        .map_err(|_| reader.error("secrets.api_key", "cannot stand in a header", remedy))?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests;
