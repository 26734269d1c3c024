//! How much an address may ask of us at one door: it fills up with time, every message takes of it, one that is refused
//! much more. Pure; time is a parameter.
//!
//! A door is what a sender names, supplier and connector, whether there is such a connector or not: senders of many
//! suppliers share addresses, and a mistake in the settings of one is not to silence the others; and nobody finds out by
//! asking too often which connectors there are.

use std::{collections::HashMap, net::IpAddr};

use sha2::{Digest as _, Sha256};

/// What an address has at most at a door, and begins with: in millionths of a message.
const FULL: i64 = 3_000 * MESSAGE;
/// What a message takes.
const MESSAGE: i64 = 1_000_000;
/// What a refused one takes besides.
const REFUSED: i64 = 19 * MESSAGE;
/// What comes back in a microsecond: 50 messages a second.
const BACK: i64 = 50;
/// Between two looks for purses that can be forgotten, in microseconds.
const SWEEP: i64 = 1_000_000;
/// Most purses that are known; whoever comes then shares one with others at that door.
const MOST: usize = 10_000;

/// Where a message is sent to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Door {
    /// A connector that there is.
    There([u8; 32]),
    /// One that there is not, as long as there is room; else all of them.
    NotThere(Option<[u8; 32]>),
}

/// What was heard of lately.
#[derive(Debug, Default)]
pub(super) struct Callers {
    purses: HashMap<Key, Purse>,
    /// When those that have all of it again were last forgotten.
    swept_at: i64,
}

/// Who asks where.
type Key = (Door, Option<Caller>);

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

impl Door {
    /// The names may be of any length, and anybody's.
    pub(super) fn of(supplier: &str, connector: &str, is_there: bool) -> Self {
        let mut hash = Sha256::new();
        hash.update(supplier.as_bytes());
        // In no address of ours.
        hash.update(b"\0");
        hash.update(connector.as_bytes());
        let name = hash.finalize().into();
        match is_there {
            true => Self::There(name),
            false => Self::NotThere(Some(name)),
        }
    }

    /// Where there is no room for another purse, whose share that of this door is.
    fn crowded(self) -> Self {
        match self {
            Self::There(_) => self,
            Self::NotThere(_) => Self::NotThere(None),
        }
    }
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
    pub(super) fn admits(&mut self, door: Door, from: IpAddr, now: i64) -> bool {
        let key = self.key(door, from, now);
        let purse = self.purses.entry(key).or_insert(Purse { left: FULL, at: now });
        *purse = purse.filled(now);
        if purse.left < MESSAGE {
            return false;
        }
        purse.left -= MESSAGE;
        true
    }

    /// What came from there was refused.
    pub(super) fn refused(&mut self, door: Door, from: IpAddr, now: i64) {
        let key = self.key(door, from, now);
        if let Some(purse) = self.purses.get_mut(&key) {
            purse.left = purse.left.saturating_sub(REFUSED).max(0);
        }
    }

    fn key(&mut self, door: Door, from: IpAddr, now: i64) -> Key {
        let caller = match from.to_canonical() {
            IpAddr::V4(address) => Caller::V4(address.octets()),
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                Caller::V6([a, b, c, d])
            }
        };
        let key = (door, Some(caller));
        if self.purses.len() < MOST || self.purses.contains_key(&key) {
            return key;
        }
        // Who has all of it again is as good as new. A crowd makes us look for them once a second, no more.
        if !(self.swept_at..self.swept_at.saturating_add(SWEEP)).contains(&now) {
            self.swept_at = now;
            self.purses.retain(|_, purse| purse.filled(now).left < FULL);
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

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn erp() -> Door {
        Door::of("acme", "erp", true)
    }

    fn admitted_at(callers: &mut Callers, door: Door, from: &str, now: i64, refuse: bool) -> usize {
        let from = address(from);
        let mut count = 0;
        while count < 10_000 && callers.admits(door, from, now) {
            if refuse {
                callers.refused(door, from, now);
            }
            count += 1;
        }
        count
    }

    fn admitted(callers: &mut Callers, from: &str, now: i64, refuse: bool) -> usize {
        admitted_at(callers, erp(), from, now, refuse)
    }

    /// A cloud shop sends for many suppliers from the same few addresses.
    #[test]
    fn every_door_has_a_purse_of_its_own() {
        let mut callers = Callers::default();
        let from = "192.0.2.1";
        assert_eq!(admitted(&mut callers, from, 0, true), 150);
        for (supplier, connector, is_there) in [
            ("globex", "erp", true),
            ("acme", "shop", true),
            ("acm", "eerp", true),
            ("acme", "old-shop", false),
            ("nobody", "erp", false),
        ] {
            let door = Door::of(supplier, connector, is_there);
            assert_eq!(
                admitted_at(&mut callers, door, from, 0, true),
                150,
                "{supplier}/{connector}"
            );
        }
        assert_eq!(admitted(&mut callers, from, 0, true), 0);
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
            callers.admits(erp(), IpAddr::from(number.to_be_bytes()), 0);
        }
        assert_eq!(callers.purses.len(), MOST + 1);
        assert!(!callers.admits(erp(), address("203.0.113.9"), 0));
        // At other doors nobody notices.
        let other = Door::of("globex", "erp", true);
        assert_eq!(admitted_at(&mut callers, other, "203.0.113.9", 0, false), 3_000);
        assert!(callers.admits(erp(), address("203.0.113.9"), 3_600 * SECOND));
        assert!(callers.purses.len() < 10);
    }

    #[test]
    fn invented_doors_take_no_room_from_others() {
        let mut callers = Callers::default();
        for number in 0..20_000 {
            let door = Door::of("nobody", &number.to_string(), false);
            callers.admits(door, address("192.0.2.66"), 0);
        }
        assert_eq!(callers.purses.len(), MOST + 1);
        assert!(!callers.admits(Door::of("nobody", "x", false), address("192.0.2.1"), 0));
        assert_eq!(admitted(&mut callers, "192.0.2.1", 0, false), 3_000);
        assert_eq!(callers.purses.len(), MOST + 2, "one for each connector, at most");
    }
}
