//! Signatures as Standard Webhooks describes them: HMAC-SHA256 of `id.timestamp.body`, several during a
//! rotation of secrets. Time is a parameter; comparison takes the same time whatever the difference.

use std::fmt;

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use punchgate_domain::Instant;

use crate::hint::{HmacAlgorithm, fits, mac};

/// Header with the message's id.
pub const ID: &str = "webhook-id";
/// Header with the seconds since the Unix epoch.
pub const TIMESTAMP: &str = "webhook-timestamp";
/// Header with the signatures.
pub const SIGNATURE: &str = "webhook-signature";

/// How far the clocks of both sides may be apart, either way.
pub const TOLERANCE_SECONDS: i64 = 300;

const PREFIX: &str = "whsec_";
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;
/// Secrets are copied by people: a lost `=` is not their fault.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// One or more secrets, newest first. Signs with all, accepts any.
#[derive(Clone)]
pub struct SigningSecrets(Vec<Vec<u8>>);

/// A text that is no signing secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// There is none.
    #[error("no signing secret is given")]
    None,
    /// Wrong prefix.
    #[error("it does not begin with whsec_")]
    Prefix,
    /// Not base64.
    #[error("what follows whsec_ is not base64")]
    Base64,
    /// Too short or too long.
    #[error("it has {0} bytes, 24 to 64 are expected")]
    Length(usize),
}

/// Why a message is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is missing, twice there, or not readable.
    #[error("the header {0} is missing, repeated or unreadable")]
    Header(&'static str),
    /// The timestamp is too old or too new.
    #[error("the timestamp is {0} seconds from our clock, at most 300 are allowed")]
    Timestamp(i64),
    /// No signature fits.
    #[error("no signature fits: the secrets differ or the message was changed on its way")]
    Mismatch,
}

/// The three headers of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedHeaders {
    /// Value of [`ID`].
    pub id: String,
    /// Value of [`TIMESTAMP`].
    pub timestamp: String,
    /// Value of [`SIGNATURE`].
    pub signature: String,
}

impl SignedHeaders {
    /// Takes them out of a message's headers; each must be there exactly once.
    pub fn read(headers: &http::HeaderMap) -> Result<Self, SignatureError> {
        let one = |name: &'static str| {
            let mut values = headers.get_all(name).iter();
            match (values.next().map(http::HeaderValue::to_str), values.next()) {
                (Some(Ok(value)), None) if !value.is_empty() => Ok(value.to_owned()),
                _ => Err(SignatureError::Header(name)),
            }
        };
        Ok(Self {
            id: one(ID)?,
            timestamp: one(TIMESTAMP)?,
            signature: one(SIGNATURE)?,
        })
    }
}

impl SigningSecrets {
    /// Reads secrets such as `whsec_…`, newest first.
    pub fn parse<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Result<Self, SecretError> {
        let keys: Vec<Vec<u8>> = secrets.into_iter().map(key).collect::<Result<_, _>>()?;
        if keys.is_empty() {
            return Err(SecretError::None);
        }
        Ok(Self(keys))
    }

    /// Signs a message.
    pub fn sign(&self, id: &str, now: Instant, body: &[u8]) -> SignedHeaders {
        let timestamp = now.as_second().to_string();
        let signatures: Vec<String> = self
            .macs(id, &timestamp, body)
            .map(|mac| format!("v1,{}", BASE64_STANDARD.encode(mac)))
            .collect();
        SignedHeaders {
            id: id.to_owned(),
            timestamp,
            signature: signatures.join(" "),
        }
    }

    /// Accepts a message if its time is near and any of its signatures is of any of our secrets.
    pub fn verify(&self, headers: &SignedHeaders, now: Instant, body: &[u8]) -> Result<(), SignatureError> {
        let digits = !headers.timestamp.is_empty() && headers.timestamp.bytes().all(|b| b.is_ascii_digit());
        let stated: i64 = digits
            .then(|| headers.timestamp.parse().ok())
            .flatten()
            .ok_or(SignatureError::Header(TIMESTAMP))?;
        let apart = now.as_second().saturating_sub(stated);
        if apart.saturating_abs() > TOLERANCE_SECONDS {
            return Err(SignatureError::Timestamp(apart));
        }
        let given: Vec<Vec<u8>> = headers
            .signature
            .split(' ')
            .filter_map(|signature| signature.strip_prefix("v1,"))
            .filter_map(|text| BASE64_STANDARD.decode(text).ok())
            .collect();
        let ours: Vec<Vec<u8>> = self.macs(&headers.id, &headers.timestamp, body).collect();
        if fits(ours.iter().map(Vec::as_slice), &given) {
            Ok(())
        } else {
            Err(SignatureError::Mismatch)
        }
    }

    fn macs<'a>(
        &'a self,
        id: &'a str,
        timestamp: &'a str,
        body: &'a [u8],
    ) -> impl Iterator<Item = Vec<u8>> + 'a {
        let parts = [id.as_bytes(), b".", timestamp.as_bytes(), b".", body];
        let keys = self.0.iter();
        keys.map(move |key| mac(HmacAlgorithm::Sha256, key, parts))
    }
}

fn key(text: &str) -> Result<Vec<u8>, SecretError> {
    let encoded = text.trim().strip_prefix(PREFIX).ok_or(SecretError::Prefix)?;
    let key = LENIENT.decode(encoded).map_err(|_| SecretError::Base64)?;
    if KEY_BYTES.contains(&key.len()) {
        Ok(key)
    } else {
        Err(SecretError::Length(key.len()))
    }
}

impl fmt::Debug for SigningSecrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} secrets", self.0.len())
    }
}

#[cfg(test)]
mod tests;
