//! What the buyer calls something, and no mapping knows.

use std::fmt;

/// A word of the buyer's that nobody has translated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmapped {
    /// A unit of measure.
    Unit {
        /// As the buyer writes it.
        unit: String,
        /// The buyer's line numbers.
        lines: Vec<u32>,
    },
    /// Where it goes.
    ShipTo {
        /// The buyer's id of the address; without one, the address.
        address: String,
        /// The lines that go there; none where all do.
        lines: Vec<u32>,
    },
}

impl Unmapped {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unit { .. } => "unmapped-unit",
            Self::ShipTo { .. } => "unmapped-ship-to",
        }
    }

    /// Whether it is the same word, in whatever lines.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unit { unit, .. }, Self::Unit { unit: other, .. }) => unit == other,
            (Self::ShipTo { address, .. }, Self::ShipTo { address: other, .. }) => address == other,
            _ => false,
        }
    }
}

impl fmt::Display for Unmapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, text, lines) = match self {
            Self::Unit { unit, lines } => ("unit", unit, lines),
            Self::ShipTo { address, lines } => ("ship-to", address, lines),
        };
        let numbers: Vec<String> = lines.iter().map(u32::to_string).collect();
        let of = match numbers.as_slice() {
            [] => String::new(),
            [one] => format!(" of line {one}"),
            several => format!(" of lines {}", several.join(", ")),
        };
        write!(
            f,
            "no mapping knows the {what} '{text}'{of}: map it, or confirm that it is ours"
        )
    }
}
