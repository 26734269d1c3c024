//! Deciding again: when a person confirms.

use punchgate_domain::order::{Confirmation, RedecisionGate, RedecisionInput};

use crate::fixture::{at, now};

#[test]
#[rustfmt::skip] // one row a line
fn when_a_person_confirms() {
    let today = jiff::civil::date(2026, 3, 4);
    let input = RedecisionInput {
        received_at: at("2026-03-03T10:00:00Z"),
        requested_delivery: None,
        confirmed_at: None,
    };
    let old = at("2026-02-27T09:59:59Z");
    let past = jiff::civil::date(2026, 3, 3);
    let rows = [
        (input, vec![]),
        (RedecisionInput { received_at: at("2026-02-27T10:00:00Z"),..input }, vec![]),
        (RedecisionInput { received_at: old,..input }, vec![Confirmation::TooOld { days: 5 }]),
        (RedecisionInput { requested_delivery: Some(today),..input }, vec![]),
        (RedecisionInput { requested_delivery: Some(past),..input }, vec![Confirmation::RequestedDatePast(past)]),
        (RedecisionInput { received_at: old, requested_delivery: Some(past),..input }, vec![Confirmation::TooOld { days: 5 }, Confirmation::RequestedDatePast(past)]),
        // Confirmed; but a confirmation grows old as the order does.
        (RedecisionInput { received_at: old, confirmed_at: Some(at("2026-03-04T09:00:00Z")),..input }, vec![]),
        (RedecisionInput { received_at: old, confirmed_at: Some(old),..input }, vec![Confirmation::TooOld { days: 5 }]),
    ];
    for (number, (input, causes)) in rows.into_iter().enumerate() {
        let expected = if causes.is_empty() {
            RedecisionGate::Open
        } else {
            RedecisionGate::Confirm(causes)
        };
        assert_eq!(
            RedecisionGate::judge(&input, now(), today),
            expected,
            "row {number}"
        );
    }
}
