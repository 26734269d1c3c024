//! What needs a person: counted, worst first, each with where to look.

use punchgate_domain::{Instant, ids::SupplierId, order::OrderState};
use punchgate_storage::{
    StorageResult,
    sync::{self, CursorRow},
    waiting::{self, CountRow},
};

use crate::{Surroundings, clock::from_micros};

/// Something that does not go on by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Orders in a state in which somebody must look.
    Orders(OrderState),
    /// Work of a kind that was given up.
    DeadWork(String),
    /// A feed of a connector that failed since it was last read to its end.
    Feed(Box<CursorRow>),
    /// Refused requests that may be orders.
    Quarantine,
    /// Fields that were changed here and in the ERP.
    Conflicts,
}

/// How many there are, and since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Of what.
    pub matter: Matter,
    /// How many.
    pub count: i64,
    /// Since when the oldest waits.
    pub oldest: Option<Instant>,
}

/// Everything that needs a person at a supplier, worst first.
pub async fn list(surroundings: &Surroundings, supplier: &SupplierId) -> StorageResult<Vec<Waiting>> {
    let supplier = supplier.as_str();
    let mut tx = surroundings.db.read().await?;
    let orders = waiting::orders(&mut tx, supplier).await?;
    let dead = waiting::dead_work(&mut tx, supplier).await?;
    let quarantined = waiting::quarantined(&mut tx, supplier).await?;
    let conflicts = waiting::conflicts(&mut tx, supplier).await?;
    let feeds = sync::cursors(&mut tx, supplier).await?;
    tx.rollback().await?;
    let mut all = Vec::new();
    // A state that is not known here is a newer program's.
    let state = |row: &CountRow| OrderState::parse(&row.state).ok().map(Matter::Orders);
    all.extend(orders.into_iter().filter_map(|row| Some(of(state(&row)?, row))));
    all.extend(
        dead.into_iter()
            .map(|row| of(Matter::DeadWork(row.state.clone()), row)),
    );
    all.extend(quarantined.into_iter().map(|row| of(Matter::Quarantine, row)));
    all.extend(conflicts.into_iter().map(|row| of(Matter::Conflicts, row)));
    all.extend(feeds.into_iter().filter(is_failing).map(|row| Waiting {
        count: 1,
        oldest: row.finished_at.or(row.failed_at).map(from_micros),
        matter: Matter::Feed(Box::new(row)),
    }));
    all.sort_by_key(|one| (rank(&one.matter), one.oldest));
    Ok(all)
}

fn of(matter: Matter, row: CountRow) -> Waiting {
    Waiting {
        matter,
        count: row.count,
        oldest: row.oldest.map(from_micros),
    }
}

/// Whether the last that happened to a feed is that it failed.
pub fn is_failing(feed: &CursorRow) -> bool {
    feed.failed_at
        .is_some_and(|failed| feed.finished_at.is_none_or(|finished| failed > finished))
}

/// Worst first: what may be lost or be there twice, what nobody gets, what waits for a word.
fn rank(matter: &Matter) -> u8 {
    match matter {
        Matter::Orders(OrderState::Unknown) => 0,
        Matter::Orders(OrderState::Rejected) => 1,
        Matter::DeadWork(_) => 2,
        Matter::Quarantine => 3,
        Matter::Feed(_) => 4,
        Matter::Orders(OrderState::Referred) => 5,
        Matter::Conflicts => 6,
        Matter::Orders(_) => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_that_came_through_since_is_not_failing() {
        let feed = |finished_at, failed_at| CursorRow {
            supplier_id: "acme".to_owned(),
            connector_id: "erp".to_owned(),
            scope: String::new(),
            feed: "accounts".to_owned(),
            cursor_value: None,
            started_at: None,
            finished_at,
            failed_at,
            last_error: None,
            rows_applied: 0,
        };
        for (finished, failed, expected) in [
            (None, None, false),
            (Some(1), None, false),
            (None, Some(1), true),
            (Some(1), Some(2), true),
            (Some(2), Some(1), false),
        ] {
            assert_eq!(
                is_failing(&feed(finished, failed)),
                expected,
                "{finished:?} {failed:?}"
            );
        }
    }
}
