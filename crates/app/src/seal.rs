//! Secrets at rest: sealed with ChaCha20-Poly1305 under a key from a file or the environment. The id of the
//! key stands beside every sealed value; several keys are readable, the first one seals.
//!
//! Whose secret it is and where it is kept are authenticated with it: a sealed value copied to another
//! supplier or place does not open.

pub mod rotation;

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    ChaCha20Poly1305,
    aead::{Aead as _, KeyInit as _, Payload},
};
use punchgate_domain::ids::SupplierId;
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::entropy::Entropy;

/// A secret text; `Debug` never shows it.
pub use punchgate_protocols::cxml::Secret;

/// Layout of a sealed value: this byte, the nonce, the ciphertext with its tag.
const LAYOUT: u8 = 1;
const NONCE: usize = 12;
const KEY: usize = 32;

/// The sealing keys; the first seals, all open.
#[derive(Debug)]
pub struct Keyring {
    active: SealingKey,
    older: Vec<SealingKey>,
}

/// One sealing key.
#[derive(ZeroizeOnDrop)]
struct SealingKey {
    #[zeroize(skip)]
    id: String,
    bytes: [u8; KEY],
}

/// A sealed value as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sealed {
    /// Layout, nonce, ciphertext, tag.
    pub bytes: Vec<u8>,
    /// With which key.
    pub key_id: String,
}

/// Where a sealed value is kept. Authenticated with it.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Whose secret.
    pub supplier: &'a SupplierId,
    /// Table and key: `relationship_secret/globex/current`.
    pub place: &'a str,
}

/// Why a text holds no sealing keys.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is none.
    #[error("there is no sealing key; make one with `punchgate keys new` and put it into key.file")]
    Missing,
    /// A line that is no key. The line itself is not repeated.
    #[error("line {0} is no sealing key: expected 32 bytes in base64, as `punchgate keys new` prints them")]
    Unreadable(usize),
    /// A key that anybody could guess.
    #[error("line {0} is a key of equal bytes; make one with `punchgate keys new`")]
    Weak(usize),
    /// The same key twice.
    #[error("line {0} repeats a key")]
    Repeated(usize),
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Its key is not among ours. The operator adds the old key to the key file.
    #[error(
        "the secret at {place} is sealed with key {key_id}, which is not in the key file; add that key below the first line"
    )]
    UnknownKey {
        /// The key's id.
        key_id: String,
        /// Where the value is kept.
        place: String,
    },
    /// It was changed, or belongs elsewhere.
    #[error(
        "the secret at {place} does not open: it was changed or copied from another place; provision it again"
    )]
    Tampered {
        /// Where the value is kept.
        place: String,
    },
    /// Opened, but it is no text.
    #[error("the secret at {place} is not UTF-8 text; provision it again")]
    NotText {
        /// Where the value is kept.
        place: String,
    },
}

/// A value that could not be sealed: longer than the cipher takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value is too long to be sealed")]
pub struct SealError;

impl SealingKey {
    fn new(bytes: [u8; KEY]) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"punchgate sealing key id\0");
        hash.update(bytes);
        let digest = hash.finalize();
        let id = digest[..4].iter().map(|byte| format!("{byte:02x}")).collect();
        Self { id, bytes }
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.bytes.into())
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealingKey({})", self.id)
    }
}

impl Place<'_> {
    fn associated(&self, key_id: &str) -> Vec<u8> {
        let mut data = b"punchgate sealed value\0".to_vec();
        for part in [key_id, self.supplier.as_str(), self.place] {
            data.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            data.extend_from_slice(part.as_bytes());
        }
        data
    }

    fn text(&self) -> String {
        format!("{}:{}", self.supplier, self.place)
    }
}

impl Keyring {
    /// Reads keys: one a line, 32 bytes in base64; the first seals, the others only open. Blank lines and
    /// lines that begin with `#` do not count.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let mut keys: Vec<SealingKey> = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = read_key(line, number)?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyError::Repeated(number));
            }
            keys.push(key);
        }
        let mut keys = keys.into_iter();
        match keys.next() {
            Some(active) => Ok(Self {
                active,
                older: keys.collect(),
            }),
            None => Err(KeyError::Missing),
        }
    }

    /// A new key as a line of the key file.
    pub fn new_key(entropy: &dyn Entropy) -> Secret {
        let mut bytes = Zeroizing::new([0_u8; KEY]);
        entropy.fill(&mut *bytes);
        Secret::new(STANDARD.encode(*bytes))
    }

    /// A keyring with one fresh key that is kept nowhere: for a demo whose database goes with it, and tests.
    pub fn ephemeral(entropy: &dyn Entropy) -> Self {
        let mut bytes = [0_u8; KEY];
        entropy.fill(&mut bytes);
        let active = SealingKey::new(bytes);
        bytes.zeroize();
        Self {
            active,
            older: Vec::new(),
        }
    }

    /// The id of the key that seals.
    pub fn active_id(&self) -> &str {
        &self.active.id
    }

    /// The ids of all keys, the sealing one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.active)
            .chain(&self.older)
            .map(|key| key.id.as_str())
    }

    /// Seals bytes.
    pub fn seal(&self, entropy: &dyn Entropy, place: Place<'_>, plain: &[u8]) -> Result<Sealed, SealError> {
        let mut nonce = [0_u8; NONCE];
        entropy.fill(&mut nonce);
        let aad = place.associated(&self.active.id);
        let payload = Payload {
            msg: plain,
            aad: &aad,
        };
        let ciphertext = self
            .active
            .cipher()
            .encrypt(&nonce.into(), payload)
            .map_err(|_| SealError)?;
        let mut bytes = Vec::with_capacity(1 + NONCE + ciphertext.len());
        bytes.push(LAYOUT);
        bytes.extend_from_slice(&nonce);
        bytes.extend_from_slice(&ciphertext);
        Ok(Sealed {
            bytes,
            key_id: self.active.id.clone(),
        })
    }

    /// Opens bytes.
    pub fn open(
        &self,
        place: Place<'_>,
        key_id: &str,
        sealed: &[u8],
    ) -> Result<Zeroizing<Vec<u8>>, OpenError> {
        let key = std::iter::once(&self.active)
            .chain(&self.older)
            .find(|key| key.id == key_id)
            .ok_or_else(|| OpenError::UnknownKey {
                key_id: key_id.to_owned(),
                place: place.text(),
            })?;
        let tampered = || OpenError::Tampered { place: place.text() };
        let (layout, rest) = sealed.split_first().ok_or_else(tampered)?;
        let (nonce, ciphertext) = rest.split_first_chunk::<NONCE>().ok_or_else(tampered)?;
        if *layout != LAYOUT {
            return Err(tampered());
        }
        let aad = place.associated(&key.id);
        let payload = Payload {
            msg: ciphertext,
            aad: &aad,
        };
        key.cipher()
            .decrypt(&(*nonce).into(), payload)
            .map(Zeroizing::new)
            .map_err(|_| tampered())
    }

    /// Opens a text.
    pub fn open_text(&self, place: Place<'_>, key_id: &str, sealed: &[u8]) -> Result<Secret, OpenError> {
        let plain = self.open(place, key_id, sealed)?;
        std::str::from_utf8(&plain)
            .map(Secret::new)
            .map_err(|_| OpenError::NotText { place: place.text() })
    }
}

fn read_key(line: &str, number: usize) -> Result<SealingKey, KeyError> {
    let decoded = STANDARD
        .decode(line)
        .map(Zeroizing::new)
        .map_err(|_| KeyError::Unreadable(number))?;
    let bytes: [u8; KEY] = decoded
        .as_slice()
        .try_into()
        .map_err(|_| KeyError::Unreadable(number))?;
    if bytes.iter().all(|byte| *byte == bytes[0]) {
        return Err(KeyError::Weak(number));
    }
    Ok(SealingKey::new(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    fn key(seed: u64) -> String {
        Keyring::new_key(&SeededEntropy::new(seed)).expose().to_owned()
    }

    #[test]
    fn key_files() {
        let (a, b) = (key(1), key(2));
        let weak = STANDARD.encode([7_u8; 32]);
        let cases = [
            (String::new(), Err(KeyError::Missing)),
            ("# only a remark\n\n".to_owned(), Err(KeyError::Missing)),
            (format!("# now\n{a}\n\n# before\n  {b}  \n"), Ok(2)),
            (format!("{a}\nshort"), Err(KeyError::Unreadable(2))),
            (STANDARD.encode([1_u8; 16]), Err(KeyError::Unreadable(1))),
            (weak, Err(KeyError::Weak(1))),
            (format!("{a}\n{b}\n{a}"), Err(KeyError::Repeated(3))),
        ];
        for (text, expected) in cases {
            let found = Keyring::read(&text).map(|ring| ring.ids().count());
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn a_sealed_value_opens_only_with_its_key_in_its_place_unchanged() {
        let entropy = SeededEntropy::new(9);
        let (old, new) = (key(1), key(2));
        let ring = Keyring::read(&old).unwrap();
        let (acme, other) = (SupplierId::from("acme"), SupplierId::from("acm"));
        let place = |supplier, place| Place { supplier, place };
        let here = place(&acme, "a/b");
        let sealed = ring.seal(&entropy, here, b"hush").unwrap();
        let open = |ring: &Keyring, place: Place<'_>, bytes: &[u8]| {
            ring.open_text(place, &sealed.key_id, bytes)
                .map(|text| text.expose().to_owned())
        };

        let rotated = Keyring::read(&format!("{new}\n{old}")).unwrap();
        assert_eq!(open(&ring, here, &sealed.bytes).unwrap(), "hush");
        assert_eq!(open(&rotated, here, &sealed.bytes).unwrap(), "hush");
        assert_ne!(rotated.active_id(), sealed.key_id);
        let without = Keyring::read(&new).unwrap();
        assert!(matches!(
            open(&without, here, &sealed.bytes),
            Err(OpenError::UnknownKey { .. })
        ));
        // The same characters, cut elsewhere, are another place.
        for elsewhere in [place(&other, "a/b"), place(&acme, "a/c"), place(&other, "ea/b")] {
            assert!(matches!(
                open(&ring, elsewhere, &sealed.bytes),
                Err(OpenError::Tampered { .. })
            ));
        }
        for at in 0..sealed.bytes.len() {
            let mut changed = sealed.bytes.clone();
            changed[at] ^= 1;
            assert!(open(&ring, here, &changed).is_err(), "byte {at}");
            assert!(open(&ring, here, &sealed.bytes[..at]).is_err(), "cut at {at}");
        }
        let again = ring.seal(&entropy, here, b"hush").unwrap();
        assert_ne!(again.bytes, sealed.bytes, "a nonce is never used twice");
    }

    #[test]
    fn debug_shows_no_key() {
        let text = key(3);
        let shown = format!("{:?}", Keyring::read(&text).unwrap());
        assert!(!shown.contains(&text) && shown.len() < 80, "{shown}");
    }
}
