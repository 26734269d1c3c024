//! The session's transitions and what a returned cart allows.

use punchgate_domain::session::{
    Operation, OperationAllowed,
    SessionState::{self, Cancelled, Expired, Opened, Returned, Shopping},
};

#[test]
fn transitions() {
    type Move = fn(SessionState) -> Result<SessionState, punchgate_domain::order::InvalidTransition>;
    let rows: [(Move, SessionState, &[SessionState]); 4] = [
        (SessionState::start, Shopping, &[Opened]),
        (SessionState::return_cart, Returned, &[Shopping]),
        (SessionState::cancel, Cancelled, &[Opened, Shopping]),
        (SessionState::expire, Expired, &[Opened, Shopping]),
    ];
    for (step, to, from) in rows {
        for state in SessionState::ALL {
            let result = step(*state);
            assert_eq!(result.is_ok(), from.contains(state), "{state} to {to}");
            match result {
                Ok(next) => assert_eq!(next, to),
                Err(refused) => assert_eq!((refused.what, refused.to), ("session", to.as_str())),
            }
        }
    }
    let last: Vec<_> = SessionState::ALL.iter().filter(|s| s.is_final()).collect();
    assert_eq!(last, [&Returned, &Cancelled, &Expired]);
}

#[test]
fn what_a_returned_cart_allows() {
    use Operation::{Create, Edit, Inspect, Source};
    let rows = [
        (OperationAllowed::Create, vec![Create, Source]),
        (OperationAllowed::Inspect, vec![Create, Inspect, Source]),
        (OperationAllowed::Edit, vec![Create, Edit, Inspect, Source]),
    ];
    for (allowed, operations) in rows {
        for operation in Operation::ALL {
            assert_eq!(
                allowed.permits(*operation),
                operations.contains(operation),
                "{allowed} {operation}"
            );
        }
    }
}
