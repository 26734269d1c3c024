//! Reading of single values: units stand in the key's name, types in the struct.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de::Error as _};
use url::{Host, Url};

pub(super) fn milliseconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    positive(deserializer).map(Duration::from_millis)
}

pub(super) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    positive(deserializer).map(Duration::from_secs)
}

pub(super) fn minutes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    positive(deserializer).map(|minutes| Duration::from_secs(minutes * 60))
}

pub(super) fn hours<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    positive(deserializer).map(|hours| Duration::from_secs(hours * 3_600))
}

/// A year in milliseconds: what is larger is a slip of the pen, and would overflow further on.
const MOST: u64 = 366 * 24 * 3_600 * 1_000;

fn positive<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    let number = i64::deserialize(deserializer)?;
    u64::try_from(number)
        .ok()
        .filter(|number| (1..=MOST).contains(number))
        .ok_or_else(|| D::Error::custom(format!("{number} is out of range: expected 1 or more")))
}

pub(super) fn count<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<u64>,
{
    let number = positive(deserializer)?;
    T::try_from(number).map_err(|_| D::Error::custom(format!("{number} is too large")))
}

/// An address, or nothing.
pub(super) fn web_address_if_any<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Url>, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.is_empty() {
        true => Ok(None),
        false => read_web_address(&text).map(Some),
    }
}

pub(super) fn web_address<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
    read_web_address(&String::deserialize(deserializer)?)
}

fn read_web_address<E: serde::de::Error>(text: &str) -> Result<Url, E> {
    let url = Url::parse(text)
        .map_err(|error| E::custom(format!("'{text}' is no address ({error}): expected https://HOST")))?;
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    match url.scheme() {
        _ if !plain => Err(E::custom(format!(
            "'{text}' must have no user, query and fragment"
        ))),
        "https" => Ok(url),
        "http" if is_local(&url) => Ok(url),
        _ => Err(E::custom(format!(
            "'{text}' must begin with https://: secrets and start links travel there"
        ))),
    }
}

fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// A list, or (from the environment) a text with commas.
pub(super) fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<ipnet::IpNet>, D::Error> {
    let texts = Vec::<String>::deserialize(deserializer)?;
    texts
        .iter()
        .map(|text| {
            let text = text.trim();
            text.parse()
                .or_else(|_| text.parse().map(|address: std::net::IpAddr| address.into()))
                .map_err(|_| {
                    D::Error::custom(format!(
                        "'{text}' is no address or network: expected such as 10.1.2.3 or 10.0.0.0/8"
                    ))
                })
        })
        .collect()
}
