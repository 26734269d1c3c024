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
    /// The ERP has just answered to this very request: however it holds the value now is its answer.
    pub answered: bool,
    /// What has gone out on the version of the base, of this request and of earlier ones.
    pub sent: Vec<FieldValue>,
    /// Whether the ERP still has that version: what has gone out may arrive yet. Else it has, or never will.
    pub may_arrive: bool,
    /// Whether the ERP was asked after this was. An older reading that shows what is asked for says nothing of what
    /// the ERP has had since.
    pub read_since: bool,
}

impl Wanted {
    /// Whether what the ERP has is an earlier request of ours that arrived, while something else is asked for by
    /// now. Nobody there has changed anything then.
    fn is_overtaken(&self, before: Option<&FieldValue>, there: &FieldValue) -> bool {
        !self.is_answered(before, there)
            && before != Some(there)
            && !self.value.is_met_by(there)
            && self.sent.iter().any(|sent| sent.is_met_by(there))
    }

    /// Whether the ERP has what is asked for, while something else is on its way there: only another write makes
    /// sure that it does not arrive.
    fn may_be_undone(&self, there: &FieldValue) -> bool {
        !self.answered
            && self.may_arrive
            && self.value.is_met_by(there)
            && self.sent.iter().any(|sent| !sent.is_met_by(there))
    }

    /// Whether the reading shows what is asked for, but was under way before anybody asked for it: somebody there may
    /// have changed it meanwhile, and the request is still to be made.
    fn is_met_by_chance(&self, before: Option<&FieldValue>, there: &FieldValue) -> bool {
        !self.read_since && !self.is_answered(before, there) && self.value.is_met_by(there)
    }

    /// Whether what the ERP has is its answer, whatever it made of the request. The id of a hold that was placed
    /// here is nobody else's.
    fn is_answered(&self, before: Option<&FieldValue>, there: &FieldValue) -> bool {
        let stands = |value: &FieldValue| matches!(value, FieldValue::Hold(Some(_)));
        let placed = before.is_none_or(|before| !stands(before)) && stands(there) && stands(&self.value);
        self.answered || (placed && self.sent.iter().any(stands))
    }
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
    /// Asked for here earlier and there now; something else is asked for by now.
    pub overtaken: Vec<Field>,
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
        if wanted.may_be_undone(&there) {
            merged.push.push(field);
            continue;
        }
        let overtaken = wanted.is_overtaken(before.as_ref(), &there);
        if overtaken || wanted.is_met_by_chance(before.as_ref(), &there) {
            // A hold stands or not here as it was asked for last.
            if !matches!(field, Field::Hold(_)) && before.as_ref() != Some(&there) {
                merged.take.push((field.clone(), before, there));
            }
            merged.push.push(field.clone());
            if overtaken {
                merged.overtaken.push(field);
            }
            continue;
        }
        let winner = owners.of(&field).winner(Some(wanted.at), changed_at);
        let local = if wanted.is_answered(before.as_ref(), &there) || wanted.value.is_met_by(&there) {
            &there
        } else {
            &wanted.value
        };
        match merge_field(before.as_ref(), local, &there, winner) {
            FieldMerge::Keep => {
                if before.as_ref() != Some(&there) {
                    merged.take.push((field.clone(), before, there));
                }
                merged.settled.push(field);
            }
            FieldMerge::PushLocal(_) => merged.push.push(field),
            // That somebody here asks for what the base says is a word of theirs too.
            FieldMerge::TakeRemote(_) | FieldMerge::Conflict { .. } => {
                // What the ERP has of terms and limit counts until it has ours, and if it refuses ours.
                if winner == Side::Erp || !matches!(field, Field::Hold(_)) {
                    merged.take.push((field.clone(), before.clone(), there.clone()));
                }
                if winner == Side::Gateway {
                    merged.push.push(field.clone());
                }
                merged.conflicts.push(Clash {
                    field,
                    base: before,
                    local: wanted.value.clone(),
                    remote: there,
                    winner,
                });
            }
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sync::{HoldValue, LimitValue, TermsValue};

    fn limit(minor: i64) -> FieldValue {
        FieldValue::Limit(LimitValue::Amount {
            minor,
            currency: "USD".into(),
        })
    }

    fn snapshot(minor: i64) -> Snapshot {
        Snapshot {
            code: "1".into(),
            name: "n".into(),
            active: true,
            payer: None,
            head_office: None,
            currency: "USD".into(),
            terms: None,
            limit: LimitValue::Amount {
                minor,
                currency: "USD".into(),
            },
            holds: BTreeMap::new(),
            contacts: BTreeMap::new(),
            ship_tos: BTreeMap::new(),
        }
    }

    fn outcome(
        base: i64,
        wanted: Option<(i64, bool)>,
        remote: i64,
        owner: FieldOwner,
        read_since: bool,
    ) -> Merged {
        let owners = FieldOwners {
            limit: owner,
            ..FieldOwners::default()
        };
        let at = Instant::from_second(100).unwrap();
        let wanted = wanted
            .map(|(minor, answered)| {
                (
                    Field::Limit,
                    Wanted {
                        value: limit(minor),
                        at,
                        answered,
                        sent: vec![limit(9)],
                        may_arrive: base == remote,
                        read_since,
                    },
                )
            })
            .into_iter()
            .collect();
        let changed = Some(Instant::from_second(50).unwrap());
        merge(Some(&snapshot(base)), &wanted, &snapshot(remote), owners, changed)
    }

    #[test]
    fn one_field_three_ways() {
        use FieldOwner::{Erp, Gateway, Latest};
        // base, asked for (and answered), remote, owner: taken, pushed, settled, conflicts.
        let cases = [
            (1, None, 1, Erp, (false, false, false, 0)),
            (1, None, 2, Gateway, (true, false, false, 0)),
            (1, Some((3, false)), 1, Erp, (false, true, false, 0)),
            (1, Some((3, false)), 3, Erp, (true, false, true, 0)),
            (1, Some((3, false)), 2, Erp, (true, false, false, 1)),
            (1, Some((3, false)), 2, Gateway, (true, true, false, 1)),
            (1, Some((3, false)), 2, Latest, (true, true, false, 1)),
            (1, Some((1, false)), 2, Gateway, (true, true, false, 1)),
            (1, Some((1, false)), 2, Erp, (true, false, false, 1)),
            (1, Some((3, false)), 9, Erp, (true, true, false, 0)),
            (1, Some((1, false)), 9, Erp, (true, true, false, 0)),
            (9, Some((3, false)), 9, Erp, (false, true, false, 0)),
            (9, Some((9, false)), 9, Erp, (false, false, true, 0)),
            (1, Some((1, false)), 1, Erp, (false, true, false, 0)),
            (1, Some((3, true)), 2, Gateway, (true, false, true, 0)),
        ];
        for (base, wanted, remote, owner, expected) in cases {
            let merged = outcome(base, wanted, remote, owner, true);
            assert_eq!(flags(&merged), expected, "{base} {wanted:?} {remote} {owner}");
        }
    }

    #[test]
    fn a_reading_that_is_older_than_the_request_does_not_settle_it() {
        use FieldOwner::{Erp, Gateway};
        let cases = [
            (1, Some((3, false)), 3, Erp, (true, true, false, 0)),
            (3, Some((3, false)), 3, Erp, (false, true, false, 0)),
            (1, Some((3, false)), 1, Erp, (false, true, false, 0)),
            (1, Some((3, false)), 2, Erp, (true, false, false, 1)),
            (1, Some((3, false)), 2, Gateway, (true, true, false, 1)),
            (1, Some((3, true)), 3, Erp, (true, false, true, 0)),
        ];
        for (base, wanted, remote, owner, expected) in cases {
            let merged = outcome(base, wanted, remote, owner, false);
            assert_eq!(flags(&merged), expected, "{base} {wanted:?} {remote} {owner}");
        }
    }

    /// Taken, pushed, settled, conflicts.
    fn flags(merged: &Merged) -> (bool, bool, bool, usize) {
        (
            !merged.take.is_empty(),
            !merged.push.is_empty(),
            !merged.settled.is_empty(),
            merged.conflicts.len(),
        )
    }

    #[test]
    fn an_account_that_is_new_is_taken_as_it_is() {
        let merged = merge(None, &BTreeMap::new(), &snapshot(5), FieldOwners::default(), None);
        assert_eq!(merged.take.len(), Field::FIXED.len());
        assert!(merged.conflicts.is_empty() && merged.push.is_empty());
    }

    #[test]
    fn a_request_is_met_by_what_it_asked_for_and_no_more() {
        let terms = |code: &str, label: &str| {
            FieldValue::Terms(Some(TermsValue {
                code: code.into(),
                label: label.into(),
                net_days: None,
                prepaid: false,
            }))
        };
        let hold = |code: &str, shopper: &str, since: Option<i64>| {
            let shopper = Some(shopper.to_owned());
            FieldValue::Hold(Some(HoldValue {
                code: code.into(),
                shopper,
                since,
                ..HoldValue::default()
            }))
        };
        let cases = [
            (terms("N10", "Net 10"), terms("N10", "10 days net"), true),
            (terms("N10", "Net 10"), terms("N30", "Net 10"), false),
            (hold("c", "x", Some(1)), hold("c", "x", None), true),
            (hold("c", "x", Some(1)), hold("c", "y", Some(1)), false),
            (hold("c", "x", None), FieldValue::Hold(None), false),
            (FieldValue::Hold(None), hold("c", "x", None), false),
            (limit(1), limit(1), true),
            (limit(1), limit(2), false),
        ];
        for (wanted, there, expected) in cases {
            assert_eq!(wanted.is_met_by(&there), expected, "{wanted:?} {there:?}");
        }
    }
}
