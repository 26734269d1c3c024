//! Who a document says it is from, and the comparison of secrets.
//!
//! Matching is by [`CredentialKey`]; whether a sender may act for another is not decided here.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::mac::CredentialMac;

/// A secret text. `Debug` never shows it; its memory is wiped when it goes.
#[derive(Clone, Default)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the few who must have it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether there is no text at all.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() {
            "Secret(empty)"
        } else {
            "Secret(…)"
        })
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// One `Credential` of From, To or Sender.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The domain attribute as written (blanks around it trimmed).
    pub domain: String,
    /// The Identity's text as written (blanks around it trimmed).
    pub identity: String,
    /// `type="marketplace"`.
    pub is_marketplace: bool,
    /// What proves it, if anything.
    pub proof: Proof,
}

/// What a credential brings along as proof.
#[derive(Clone, Debug)]
pub enum Proof {
    /// Nothing.
    None,
    /// A shared secret; may be empty in documents that come out of Ariba tooling.
    SharedSecret(Secret),
    /// A MAC made by a hub with the receiver's secret.
    Mac(CredentialMac),
    /// The deprecated DigitalSignature element; not verified.
    Signature,
}

/// What two spellings of one credential have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CredentialKey {
    /// Lower-case domain.
    pub domain: String,
    /// Normalised identity.
    pub identity: String,
}

impl CredentialKey {
    /// The key of a domain and an identity: what is stored for matching is made here, too.
    pub fn new(domain: &str, identity: &str) -> Self {
        let domain = domain.trim().to_lowercase();
        let trimmed = identity.trim();
        let identity = match domain.as_str() {
            "duns" | "dunsplus4" => trimmed
                .chars()
                .filter(|c| !c.is_whitespace() && *c != '-')
                .flat_map(char::to_lowercase)
                .collect(),
            "networkid" | "aribanetworkuserid" | "topsnetworkuserid" => trimmed.to_lowercase(),
            _ if trimmed.contains('@') => trimmed.to_lowercase(),
            _ => trimmed.to_owned(),
        };
        Self { domain, identity }
    }
}

impl Credential {
    /// A credential without proof.
    pub fn new(domain: impl Into<String>, identity: impl Into<String>) -> Self {
        Self {
            domain: domain.into(),
            identity: identity.into(),
            is_marketplace: false,
            proof: Proof::None,
        }
    }

    /// What this credential is matched by: domain without case; identity without case for network
    /// ids, DUNS numbers (dashes stripped, too) and e-mail style; other identities as written.
    pub fn match_key(&self) -> CredentialKey {
        CredentialKey::new(&self.domain, &self.identity)
    }
}

/// Compares secrets in constant time, with equal work whatever their lengths: the digests are compared.
/// An empty secret matches nothing, not even another empty one.
pub fn verify_shared_secret(given: &Secret, expected: &Secret) -> bool {
    let given_digest = Sha256::digest(given.0.as_bytes());
    let expected_digest = Sha256::digest(expected.0.as_bytes());
    let equal = given_digest.as_slice().ct_eq(expected_digest.as_slice());
    bool::from(equal) & !expected.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_credential_meet() {
        let cases = [
            (("NetworkID", "AN01000000001-T"), ("networkid", "an01000000001-t")),
            (("DUNS", " 94-3043208 "), ("duns", "943043208")),
            (("Duns", "94 304 3208"), ("duns", "943043208")),
            (
                ("AribaNetworkUserId", "SysAdmin@Buyer.example"),
                ("aribanetworkuserid", "sysadmin@buyer.example"),
            ),
            (
                ("VendorID", "Sales@Shop.example"),
                ("vendorid", "sales@shop.example"),
            ),
            (("VendorID", "Ab-12"), ("vendorid", "Ab-12")),
        ];
        for ((domain, identity), (key_domain, key_identity)) in cases {
            let key = Credential::new(domain, identity).match_key();
            assert_eq!(
                (key.domain.as_str(), key.identity.as_str()),
                (key_domain, key_identity)
            );
        }
    }

    #[test]
    fn an_empty_secret_matches_nothing() {
        let verify =
            |given: &str, expected: &str| verify_shared_secret(&Secret::new(given), &Secret::new(expected));
        assert!(verify("s3cret", "s3cret"));
        for (given, expected) in [
            ("s3cret", "s3creT"),
            ("s3cret", "s3cret "),
            ("", "s3cret"),
            ("s3cret", ""),
            ("", ""),
        ] {
            assert!(!verify(given, expected), "{given:?} {expected:?}");
        }
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut credential = Credential::new("DUNS", "1");
        credential.proof = Proof::SharedSecret(Secret::new("hush-hush"));
        assert!(!format!("{credential:?}").contains("hush"));
    }
}
