//! CredentialMac: the proof of a buyer who has no secret of ours, made for it by a hub that has.
//!
//! Only `FromSenderCredentials` with `HMAC-SHA1-96` exists. The MAC can be replayed until it expires.

use base64::{Engine, engine::general_purpose::STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;

use super::{Credential, Secret, StatedTimestamp};

/// The `CredentialMac` element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CredentialMac {
    /// `FromSenderCredentials`.
    pub kind: String,
    /// `HMAC-SHA1-96`.
    pub algorithm: String,
    /// Exactly as in the attribute: it is part of what is signed.
    pub creation_date: String,
    /// Exactly as in the attribute.
    pub expiration_date: String,
    /// The MAC in base64, blanks around it trimmed.
    pub value: String,
}

/// Why a MAC is not accepted. The texts are for the log; the sender is told 401 and no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MacRefusal {
    /// Another type than FromSenderCredentials.
    #[error("the CredentialMac's type is not FromSenderCredentials")]
    Kind,
    /// Another algorithm than HMAC-SHA1-96.
    #[error("the CredentialMac's algorithm is not HMAC-SHA1-96")]
    Algorithm,
    /// A date that is not understood, or has no offset.
    #[error("the CredentialMac's creationDate or expirationDate is not a date with an offset")]
    Date,
    /// Before creationDate.
    #[error("the CredentialMac is not valid yet")]
    NotYetValid,
    /// After expirationDate.
    #[error("the CredentialMac has expired: the buyer must ask its network for a new profile")]
    Expired,
    /// Made with another secret, for other credentials or dates.
    #[error("the CredentialMac does not match: secret, credentials or dates differ")]
    Mismatch,
}

/// Twelve bytes: the 96 bits of HMAC-SHA1-96.
const MAC_BYTES: usize = 12;

/// The MAC over these credentials and dates: what stands in the element's text.
pub fn compute(
    secret: &Secret,
    from: &Credential,
    sender: &Credential,
    creation: &str,
    expiration: &str,
) -> String {
    STANDARD.encode(raw_mac(secret, from, sender, creation, expiration))
}

/// Every part is followed by a NUL, the last one, too; domains and identities in lower case.
fn raw_mac(
    secret: &Secret,
    from: &Credential,
    sender: &Credential,
    creation: &str,
    expiration: &str,
) -> [u8; MAC_BYTES] {
    let mut taken = [0; MAC_BYTES];
    // HMAC takes keys of any length; were it ever to refuse one, the zeros match no MAC (see verify_mac).
    let Ok(mut hmac) = Hmac::<Sha1>::new_from_slice(secret.expose().as_bytes()) else {
        return taken;
    };
    for part in [&from.domain, &from.identity, &sender.domain, &sender.identity] {
        hmac.update(part.trim().to_lowercase().as_bytes());
        hmac.update(&[0]);
    }
    for date in [creation, expiration] {
        hmac.update(date.as_bytes());
        hmac.update(&[0]);
    }
    let whole = hmac.finalize().into_bytes();
    for (to, byte) in taken.iter_mut().zip(whole) {
        *to = byte;
    }
    taken
}

/// Checks a MAC: type, algorithm, dates against `now`, and the value in constant time. Both ends of the
/// period count as valid. An empty secret verifies nothing.
pub fn verify_mac(
    secret: &Secret,
    from: &Credential,
    sender: &Credential,
    mac: &CredentialMac,
    now: jiff::Timestamp,
) -> Result<(), MacRefusal> {
    if mac.kind.trim() != "FromSenderCredentials" {
        return Err(MacRefusal::Kind);
    }
    if mac.algorithm.trim() != "HMAC-SHA1-96" {
        return Err(MacRefusal::Algorithm);
    }
    let creation = binding_instant(&mac.creation_date)?;
    let expiration = binding_instant(&mac.expiration_date)?;
    let expected = raw_mac(secret, from, sender, &mac.creation_date, &mac.expiration_date);
    let given = STANDARD.decode(mac.value.trim()).unwrap_or_default();
    let equal = bool::from(expected.as_slice().ct_eq(given.as_slice()));
    if !equal || secret.is_empty() || expected == [0; MAC_BYTES] {
        return Err(MacRefusal::Mismatch);
    }
    if now < creation {
        return Err(MacRefusal::NotYetValid);
    }
    if now > expiration {
        return Err(MacRefusal::Expired);
    }
    Ok(())
}

/// A date that decides about validity must say its offset.
fn binding_instant(text: &str) -> Result<jiff::Timestamp, MacRefusal> {
    let read = StatedTimestamp::read(text);
    read.instant.filter(|_| read.has_offset).ok_or(MacRefusal::Date)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CREATION: &str = "2003-01-15T08:42:46-08:00";
    const EXPIRATION: &str = "2003-01-15T11:42:46-08:00";

    fn party() -> Credential {
        Credential::new("NetworkID", "AN9900000100")
    }

    fn mac(value: &str) -> CredentialMac {
        CredentialMac {
            kind: "FromSenderCredentials".to_owned(),
            algorithm: "HMAC-SHA1-96".to_owned(),
            creation_date: CREATION.to_owned(),
            expiration_date: EXPIRATION.to_owned(),
            value: value.to_owned(),
        }
    }

    fn verify(secret: &str, mac: &CredentialMac, now: &str) -> Result<(), MacRefusal> {
        verify_mac(
            &Secret::new(secret),
            &party(),
            &party(),
            mac,
            now.parse().unwrap(),
        )
    }

    #[test]
    fn the_published_vectors() {
        for (secret, value) in [
            ("abracadabra", "cR6Jpz58nriXERDN"),
            ("password", "5KMM/p4KtK5oAf/B"),
        ] {
            let computed = compute(&Secret::new(secret), &party(), &party(), CREATION, EXPIRATION);
            assert_eq!(computed, value);
            assert_eq!(verify(secret, &mac(value), "2003-01-15T18:00:00Z"), Ok(()));
        }
    }

    #[test]
    fn dates_are_enforced_to_the_second() {
        let good = mac("cR6Jpz58nriXERDN");
        let cases = [
            ("2003-01-15T16:42:45Z", Err(MacRefusal::NotYetValid)),
            ("2003-01-15T16:42:46Z", Ok(())),
            ("2003-01-15T19:42:46Z", Ok(())),
            ("2003-01-15T19:42:47Z", Err(MacRefusal::Expired)),
        ];
        for (now, expected) in cases {
            assert_eq!(verify("abracadabra", &good, now), expected, "{now}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let now = "2003-01-15T18:00:00Z";
        let good = mac("cR6Jpz58nriXERDN");
        let with = |change: fn(&mut CredentialMac)| {
            let mut changed = good.clone();
            change(&mut changed);
            verify("abracadabra", &changed, now)
        };
        assert_eq!(verify("password", &good, now), Err(MacRefusal::Mismatch));
        assert_eq!(verify("", &good, now), Err(MacRefusal::Mismatch));
        assert_eq!(with(|m| m.value = String::new()), Err(MacRefusal::Mismatch));
        assert_eq!(
            with(|m| m.value = "AAAAAAAAAAAAAAAA".to_owned()),
            Err(MacRefusal::Mismatch)
        );
        assert_eq!(with(|m| m.kind = "Other".to_owned()), Err(MacRefusal::Kind));
        assert_eq!(
            with(|m| m.algorithm = "MD5".to_owned()),
            Err(MacRefusal::Algorithm)
        );
        assert_eq!(
            with(|m| m.creation_date = "2003-01-15".to_owned()),
            Err(MacRefusal::Date)
        );
        assert_eq!(
            with(|m| m.expiration_date = "2003-01-15T19:42:46".to_owned()),
            Err(MacRefusal::Date)
        );
        assert_eq!(
            with(|m| m.expiration_date = "2103-01-15T11:42:46-08:00".to_owned()),
            Err(MacRefusal::Mismatch)
        );
        assert_eq!(with(|m| m.value = " cR6Jpz58nriXERDN\n".to_owned()), Ok(()));
    }
}
