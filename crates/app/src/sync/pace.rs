//! How many accounts one transaction enters. On SQLite, where whoever receives orders waits for the one writer, as
//! many as end within a few milliseconds; elsewhere half a page.
//!
//! **Invariant:** it is a power of two, and a page is one: many rows are written in statements of as many, so that a
//! part is one statement a table.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// So long a transaction that nobody waits for may keep the writer.
const LONGEST: Duration = Duration::from_millis(3);
/// Fewer are not worth a commit.
const FEWEST: usize = 16;

/// Learns from the transactions of a run.
#[derive(Debug)]
pub(super) struct Pace {
    accounts: AtomicUsize,
    most: usize,
}

impl Pace {
    /// At most a page at once.
    pub(super) fn of(page: usize) -> Self {
        Self {
            accounts: AtomicUsize::new(page.next_power_of_two() / 2),
            most: page.next_power_of_two(),
        }
    }

    /// So many accounts go into the next transaction.
    pub(super) fn next(&self) -> usize {
        self.accounts.load(Ordering::Relaxed)
    }

    /// A transaction of this many accounts took so long since it had the writer.
    pub(super) fn took(&self, accounts: usize, time: Duration) {
        let now = self.next();
        let next = if time > LONGEST {
            now / 2
        } else if time < LONGEST / 2 && accounts >= now {
            now * 2
        } else {
            now
        };
        self.accounts
            .store(next.clamp(FEWEST, self.most), Ordering::Relaxed);
    }

    /// Nobody waits for the writer, but processors are shared: half a page at once.
    pub(super) fn unhurried(&self) {
        self.accounts.store(self.most / 2, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_settles_where_transactions_are_short() {
        for (micros_each, expected) in [(10, 128), (40, 64), (60, 32), (2_000, 16)] {
            let pace = Pace::of(128);
            for _ in 0..10 {
                let accounts = pace.next();
                pace.took(
                    accounts,
                    Duration::from_micros(micros_each) * u32::try_from(accounts).unwrap(),
                );
            }
            assert_eq!(pace.next(), expected, "{micros_each} µs each");
        }
        let pace = Pace::of(128);
        pace.took(3, Duration::from_micros(1));
        assert_eq!(pace.next(), 64, "the rest of a page says nothing of a whole part");
        pace.took(64, Duration::from_micros(1));
        assert_eq!(pace.next(), 128);
        pace.unhurried();
        assert_eq!(pace.next(), 64);
    }
}
