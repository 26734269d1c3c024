//! Why a message has not proved itself. Every refusal names what its reader compares; none quotes the message.

/// Most characters of a foreign name that are told.
const SHOWN: usize = 64;

/// Why a message is not accepted. For the log: whoever sent it is told nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// A header that must be there.
    #[error("the header {0} is missing, empty, repeated or unreadable: compare webhook settings and sender")]
    Header(String),
    /// No signature was found where it was looked for.
    #[error(
        "the header {header} holds no signature in the form that is expected: compare prefix, separator and encoding"
    )]
    Form {
        /// Where it was looked for.
        header: String,
    },
    /// A time that does not read.
    #[error("the timestamp does not read: compare webhook.timestamp_format with what {0} holds")]
    TimestampForm(String),
    /// Too old or too new.
    #[error(
        "the message is {apart} seconds from our clock, at most {tolerance} are allowed: compare both clocks"
    )]
    Timestamp {
        /// Seconds; less than zero lies ahead of us.
        apart: i64,
        /// Seconds.
        tolerance: i64,
    },
    /// No signature fits.
    #[error(
        "no signature fits: compare the secret on both sides, and webhook.signed with what the sender signs"
    )]
    Mismatch,
    /// No token, or one that does not read.
    #[error("the token does not read: {0}")]
    Token(&'static str),
    /// Signed in a way that was not agreed.
    #[error("the token is signed by {stated:?}, only {expected} was agreed: compare webhook.algorithm")]
    Algorithm {
        /// What the token says, shortened.
        stated: String,
        /// What was agreed.
        expected: &'static str,
    },
    /// No key of this name is known.
    #[error("no key {kid:?} stands at webhook.jwks_url: compare the address with the sender's")]
    UnknownKey {
        /// What the token says, shortened.
        kid: String,
    },
    /// No keys could be read.
    #[error("no keys to verify with: {0}")]
    NoKeys(String),
    /// A claim that does not say what was agreed.
    #[error("the claim {0} is missing, or is not what the webhook settings say")]
    Claim(String),
    /// The body is not the one that was signed.
    #[error("the body is not the one whose hash stands in the claim {0}")]
    Body(String),
}

impl Refusal {
    pub(super) fn algorithm(stated: &str, expected: &'static str) -> Self {
        Self::Algorithm {
            stated: shown(stated),
            expected,
        }
    }

    pub(super) fn unknown_key(kid: Option<&str>) -> Self {
        Self::UnknownKey {
            kid: shown(kid.unwrap_or_default()),
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(SHOWN).collect()
}
