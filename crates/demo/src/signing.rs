//! Signs and verifies requests after Standard Webhooks: HMAC-SHA256 over `id.timestamp.body`.
//!
//! Several secrets may be valid at once (rotation), and a request may carry several signatures.
//! Pure: the time is a parameter. Shares nothing with the gateway's own implementation.

use std::fmt;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::Timestamp;
use sha2::Sha256;

use crate::DemoError;

/// How far a request's timestamp may lie from our clock, in seconds.
pub const TOLERANCE_SECONDS: i64 = 300;

/// A shared secret, written `whsec_<base64>`.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Vec<u8>);

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningSecret(…)")
    }
}

impl SigningSecret {
    /// Reads `whsec_<base64>` of 24 to 64 bytes.
    pub fn read(text: &str) -> Result<Self, DemoError> {
        let encoded = text
            .strip_prefix("whsec_")
            .ok_or_else(|| DemoError::Secret("does not begin with whsec_".into()))?;
        let bytes = STANDARD
            .decode(encoded)
            .map_err(|_| DemoError::Secret("what follows whsec_ is not base64".into()))?;
        if !(24..=64).contains(&bytes.len()) {
            return Err(DemoError::Secret("is not 24 to 64 bytes long".into()));
        }
        Ok(Self(bytes))
    }

    fn mac(&self, id: &str, seconds: &str, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).ok()?;
        mac.update(id.as_bytes());
        mac.update(b".");
        mac.update(seconds.as_bytes());
        mac.update(b".");
        mac.update(body);
        Some(mac)
    }
}

/// The three headers of a signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureHeaders {
    /// `webhook-id`.
    pub id: String,
    /// `webhook-timestamp`, seconds since 1970.
    pub timestamp: String,
    /// `webhook-signature`, one `v1,<base64>` for each secret.
    pub signature: String,
}

/// Signs a body with every secret given.
pub fn sign(secrets: &[SigningSecret], id: &str, at: Timestamp, body: &[u8]) -> SignatureHeaders {
    let timestamp = at.as_second().to_string();
    let signature = secrets
        .iter()
        .filter_map(|secret| secret.mac(id, &timestamp, body))
        .map(|mac| format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
        .collect::<Vec<_>>()
        .join(" ");
    SignatureHeaders {
        id: id.to_owned(),
        timestamp,
        signature,
    }
}

/// Why a request is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// A header is not there, not text, or there more than once.
    #[error("the header {0} is missing, unreadable or there twice")]
    Missing(&'static str),
    /// The timestamp is not a number or too far away.
    #[error("webhook-timestamp is more than 300 seconds away from this server's clock")]
    Stale,
    /// No signature fits any secret.
    #[error("no signature in webhook-signature fits; check the shared secret")]
    Wrong,
}

/// Believes a request whose id, time and body are signed with one of the secrets.
pub fn verify(
    secrets: &[SigningSecret],
    headers: &HeaderMap,
    body: &[u8],
    now: Timestamp,
) -> Result<(), SignatureError> {
    let id = header(headers, "webhook-id")?;
    let timestamp = header(headers, "webhook-timestamp")?;
    let signatures = header(headers, "webhook-signature")?;
    let seconds: i64 = timestamp.parse().map_err(|_| SignatureError::Stale)?;
    if now.as_second().abs_diff(seconds) > TOLERANCE_SECONDS.unsigned_abs() {
        return Err(SignatureError::Stale);
    }
    let fits = signatures
        .split(' ')
        .filter_map(|signature| signature.strip_prefix("v1,"))
        .filter_map(|encoded| STANDARD.decode(encoded).ok())
        .any(|given| {
            secrets
                .iter()
                .filter_map(|secret| secret.mac(id, timestamp, body))
                .any(|mac| mac.verify_slice(&given).is_ok())
        });
    if fits { Ok(()) } else { Err(SignatureError::Wrong) }
}

fn header<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<&'a str, SignatureError> {
    let mut values = headers.get_all(name).iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some(value), None) => Ok(value),
        _ => Err(SignatureError::Missing(name)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(byte: u8) -> SigningSecret {
        SigningSecret::read(&format!("whsec_{}", STANDARD.encode([byte; 32]))).unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn headers(signed: &SignatureHeaders) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", signed.id.parse().unwrap());
        headers.insert("webhook-timestamp", signed.timestamp.parse().unwrap());
        headers.insert("webhook-signature", signed.signature.parse().unwrap());
        headers
    }

    /// The example of the published specification (libraries' common test vector).
    #[test]
    fn agrees_with_the_published_vector() {
        let secret = SigningSecret::read("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let signed = sign(
            &[secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            at(1_614_265_330),
            br#"{"test": 2432232314}"#,
        );
        assert_eq!(
            signed.signature,
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn believes_old_and_new_secret_during_rotation_and_nothing_else() {
        let now = at(1_800_000_000);
        let (old, new, other) = (secret(1), secret(2), secret(3));
        let rotating = sign(&[old.clone(), new.clone()], "m1", now, b"{}");
        type Case<'a> = (&'a [SigningSecret], &'a [u8], i64, Result<(), SignatureError>);
        let cases: [Case<'_>; 7] = [
            (std::slice::from_ref(&old), b"{}", 0, Ok(())),
            (std::slice::from_ref(&new), b"{}", 0, Ok(())),
            (&[other.clone(), new.clone()], b"{}", 300, Ok(())),
            (std::slice::from_ref(&other), b"{}", 0, Err(SignatureError::Wrong)),
            (std::slice::from_ref(&new), b"{ }", 0, Err(SignatureError::Wrong)),
            (std::slice::from_ref(&new), b"{}", 301, Err(SignatureError::Stale)),
            (
                std::slice::from_ref(&new),
                b"{}",
                -301,
                Err(SignatureError::Stale),
            ),
        ];
        for (number, (secrets, body, shift, expected)) in cases.into_iter().enumerate() {
            let later = at(1_800_000_000 + shift);
            assert_eq!(
                verify(secrets, &headers(&rotating), body, later),
                expected,
                "case {number}"
            );
        }
        let mut missing = headers(&rotating);
        missing.remove("webhook-id");
        assert_eq!(
            verify(std::slice::from_ref(&new), &missing, b"{}", now),
            Err(SignatureError::Missing("webhook-id"))
        );
        let mut twice = headers(&rotating);
        twice.append("webhook-timestamp", rotating.timestamp.parse().unwrap());
        assert_eq!(
            verify(&[new], &twice, b"{}", now),
            Err(SignatureError::Missing("webhook-timestamp"))
        );
    }

    #[test]
    fn a_secret_says_what_is_wrong_and_never_shows_itself() {
        for (text, reason) in [
            ("abc", "does not begin"),
            ("whsec_%%", "not base64"),
            ("whsec_AAAA", "24 to 64"),
        ] {
            let message = SigningSecret::read(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{message}");
        }
        assert_eq!(format!("{:?}", secret(9)), "SigningSecret(…)");
    }
}
