//! What needs a person: counted, worst first, each with where to look; and one by one, for those who are told of it.

mod code;
mod each;
pub mod words;

use punchgate_domain::{Instant, ids::SupplierId, order::OrderState};
use punchgate_storage::{
    StorageResult, Tx,
    sync::{
        self, CursorRow,
        attention::{self, AttentionRow},
    },
    waiting::{self, CountRow},
};

pub use punchgate_storage::sync::attention::{
    FUTURE_EXPOSURE, GONE_FROM_SHOP, HOLD_CODE, PAID_EARLY, WRITE_WAITS,
};

pub use code::Code;
pub(crate) use each::{Each, each};

use crate::{Surroundings, alerts::SEND_ALERT, clock::from_micros};

/// Something that does not go on by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Matter {
    /// Orders in a state in which somebody must look.
    Orders(OrderState),
    /// Work of a kind that was given up.
    DeadWork(String),
    /// Alerts that cannot be sent by e-mail, the supplier's or the installation's.
    Mails {
        /// What the mail server said of one of them.
        why: String,
    },
    /// A feed of a connector that failed since it was last read to its end.
    Feed(Box<CursorRow>),
    /// Refused requests that may be orders.
    Quarantine,
    /// Fields that were changed here and in the ERP.
    Conflicts,
    /// What an ERP tells that has to be settled here: the oldest of one matter.
    Settle(Box<AttentionRow>),
    /// What was asked of an ERP, and it refused (`rejected`), or others kept changing (`parked`).
    Refused {
        /// Which of the two.
        state: String,
        /// Our id of the customer of whom that was asked first.
        customer: Option<String>,
    },
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
    let mut all = settle(attention::of_supplier(&mut tx, supplier).await?);
    for whose in [supplier, ""] {
        let rows = waiting::untaken_mails(&mut tx, whose, SEND_ALERT).await?;
        all.extend(rows.into_iter().map(|row| {
            let why = row.state.clone();
            of(Matter::Mails { why }, row)
        }));
    }
    all.extend(refused(&mut tx, supplier).await?);
    tx.rollback().await?;
    // A state that is not known here is a newer program's.
    let state = |row: &CountRow| OrderState::parse(&row.state).ok().map(Matter::Orders);
    all.extend(orders.into_iter().filter_map(|row| Some(of(state(&row)?, row))));
    all.extend(
        dead.into_iter()
            // Told with the mails that wait.
            .filter(|row| row.state != SEND_ALERT)
            .map(|row| of(Matter::DeadWork(row.state.clone()), row)),
    );
    all.extend(quarantined.into_iter().map(|row| of(Matter::Quarantine, row)));
    all.extend(conflicts.into_iter().map(|row| of(Matter::Conflicts, row)));
    all.extend(feeds.into_iter().filter(is_failing).map(|row| Waiting {
        count: 1,
        oldest: row.finished_at.or(row.failed_at).map(from_micros),
        matter: Matter::Feed(Box::new(row)),
    }));
    all.sort_by_key(|one| (one.matter.code(), one.oldest));
    Ok(all)
}

/// One of each matter, the oldest.
fn settle(mut rows: Vec<AttentionRow>) -> Vec<Waiting> {
    rows.sort_by(|a, b| (&a.matter, a.noted_at).cmp(&(&b.matter, b.noted_at)));
    let matters = rows.chunk_by(|a, b| a.matter == b.matter);
    let firsts = matters.filter_map(|of_one| Some((of_one.first()?, of_one.len())));
    firsts
        .map(|(first, count)| Waiting {
            count: i64::try_from(count).unwrap_or(i64::MAX),
            oldest: Some(from_micros(first.noted_at)),
            matter: Matter::Settle(Box::new(first.clone())),
        })
        .collect()
}

async fn refused(tx: &mut Tx, supplier: &str) -> StorageResult<Vec<Waiting>> {
    let mut all = Vec::new();
    for row in waiting::refused_changes(tx, supplier).await? {
        let matter = Matter::Refused {
            customer: waiting::first_refused(tx, supplier, &row.state).await?,
            state: row.state.clone(),
        };
        all.push(of(matter, row));
    }
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
