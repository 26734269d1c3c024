//! How much somebody may ask of us: a purse fills up with time, every request takes of it, one that is refused much more.
//! Pure; time is a parameter, in microseconds.
//!
//! **Invariant:** however many ask, and under however many names, no more purses are kept than there is room for; whoever
//! comes then shares one.

use std::{collections::HashMap, hash::Hash, net::IpAddr};

/// One request, in what a purse counts: what comes back in a microsecond of one request a minute is then one.
const REQUEST: i64 = 60_000_000;
/// Between two looks for purses that can be forgotten, in microseconds.
const SWEEP: i64 = 1_000_000;
/// Most purses that are known; whoever comes then shares one with others at that door.
const MOST: usize = 10_000;

/// What is asked for, and by whom besides the address.
pub(crate) trait Door: Copy + Eq + Hash {
    /// Where there is no room for another purse, whose share that of this door is.
    fn crowded(self) -> Self;
}

/// How fast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Requests that come back in a minute.
    pub a_minute: u32,
    /// Requests that a full purse holds.
    pub at_once: u32,
    /// As how many requests one counts that is refused.
    pub refused: u32,
}

/// An address; of IPv6 the network, of which one machine has all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    V4([u8; 4]),
    V6([u16; 4]),
}

/// What was heard of lately.
#[derive(Debug)]
pub(crate) struct RateLimit<D> {
    rate: Rate,
    purses: HashMap<Key<D>, Purse>,
    /// When those that have all of it again were last forgotten.
    swept_at: i64,
}

/// Who asks where.
type Key<D> = (D, Option<Caller>);

#[derive(Clone, Copy, Debug)]
struct Purse {
    left: i64,
    at: i64,
}

impl Caller {
    pub(crate) fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
        }
    }
}

impl Rate {
    fn full(self) -> i64 {
        i64::from(self.at_once).saturating_mul(REQUEST)
    }
}

impl Purse {
    fn filled(self, rate: Rate, now: i64) -> Self {
        let passed = now.saturating_sub(self.at).max(0);
        let back = passed.saturating_mul(i64::from(rate.a_minute));
        Self {
            left: self.left.saturating_add(back).min(rate.full()),
            at: now,
        }
    }
}

impl<D: Door> RateLimit<D> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            rate,
            purses: HashMap::new(),
            swept_at: 0,
        }
    }

    /// Whether a request is looked at; it is counted. Of nobody's address in particular: all who come to that door.
    pub(crate) fn admits(&mut self, door: D, from: Option<Caller>, now: i64) -> bool {
        let key = self.key(door, from, now);
        let rate = self.rate;
        let full = Purse {
            left: rate.full(),
            at: now,
        };
        let purse = self.purses.entry(key).or_insert(full);
        *purse = purse.filled(rate, now);
        if purse.left < REQUEST {
            return false;
        }
        purse.left -= REQUEST;
        true
    }

    /// What was admitted from there was refused.
    pub(crate) fn refused(&mut self, door: D, from: Option<Caller>, now: i64) {
        let more = i64::from(self.rate.refused.saturating_sub(1)).saturating_mul(REQUEST);
        let key = self.key(door, from, now);
        if let Some(purse) = self.purses.get_mut(&key) {
            purse.left = purse.left.saturating_sub(more).max(0);
        }
    }

    /// What was admitted counts for nothing.
    pub(crate) fn given_back(&mut self, door: D, from: Option<Caller>, now: i64) {
        let key = self.key(door, from, now);
        let full = self.rate.full();
        if let Some(purse) = self.purses.get_mut(&key) {
            purse.left = purse.left.saturating_add(REQUEST).min(full);
        }
    }

    fn key(&mut self, door: D, from: Option<Caller>, now: i64) -> Key<D> {
        let key = (door, from);
        if self.purses.len() < MOST || self.purses.contains_key(&key) {
            return key;
        }
        // Who has all of it again is as good as new. A crowd makes us look for them once a second, no more.
        if !(self.swept_at..self.swept_at.saturating_add(SWEEP)).contains(&now) {
            self.swept_at = now;
            let rate = self.rate;
            self.purses
                .retain(|_, purse| purse.filled(rate, now).left < rate.full());
        }
        match self.purses.len() < MOST {
            true => key,
            false => (door.crowded(), None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;
    const RATE: Rate = Rate {
        a_minute: 3_000,
        at_once: 3_000,
        refused: 20,
    };

    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
    enum Place {
        One,
        Other,
        Invented(Option<u32>),
    }

    impl Door for Place {
        fn crowded(self) -> Self {
            match self {
                Self::One | Self::Other => self,
                Self::Invented(_) => Self::Invented(None),
            }
        }
    }

    fn limit() -> RateLimit<Place> {
        RateLimit::new(RATE)
    }

    fn from(text: &str) -> Option<Caller> {
        Some(Caller::of(text.parse().unwrap()))
    }

    fn admitted(limit: &mut RateLimit<Place>, caller: &str, now: i64, refuse: bool) -> usize {
        admitted_at(limit, Place::One, caller, now, refuse)
    }

    fn admitted_at(limit: &mut RateLimit<Place>, door: Place, caller: &str, now: i64, refuse: bool) -> usize {
        let caller = from(caller);
        let mut count = 0;
        while count < 10_000 && limit.admits(door, caller, now) {
            if refuse {
                limit.refused(door, caller, now);
            }
            count += 1;
        }
        count
    }

    #[test]
    fn what_is_refused_costs_twenty_times_as_much() {
        let mut limit = limit();
        assert_eq!(admitted(&mut limit, "192.0.2.1", 0, false), 3_000);
        assert_eq!(admitted(&mut limit, "192.0.2.2", 0, true), 150);
        // Neither is heard until it has something again; nobody else suffers.
        assert_eq!(admitted(&mut limit, "192.0.2.1", 0, false), 0);
        assert_eq!(admitted(&mut limit, "192.0.2.1", SECOND, false), 50);
        assert_eq!(admitted(&mut limit, "192.0.2.2", 2 * SECOND, true), 5);
        assert_eq!(admitted(&mut limit, "192.0.2.3", SECOND, false), 3_000);
        assert_eq!(admitted(&mut limit, "192.0.2.1", 3_600 * SECOND, false), 3_000);
        // A clock that is set back gives nothing.
        assert_eq!(admitted(&mut limit, "192.0.2.1", 0, false), 0);
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let mut limit = limit();
        assert_eq!(admitted(&mut limit, "2001:db8::1", 0, false), 3_000);
        assert_eq!(admitted(&mut limit, "2001:db8::2", 0, false), 0);
        assert_eq!(admitted(&mut limit, "2001:db8:0:1::1", 0, false), 3_000);
        assert_eq!(admitted(&mut limit, "192.0.2.1", 0, false), 3_000);
        assert_eq!(admitted(&mut limit, "::ffff:192.0.2.1", 0, false), 0);
    }

    #[test]
    fn a_crowd_shares_what_is_left() {
        let mut limit = limit();
        for number in 0..20_000_u32 {
            let address = IpAddr::from(number.to_be_bytes());
            limit.admits(Place::One, Some(Caller::of(address)), 0);
        }
        assert_eq!(limit.purses.len(), MOST + 1);
        assert!(!limit.admits(Place::One, from("203.0.113.9"), 0));
        // At other doors nobody notices.
        assert_eq!(
            admitted_at(&mut limit, Place::Other, "203.0.113.9", 0, false),
            3_000
        );
        assert!(limit.admits(Place::One, from("203.0.113.9"), 3_600 * SECOND));
        assert!(limit.purses.len() < 10);
    }

    #[test]
    fn invented_doors_take_no_room_from_others() {
        let mut limit = limit();
        for number in 0..20_000 {
            limit.admits(Place::Invented(Some(number)), from("192.0.2.66"), 0);
        }
        assert_eq!(limit.purses.len(), MOST + 1);
        assert!(!limit.admits(Place::Invented(Some(20_000)), from("192.0.2.1"), 0));
        assert_eq!(admitted(&mut limit, "192.0.2.1", 0, false), 3_000);
        assert_eq!(limit.purses.len(), MOST + 2, "one for each door, at most");
    }
}
