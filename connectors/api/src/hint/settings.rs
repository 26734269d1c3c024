//! `[supplier.connector.webhook]`, read: a scheme's settings with those that were stated laid over them.

use std::collections::BTreeMap;

use http::HeaderName;
use punchgate_egress::EgressRules;
use serde_json::Value;
use url::Url;

use super::{
    Encoding, Hints, HmacAlgorithm, PREVIOUS_SECRET, Proof, SECRET,
    schemes::{self, SCHEMES},
    signature::{IdPlace, SignatureRule, Stamp, StampFormat, StampPlace},
    template::{NAMES, Template},
    token::{BodyClaim, Claims, KeyAlgorithm, TokenForm, TokenRule},
    topics::{Topics, TypePlace, parse_feeds},
};
use crate::{
    endpoint::networks,
    settings::{ConfigError, Secrets, SettingsReader},
};

/// Where these settings stand in a connector's declaration.
pub const PREFIX: &str = "webhook";
/// Shorter keys can be tried out.
const SHORTEST_KEY: usize = 16;

pub(super) fn read(connector: &str, settings: &Value, secrets: &Secrets) -> Result<Hints, ConfigError> {
    laid_over(connector, settings)
        .and_then(|merged| {
            let mut reader = SettingsReader::new(connector, &merged)?;
            let mut notes = Vec::new();
            let scheme = reader.required_text("scheme", "standard-webhooks")?;
            let proof = match scheme {
                "jwt" | "jws-detached" => {
                    let rule = token(&mut reader, scheme == "jwt", &mut notes)?;
                    Proof::Token(Box::new(rule))
                }
                _ => Proof::Signature(signature(&mut reader, secrets, &mut notes)?),
            };
            let topics = topics(&mut reader)?;
            reader.finish()?;
            Ok(Hints { proof, topics, notes })
        })
        .map_err(below_webhook)
}

/// A reader of settings names its keys below `settings`; these stand beside them.
fn below_webhook(mut error: ConfigError) -> ConfigError {
    if let Some(key) = error.key.strip_prefix("settings") {
        error.key = format!("{PREFIX}{key}");
    }
    error
}

fn laid_over(connector: &str, settings: &Value) -> Result<Value, ConfigError> {
    let mut reader = SettingsReader::new(connector, settings)?;
    let scheme = reader.required_text("scheme", "standard-webhooks")?;
    let Some(mut merged) = schemes::settings(scheme) else {
        let remedy = format!("choose from {}", SCHEMES.join(", "));
        return Err(reader.error("settings.scheme", format!("'{scheme}' is not known"), remedy));
    };
    let stated = settings.as_object().cloned().unwrap_or_default();
    // One place each: a place that is stated takes the scheme's.
    for (one, other) in [
        ("timestamp_header", "timestamp_item"),
        ("id_header", "id_pointer"),
        ("type_header", "type_pointer"),
    ] {
        if stated.contains_key(one) {
            merged.remove(other);
        }
        if stated.contains_key(other) {
            merged.remove(one);
        }
    }
    merged.extend(stated);
    Ok(Value::Object(merged))
}

fn signature(
    reader: &mut SettingsReader<'_>,
    secrets: &Secrets,
    notes: &mut Vec<String>,
) -> Result<SignatureRule, ConfigError> {
    let header = named_header(reader, "signature_header", "x-signature")?.ok_or_else(|| {
        reader.error(
            "settings.signature_header",
            "is missing",
            "name the header that holds the signature",
        )
    })?;
    let separator = separator(reader)?;
    let prefix = reader.text("prefix")?.unwrap_or_default().to_owned();
    let encoding = one_of(
        reader,
        "encoding",
        "hex",
        Encoding::parse,
        "hex, base64 or base64url",
    )?;
    let algorithm = one_of(
        reader,
        "algorithm",
        "sha256",
        HmacAlgorithm::parse,
        "sha256, sha512 or sha1",
    )?;
    if algorithm == HmacAlgorithm::Sha1 {
        notes.push("webhook.algorithm is sha1: ask the sender for sha256 or sha512".to_owned());
    }
    let signed = reader.text("signed")?.unwrap_or("{body}");
    let signed = Template::parse(signed)
        .map_err(|problem| reader.error("settings.signed", problem, format!("write it of {NAMES}")))?;
    let stamp = stamp(reader, &signed, separator)?;
    let id = id(reader, &signed, notes)?;
    if stamp.is_none() && !matches!(id, Some(IdPlace::Pointer(_))) {
        notes.push(
            "the sender signs no time: a copy of an old message makes the feeds be read once more, no worse"
                .to_owned(),
        );
    }
    let derive = one_of(reader, "key", "raw", KeyForm::parse, "raw or base64")?;
    let keys = keys(reader, secrets, derive)?;
    Ok(SignatureRule {
        header,
        separator,
        prefix,
        encoding,
        algorithm,
        signed,
        stamp,
        id,
        keys,
    })
}

fn separator(reader: &mut SettingsReader<'_>) -> Result<Option<char>, ConfigError> {
    let Some(text) = reader.text("separator")? else {
        return Ok(None);
    };
    let mut letters = text.chars();
    match (letters.next(), letters.next()) {
        (Some(separator), None) => Ok(Some(separator)),
        _ => Err(reader.error(
            "settings.separator",
            format!("'{text}' is not one character"),
            "write the character between several signatures, such as \",\"",
        )),
    }
}

fn stamp(
    reader: &mut SettingsReader<'_>,
    signed: &Template,
    separator: Option<char>,
) -> Result<Option<Stamp>, ConfigError> {
    let header = named_header(reader, "timestamp_header", "x-timestamp")?;
    let item = reader.text("timestamp_item")?;
    let format = one_of(
        reader,
        "timestamp_format",
        "unix",
        StampFormat::parse,
        "unix, unix-ms or rfc3339",
    )?;
    let tolerance = reader.number("tolerance_seconds", 300, 1..=3600)?;
    let is_signed = signed.names_timestamp(header.as_ref());
    let place = match (header, item) {
        (Some(header), None) => StampPlace::Header(header),
        (None, Some(item)) if separator.is_some() && !item.is_empty() => StampPlace::Item(item.to_owned()),
        (None, Some(_)) => {
            return Err(reader.error(
                "settings.timestamp_item",
                "needs a separator, and a beginning such as t=",
                "set separator, or name a timestamp_header",
            ));
        }
        (None, None) if is_signed => {
            return Err(reader.error(
                "settings.signed",
                "names {timestamp}, and nothing says where it stands",
                "set timestamp_header or timestamp_item",
            ));
        }
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err(reader.error(
                "settings.timestamp_item",
                "stands beside timestamp_header",
                "keep one of them",
            ));
        }
    };
    if !is_signed {
        return Err(reader.error(
            "settings.signed",
            "does not name {timestamp}: anybody could change it",
            "add it where the sender signs it, or leave the timestamp out",
        ));
    }
    Ok(Some(Stamp {
        place,
        format,
        tolerance_seconds: tolerance.into(),
    }))
}

fn id(
    reader: &mut SettingsReader<'_>,
    signed: &Template,
    notes: &mut Vec<String>,
) -> Result<Option<IdPlace>, ConfigError> {
    let header = named_header(reader, "id_header", "x-message-id")?;
    let pointer = pointer(reader, "id_pointer")?;
    let is_signed = signed.names_id(header.as_ref());
    match (header, pointer) {
        (Some(_), Some(_)) => Err(reader.error(
            "settings.id_pointer",
            "stands beside id_header",
            "keep one of them",
        )),
        (Some(header), None) => {
            if !is_signed {
                notes.push(format!(
                    "the header {header} is not signed: it tells repeated messages, it stops no forged repetition"
                ));
            }
            Ok(Some(IdPlace::Header(header)))
        }
        (None, Some(pointer)) => Ok(Some(IdPlace::Pointer(pointer))),
        (None, None) if is_signed => Err(reader.error(
            "settings.signed",
            "names {id}, and nothing says where it stands",
            "set id_header or id_pointer",
        )),
        (None, None) => Ok(None),
    }
}

/// How a secret's text becomes a key.
#[derive(Clone, Copy)]
enum KeyForm {
    /// Its bytes.
    Raw,
    /// What it is the base64 of, with or without `whsec_` before it.
    Base64,
}

impl KeyForm {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "raw" => Some(Self::Raw),
            "base64" => Some(Self::Base64),
            _ => None,
        }
    }

    fn key(self, secret: &str) -> Result<Vec<u8>, &'static str> {
        let key = match self {
            Self::Raw => secret.as_bytes().to_vec(),
            Self::Base64 => {
                let text = secret.trim();
                let text = text.strip_prefix("whsec_").unwrap_or(text);
                Encoding::Base64.decode(text).ok_or("is not base64")?
            }
        };
        match key.len() < SHORTEST_KEY {
            true => Err("has fewer than 16 bytes"),
            false => Ok(key),
        }
    }
}

fn keys(reader: &SettingsReader<'_>, secrets: &Secrets, form: KeyForm) -> Result<Vec<Vec<u8>>, ConfigError> {
    let mut keys = Vec::new();
    for name in [SECRET, PREVIOUS_SECRET] {
        if let Some(secret) = secrets.get(name) {
            let key = form.key(secret).map_err(|problem| {
                let remedy = "give the secret as the sender has it, and compare webhook.key";
                reader.error(&format!("secrets.{name}"), problem, remedy)
            })?;
            keys.push(key);
        }
    }
    if secrets.get(SECRET).is_none() {
        let remedy = format!("give the sender's signing secret as secrets.{SECRET}");
        return Err(reader.error(&format!("secrets.{SECRET}"), "is missing", remedy));
    }
    Ok(keys)
}

fn token(
    reader: &mut SettingsReader<'_>,
    has_claims: bool,
    notes: &mut Vec<String>,
) -> Result<TokenRule, ConfigError> {
    let header = named_header(reader, "token_header", "authorization")?;
    let algorithm = one_of(
        reader,
        "algorithm",
        "RS256",
        KeyAlgorithm::parse,
        "RS256 or ES256",
    )?;
    let plain_http = reader.flag("allow_http", false)?;
    let jwks_url = jwks_url(reader, plain_http)?;
    let mut rules = EgressRules::only(&jwks_url);
    rules.plain_http = plain_http;
    rules.networks = networks(reader)?;
    let roots = reader.texts("extra_root_certificates")?.unwrap_or_default();
    rules.extra_roots = roots.into_iter().map(str::to_owned).collect();
    let form = if has_claims {
        let claims = Claims {
            issuer: reader
                .required_text("issuer", "https://login.example.com/")?
                .to_owned(),
            audience: reader
                .required_text("audience", "https://gateway.example.com")?
                .to_owned(),
            tolerance_seconds: reader.number("tolerance_seconds", 60, 0..=3600)?.into(),
            body: body_claim(reader)?,
        };
        if claims.body.is_none() {
            notes.push(
                "webhook.body_claim is not set: the token says who sends, not what; whoever sees one may send another body until it ends".to_owned(),
            );
        }
        TokenForm::Claims(claims)
    } else {
        TokenForm::Detached
    };
    Ok(TokenRule {
        header: header.unwrap_or(http::header::AUTHORIZATION),
        form,
        algorithm,
        jwks_url,
        rules,
    })
}

fn body_claim(reader: &mut SettingsReader<'_>) -> Result<Option<BodyClaim>, ConfigError> {
    let name = reader.text("body_claim")?;
    let encoding = one_of(
        reader,
        "body_encoding",
        "hex",
        Encoding::parse,
        "hex, base64 or base64url",
    )?;
    let hash = |text: &str| HmacAlgorithm::parse(text).filter(|hash| *hash != HmacAlgorithm::Sha1);
    let algorithm = one_of(reader, "body_hash", "sha256", hash, "sha256 or sha512")?;
    Ok(name.map(|name| BodyClaim {
        name: name.to_owned(),
        encoding,
        algorithm,
    }))
}

fn jwks_url(reader: &mut SettingsReader<'_>, plain_http: bool) -> Result<Url, ConfigError> {
    let remedy = "write the whole address, such as https://login.example.com/.well-known/jwks.json";
    let text = reader.required_text("jwks_url", "https://login.example.com/.well-known/jwks.json")?;
    let refuse = |problem: String| reader.error("settings.jwks_url", problem, remedy);
    let url = Url::parse(text).map_err(|error| refuse(format!("is not an address: {error}")))?;
    let allowed = url.scheme() == "https" || (url.scheme() == "http" && plain_http);
    if !allowed {
        return Err(refuse(
            "is not https; on a network of your own add allow_http = true".to_owned(),
        ));
    }
    if url.host().is_none()
        || !url.username().is_empty()
        || url.password().is_some()
        || url.fragment().is_some()
    {
        return Err(refuse("has no host, a user name, or a part behind #".to_owned()));
    }
    Ok(url)
}

fn topics(reader: &mut SettingsReader<'_>) -> Result<Topics, ConfigError> {
    let header = named_header(reader, "type_header", "x-topic")?;
    let pointer = pointer(reader, "type_pointer")?;
    let place = match (header, pointer) {
        (Some(_), Some(_)) => {
            return Err(reader.error(
                "settings.type_pointer",
                "stands beside type_header",
                "keep one of them",
            ));
        }
        (Some(header), None) => Some(TypePlace::Header(header)),
        (None, pointer) => pointer.map(TypePlace::Pointer),
    };
    let remedy = "write all, none, or some of accounts, exposure and documents, separated by spaces";
    let mut feeds = BTreeMap::new();
    for (name, text) in reader.texts_by_key("feeds")? {
        let Some(read) = parse_feeds(&text) else {
            let problem = format!("'{text}' names no feed");
            return Err(reader.error(&format!("settings.feeds.{name}"), problem, remedy));
        };
        feeds.insert(name, read);
    }
    if place.is_none() && !feeds.is_empty() {
        return Err(reader.error(
            "settings.feeds",
            "is set, and nothing says where a message has its type",
            "set type_pointer, such as \"/type\", or type_header",
        ));
    }
    let other = reader.text("other_feeds")?.unwrap_or("all");
    let other = parse_feeds(other)
        .ok_or_else(|| reader.error("settings.other_feeds", format!("'{other}' names no feed"), remedy))?;
    Ok(Topics { place, feeds, other })
}

fn pointer(reader: &mut SettingsReader<'_>, key: &'static str) -> Result<Option<String>, ConfigError> {
    match reader.text(key)? {
        None => Ok(None),
        Some(text) if text.starts_with('/') => Ok(Some(text.to_owned())),
        Some(text) => Err(reader.error(
            &format!("settings.{key}"),
            format!("'{text}' is no JSON pointer"),
            "write one such as \"/type\" or \"/data/kind\"",
        )),
    }
}

fn named_header(
    reader: &mut SettingsReader<'_>,
    key: &'static str,
    example: &str,
) -> Result<Option<HeaderName>, ConfigError> {
    let Some(text) = reader.text(key)? else {
        return Ok(None);
    };
    let name = text.parse().map_err(|_| {
        let remedy = format!("write its name, such as \"{example}\"");
        reader.error(
            &format!("settings.{key}"),
            format!("'{text}' is no header"),
            remedy,
        )
    })?;
    Ok(Some(name))
}

fn one_of<T>(
    reader: &mut SettingsReader<'_>,
    key: &'static str,
    usual: &str,
    parse: impl Fn(&str) -> Option<T>,
    choices: &str,
) -> Result<T, ConfigError> {
    let text = reader.text(key)?.unwrap_or(usual);
    parse(text).ok_or_else(|| {
        let problem = format!("'{text}' is not known here");
        reader.error(&format!("settings.{key}"), problem, format!("write {choices}"))
    })
}
