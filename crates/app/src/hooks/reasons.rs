//! Why messages are refused: said once a minute for each connector, with how many others there were. Pure.

use std::collections::HashMap;

use punchgate_domain::ids::{ConnectorId, SupplierId};

const MINUTE: i64 = 60_000_000;

/// What was said lately. It holds connectors that there are, and one line for all that there are not.
#[derive(Debug, Default)]
pub(super) struct Reasons(HashMap<Option<(SupplierId, ConnectorId)>, Said>);

#[derive(Clone, Copy, Debug)]
struct Said {
    at: i64,
    since: u64,
}

impl Reasons {
    /// Whether it is to be said now; then, how many were kept quiet since it was last said.
    pub(super) fn tell(&mut self, connector: Option<&(SupplierId, ConnectorId)>, now: i64) -> Option<u64> {
        let Some(said) = self.0.get_mut(&connector.cloned()) else {
            self.0.insert(connector.cloned(), Said { at: now, since: 0 });
            return Some(0);
        };
        if (said.at..said.at.saturating_add(MINUTE)).contains(&now) {
            said.since += 1;
            return None;
        }
        let others = said.since;
        *said = Said { at: now, since: 0 };
        Some(others)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_minute_for_each() {
        let erp = (SupplierId::from("acme"), ConnectorId::from("erp"));
        let mut reasons = Reasons::default();
        let rows = [
            (Some(&erp), 0, Some(0)),
            (None, 0, Some(0)),
            (Some(&erp), 1, None),
            (Some(&erp), MINUTE - 1, None),
            (Some(&erp), MINUTE, Some(2)),
            (None, 1, None),
            (Some(&erp), MINUTE + 1, None),
            // The clock was set back.
            (Some(&erp), 0, Some(1)),
        ];
        for (number, (connector, now, expected)) in rows.into_iter().enumerate() {
            assert_eq!(reasons.tell(connector, now), expected, "{number}");
        }
    }
}
