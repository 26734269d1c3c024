//! The three-way merge: it converges, and nothing runs in a circle.

use proptest::prelude::*;
use punchgate_domain::merge::{FieldMerge, FieldOwner, Side, merge_field};

use crate::fixture::at;

#[test]
fn what_changed_where() {
    use Side::{Erp, Gateway};
    let conflict = |winner| FieldMerge::Conflict {
        winner,
        local: 2,
        remote: 3,
    };
    // base, local, remote, winner, result
    let rows = [
        (Some(1), 1, 1, Erp, FieldMerge::Keep),
        (Some(1), 1, 3, Gateway, FieldMerge::TakeRemote(3)),
        (Some(1), 2, 1, Erp, FieldMerge::PushLocal(2)),
        (Some(1), 2, 2, Erp, FieldMerge::Keep),
        (Some(1), 2, 3, Erp, conflict(Erp)),
        (Some(1), 2, 3, Gateway, conflict(Gateway)),
        (None, 2, 2, Erp, FieldMerge::Keep),
        (None, 2, 3, Gateway, conflict(Gateway)),
    ];
    for (base, local, remote, winner, result) in rows {
        assert_eq!(
            merge_field(base.as_ref(), &local, &remote, winner),
            result,
            "{base:?} {local} {remote}"
        );
    }
}

#[test]
fn who_wins() {
    let (early, late) = (Some(at("2026-03-01T00:00:00Z")), Some(at("2026-03-02T00:00:00Z")));
    let rows = [
        (FieldOwner::Erp, late, early, Side::Erp),
        (FieldOwner::Gateway, early, late, Side::Gateway),
        (FieldOwner::Latest, late, early, Side::Gateway),
        (FieldOwner::Latest, early, late, Side::Erp),
        (FieldOwner::Latest, early, early, Side::Erp),
        (FieldOwner::Latest, None, early, Side::Erp),
        (FieldOwner::Latest, late, None, Side::Erp),
    ];
    for (owner, local, remote, winner) in rows {
        assert_eq!(
            owner.winner(local, remote),
            winner,
            "{owner} {local:?} {remote:?}"
        );
    }
}

/// Carries a result out on both sides and gives the next base.
fn carry_out(local: &mut u8, remote: &mut u8, result: &FieldMerge<u8>) -> u8 {
    let settled = result.settled(local);
    if let Some(value) = result.to_take() {
        *local = *value;
    }
    if let Some(value) = result.to_push() {
        *remote = *value;
    }
    settled
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Local(u8),
    Remote(u8),
    Sync,
    /// Pushed, but the base was lost before it was saved: the crash between the two.
    SyncForgotten,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0_u8..4).prop_map(Step::Local),
        (0_u8..4).prop_map(Step::Remote),
        Just(Step::Sync),
        Just(Step::SyncForgotten),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #[test]
    fn one_merge_makes_both_sides_equal_and_the_next_does_nothing(
        base in prop::option::of(0_u8..4), local in 0_u8..4, remote in 0_u8..4, erp in any::<bool>(),
    ) {
        let winner = if erp { Side::Erp } else { Side::Gateway };
        let (mut here, mut there) = (local, remote);
        let result = merge_field(base.as_ref(), &here, &there, winner);
        prop_assert!(result.to_take().is_none() || result.to_push().is_none());
        let base = carry_out(&mut here, &mut there, &result);
        prop_assert_eq!(here, there);
        prop_assert_eq!(here, base);
        // The echo of our own write.
        prop_assert_eq!(merge_field(Some(&base), &here, &there, winner), FieldMerge::Keep);
    }

    #[test]
    fn any_history_ends_in_peace(steps in steps(), erp in any::<bool>()) {
        let winner = if erp { Side::Erp } else { Side::Gateway };
        let (mut base, mut here, mut there) = (None, 0_u8, 0_u8);
        for step in steps {
            match step {
                Step::Local(value) => here = value,
                Step::Remote(value) => there = value,
                Step::Sync => {
                    let result = merge_field(base.as_ref(), &here, &there, winner);
                    base = Some(carry_out(&mut here, &mut there, &result));
                    prop_assert_eq!(here, there);
                }
                Step::SyncForgotten => {
                    let result = merge_field(base.as_ref(), &here, &there, winner);
                    carry_out(&mut here, &mut there, &result);
                    // Even with the old base, equal values are no event.
                    prop_assert_eq!(merge_field(base.as_ref(), &here, &there, winner), FieldMerge::Keep);
                }
            }
        }
        // A change on one side alone, after both agreed, is never lost to the other.
        let result = merge_field(base.as_ref(), &here, &there, winner);
        let agreed = carry_out(&mut here, &mut there, &result);
        let changed = agreed.wrapping_add(1);
        prop_assert_eq!(merge_field(Some(&agreed), &changed, &there, winner), FieldMerge::PushLocal(changed));
        prop_assert_eq!(merge_field(Some(&agreed), &here, &changed, winner), FieldMerge::TakeRemote(changed));
    }
}
