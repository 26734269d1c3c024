//! What a document's credentials say: in whose name it may act, before any secret is looked at.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    sync::Arc,
};

use punchgate_domain::ids::{RelationshipId, SupplierId};
use punchgate_protocols::cxml::{Credential, Envelope};

use super::proof::SLOTS;
use crate::directory::{DirectoryError, Key, Party, Relationship, Snapshot};

/// What the credentials of From and the address do not agree on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Conflict {
    /// No credential of From is known.
    UnknownFrom,
    /// The credentials of From belong to different relationships.
    From,
    /// From belongs to other relationships than the address.
    Address,
}

/// In whose name a document may act, as far as its credentials say.
#[derive(Debug, Default)]
pub(super) struct Claim {
    /// The relationships that From, address and To leave; with whether the Sender is named for it.
    pub(super) candidates: Vec<(Arc<Relationship>, bool)>,
    /// Why there is none.
    pub(super) conflict: Option<Conflict>,
    /// A relationship that fits, but does not read.
    pub(super) broken: Option<DirectoryError>,
    /// Some relationships to which the Sender belongs, but no credential of From: who speaks, if it proves itself.
    pub(super) foreign_speakers: Vec<Arc<Relationship>>,
}

impl Claim {
    pub(super) fn read(snapshot: &Snapshot, envelope: &Envelope, address: Option<&Key>) -> Self {
        let (mut keys, mut conflict) = from_holders(snapshot, &envelope.from);
        if let Some(address) = address {
            if !keys.is_empty() && !keys.contains(address) {
                conflict = Some(Conflict::Address);
            }
            keys.retain(|key| *key == address);
        }
        if keys.len() > 1 {
            keys = narrow_by_to(snapshot, &envelope.to, keys);
        }
        let mut claim = Self {
            conflict,
            foreign_speakers: foreign_speakers(snapshot, envelope),
            ..Self::default()
        };
        for key in keys {
            match snapshot.relationship(&key.0, &key.1) {
                Ok(relationship) => {
                    let named = is_named(snapshot, &envelope.sender, &relationship);
                    claim.candidates.push((relationship, named));
                }
                Err(error) => claim.broken = Some(error),
            }
        }
        claim
    }

    /// The supplier, where all candidates have the same.
    pub(super) fn supplier(&self) -> Option<SupplierId> {
        let suppliers: BTreeSet<&SupplierId> = self
            .candidates
            .iter()
            .map(|(candidate, _)| &candidate.supplier.id)
            .collect();
        match suppliers.len() {
            1 => suppliers.first().map(|supplier| (*supplier).clone()),
            _ => None,
        }
    }

    /// The relationship, where there is one candidate.
    pub(super) fn relationship(&self) -> Option<RelationshipId> {
        match self.candidates.as_slice() {
            [(candidate, _)] => Some(candidate.id.clone()),
            _ => None,
        }
    }
}

/// The relationships to which *every* known credential of From belongs; unknown ones say nothing. Each supplier
/// is looked at alone: a number that one supplier gave a buyer may mean another buyer to the next.
fn from_holders<'s>(snapshot: &'s Snapshot, from: &[Credential]) -> (BTreeSet<&'s Key>, Option<Conflict>) {
    let mut by_supplier: BTreeMap<&SupplierId, BTreeSet<&Key>> = BTreeMap::new();
    for credential in from {
        let mut groups: BTreeMap<&SupplierId, BTreeSet<&Key>> = BTreeMap::new();
        for key in snapshot.holders(Party::Buyer, &credential.match_key()) {
            groups.entry(&key.0).or_default().insert(key);
        }
        for (supplier, holders) in groups {
            by_supplier
                .entry(supplier)
                .and_modify(|known| known.retain(|key| holders.contains(key)))
                .or_insert(holders);
        }
    }
    let any_known = !by_supplier.is_empty();
    let agreed: BTreeSet<&Key> = by_supplier.into_values().flatten().collect();
    let conflict = match (any_known, agreed.is_empty()) {
        (false, _) => Some(Conflict::UnknownFrom),
        (true, true) => Some(Conflict::From),
        (true, false) => None,
    };
    (agreed, conflict)
}

/// To chooses among several; a To that is missing or names nobody chooses nothing.
fn narrow_by_to<'s>(
    snapshot: &'s Snapshot,
    to: &[Credential],
    mut candidates: BTreeSet<&'s Key>,
) -> BTreeSet<&'s Key> {
    for credential in to {
        let holders = snapshot.holders(Party::Supplier, &credential.match_key());
        let narrowed: BTreeSet<&Key> = candidates.intersection(&holders).copied().collect();
        if !narrowed.is_empty() {
            candidates = narrowed;
        }
    }
    candidates
}

/// Whether the Sender is named for the relationship: one of its credentials is, and none belongs only to
/// others of the same supplier.
fn is_named(snapshot: &Snapshot, sender: &[Credential], relationship: &Relationship) -> bool {
    let keys: Vec<_> = sender.iter().map(Credential::match_key).collect();
    let named = keys.iter().any(|key| relationship.lets_send(key));
    let foreign = keys.iter().any(|key| {
        !relationship.lets_send(key)
            && [Party::Buyer, Party::Sender].iter().any(|party| {
                snapshot
                    .holders(*party, key)
                    .iter()
                    .any(|holder| holder.0 == relationship.supplier.id)
            })
    });
    named && !foreign
}

fn foreign_speakers(snapshot: &Snapshot, envelope: &Envelope) -> Vec<Arc<Relationship>> {
    let mut speakers: BTreeSet<&Key> = BTreeSet::new();
    for credential in &envelope.sender {
        let key = credential.match_key();
        speakers.extend(snapshot.holders(Party::Buyer, &key));
        speakers.extend(snapshot.holders(Party::Sender, &key));
    }
    for credential in &envelope.from {
        for holder in snapshot.holders(Party::Buyer, &credential.match_key()) {
            speakers.remove(holder);
        }
    }
    speakers
        .into_iter()
        .filter_map(|key| snapshot.relationship(&key.0, &key.1).ok())
        .take(SLOTS)
        .collect()
}

/// The identities of a document as one line for people.
pub(super) fn describe(envelope: &Envelope) -> String {
    const MOST: usize = 500;
    let mut text = String::new();
    for (name, party) in [
        ("From", &envelope.from),
        ("To", &envelope.to),
        ("Sender", &envelope.sender),
    ] {
        let separator = if text.is_empty() { "" } else { "; " };
        // Writing to a String cannot fail.
        let _ = write!(text, "{separator}{name}");
        for credential in party.iter().take(super::CREDENTIALS_MOST) {
            let _ = write!(text, " {}={}", credential.domain, credential.identity);
        }
    }
    if text.chars().count() > MOST {
        text = text.chars().take(MOST).chain(['…']).collect();
    }
    text
}
