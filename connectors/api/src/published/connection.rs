//! The settings that every connector of a published protocol has: where, with which secrets, how long.

use std::time::Duration;

use punchgate_egress::EgressRules;
use url::Url;

use crate::{
    endpoint::Endpoint,
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
        let Endpoint {
            base,
            rules,
            read_timeout,
            change_timeout,
            max_response_bytes,
        } = Endpoint::read(reader)?;
        Ok(Self {
            base,
            secrets: signing_secrets(reader, secrets)?,
            rules,
            read_timeout,
            change_timeout,
            max_response_bytes,
        })
    }
}

/// The secrets `secret` and `previous_secret` of an instance that signs.
pub fn signing_secrets(
    reader: &SettingsReader<'_>,
    secrets: &Secrets,
) -> Result<SigningSecrets, ConfigError> {
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
