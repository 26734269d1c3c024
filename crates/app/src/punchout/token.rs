//! The texts by which a browser is known: start link and return address. Each names the supplier, so that a
//! session is found by supplier, and carries 256 bits; only hashes are stored.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use punchgate_domain::ids::SupplierId;
use sha2::{Digest as _, Sha256};

use crate::{
    directory::is_slug,
    entropy::{Entropy, new_secret, secret_hash},
};

/// Characters of 256 bits in base64.
const LENGTH: usize = 43;

/// Supplier and token, as they stand in an address.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Link {
    pub(super) supplier: SupplierId,
    token: String,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link")
            .field("supplier", &self.supplier)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// A new start link.
    pub(super) fn start(supplier: SupplierId, entropy: &dyn Entropy) -> Self {
        Self {
            supplier,
            token: new_secret(entropy),
        }
    }

    /// Reads what stood in an address.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (supplier, token) = text.split_once('.')?;
        let is_token = token.len() == LENGTH && token.bytes().all(is_token_byte);
        (is_slug(supplier) && is_token).then(|| Self {
            supplier: supplier.into(),
            token: token.to_owned(),
        })
    }

    /// What it is found by.
    pub(super) fn hash(&self) -> [u8; 32] {
        secret_hash(&self.token)
    }

    /// The return address of the session that `browser` opens with this start link. It is not stored in any
    /// form that could be read back: the redeeming browser brings both halves again when it reloads. Who knows
    /// the start link alone (the suite, a history, a log) cannot tell the return address.
    pub(super) fn return_link(&self, browser: &BrowserNonce) -> Self {
        let mut hash = Sha256::new();
        for part in ["punchgate return address", &self.token, &browser.0] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        Self {
            supplier: self.supplier.clone(),
            token: URL_SAFE_NO_PAD.encode(hash.finalize()),
        }
    }

    /// As it stands in an address.
    pub(super) fn text(&self) -> String {
        format!("{}.{}", self.supplier, self.token)
    }
}

/// What only the redeeming browser knows.
#[derive(Clone)]
pub(super) struct BrowserNonce(String);

impl BrowserNonce {
    /// What the browser sent. Too little to be random, or something else, is none: the link is then good for one
    /// go only.
    pub(super) fn of(sent: &str, entropy: &dyn Entropy) -> Self {
        Self::read(sent).unwrap_or_else(|| Self(new_secret(entropy)))
    }

    /// What the browser sent, if it is good for more than one go.
    pub(super) fn read(sent: &str) -> Option<Self> {
        let is_nonce = (22..=128).contains(&sent.len()) && sent.bytes().all(is_token_byte);
        is_nonce.then(|| Self(sent.to_owned()))
    }

    pub(super) fn hash(&self) -> [u8; 32] {
        secret_hash(&self.0)
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn links_that_are_read_and_refused() {
        let entropy = SeededEntropy::new(1);
        let link = Link::start("acme".into(), &entropy);
        assert_eq!(Link::parse(&link.text()), Some(link.clone()));
        let text = link.text();
        for wrong in [
            String::new(),
            "acme".to_owned(),
            format!("{text}A"),
            text[..text.len() - 1].to_owned(),
            text.replace("acme", "Acme"),
            text.replace("acme", ""),
            format!("{}.{}%", link.supplier, "a".repeat(42)),
            format!("{}.{}", link.supplier, "é".repeat(22)),
        ] {
            assert_eq!(Link::parse(&wrong), None, "{wrong}");
        }
    }

    #[test]
    fn the_return_address_needs_start_link_and_browser() {
        let entropy = SeededEntropy::new(1);
        let (one, other) = (
            Link::start("a".into(), &entropy),
            Link::start("a".into(), &entropy),
        );
        let nonce = |text: &str| BrowserNonce::of(&text.repeat(22), &entropy);
        let address = one.return_link(&nonce("x"));
        assert_eq!(address, one.return_link(&nonce("x")));
        assert_ne!(address, one.return_link(&nonce("y")));
        assert_ne!(address, other.return_link(&nonce("x")));
        assert_eq!(Link::parse(&address.text()), Some(address));
    }

    #[test]
    fn a_nonce_that_could_be_guessed_is_none() {
        let entropy = SeededEntropy::new(1);
        for sent in ["", "short", &"x".repeat(21), &"x".repeat(129), &" ".repeat(30)] {
            let (first, second) = (BrowserNonce::of(sent, &entropy), BrowserNonce::of(sent, &entropy));
            assert_ne!(first.hash(), second.hash(), "{sent}");
        }
        let sent = "x".repeat(22);
        assert_eq!(
            BrowserNonce::of(&sent, &entropy).hash(),
            BrowserNonce::of(&sent, &entropy).hash()
        );
    }
}
