//! How many accounts one transaction enters. On SQLite, where whoever receives orders waits for the one writer, as
//! many as end within a few milliseconds; elsewhere half a page.
//!
//! A transaction costs something before its first account: twice as many take less than twice as long. So nothing is
//! concluded from a short time about a longer part, it is tried.
//!
//! **Invariant:** it is a power of two, and a page is one: many rows are written in statements of as many, so that a
//! part is one statement a table.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// So long a transaction that nobody waits for may keep the writer.
const LONGEST: Duration = Duration::from_millis(4);
/// Fewer are not worth a commit.
const FEWEST: usize = 16;
/// After so many short ones in a row a longer one is tried.
const IN_A_ROW: u32 = 16;

/// Learns from the transactions of a run.
#[derive(Debug)]
pub(super) struct Pace {
    learned: Mutex<Learned>,
    most: usize,
}

#[derive(Debug)]
struct Learned {
    accounts: usize,
    short_in_a_row: u32,
}

impl Pace {
    /// At most a page at once.
    pub(super) fn of(page: usize) -> Self {
        let most = page.next_power_of_two();
        Self {
            learned: Mutex::new(Learned {
                accounts: most / 2,
                short_in_a_row: 0,
            }),
            most,
        }
    }

    /// So many accounts go into the next transaction.
    pub(super) fn next(&self) -> usize {
        self.learned().accounts
    }

    /// A transaction of this many accounts took so long since it had the writer.
    pub(super) fn took(&self, accounts: usize, time: Duration) {
        let mut learned = self.learned();
        let now = learned.accounts;
        if time > LONGEST {
            learned.short_in_a_row = 0;
            learned.accounts = (now / 2).max(FEWEST);
        } else if accounts >= now {
            learned.short_in_a_row += 1;
            if learned.short_in_a_row == IN_A_ROW {
                learned.short_in_a_row = 0;
                learned.accounts = (now * 2).min(self.most);
            }
        }
    }

    /// Nobody waits for the writer, but processors are shared: half a page at once.
    pub(super) fn unhurried(&self) {
        self.learned().accounts = self.most / 2;
    }

    fn learned(&self) -> std::sync::MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a transaction takes so many microseconds, and so many more for each account.
    fn settled(pace: &Pace, before: u64, each: u64, transactions: usize) -> usize {
        for _ in 0..transactions {
            let accounts = pace.next();
            let micros = before + each * u64::try_from(accounts).unwrap();
            pace.took(accounts, Duration::from_micros(micros));
        }
        pace.next()
    }

    #[test]
    fn it_settles_where_transactions_are_short() {
        for (before, each, expected) in [
            (0, 10, 128),
            (0, 60, 64),
            (0, 100, 32),
            (0, 2_000, 16),
            (2_500, 20, 64),
            (3_000, 20, 32),
        ] {
            // What is settled on is left for the longer one that is tried now and then.
            let pace = Pace::of(128);
            let settled = settled(&pace, before, each, 100);
            assert_eq!(settled, expected, "{before} µs and {each} µs each");
        }
    }

    #[test]
    fn one_long_transaction_does_not_count_for_long() {
        let pace = Pace::of(128);
        pace.took(64, Duration::from_secs(1));
        assert_eq!(pace.next(), 32);
        assert_eq!(settled(&pace, 2_500, 20, 16), 64);
    }

    #[test]
    fn a_rest_of_a_page_says_nothing_of_a_whole_part() {
        let pace = Pace::of(128);
        for _ in 0..100 {
            pace.took(3, Duration::from_micros(1));
        }
        assert_eq!(pace.next(), 64);
        pace.unhurried();
        assert_eq!(pace.next(), 64);
    }
}
