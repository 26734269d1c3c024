//! The settings that every connector over HTTP has: where, what may be reached on the way, how long.

use std::{fmt, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::HeaderValue;
use punchgate_egress::{EgressRules, IpNet, Limits};
use url::Url;

use crate::{
    error::Effect,
    settings::{ConfigError, SettingsReader},
};

/// Where the other side is and how long it may take.
#[derive(Clone, Debug)]
pub struct Endpoint {
    /// Every path is below it; ends with a slash.
    pub base: Url,
    /// What may be reached: only the base's host and port.
    pub rules: EgressRules,
    /// How long a read may take.
    pub read_timeout: Duration,
    /// How long a change may take.
    pub change_timeout: Duration,
    /// How much an answer may hold.
    pub max_response_bytes: usize,
}

impl Endpoint {
    /// Reads `base_url`, `allow_http`, `allow_networks`, `extra_root_certificates`, `read_timeout_seconds`,
    /// `change_timeout_seconds` and `max_response_kib`.
    pub fn read(reader: &mut SettingsReader<'_>) -> Result<Self, ConfigError> {
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
            rules,
            read_timeout: Duration::from_secs(read.into()),
            change_timeout: Duration::from_secs(change.into()),
            max_response_bytes: usize::try_from(kib).unwrap_or(usize::MAX).saturating_mul(1024),
        })
    }

    /// How long and how much, of a call with this effect.
    pub fn limits(&self, effect: Effect) -> Limits {
        Limits {
            timeout: match effect {
                Effect::Read => self.read_timeout,
                Effect::Change => self.change_timeout,
            },
            max_response_bytes: self.max_response_bytes,
        }
    }
}

/// User and password of HTTP Basic, as the header that every request has.
#[derive(Clone)]
pub struct BasicCredentials(HeaderValue);

impl BasicCredentials {
    /// None if they cannot stand in a header: the user's name must not hold a colon.
    pub fn new(user: &str, password: &str) -> Option<Self> {
        if user.contains(':') {
            return None;
        }
        let encoded = BASE64_STANDARD.encode(format!("{user}:{password}"));
        let mut value = HeaderValue::from_str(&format!("Basic {encoded}")).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// The value of `authorization`.
    pub fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for BasicCredentials {
    /// Nothing of them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BasicCredentials")
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

/// `allow_networks`: what may be reached beside the internet.
pub fn networks(reader: &mut SettingsReader<'_>) -> Result<Vec<IpNet>, ConfigError> {
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
