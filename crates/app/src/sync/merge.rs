//! The three-way merge of an account: pure. Base is what was last read from the ERP; local is what was asked
//! for here and is not in the ERP yet, or else the base; remote is what the ERP says now.

use std::collections::{BTreeMap, BTreeSet};

use punchgate_domain::{
    Instant,
    merge::{FieldMerge, FieldOwner, Side, merge_field},
};

use super::snapshot::{Field, FieldValue, Snapshot};

/// Who wins when both sides changed a field. Master data is always the ERP's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldOwners {
    /// Terms.
    pub terms: FieldOwner,
    /// Limit.
    pub limit: FieldOwner,
    /// Holds.
    pub holds: FieldOwner,
}

impl Default for FieldOwners {
    fn default() -> Self {
        Self {
            terms: FieldOwner::Erp,
            limit: FieldOwner::Erp,
            holds: FieldOwner::Erp,
        }
    }
}

impl FieldOwners {
    fn of(&self, field: &Field) -> FieldOwner {
        match field {
            Field::Terms => self.terms,
            Field::Limit => self.limit,
            Field::Hold(_) => self.holds,
            _ => FieldOwner::Erp,
        }
    }
}

/// A change asked for here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub value: FieldValue,
    pub at: Instant,
}

/// What one account's merge comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Merged {
    /// To be written here: what it was, what it is to be.
    pub take: Vec<(Field, Option<FieldValue>, FieldValue)>,
    /// Asked for here and not there yet.
    pub push: Vec<Field>,
    /// Asked for here and there already, by whatever way.
    pub settled: Vec<Field>,
    /// Changed on both sides.
    pub conflicts: Vec<Clash>,
}

/// A field that both sides changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Clash {
    pub field: Field,
    pub base: Option<FieldValue>,
    pub local: FieldValue,
    pub remote: FieldValue,
    pub winner: Side,
}

/// Merges one account. `changed_at` is when the ERP last changed it, where it says so.
pub(crate) fn merge(
    base: Option<&Snapshot>,
    wanted: &BTreeMap<Field, Wanted>,
    remote: &Snapshot,
    owners: FieldOwners,
    changed_at: Option<Instant>,
) -> Merged {
    let mut fields: BTreeSet<Field> = Field::FIXED.into_iter().collect();
    fields.extend(remote.hold_ids(base).cloned().map(Field::Hold));
    fields.extend(wanted.keys().cloned());
    let mut merged = Merged::default();
    for field in fields {
        let there = remote.get(&field);
        let before = base.map(|base| base.get(&field));
        let Some(wanted) = wanted.get(&field) else {
            // Nothing asked for here: local is the base, so the remote either is the same or is taken.
            if before.as_ref() != Some(&there) {
                merged.take.push((field, before, there));
            }
            continue;
        };
        let winner = owners.of(&field).winner(Some(wanted.at), changed_at);
        match merge_field(before.as_ref(), &wanted.value, &there, winner) {
            FieldMerge::Keep => {
                if before.as_ref() != Some(&there) {
                    merged.take.push((field.clone(), before, there));
                }
                merged.settled.push(field);
            }
            // What was asked for is what the base says: the request has no content any more.
            FieldMerge::TakeRemote(there) => {
                merged.take.push((field.clone(), before, there));
                merged.settled.push(field);
            }
            FieldMerge::PushLocal(_) => merged.push.push(field),
            FieldMerge::Conflict {
                winner,
                local,
                remote,
            } => {
                if winner == Side::Erp {
                    merged.take.push((field.clone(), before.clone(), remote.clone()));
                } else {
                    merged.push.push(field.clone());
                }
                merged.conflicts.push(Clash {
                    field,
                    base: before,
                    local,
                    remote,
                    winner,
                });
            }
        }
    }
    merged
}
