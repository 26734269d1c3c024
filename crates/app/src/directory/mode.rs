//! Production, test or shadow.

use std::fmt;

/// Whether a relationship or a connector is for real orders. Decided by credential or URL, never by what a
/// document says of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Real orders.
    Production,
    /// Orders that nobody ships.
    Test,
    /// Copies of orders that go another way: a relationship in it is judged and compared, and causes nothing.
    /// Never a connector.
    Shadow,
}

impl Mode {
    /// Every mode's stable text.
    pub const NAMES: &'static [&'static str] = &["production", "test", "shadow"];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::Test => "test",
            Self::Shadow => "shadow",
        }
    }

    /// Reads the stable text.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "production" => Some(Self::Production),
            "test" => Some(Self::Test),
            "shadow" => Some(Self::Shadow),
            _ => None,
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
