//! The comparisons of what a Sender presents with what it must know.
//!
//! **Invariant:** for one document there are always equally many comparisons, whoever is known here: missing
//! secrets are made up, and what matches a made-up one counts for nothing. A MAC speaks for the credentials over
//! which it was made and for no others of the document: a hub makes one for any of its customers.

use std::sync::Arc;

use punchgate_domain::Instant;
use punchgate_protocols::cxml::{Credential, Envelope, Proof, Secret, mac::verify_mac, verify_shared_secret};

use crate::directory::Relationship;

/// How many relationships are compared in each of two groups; From fits one, or a test and a production one.
pub(super) const SLOTS: usize = 4;
/// How many secrets of each: the current one, the previous one, and one that a person has entered beside them.
const SECRETS: usize = 3;

/// What is proven.
#[derive(Debug)]
pub(super) struct Proven {
    /// For each candidate, whether the Sender knows its secret.
    pub(super) candidates: [bool; SLOTS],
    /// Whether the Sender knows the secret of some other relationship to which it belongs.
    pub(super) foreign: bool,
    /// Whether there was anything to compare.
    pub(super) attempted: bool,
}

/// A secret to compare with.
struct Expected<'a> {
    secret: &'a Secret,
    counts: bool,
}

/// The credentials of a document, as one relationship sees them.
struct Known<'a> {
    relationship: Option<&'a Relationship>,
    /// Those of From; with whether a MAC made over it proves anything here.
    from: Vec<(&'a Credential, bool)>,
}

impl<'a> Known<'a> {
    fn of(relationship: Option<&'a Arc<Relationship>>, envelope: &'a Envelope, as_buyer: bool) -> Self {
        let relationship = relationship.map(Arc::as_ref);
        let speaks = |from: &Credential| {
            !as_buyer || relationship.is_some_and(|relationship| relationship.is_buyer(&from.match_key()))
        };
        Self {
            relationship,
            from: envelope.from.iter().map(|from| (from, speaks(from))).collect(),
        }
    }

    fn lets_send(&self, sender: &Credential) -> bool {
        self.relationship
            .is_some_and(|relationship| relationship.lets_send(&sender.match_key()))
    }
}

impl Proven {
    pub(super) fn compare(
        envelope: &Envelope,
        candidates: &[(Arc<Relationship>, bool)],
        foreign: &[Arc<Relationship>],
        now: Instant,
    ) -> Self {
        let made_up = Secret::new("compared where there is nothing to compare with");
        let presented: Vec<&Credential> = envelope
            .sender
            .iter()
            .filter(|credential| matches!(credential.proof, Proof::SharedSecret(_) | Proof::Mac(_)))
            .collect();
        let knows = |relationship: Option<&Arc<Relationship>>, as_buyer: bool| {
            let known = Known::of(relationship, envelope, as_buyer);
            let mut any = false;
            for place in 0..SECRETS {
                let expected = expected(relationship, place, &made_up, now);
                for credential in &presented {
                    any |= matches(&known, credential, expected.secret, now) & expected.counts;
                }
            }
            any
        };
        let mut proven = Self {
            candidates: [false; SLOTS],
            foreign: false,
            attempted: !presented.is_empty(),
        };
        for (place, slot) in proven.candidates.iter_mut().enumerate() {
            *slot = knows(candidates.get(place).map(|(candidate, _)| candidate), true);
        }
        for place in 0..SLOTS {
            // A foreign speaker gets in nowhere: it may have proven itself for whomever From names.
            proven.foreign |= knows(foreign.get(place), false);
        }
        proven
    }
}

fn expected<'a>(
    relationship: Option<&'a Arc<Relationship>>,
    place: usize,
    made_up: &'a Secret,
    now: Instant,
) -> Expected<'a> {
    match relationship.and_then(|relationship| relationship.secrets.get(place)) {
        Some(known) => Expected {
            secret: &known.secret,
            counts: known.valid_until.is_none_or(|until| now < until),
        },
        None => Expected {
            secret: made_up,
            counts: false,
        },
    }
}

fn matches(known: &Known<'_>, sender: &Credential, expected: &Secret, now: Instant) -> bool {
    match &sender.proof {
        Proof::SharedSecret(given) => verify_shared_secret(given, expected),
        Proof::Mac(mac) => {
            let mut any = false;
            for (from, speaks) in &known.from {
                any |= verify_mac(expected, from, sender, mac, now).is_ok() & speaks;
            }
            any & known.lets_send(sender) & !expected.is_empty()
        }
        Proof::None | Proof::Signature => false,
    }
}
