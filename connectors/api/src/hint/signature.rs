//! HMAC signatures by configuration. Time is a parameter.

use std::fmt;

use http::HeaderName;
use punchgate_domain::Instant;

use super::{
    Encoding, HmacAlgorithm, Incoming, Proven, Refusal, at_pointer, fits, header, mac, near,
    template::Template,
};

/// Most signatures of one message that are looked at: a rotation needs two.
const MOST_SIGNATURES: usize = 16;

/// How a sender signs.
#[derive(Clone)]
pub struct SignatureRule {
    pub(super) header: HeaderName,
    /// Between several things in that header.
    pub(super) separator: Option<char>,
    /// Before each signature in it.
    pub(super) prefix: String,
    pub(super) encoding: Encoding,
    pub(super) algorithm: HmacAlgorithm,
    pub(super) signed: Template,
    pub(super) stamp: Option<Stamp>,
    pub(super) id: Option<IdPlace>,
    /// Newest first.
    pub(super) keys: Vec<Vec<u8>>,
}

/// Where a message says when it was sent.
#[derive(Clone, Debug)]
pub(super) struct Stamp {
    pub(super) place: StampPlace,
    pub(super) format: StampFormat,
    pub(super) tolerance_seconds: i64,
}

#[derive(Clone, Debug)]
pub(super) enum StampPlace {
    Header(HeaderName),
    /// A thing in the signature's header that begins so, as Stripe's `t=`.
    Item(String),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StampFormat {
    Seconds,
    Milliseconds,
    Rfc3339,
}

/// Where a message has its id.
#[derive(Clone, Debug)]
pub(super) enum IdPlace {
    Header(HeaderName),
    /// A JSON pointer into the body. Not every message need have it: the body is signed.
    Pointer(String),
}

impl StampFormat {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "unix" => Some(Self::Seconds),
            "unix-ms" => Some(Self::Milliseconds),
            "rfc3339" => Some(Self::Rfc3339),
            _ => None,
        }
    }

    fn read(self, text: &str) -> Option<Instant> {
        let digits = || {
            let all = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            all.then(|| text.parse::<i64>().ok()).flatten()
        };
        match self {
            Self::Seconds => Instant::from_second(digits()?).ok(),
            Self::Milliseconds => Instant::from_millisecond(digits()?).ok(),
            Self::Rfc3339 => text.parse().ok(),
        }
    }
}

impl SignatureRule {
    /// Accepts a message if any of its signatures is of any of the secrets, and its time is near.
    pub fn verify(&self, incoming: &Incoming<'_>, now: Instant) -> Result<Proven, Refusal> {
        let value = header(incoming.headers, &self.header)?;
        let items = || {
            let all: Vec<&str> = match self.separator {
                Some(separator) => value.split(separator).map(str::trim).collect(),
                None => vec![value.trim()],
            };
            all.into_iter()
        };
        let timestamp = match &self.stamp {
            None => "",
            Some(stamp) => stamp.near(incoming, items(), &self.header, now)?,
        };
        let id = self.id(incoming)?;
        let given: Vec<Vec<u8>> = items()
            .filter_map(|item| item.strip_prefix(self.prefix.as_str()))
            .take(MOST_SIGNATURES)
            .filter_map(|text| self.encoding.decode(text))
            .collect();
        if given.is_empty() {
            return Err(Refusal::Form {
                header: self.header.to_string(),
            });
        }
        let signed = self
            .signed
            .fill(incoming, id.as_deref().unwrap_or_default(), timestamp)?;
        let ours: Vec<Vec<u8>> = self
            .keys
            .iter()
            .map(|key| mac(self.algorithm, key, signed.iter().copied()))
            .collect();
        if fits(ours.iter().map(Vec::as_slice), &given) {
            Ok(Proven { id })
        } else {
            Err(Refusal::Mismatch)
        }
    }

    fn id(&self, incoming: &Incoming<'_>) -> Result<Option<String>, Refusal> {
        match &self.id {
            None => Ok(None),
            Some(IdPlace::Header(name)) => Ok(Some(header(incoming.headers, name)?.to_owned())),
            Some(IdPlace::Pointer(pointer)) => Ok(at_pointer(incoming.body, pointer)),
        }
    }
}

impl Stamp {
    fn near<'a>(
        &self,
        incoming: &Incoming<'a>,
        mut items: impl Iterator<Item = &'a str>,
        signature: &HeaderName,
        now: Instant,
    ) -> Result<&'a str, Refusal> {
        let (text, place) = match &self.place {
            StampPlace::Header(name) => (header(incoming.headers, name)?, name),
            StampPlace::Item(begins) => {
                let missing = || Refusal::TimestampForm(signature.to_string());
                let text = items.find_map(|item| item.strip_prefix(begins.as_str()));
                (text.ok_or_else(missing)?, signature)
            }
        };
        let stated = self
            .format
            .read(text)
            .ok_or_else(|| Refusal::TimestampForm(place.to_string()))?;
        near(stated, now, self.tolerance_seconds)?;
        Ok(text)
    }
}

impl fmt::Debug for SignatureRule {
    /// Without the secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignatureRule")
            .field("header", &self.header)
            .field("algorithm", &self.algorithm)
            .field("keys", &self.keys.len())
            .finish_non_exhaustive()
    }
}
