//! How much an address may ask of us at one door. A door is what a sender names, supplier and connector, whether there is
//! such a connector or not: senders of many suppliers share addresses, and a mistake in the settings of one is not to
//! silence the others; and nobody finds out by asking too often which connectors there are.

use sha2::{Digest as _, Sha256};

use crate::rate_limit::{self, Rate};

/// What an address may send to a door: 50 messages a second. A refused one counts as twenty.
pub(super) const RATE: Rate = Rate {
    a_minute: 3_000,
    at_once: 3_000,
    refused: 20,
};

/// Where a message is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Door {
    /// A connector that there is.
    There([u8; 32]),
    /// One that there is not, as long as there is room; else all of them.
    NotThere(Option<[u8; 32]>),
}

impl Door {
    /// The names may be of any length, and anybody's.
    pub(super) fn of(supplier: &str, connector: &str, is_there: bool) -> Self {
        let mut hash = Sha256::new();
        hash.update(supplier.as_bytes());
        // In no address of ours.
        hash.update(b"\0");
        hash.update(connector.as_bytes());
        let name = hash.finalize().into();
        match is_there {
            true => Self::There(name),
            false => Self::NotThere(Some(name)),
        }
    }
}

impl rate_limit::Door for Door {
    fn crowded(self) -> Self {
        match self {
            Self::There(_) => self,
            Self::NotThere(_) => Self::NotThere(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::Door;

    /// A cloud shop sends for many suppliers from the same few addresses.
    #[test]
    fn every_connector_has_a_door_of_its_own() {
        let names = [
            ("acme", "erp", true),
            ("globex", "erp", true),
            ("acme", "shop", true),
            ("acm", "eerp", true),
            ("acme", "old-shop", false),
            ("nobody", "erp", false),
        ];
        let doors: HashSet<Door> = names
            .iter()
            .map(|(supplier, connector, is_there)| Door::of(supplier, connector, *is_there))
            .collect();
        assert_eq!(doors.len(), names.len());
    }
}
