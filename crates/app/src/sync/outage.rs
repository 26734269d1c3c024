//! The end of an outage: an ERP that was away and is read again is written to at once, instead of when the back-off of
//! each order and write has run out.
//!
//! **Invariant:** once for an outage, and for a real one only: one that lasted so long that back-offs have grown, and
//! in which nothing of the connector could be read. An ERP that is read while it refuses what is written wakes
//! nothing.

use punchgate_domain::Instant;
use punchgate_storage::{
    StorageResult, Tx, outbox,
    sync::{self, CursorRow},
};

use super::SyncScope;
use crate::clock::micros;

/// A shorter one is over before the back-off, which doubles, has grown beyond it.
const SHORTEST: i64 = 60_000_000;
/// Most entries that are due at once; the others come by themselves.
const MOST: i64 = 1_000;

/// To be called where a feed comes to its end, before that is noted: if nothing of the connector could be read for a
/// while, what waits for it is due now.
pub(crate) async fn end(tx: &mut Tx, scope: &SyncScope, feed: &str, now: Instant) -> StorageResult<()> {
    let SyncScope {
        supplier,
        connector,
        scope: area,
    } = scope;
    let feeds = sync::lock_feeds(tx, supplier, connector).await?;
    if !is_over(&feeds, (area, feed), micros(now)) {
        return Ok(());
    }
    let woken = outbox::wake(tx, supplier, connector, micros(now), MOST).await?;
    tracing::info!(
        supplier,
        connector,
        woken,
        "the ERP answers again: what waits for it is due"
    );
    Ok(())
}

/// Whether the feed failed since anything of the connector was last read to its end, and that is long ago.
fn is_over(feeds: &[CursorRow], (area, feed): (&str, &str), now: i64) -> bool {
    let own = feeds.iter().find(|row| row.scope == area && row.feed == feed);
    let Some(failed) = own.and_then(|row| row.failed_at) else {
        return false;
    };
    let answered = feeds.iter().filter_map(|row| row.finished_at).max();
    answered.is_none_or(|answered| answered < failed && now.saturating_sub(answered) >= SHORTEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_long_and_whole_and_ends_once() {
        const MINUTE: i64 = 60_000_000;
        let row = |feed: &str, finished_at, failed_at| CursorRow {
            supplier_id: String::new(),
            connector_id: String::new(),
            scope: String::new(),
            feed: feed.to_owned(),
            cursor_value: None,
            started_at: None,
            finished_at,
            failed_at,
            last_error: None,
            rows_applied: 0,
        };
        let minutes = |count: i64| Some(count * MINUTE);
        // When each of two feeds came to its end and failed; whether an end of the first at minute ten is the end of
        // an outage.
        let cases = [
            (None, None, None, None, false),
            (None, minutes(9), None, None, true),
            (minutes(1), None, minutes(1), None, false),
            (minutes(1), minutes(9), minutes(1), minutes(9), true),
            (minutes(1), minutes(9), None, None, true),
            // The other feed has been read all the time, or has found the end of the outage already.
            (minutes(1), minutes(8), minutes(9), None, false),
            (minutes(1), minutes(9), minutes(10), None, false),
            // It was read again since it failed.
            (minutes(9), minutes(8), minutes(1), None, false),
            // Short: nine minutes and a half.
            (
                Some(9 * MINUTE + MINUTE / 2),
                Some(10 * MINUTE - 1),
                None,
                None,
                false,
            ),
        ];
        for (finished, failed, other_finished, other_failed, expected) in cases {
            let feeds = [row("a", finished, failed), row("b", other_finished, other_failed)];
            let found = is_over(&feeds, ("", "a"), 10 * MINUTE);
            assert_eq!(
                found, expected,
                "{finished:?} {failed:?} {other_finished:?} {other_failed:?}"
            );
        }
    }
}
