//! Time and randomness of the demo peers: parameters everywhere, and their one real source here.

use std::fmt::Debug;

use jiff::Timestamp;

use crate::DemoError;

/// Tells the time.
pub trait Clock: Send + Sync + Debug {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// Gives random bytes.
pub trait Entropy: Send + Sync + Debug {
    /// Fills the buffer.
    fn fill(&self, buffer: &mut [u8]) -> Result<(), DemoError>;

    /// A token of 256 random bits in lower-case hex.
    fn token(&self) -> Result<String, DemoError> {
        let mut bytes = [0_u8; 32];
        self.fill(&mut bytes)?;
        Ok(hex(&bytes))
    }

    /// A short id of 64 random bits in lower-case hex.
    fn short_id(&self) -> Result<String, DemoError> {
        let mut bytes = [0_u8; 8];
        self.fill(&mut bytes)?;
        Ok(hex(&bytes))
    }
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the demo peers' one real clock")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsEntropy;

impl Entropy for OsEntropy {
    #[expect(
        clippy::disallowed_methods,
        reason = "the demo peers' one source of randomness"
    )]
    fn fill(&self, buffer: &mut [u8]) -> Result<(), DemoError> {
        getrandom::fill(buffer).map_err(|error| DemoError::Entropy(error.to_string()))
    }
}

/// Lower-case hex of some bytes.
pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]])
        .map(char::from)
        .collect()
}
