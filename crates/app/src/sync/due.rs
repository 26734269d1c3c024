//! When everything is read again: a gateway that starts often, or a second one, reads it neither more seldom nor more
//! often.

use std::time::Duration;

use punchgate_storage::{
    StorageResult,
    sync::{self, CursorRow},
};

use super::{PullMode, SyncScope, pull::Sync};
use crate::clock::micros;

impl Sync {
    /// How long until all accounts are to be read again, which is done this often; zero if now.
    pub async fn until_sweep(&self, scope: &SyncScope, every: Duration) -> StorageResult<Duration> {
        let mut tx = self.surroundings.db.read().await?;
        let mut rows = [None, None];
        for (row, mode) in rows.iter_mut().zip([PullMode::Changes, PullMode::Sweep]) {
            let SyncScope {
                supplier,
                connector,
                scope,
            } = scope;
            *row = sync::cursor(&mut tx, supplier, connector, scope, mode.feed()).await?;
        }
        tx.rollback().await?;
        let [changes, sweep] = &rows;
        let now = micros(self.surroundings.now());
        Ok(until(changes.as_ref(), sweep.as_ref(), every, now))
    }
}

fn until(changes: Option<&CursorRow>, sweep: Option<&CursorRow>, every: Duration, now: i64) -> Duration {
    let Some(sweep) = sweep else {
        return match changes.and_then(|row| row.finished_at) {
            Some(_) => Duration::ZERO,
            // A first reading of the changes has no cursor yet, and reads everything.
            None => every,
        };
    };
    // One that was broken off goes on where it was.
    let finished = sweep
        .finished_at
        .filter(|finished| sweep.started_at.is_none_or(|started| started <= *finished));
    // At a time still to come: a clock ran ahead.
    match finished.map(|finished| u64::try_from(now.saturating_sub(finished))) {
        Some(Ok(since)) => every.saturating_sub(Duration::from_micros(since)),
        _ => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When changes were read to their end, when a full read began and ended, and in how many hours the next one is due at
    /// ten o'clock, of one every six hours.
    #[test]
    fn everything_is_read_again_by_what_was_read_and_not_by_when_the_gateway_started() {
        let hour = 3_600_000_000_i64;
        let row = |started: Option<i64>, finished: Option<i64>| CursorRow {
            supplier_id: String::new(),
            connector_id: String::new(),
            scope: String::new(),
            feed: String::new(),
            cursor_value: None,
            started_at: started.map(|at| at * hour),
            finished_at: finished.map(|at| at * hour),
            failed_at: None,
            last_error: None,
            rows_applied: 0,
        };
        let cases = [
            // Nothing was ever read; the first reading is under way.
            (None, None, 6),
            (Some(row(Some(9), None)), None, 6),
            // Changes are read, and never all of it since.
            (Some(row(Some(1), Some(1))), None, 0),
            (Some(row(Some(9), Some(9))), Some(row(Some(8), Some(9))), 5),
            (Some(row(Some(9), Some(9))), Some(row(Some(2), Some(3))), 0),
            // Broken off, for the first time and later.
            (Some(row(Some(9), Some(9))), Some(row(Some(9), None)), 0),
            (Some(row(Some(9), Some(9))), Some(row(Some(9), Some(8))), 0),
            // By a clock that ran ahead.
            (Some(row(Some(9), Some(9))), Some(row(Some(98), Some(99))), 0),
        ];
        for (number, (changes, sweep, hours)) in cases.into_iter().enumerate() {
            let every = Duration::from_secs(6 * 3600);
            let left = until(changes.as_ref(), sweep.as_ref(), every, 10 * hour);
            assert_eq!(left, Duration::from_secs(hours * 3600), "case {number}");
        }
    }
}
