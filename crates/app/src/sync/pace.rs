//! How many accounts one transaction enters: as many as end within a few milliseconds. Where one writes at a time whoever
//! receives orders waits for that, elsewhere both share processors and disk.
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

/// So long a transaction that nobody waits for may keep the one writer.
const LONGEST_OF_ONE: Duration = Duration::from_millis(4);
/// So long it may take where many write.
const LONGEST_OF_MANY: Duration = Duration::from_millis(8);
/// Fewer are not worth a commit.
const FEWEST: usize = 16;
/// After so many short ones in a row a longer one is tried.
const IN_A_ROW: u32 = 16;

/// Learns from the transactions of a run.
#[derive(Debug)]
pub(super) struct Pace {
    learned: Mutex<Learned>,
    most: usize,
    longest: Duration,
}

#[derive(Debug)]
struct Learned {
    accounts: usize,
    short_in_a_row: u32,
}

impl Pace {
    /// At most a page at once.
    pub(super) fn of(page: usize, many_write: bool) -> Self {
        let most = page.next_power_of_two();
        Self {
            learned: Mutex::new(Learned {
                accounts: most / 2,
                short_in_a_row: 0,
            }),
            most,
            longest: if many_write {
                LONGEST_OF_MANY
            } else {
                LONGEST_OF_ONE
            },
        }
    }

    /// So many accounts go into the next transaction.
    pub(super) fn next(&self) -> usize {
        self.learned().accounts
    }

    /// A transaction of this many accounts took so long since its turn had come.
    pub(super) fn took(&self, accounts: usize, time: Duration) {
        let mut learned = self.learned();
        let now = learned.accounts;
        if time > self.longest {
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
        for (before, each, of_one, of_many) in [
            (0, 10, 128, 128),
            (0, 60, 64, 128),
            (0, 100, 32, 64),
            (0, 2_000, 16, 16),
            (2_500, 20, 64, 128),
            (3_000, 20, 32, 128),
        ] {
            for (many_write, expected) in [(false, of_one), (true, of_many)] {
                // What is settled on is left for the longer one that is tried now and then.
                let pace = Pace::of(128, many_write);
                let settled = settled(&pace, before, each, 100);
                assert_eq!(settled, expected, "{before} µs and {each} µs each, {many_write}");
            }
        }
    }

    #[test]
    fn one_long_transaction_does_not_count_for_long() {
        let pace = Pace::of(128, false);
        pace.took(64, Duration::from_secs(1));
        assert_eq!(pace.next(), 32);
        assert_eq!(settled(&pace, 2_500, 20, 16), 64);
    }

    #[test]
    fn a_rest_of_a_page_says_nothing_of_a_whole_part() {
        let pace = Pace::of(128, false);
        for _ in 0..100 {
            pace.took(3, Duration::from_micros(1));
        }
        assert_eq!(pace.next(), 64);
    }
}
