//! How much an address may ask of us: it fills up with time, every message takes of it, one that is refused much more.
//! Pure; time is a parameter.

use std::{collections::HashMap, net::IpAddr};

/// What an address has at most, and begins with: in millionths of a message.
const FULL: i64 = 3_000 * MESSAGE;
/// What a message takes.
const MESSAGE: i64 = 1_000_000;
/// What a refused one takes besides.
const REFUSED: i64 = 19 * MESSAGE;
/// What comes back in a microsecond: 50 messages a second.
const BACK: i64 = 50;
/// Between two looks for addresses that can be forgotten, in microseconds.
const SWEEP: i64 = 1_000_000;
/// Most addresses that are known; others share one.
const MOST: usize = 10_000;

/// The addresses that were heard of lately.
#[derive(Debug, Default)]
pub(super) struct Callers {
    purses: HashMap<Option<Caller>, Purse>,
    /// When those that have all of it again were last forgotten.
    swept_at: i64,
}

/// An address; of IPv6 the network, of which one machine has all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Caller {
    V4([u8; 4]),
    V6([u16; 4]),
}

#[derive(Clone, Copy, Debug)]
struct Purse {
    left: i64,
    at: i64,
}

impl Purse {
    fn filled(self, now: i64) -> Self {
        let passed = now.saturating_sub(self.at).max(0);
        Self {
            left: self.left.saturating_add(passed.saturating_mul(BACK)).min(FULL),
            at: now,
        }
    }
}

impl Callers {
    /// Whether a message from there is looked at; it is counted.
    pub(super) fn admits(&mut self, from: IpAddr, now: i64) -> bool {
        let key = self.key(from, now);
        let purse = self.purses.entry(key).or_insert(Purse { left: FULL, at: now });
        *purse = purse.filled(now);
        if purse.left < MESSAGE {
            return false;
        }
        purse.left -= MESSAGE;
        true
    }

    /// What came from there was refused.
    pub(super) fn refused(&mut self, from: IpAddr, now: i64) {
        let key = self.key(from, now);
        if let Some(purse) = self.purses.get_mut(&key) {
            purse.left = purse.left.saturating_sub(REFUSED).max(0);
        }
    }

    fn key(&mut self, from: IpAddr, now: i64) -> Option<Caller> {
        let caller = match from.to_canonical() {
            IpAddr::V4(address) => Caller::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Caller::V6([a, b, c, d])
            }
        };
        let key = Some(caller);
        if self.purses.len() < MOST || self.purses.contains_key(&key) {
            return key;
        }
        // Who has all of it again is as good as new. A crowd makes us look for them once a second, no more.
        if !(self.swept_at..self.swept_at.saturating_add(SWEEP)).contains(&now) {
            self.swept_at = now;
            self.purses.retain(|_, purse| purse.filled(now).left < FULL);
        }
        (self.purses.len() < MOST).then_some(caller)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn admitted(callers: &mut Callers, from: &str, now: i64, refuse: bool) -> usize {
        let from = address(from);
        let mut count = 0;
        while count < 10_000 && callers.admits(from, now) {
            if refuse {
                callers.refused(from, now);
            }
            count += 1;
        }
        count
    }

    #[test]
    fn what_is_refused_costs_twenty_times_as_much() {
        let mut callers = Callers::default();
        assert_eq!(admitted(&mut callers, "192.0.2.1", 0, false), 3_000);
        assert_eq!(admitted(&mut callers, "192.0.2.2", 0, true), 150);
        // Neither is heard until it has something again; nobody else suffers.
        assert_eq!(admitted(&mut callers, "192.0.2.1", 0, false), 0);
        assert_eq!(admitted(&mut callers, "192.0.2.1", SECOND, false), 50);
        assert_eq!(admitted(&mut callers, "192.0.2.2", 2 * SECOND, true), 5);
        assert_eq!(admitted(&mut callers, "192.0.2.3", SECOND, false), 3_000);
        assert_eq!(admitted(&mut callers, "192.0.2.1", 3_600 * SECOND, false), 3_000);
        // A clock that is set back gives nothing.
        assert_eq!(admitted(&mut callers, "192.0.2.1", 0, false), 0);
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let mut callers = Callers::default();
        assert_eq!(admitted(&mut callers, "2001:db8::1", 0, false), 3_000);
        assert_eq!(admitted(&mut callers, "2001:db8::2", 0, false), 0);
        assert_eq!(admitted(&mut callers, "2001:db8:0:1::1", 0, false), 3_000);
        assert_eq!(admitted(&mut callers, "192.0.2.1", 0, false), 3_000);
        assert_eq!(admitted(&mut callers, "::ffff:192.0.2.1", 0, false), 0);
    }

    #[test]
    fn a_crowd_shares_what_is_left() {
        let mut callers = Callers::default();
        for number in 0..20_000_u32 {
            callers.admits(IpAddr::from(number.to_be_bytes()), 0);
        }
        assert_eq!(callers.purses.len(), MOST + 1);
        assert!(!callers.admits(address("203.0.113.9"), 0));
        assert!(callers.admits(address("203.0.113.9"), 3_600 * SECOND));
        assert!(callers.purses.len() < 10);
    }
}
