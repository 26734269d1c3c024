//! Signatures with a sender's private key: a JSON Web Token beside the message, or a detached JSON Web Signature of it.
//! The keys come in as a parameter, as they stood at the sender's address; so does time.
//!
//! **Invariant:** the algorithm is the configured one. What a token says of it can only be refused.

use std::fmt;

use http::HeaderName;
use punchgate_domain::Instant;
use punchgate_egress::EgressRules;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use sha2::{Digest, Sha256, Sha512};
use url::Url;

use super::{Encoding, HmacAlgorithm, Incoming, Proven, Refusal, fits, header, near};

/// Longest token that is read.
const MOST_TOKEN: usize = 16 * 1024;
/// Most keys of one sender; rotations need two.
const MOST_KEYS: usize = 64;

/// How a sender proves itself with its private key.
#[derive(Clone, Debug)]
pub struct TokenRule {
    pub(super) header: HeaderName,
    pub(super) form: TokenForm,
    pub(super) algorithm: KeyAlgorithm,
    /// Where its public keys stand.
    pub jwks_url: Url,
    /// What may be reached on the way there.
    pub rules: EgressRules,
}

#[derive(Clone, Debug)]
pub(super) enum TokenForm {
    /// A token with claims.
    Claims(Claims),
    /// A signature of the body alone.
    Detached,
}

/// What a token must say.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    pub(super) issuer: String,
    pub(super) audience: String,
    pub(super) tolerance_seconds: i64,
    pub(super) body: Option<BodyClaim>,
}

/// The claim that binds a token to the body.
#[derive(Clone, Debug)]
pub(super) struct BodyClaim {
    pub(super) name: String,
    pub(super) encoding: Encoding,
    pub(super) algorithm: HmacAlgorithm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum KeyAlgorithm {
    Rs256,
    Es256,
}

/// A sender's public keys.
#[derive(Clone, Default)]
pub struct KeySet(Vec<PublicKey>);

#[derive(Clone)]
struct PublicKey {
    kid: Option<String>,
    material: Material,
}

#[derive(Clone)]
enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// An uncompressed point of P-256.
    P256(Vec<u8>),
}

/// A document that holds no keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeySetError {
    /// Not JSON in the form of RFC 7517.
    #[error("what stands there is no JSON Web Key Set")]
    Form,
    /// Nothing that can be used.
    #[error("there is no RSA or P-256 key for signatures in the key set")]
    None,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Entry {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    kid: Option<String>,
    b64: Option<bool>,
    crit: Option<Vec<String>>,
}

impl KeyAlgorithm {
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text {
            "RS256" => Some(Self::Rs256),
            "ES256" => Some(Self::Es256),
            _ => None,
        }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

impl KeySet {
    /// Reads a JSON Web Key Set; keys of other kinds, or for other uses, are passed over.
    pub fn parse(text: &[u8]) -> Result<Self, KeySetError> {
        let document: Document = serde_json::from_slice(text).map_err(|_| KeySetError::Form)?;
        let keys: Vec<PublicKey> = document
            .keys
            .into_iter()
            .filter_map(|value| serde_json::from_value(value).ok())
            .filter_map(PublicKey::read)
            .take(MOST_KEYS)
            .collect();
        match keys.is_empty() {
            true => Err(KeySetError::None),
            false => Ok(Self(keys)),
        }
    }

    /// The keys that a token may mean: the one that it names, or, where it names none, any.
    fn meant(&self, kid: Option<&str>) -> Vec<&PublicKey> {
        let all = self.0.iter();
        all.filter(|key| kid.is_none() || key.kid.as_deref() == kid)
            .collect()
    }
}

impl PublicKey {
    fn read(entry: Entry) -> Option<Self> {
        if entry.usage.as_deref().is_some_and(|usage| usage != "sig") {
            return None;
        }
        let bytes = |text: &Option<String>| Encoding::Base64Url.decode(text.as_deref()?);
        let (material, algorithm) = match (entry.kty.as_str(), entry.crv.as_deref()) {
            ("RSA", None) => {
                let n = bytes(&entry.n)?;
                // Some write the sign's zero byte, which the verification refuses.
                let leading = n.iter().take_while(|byte| **byte == 0).count();
                let n = n.get(leading..)?.to_vec();
                (
                    Material::Rsa {
                        n,
                        e: bytes(&entry.e)?,
                    },
                    "RS256",
                )
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (bytes(&entry.x)?, bytes(&entry.y)?);
                if x.len() != 32 || y.len() != 32 {
                    return None;
                }
                (Material::P256([vec![4], x, y].concat()), "ES256")
            }
            _ => return None,
        };
        if entry.alg.is_some_and(|stated| stated != algorithm) {
            return None;
        }
        Some(Self {
            kid: entry.kid,
            material,
        })
    }

    fn verifies(&self, algorithm: KeyAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        match (&self.material, algorithm) {
            (Material::Rsa { n, e }, KeyAlgorithm::Rs256) => RsaPublicKeyComponents { n, e }
                .verify(&RSA_PKCS1_2048_8192_SHA256, message, signature)
                .is_ok(),
            (Material::P256(point), KeyAlgorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(message, signature)
                    .is_ok()
            }
            _ => false,
        }
    }
}

impl TokenRule {
    /// Accepts a message whose token was signed with one of the keys and says what was agreed.
    pub fn verify(&self, incoming: &Incoming<'_>, now: Instant, keys: &KeySet) -> Result<Proven, Refusal> {
        let token = self.token(incoming)?;
        let mut parts = token.split('.');
        let (Some(head), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::Token("it has not three parts with dots between them"));
        };
        let parsed: Head = json(head).ok_or(Refusal::Token("its head is not JSON in base64url"))?;
        if parsed.alg != self.algorithm.as_str() {
            return Err(Refusal::algorithm(&parsed.alg, self.algorithm.as_str()));
        }
        let signature = Encoding::Base64Url
            .decode(signature)
            .ok_or(Refusal::Token("its signature is not base64url"))?;
        let signed = self.signed(head, &parsed, payload, incoming.body)?;
        let meant = keys.meant(parsed.kid.as_deref());
        if meant.is_empty() {
            return Err(Refusal::unknown_key(parsed.kid.as_deref()));
        }
        if !meant
            .iter()
            .any(|key| key.verifies(self.algorithm, &signed, &signature))
        {
            return Err(Refusal::Mismatch);
        }
        match &self.form {
            TokenForm::Detached => Ok(Proven { id: None }),
            TokenForm::Claims(claims) => claims.check(payload, incoming.body, now),
        }
    }

    fn token<'a>(&self, incoming: &Incoming<'a>) -> Result<&'a str, Refusal> {
        let value = header(incoming.headers, &self.header)?;
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token,
            _ => value,
        };
        match token.len() <= MOST_TOKEN {
            true => Ok(token.trim()),
            false => Err(Refusal::Token("it is longer than any token")),
        }
    }

    /// The bytes under the signature.
    fn signed(&self, head: &str, parsed: &Head, payload: &str, body: &[u8]) -> Result<Vec<u8>, Refusal> {
        let crit: Vec<&str> = parsed.crit.iter().flatten().map(String::as_str).collect();
        match &self.form {
            TokenForm::Claims(_) => match (crit.is_empty(), parsed.b64) {
                (true, None) => Ok(format!("{head}.{payload}").into_bytes()),
                _ => Err(Refusal::Token("its head asks for what is not known here")),
            },
            TokenForm::Detached => {
                if !payload.is_empty() {
                    return Err(Refusal::Token(
                        "it is not detached: its middle part must be empty",
                    ));
                }
                let mut signed = format!("{head}.").into_bytes();
                match (parsed.b64, crit.as_slice()) {
                    (Some(false), ["b64"]) => signed.extend_from_slice(body),
                    (None, []) => signed.extend_from_slice(base64url(body).as_bytes()),
                    _ => return Err(Refusal::Token("its head asks for what is not known here")),
                }
                Ok(signed)
            }
        }
    }
}

impl Claims {
    fn check(&self, payload: &str, body: &[u8], now: Instant) -> Result<Proven, Refusal> {
        let claims: serde_json::Value =
            json(payload).ok_or(Refusal::Token("its claims are not JSON in base64url"))?;
        let text = |name: &str| claims.get(name).and_then(serde_json::Value::as_str);
        let missing = |name: &str| Refusal::Claim(name.to_owned());
        if text("iss") != Some(self.issuer.as_str()) {
            return Err(missing("iss"));
        }
        let audience = claims.get("aud").is_some_and(|aud| match aud {
            serde_json::Value::Array(all) => all.iter().any(|one| one == self.audience.as_str()),
            one => one == self.audience.as_str(),
        });
        if !audience {
            return Err(missing("aud"));
        }
        self.times(&claims, now)?;
        if let Some(bound) = &self.body {
            let stated = text(&bound.name).ok_or_else(|| missing(&bound.name))?;
            let given = bound
                .encoding
                .decode(stated)
                .ok_or_else(|| missing(&bound.name))?;
            if !fits([bound.hash(body).as_slice()], &[given]) {
                return Err(Refusal::Body(bound.name.clone()));
            }
        }
        // Without a claim about the body the token may come with many messages: it is the id of none.
        let id = self.body.as_ref().and_then(|_| text("jti"));
        let id = id.filter(|id| !id.is_empty());
        Ok(Proven {
            id: id.map(str::to_owned),
        })
    }

    /// It must end; it must have begun, where it says when.
    fn times(&self, claims: &serde_json::Value, now: Instant) -> Result<(), Refusal> {
        let at = |name: &str| match claims.get(name) {
            None => Ok(None),
            Some(value) => seconds(value)
                .and_then(|seconds| Instant::from_second(seconds).ok())
                .map(Some)
                .ok_or_else(|| Refusal::Claim(name.to_owned())),
        };
        let ends = at("exp")?.ok_or_else(|| Refusal::Claim("exp".to_owned()))?;
        if now > ends {
            near(ends, now, self.tolerance_seconds)?;
        }
        for begins in [at("nbf")?, at("iat")?].into_iter().flatten() {
            if begins > now {
                near(begins, now, self.tolerance_seconds)?;
            }
        }
        Ok(())
    }
}

impl BodyClaim {
    fn hash(&self, body: &[u8]) -> Vec<u8> {
        match self.algorithm {
            HmacAlgorithm::Sha512 => Sha512::digest(body).to_vec(),
            _ => Sha256::digest(body).to_vec(),
        }
    }
}

/// Seconds since 1970; a fraction is cut off.
fn seconds(value: &serde_json::Value) -> Option<i64> {
    let text = value.as_number()?.to_string();
    text.split('.').next()?.parse().ok()
}

fn json<T: serde::de::DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_slice(&Encoding::Base64Url.decode(part)?).ok()
}

fn base64url(bytes: &[u8]) -> String {
    use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl fmt::Debug for KeySet {
    /// Their names.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.kid)).finish()
    }
}
