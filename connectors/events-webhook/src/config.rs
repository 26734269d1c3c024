//! Settings of an instance.

use std::time::Duration;

use punchgate_connector::{
    ConfigError, Connector, EgressRules, Secrets, endpoint::networks, published::connection::signing_secrets,
    settings::SettingsReader,
};
use punchgate_domain::event::EventKind;
use url::Url;

use crate::connector::Webhook;

/// The kind in configuration.
pub const KIND: &str = "events-webhook";

const REMEDY: &str = "write the whole address, such as https://erp.example.com/hooks/punchgate?tenant=7";

/// Makes a connector from the settings and secrets of an instance.
pub fn from_config(
    id: &str,
    settings: &serde_json::Value,
    secrets: &Secrets,
) -> Result<Box<dyn Connector>, ConfigError> {
    let mut reader = SettingsReader::new(id, settings)?;
    let plain_http = reader.flag("allow_http", false)?;
    let url = address(&mut reader, plain_http)?;
    let mut rules = EgressRules::only(&url);
    rules.plain_http = plain_http;
    rules.networks = networks(&mut reader)?;
    let roots = reader.texts("extra_root_certificates")?.unwrap_or_default();
    rules.extra_roots = roots.into_iter().map(str::to_owned).collect();
    let timeout = reader.number("timeout_seconds", 15, 1..=30)?;
    let wanted = wanted(&mut reader)?;
    let secrets = signing_secrets(&reader, secrets)?;
    reader.finish()?;
    Ok(Box::new(Webhook {
        id: id.to_owned(),
        url,
        rules,
        timeout: Duration::from_secs(timeout.into()),
        wanted,
        secrets,
    }))
}

/// The whole address: unlike that of a protocol it may have a query. It is no place for a secret: settings are not
/// sealed, and the signature says who sends.
fn address(reader: &mut SettingsReader<'_>, plain_http: bool) -> Result<Url, ConfigError> {
    let text = reader.required_text("url", "https://erp.example.com/hooks/punchgate")?;
    let refuse = |problem: String| reader.error("settings.url", problem, REMEDY);
    let url = Url::parse(text).map_err(|error| refuse(format!("is not an address: {error}")))?;
    match url.scheme() {
        "https" => {}
        "http" if plain_http => {}
        "http" => {
            return Err(refuse(
                "is plain http; add allow_http = true if the network between is yours".to_owned(),
            ));
        }
        scheme => return Err(refuse(format!("begins with {scheme}, not https"))),
    }
    if url.fragment().is_some() {
        return Err(refuse("has a part behind #, which is not sent".to_owned()));
    }
    if url.host().is_none() || !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("has no host, or a user name in it".to_owned()));
    }
    Ok(url)
}

/// The kinds of events; all where none are named.
fn wanted(reader: &mut SettingsReader<'_>) -> Result<Vec<EventKind>, ConfigError> {
    let Some(names) = reader.texts("events")? else {
        return Ok(EventKind::ALL.to_vec());
    };
    if names.is_empty() {
        return Err(reader.error(
            "settings.events",
            "names none",
            "name some, or leave the key out for all; enabled = false switches it off",
        ));
    }
    names
        .into_iter()
        .map(|name| {
            EventKind::parse(name).map_err(|_| {
                let known: Vec<&str> = EventKind::ALL.iter().map(|kind| kind.as_str()).collect();
                let remedy = format!("name any of {}, or leave the key out for all", known.join(", "));
                reader.error("settings.events", format!("'{name}' is no event"), remedy)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "whsec_AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

    /// Secrets by name.
    type Given<'a> = &'a [(&'a str, &'a str)];

    fn read(settings: &Value, secrets: Given<'_>) -> Result<Box<dyn Connector>, ConfigError> {
        let secrets = secrets
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        from_config("hooks", settings, &secrets.collect())
    }

    #[test]
    fn what_is_wrong_is_named() {
        let url = "https://erp.example.com/hooks";
        let secret = [("secret", SECRET)];
        let rows: &[(Value, Given<'_>, &str)] = &[
            (json!({}), &secret, "settings.url"),
            (json!({ "url": "erp.example.com/hooks" }), &secret, "settings.url"),
            (json!({ "url": "ftp://erp.example.com" }), &secret, "settings.url"),
            (
                json!({ "url": "http://erp.example.com" }),
                &secret,
                "settings.url",
            ),
            (
                json!({ "url": "https://me:it@erp.example.com" }),
                &secret,
                "settings.url",
            ),
            (
                json!({ "url": "https://erp.example.com/#here" }),
                &secret,
                "settings.url",
            ),
            (
                json!({ "url": url, "events": ["order.heard"] }),
                &secret,
                "settings.events",
            ),
            (json!({ "url": url, "events": [] }), &secret, "settings.events"),
            (
                json!({ "url": url, "timeout_seconds": 31 }),
                &secret,
                "settings.timeout_seconds",
            ),
            (
                json!({ "url": url, "allow_networks": ["here"] }),
                &secret,
                "settings.allow_networks",
            ),
            (json!({ "url": url, "colour": "red" }), &secret, "settings.colour"),
            (json!({ "url": url }), &[], "secrets.secret"),
            (json!({ "url": url }), &[("secret", "hunter2")], "secrets.secret"),
            (
                json!({ "url": url }),
                &[("secret", SECRET), ("previous_secret", "whsec_AQEB")],
                "secrets.previous_secret",
            ),
        ];
        for (settings, secrets, key) in rows {
            let error = read(settings, secrets).unwrap_err();
            assert_eq!(error.key, *key, "{settings}: {error}");
        }
    }

    #[test]
    fn without_names_it_is_told_of_everything() {
        let url = "https://erp.example.com/hooks?tenant=7";
        let all = read(&json!({ "url": url }), &[("secret", SECRET)]).unwrap();
        assert_eq!(all.spec().events.unwrap().wanted(), EventKind::ALL);
        let some = json!({ "url": url, "events": ["order.held", "hold.placed"] });
        let some = read(&some, &[("secret", SECRET)]).unwrap();
        let wanted = some.spec().events.unwrap().wanted().to_vec();
        assert_eq!(wanted, [EventKind::OrderHeld, EventKind::HoldPlaced]);
        assert_eq!(some.spec().names(), ["events"]);
    }
}
