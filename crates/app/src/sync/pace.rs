//! How many accounts one transaction enters. On SQLite, where whoever receives orders waits for the one writer, as
//! many as end within the time that a background transaction may take; elsewhere a whole page.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// So long a transaction that nobody waits for may keep the writer.
const LONGEST: Duration = Duration::from_millis(10);
/// Fewer are not worth a commit.
const FEWEST: usize = 10;

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
            accounts: AtomicUsize::new(page.div_ceil(2)),
            most: page,
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
            now.min(accounts) / 2
        } else if time < LONGEST / 2 && accounts >= now {
            now * 2
        } else {
            now
        };
        self.accounts
            .store(next.clamp(FEWEST.min(self.most), self.most), Ordering::Relaxed);
    }

    /// Nobody waits for the writer: a whole page at once.
    pub(super) fn unhurried(&self) {
        self.accounts.store(self.most, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_settles_where_transactions_are_short() {
        for (micros_each, expected) in [(10, 100), (150, 50), (300, 25), (2_000, 10)] {
            let pace = Pace::of(100);
            for _ in 0..10 {
                let accounts = pace.next();
                pace.took(
                    accounts,
                    Duration::from_micros(micros_each) * u32::try_from(accounts).unwrap(),
                );
            }
            assert_eq!(pace.next(), expected, "{micros_each} µs each");
        }
        let pace = Pace::of(100);
        pace.took(3, Duration::from_micros(1));
        assert_eq!(pace.next(), 50, "the rest of a page says nothing of a whole part");
        pace.unhurried();
        assert_eq!(pace.next(), 100);
    }
}
