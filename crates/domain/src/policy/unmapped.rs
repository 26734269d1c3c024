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
    /// Who orders, where the relationship wants a contact of the ERP on every order.
    User {
        /// As the buyer names the user; empty where the order names nobody.
        user: String,
    },
}

impl Unmapped {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unit { .. } => "unmapped-unit",
            Self::ShipTo { .. } => "unmapped-ship-to",
            Self::User { user } if user.is_empty() => "no-user",
            Self::User { .. } => "unmapped-user",
        }
    }

    /// Whether it was asked for on every order: then it holds, whatever else is let pass.
    pub fn is_required(&self) -> bool {
        matches!(self, Self::User { .. })
    }

    /// Whether a mapping would tell what it is.
    pub fn can_be_mapped(&self) -> bool {
        !matches!(self, Self::User { user } if user.is_empty())
    }

    /// Whether it is the same word, in whatever lines.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unit { unit, .. }, Self::Unit { unit: other, .. }) => unit == other,
            (Self::ShipTo { address, .. }, Self::ShipTo { address: other, .. }) => address == other,
            (Self::User { user }, Self::User { user: other }) => user == other,
            _ => false,
        }
    }
}

impl fmt::Display for Unmapped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, text, lines) = match self {
            Self::Unit { unit, lines } => ("unit", unit, lines),
            Self::ShipTo { address, lines } => ("ship-to", address, lines),
            Self::User { user } if user.is_empty() => {
                return f.write_str(
                    "the order names no user, and a contact is required: confirm that it goes without",
                );
            }
            Self::User { user } => {
                return write!(
                    f,
                    "no mapping knows the user '{user}', and a contact is required: map it, or confirm that it goes without"
                );
            }
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
