//! The settings that every connector of a published protocol has: where, with which secrets, how long.

use std::time::Duration;

use punchgate_egress::{EgressRules, IpNet};
use url::Url;

use crate::{
    settings::{ConfigError, Secrets, SettingsReader},
    webhook_signature::SigningSecrets,
};

/// Where the other side is and how it is spoken to.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Every operation is a path below it.
    pub base: Url,
    /// Sign and verify.
    pub secrets: SigningSecrets,
    /// What may be reached: only the base's host and port.
    pub rules: EgressRules,
    /// How long a read may take.
    pub read_timeout: Duration,
    /// How long a change may take.
    pub change_timeout: Duration,
    /// How much an answer may hold.
    pub max_response_bytes: usize,
}

impl Connection {
    /// Reads `base_url`, `allow_http`, `allow_networks`, `extra_root_certificates`, `read_timeout_seconds`,
    /// `change_timeout_seconds`, `max_response_kib`, and the secrets `secret` and `previous_secret`.
    pub fn read(reader: &mut SettingsReader<'_>, secrets: &Secrets) -> Result<Self, ConfigError> {
        let plain_http = reader.flag("allow_http", false)?;
        let base = base_url(reader, plain_http)?;
        let mut rules = EgressRules::only(&base);
        rules.plain_http = plain_http;
        rules.networks = networks(reader)?;
        let roots = reader.texts("extra_root_certificates")?.unwrap_or_default();
        rules.extra_roots = roots.into_iter().map(str::to_owned).collect();
        let read = reader.number("read_timeout_seconds", 10, 1..=120)?;
        let change = reader.number("change_timeout_seconds", 30, 1..=300)?;
        let kib = reader.number("max_response_kib", 4096, 16..=65_536)?;
        Ok(Self {
            base,
            secrets: signing_secrets(reader, secrets)?,
            rules,
            read_timeout: Duration::from_secs(read.into()),
            change_timeout: Duration::from_secs(change.into()),
            max_response_bytes: usize::try_from(kib).unwrap_or(usize::MAX).saturating_mul(1024),
        })
    }
}

fn base_url(reader: &mut SettingsReader<'_>, plain_http: bool) -> Result<Url, ConfigError> {
    let text = reader.required_text("base_url", "https://erp.example.com/punchgate")?;
    let remedy = "write an address such as https://erp.example.com/punchgate, without query and user name";
    let mut url = Url::parse(text).map_err(|error| {
        reader.error(
            "settings.base_url",
            format!("'{text}' is not an address: {error}"),
            remedy,
        )
    })?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if !plain || url.password().is_some() || url.cannot_be_a_base() || url.host().is_none() {
        return Err(reader.error(
            "settings.base_url",
            "has a query, fragment or user name, or no host",
            remedy,
        ));
    }
    match url.scheme() {
        "https" => {}
        "http" if plain_http => {}
        "http" => {
            return Err(reader.error(
                "settings.base_url",
                "is http, which anybody on the way can read",
                "use https, or set allow_http = true for a test on this machine",
            ));
        }
        other => return Err(reader.error("settings.base_url", format!("'{other}' is not https"), remedy)),
    }
    // A base without the closing slash would lose its last segment when a path is joined.
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

fn networks(reader: &mut SettingsReader<'_>) -> Result<Vec<IpNet>, ConfigError> {
    reader
        .texts("allow_networks")?
        .unwrap_or_default()
        .into_iter()
        .map(|text| {
            text.parse().map_err(|_| {
                reader.error(
                    "settings.allow_networks",
                    format!("'{text}' is not a network"),
                    "write networks such as 10.20.0.0/16 or 127.0.0.0/8",
                )
            })
        })
        .collect()
}

fn signing_secrets(reader: &SettingsReader<'_>, secrets: &Secrets) -> Result<SigningSecrets, ConfigError> {
    let remedy = "set it to whsec_ and the base64 of 24 to 64 random bytes, the same on both sides";
    let Some(current) = secrets.get("secret") else {
        return Err(reader.error("secrets.secret", "is missing", remedy));
    };
    for (key, secret) in [
        ("secrets.secret", Some(current)),
        ("secrets.previous_secret", secrets.get("previous_secret")),
    ] {
        if let Some(Err(error)) = secret.map(|secret| SigningSecrets::parse([secret])) {
            return Err(reader.error(key, format!("cannot be used: {error}"), remedy));
        }
    }
    SigningSecrets::parse(
        [Some(current), secrets.get("previous_secret")]
            .into_iter()
            .flatten(),
    )
    .map_err(|error| reader.error("secrets.secret", format!("cannot be used: {error}"), remedy))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    fn read(settings: &serde_json::Value, secret: Option<&str>) -> Result<Connection, ConfigError> {
        let secrets: Secrets = secret.map(|secret| ("secret", secret)).into_iter().collect();
        let mut reader = SettingsReader::new("main-erp", settings)?;
        let connection = Connection::read(&mut reader, &secrets)?;
        reader.finish()?;
        Ok(connection)
    }

    #[test]
    fn the_base_keeps_its_last_segment() {
        let connection = read(
            &json!({"base_url": "https://erp.example/punchgate"}),
            Some(SECRET),
        )
        .unwrap();
        let joined = connection.base.join("describe").unwrap();
        assert_eq!(joined.as_str(), "https://erp.example/punchgate/describe");
    }

    #[test]
    fn every_mistake_names_its_key() {
        let https = "https://erp.example/";
        let cases = [
            (json!({}), Some(SECRET), "settings.base_url"),
            (json!({"base_url": 7}), Some(SECRET), "settings.base_url"),
            (
                json!({"base_url": "erp.example"}),
                Some(SECRET),
                "settings.base_url",
            ),
            (
                json!({"base_url": "http://erp.example/"}),
                Some(SECRET),
                "settings.base_url",
            ),
            (
                json!({"base_url": "https://me@erp.example/"}),
                Some(SECRET),
                "settings.base_url",
            ),
            (
                json!({"base_url": "https://erp.example/?a=b"}),
                Some(SECRET),
                "settings.base_url",
            ),
            (
                json!({"base_url": https, "allow_networks": ["10.0.0.0/99"]}),
                Some(SECRET),
                "settings.allow_networks",
            ),
            (
                json!({"base_url": https, "read_timeout_seconds": 0}),
                Some(SECRET),
                "settings.read_timeout_seconds",
            ),
            (
                json!({"base_url": https, "alow_http": true}),
                Some(SECRET),
                "settings.alow_http",
            ),
            (json!({"base_url": https}), None, "secrets.secret"),
            (
                json!({"base_url": https}),
                Some("whsec_c2hvcnQ="),
                "secrets.secret",
            ),
            (json!([]), Some(SECRET), "settings"),
        ];
        for (settings, secret, key) in cases {
            let error = read(&settings, secret).unwrap_err();
            assert_eq!(error.key, key, "{settings}");
            assert!(!error.remedy.is_empty() && !error.to_string().contains("c2hvcnQ"));
        }
    }
}
