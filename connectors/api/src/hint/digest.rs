//! HMACs and how they are written; comparison that takes the same time whatever the difference.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};

const INDIFFERENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, INDIFFERENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, INDIFFERENT);

/// The hash under an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HmacAlgorithm {
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// SHA-1: only where a sender knows no other.
    Sha1,
}

/// How bytes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Hex,
    Base64,
    Base64Url,
}

impl HmacAlgorithm {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "sha256" => Some(Self::Sha256),
            "sha512" => Some(Self::Sha512),
            "sha1" => Some(Self::Sha1),
            _ => None,
        }
    }
}

impl Encoding {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "hex" => Some(Self::Hex),
            "base64" => Some(Self::Base64),
            "base64url" => Some(Self::Base64Url),
            _ => None,
        }
    }

    pub(crate) fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => unhex(text),
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Base64Url => URL_SAFE.decode(text).ok(),
        }
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| {
        let value = char::from(byte).to_digit(16)?;
        u8::try_from(value).ok()
    };
    if !text.len().is_multiple_of(2) {
        return None;
    }
    text.as_bytes()
        .chunks_exact(2)
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

/// The HMAC of these parts, one behind the other.
pub fn mac<'a>(algorithm: HmacAlgorithm, key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    match algorithm {
        HmacAlgorithm::Sha256 => of::<Hmac<Sha256>>(key, parts),
        HmacAlgorithm::Sha512 => of::<Hmac<Sha512>>(key, parts),
        HmacAlgorithm::Sha1 => of::<Hmac<Sha1>>(key, parts),
    }
}

fn of<'a, M: Mac + KeyInit>(key: &[u8], parts: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    // HMAC takes a key of any length; what is empty fits nothing.
    let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

/// Whether any of what was given is any of ours. Every pair is looked at, each in the same time.
pub(crate) fn fits<'a>(ours: impl IntoIterator<Item = &'a [u8]>, given: &[Vec<u8>]) -> bool {
    let mut any = Choice::from(0);
    for ours in ours.into_iter().filter(|ours| !ours.is_empty()) {
        for given in given {
            any |= ours.ct_eq(given);
        }
    }
    any.into()
}
