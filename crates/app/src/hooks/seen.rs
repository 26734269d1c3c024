//! The ids of messages that were taken lately: one that comes again is taken once. Kept in memory: what slips through
//! after a restart, or to another gateway, makes a feed be read once more.

use std::collections::{HashMap, HashSet, VecDeque};

use punchgate_domain::ids::{ConnectorId, SupplierId};
use sha2::{Digest as _, Sha256};

/// Ids of one connector that are remembered.
const MOST: usize = 2_048;

/// Of each connector the last ones.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<(SupplierId, ConnectorId), Ids>);

#[derive(Debug, Default)]
struct Ids {
    known: HashSet<[u8; 32]>,
    order: VecDeque<[u8; 32]>,
}

impl Seen {
    pub(super) fn knows(&self, connector: &(SupplierId, ConnectorId), id: &str) -> bool {
        let ids = self.0.get(connector);
        ids.is_some_and(|ids| ids.known.contains(&digest(id)))
    }

    /// Called for messages that have proved where they come from, so that nobody else fills it.
    pub(super) fn note(&mut self, connector: (SupplierId, ConnectorId), id: &str) {
        let ids = self.0.entry(connector).or_default();
        let digest = digest(id);
        if ids.known.insert(digest) {
            ids.order.push_back(digest);
        }
        while ids.order.len() > MOST {
            if let Some(oldest) = ids.order.pop_front() {
                ids.known.remove(&oldest);
            }
        }
    }
}

/// An id may be of any length.
fn digest(id: &str) -> [u8; 32] {
    Sha256::digest(id.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_of_each_connector() {
        let (erp, shop) = (
            (SupplierId::from("acme"), ConnectorId::from("erp")),
            (SupplierId::from("acme"), ConnectorId::from("shop")),
        );
        let mut seen = Seen::default();
        assert!(!seen.knows(&erp, "1"));
        seen.note(erp.clone(), "1");
        seen.note(erp.clone(), "1");
        assert!(seen.knows(&erp, "1") && !seen.knows(&shop, "1") && !seen.knows(&erp, "2"));
        for number in 2..=MOST + 1 {
            seen.note(erp.clone(), &number.to_string());
        }
        assert!(!seen.knows(&erp, "1") && seen.knows(&erp, "2"));
        let ids = &seen.0[&erp];
        assert_eq!((ids.known.len(), ids.order.len()), (MOST, MOST));
    }
}
