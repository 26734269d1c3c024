//! Who asks too often: an address, whatever it asks for, and whoever claims to be a sender of documents and cannot prove it.
//!
//! **Invariant:** nobody is silenced by what others do in his name: where a sender was believed within a day, only what is
//! refused there counts. Whether there is a sender of a name is not told: those that are invented are counted alike.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
};

use punchgate_protocols::cxml::Credential;
use sha2::{Digest as _, Sha256};

use crate::rate_limit::{Caller, Door, Rate, RateLimit};

/// As how many requests of an address one counts that proves nothing.
const REFUSED: u32 = 10;
/// For so long a sender is known at an address at which it was believed: a day, in microseconds.
const KNOWN: i64 = 86_400 * 1_000_000;
/// Between two lines of the log, in microseconds: a minute.
const TOLD: i64 = 60 * 1_000_000;
/// Most senders at addresses that are remembered.
const MOST: usize = 10_000;

/// What is let through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rates {
    /// Requests of one address in a minute, and at once after a while without.
    pub per_address: u32,
    /// Refused documents in a minute that claim one sender, from all addresses where it was not believed lately, and
    /// from each where it was.
    pub per_sender: u32,
}

/// Counts who asks.
#[derive(Debug)]
pub struct Throttle {
    addresses: Mutex<RateLimit<Anywhere>>,
    senders: Mutex<Senders>,
    /// When the log was last told of one that was not let through.
    told_at: AtomicI64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Anywhere;

impl Door for Anywhere {
    fn crowded(self) -> Self {
        self
    }
}

/// One identity that a Sender claims, as it is compared.
type Identity = [u8; 32];

#[derive(Debug)]
struct Senders {
    strangers: RateLimit<Claimed>,
    /// Of those that are known: a crowd of strangers takes no room there.
    at_home: RateLimit<Home>,
    /// Where each was believed, and when last.
    known: HashMap<Home, i64>,
}

/// Who, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Home(Identity, Caller);

impl Door for Home {
    fn crowded(self) -> Self {
        self
    }
}

/// Whom somebody claims to be, as long as there is room; else any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Claimed(Option<Identity>);

impl Door for Claimed {
    fn crowded(self) -> Self {
        Self(None)
    }
}

impl Throttle {
    /// Has heard of nobody yet.
    pub fn new(rates: Rates) -> Self {
        // One that is believed costs nothing, so that only what is refused is counted.
        let claims = Rate {
            a_minute: rates.per_sender,
            at_once: rates.per_sender,
            refused: 1,
        };
        Self {
            addresses: Mutex::new(RateLimit::new(Rate {
                a_minute: rates.per_address,
                at_once: rates.per_address,
                refused: REFUSED,
            })),
            senders: Mutex::new(Senders {
                strangers: RateLimit::new(claims),
                at_home: RateLimit::new(claims),
                known: HashMap::new(),
            }),
            told_at: AtomicI64::new(i64::MIN),
        }
    }

    /// Whether a request of this address is looked at; it is counted.
    pub fn admits(&self, from: IpAddr, now: i64) -> bool {
        let admitted = lock(&self.addresses).admits(Anywhere, Some(Caller::of(from)), now);
        if !admitted && self.is_told(now) {
            tracing::warn!(%from, "an address asks more than limits.requests_per_address: it is told to come again later");
        }
        admitted
    }

    /// Whether it is time to tell the log: a flood of requests is not to become one of lines.
    fn is_told(&self, now: i64) -> bool {
        let told_at = self.told_at.load(Ordering::Relaxed);
        let due = !(told_at..told_at.saturating_add(TOLD)).contains(&now);
        due && self
            .told_at
            .compare_exchange(told_at, now, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// A request of this address proved nothing, and was to.
    pub fn refused(&self, from: IpAddr, now: i64) {
        lock(&self.addresses).refused(Anywhere, Some(Caller::of(from)), now);
    }

    /// Whether it is looked at who sends a document that claims these identities. Until it is believed it is counted.
    pub(crate) fn admits_claim(&self, sender: &[Credential], from: IpAddr, now: i64) -> bool {
        let caller = Caller::of(from);
        let mut senders = lock(&self.senders);
        // Every one is counted: with a second, invented one nobody gets more.
        let mut admitted = true;
        for credential in sender {
            admitted &= senders.admits(Home(identity(credential), caller), now);
        }
        drop(senders);
        if !admitted && self.is_told(now) {
            let claimed = sender
                .first()
                .map_or("", |credential| credential.identity.as_str());
            tracing::warn!(%from, ?claimed, "more than limits.refused_per_sender claim to be this sender and prove nothing: \
                whoever claims it is told to come again later, but where it was believed lately");
        }
        admitted
    }

    /// Whoever claimed these identities is believed.
    pub(crate) fn believed(&self, sender: &[Credential], from: IpAddr, now: i64) {
        let caller = Caller::of(from);
        let mut senders = lock(&self.senders);
        for credential in sender {
            senders.believed(Home(identity(credential), caller), now);
        }
    }
}

impl Senders {
    fn is_known(&self, home: Home, now: i64) -> bool {
        let known = self.known.get(&home);
        known.is_some_and(|at| now.saturating_sub(*at) < KNOWN)
    }

    fn admits(&mut self, home: Home, now: i64) -> bool {
        match self.is_known(home, now) {
            true => self.at_home.admits(home, None, now),
            false => self.strangers.admits(Claimed(Some(home.0)), None, now),
        }
    }

    fn believed(&mut self, home: Home, now: i64) {
        match self.is_known(home, now) {
            true => self.at_home.given_back(home, None, now),
            false => self.strangers.given_back(Claimed(Some(home.0)), None, now),
        }
        if self.known.len() >= MOST && !self.known.contains_key(&home) {
            self.known.retain(|_, at| now.saturating_sub(*at) < KNOWN);
        }
        if self.known.len() < MOST || self.known.contains_key(&home) {
            self.known.insert(home, now);
        }
    }
}

/// As the directory compares it: how it is written makes no other sender of it.
fn identity(credential: &Credential) -> Identity {
    let key = credential.match_key();
    let mut hash = Sha256::new();
    hash.update(key.domain.as_bytes());
    // In no domain.
    hash.update(b"\0");
    hash.update(key.identity.as_bytes());
    hash.finalize().into()
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i64 = 60 * 1_000_000;

    fn throttle() -> Throttle {
        Throttle::new(Rates {
            per_address: 100,
            per_sender: 6,
        })
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn sender(identity: &str) -> Vec<Credential> {
        vec![Credential::new("NetworkId", identity)]
    }

    /// How many wrong documents are looked at.
    fn tried(throttle: &Throttle, sender: &[Credential], from: &str, now: i64) -> usize {
        (0..100)
            .take_while(|_| throttle.admits_claim(sender, address(from), now))
            .count()
    }

    #[test]
    fn an_address_has_so_many_and_wrong_ones_cost_ten() {
        let throttle = throttle();
        let from = address("192.0.2.1");
        assert_eq!((0..200).filter(|_| throttle.admits(from, 0)).count(), 100);
        let wrong = address("192.0.2.2");
        let tried = (0..200).take_while(|_| throttle.admits(wrong, 0));
        assert_eq!(tried.map(|_| throttle.refused(wrong, 0)).count(), 10);
        assert!(throttle.admits(wrong, MINUTE) && throttle.admits(address("192.0.2.3"), 0));
    }

    #[test]
    fn a_claimed_sender_is_tried_so_often_from_everywhere() {
        let throttle = throttle();
        let globex = sender("AN01");
        assert_eq!(tried(&throttle, &globex, "192.0.2.1", 0), 6);
        assert_eq!(tried(&throttle, &globex, "192.0.2.2", 0), 0);
        assert_eq!(tried(&throttle, &sender("an01 "), "192.0.2.2", 0), 0, "the same");
        // Nor with an invented one beside it.
        let both = [sender("AN01"), sender("AN99")].concat();
        assert_eq!(tried(&throttle, &both, "192.0.2.3", 0), 0);
        assert_eq!(tried(&throttle, &sender("AN02"), "192.0.2.2", 0), 6);
        assert_eq!(tried(&throttle, &globex, "192.0.2.2", MINUTE / 2), 3);
    }

    #[test]
    fn what_is_believed_costs_nothing() {
        let throttle = throttle();
        let (globex, from) = (sender("AN01"), address("192.0.2.1"));
        for _ in 0..100 {
            assert!(throttle.admits_claim(&globex, from, 0));
            throttle.believed(&globex, from, 0);
        }
        assert_eq!(tried(&throttle, &globex, "192.0.2.1", 0), 6);
    }

    #[test]
    fn nobody_is_silenced_where_he_is_known() {
        let throttle = throttle();
        let (globex, home) = (sender("AN01"), address("198.51.100.7"));
        assert!(throttle.admits_claim(&globex, home, 0));
        throttle.believed(&globex, home, 0);
        assert!(tried(&throttle, &globex, "192.0.2.1", 0) > 0);
        assert_eq!(tried(&throttle, &globex, "192.0.2.1", 0), 0);
        assert!(throttle.admits_claim(&globex, home, 0));
        throttle.believed(&globex, home, 0);
        // A day later it is a stranger there, too.
        assert_eq!(tried(&throttle, &globex, "192.0.2.1", KNOWN), 6);
        assert!(!throttle.admits_claim(&globex, home, KNOWN));
    }

    #[test]
    fn a_crowd_of_invented_senders_takes_no_more_room() {
        let throttle = throttle();
        let from = address("192.0.2.66");
        for number in 0..20_000 {
            throttle.admits_claim(&sender(&format!("X{number}")), from, 0);
        }
        let home = address("198.51.100.7");
        throttle.believed(&sender("AN01"), home, 0);
        assert!(
            throttle.admits_claim(&sender("AN01"), home, 0),
            "known, and so not in the crowd"
        );
    }
}
