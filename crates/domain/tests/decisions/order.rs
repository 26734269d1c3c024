//! The whole table of transitions: what is not named here is refused.

use punchgate_domain::order::{
    Actor, CancelDuty, InvalidTransition,
    OrderState::{
        self, Accepted, Approved, Cancelled, Declined, Held, HeldByErp, Received, Referred, Rejected, Shadow,
        Submitting, Tombstone, Unknown,
    },
    SinkAnswer, UpdateRule,
};

type Move = fn(OrderState) -> Result<OrderState, InvalidTransition>;

/// Checks that the move leads from exactly these states to `to`.
fn leads(name: &str, step: Move, to: OrderState, from: &[OrderState]) {
    for state in OrderState::ALL {
        let result = step(*state);
        if from.contains(state) {
            assert_eq!(result, Ok(to), "{name} from {state}");
        } else {
            let refused = result.unwrap_err();
            assert_eq!(
                (refused.from, refused.to),
                (state.as_str(), to.as_str()),
                "{name} from {state}"
            );
        }
    }
}

#[test]
fn decisions() {
    let open = [Received, Approved, Held, Referred];
    leads("approve", OrderState::approve, Approved, &open);
    leads("hold", OrderState::hold, Held, &open);
    leads("refer", OrderState::refer, Referred, &open);
    leads(
        "decline",
        OrderState::decline,
        Declined,
        &[Received, Approved, Held, Referred, Rejected],
    );
    leads("submit", OrderState::submit, Submitting, &[Approved]);
    leads("reopen", OrderState::reopen, Received, &[Rejected]);
    for state in OrderState::ALL {
        assert_eq!(state.may_be_decided_again(), open.contains(state), "{state}");
    }
}

#[test]
fn only_the_sink_moves_what_was_sent() {
    let says = |answer| move |state: OrderState| state.sink_says(answer);
    let rows = [
        (
            SinkAnswer::Accepted,
            Accepted,
            vec![Submitting, Unknown, HeldByErp, Accepted],
        ),
        (
            SinkAnswer::OnHold,
            HeldByErp,
            vec![Submitting, Unknown, HeldByErp, Accepted],
        ),
        (
            SinkAnswer::Rejected,
            Rejected,
            // One that it had accepted may be cancelled there.
            vec![Submitting, Unknown, HeldByErp, Accepted],
        ),
        (SinkAnswer::Absent, Approved, vec![Submitting, Unknown]),
        (SinkAnswer::Unknown, Unknown, vec![Submitting, Unknown]),
    ];
    for (answer, to, from) in rows {
        for state in OrderState::ALL {
            let result = says(answer)(*state);
            assert_eq!(result.is_ok(), from.contains(state), "{answer:?} for {state}");
            assert!(result.is_err() || result == Ok(to), "{answer:?} for {state}");
        }
    }
}

#[test]
fn a_cancel_always_wins() {
    for state in OrderState::ALL {
        let cancelled = state.cancel();
        assert_eq!(cancelled.state, Cancelled, "{state}");
        let duty = match state {
            Submitting | Unknown => CancelDuty::FindAtSink,
            Accepted | HeldByErp => CancelDuty::CancelAtSink,
            _ => CancelDuty::Nothing,
        };
        assert_eq!(cancelled.duty, duty, "{state}");
        // Credit is not given out twice while the sink may have the order.
        assert_eq!(
            duty.keeps_reservation(),
            state.reserves() && *state != Approved,
            "{state}"
        );
    }
    // Nothing brings it back, and an answer that comes late asks for a cancel there.
    let steps: [Move; 6] = [
        OrderState::approve,
        OrderState::hold,
        OrderState::refer,
        OrderState::decline,
        OrderState::submit,
        OrderState::reopen,
    ];
    assert!(steps.iter().all(|step| step(Cancelled).is_err()));
    let rows = [
        (SinkAnswer::Accepted, CancelDuty::CancelAtSink),
        (SinkAnswer::OnHold, CancelDuty::CancelAtSink),
        (SinkAnswer::Rejected, CancelDuty::Nothing),
        (SinkAnswer::Absent, CancelDuty::Nothing),
        (SinkAnswer::Unknown, CancelDuty::FindAtSink),
    ];
    for (answer, duty) in rows {
        assert!(Cancelled.sink_says(answer).is_err());
        assert_eq!(Cancelled.late_answer(answer), Ok(duty));
        assert!(Submitting.late_answer(answer).is_err());
    }
}

#[test]
fn what_each_state_means() {
    // state, reserves, final, update
    let rows = [
        (Received, false, false, UpdateRule::Replaces),
        (Approved, true, false, UpdateRule::Replaces),
        (Held, false, false, UpdateRule::Replaces),
        (Referred, false, false, UpdateRule::Replaces),
        (Declined, false, true, UpdateRule::Replaces),
        (Submitting, true, false, UpdateRule::AfterSinkAnswer),
        (Accepted, true, false, UpdateRule::ByPerson),
        (HeldByErp, true, false, UpdateRule::ByPerson),
        (Rejected, false, false, UpdateRule::Replaces),
        (Unknown, true, false, UpdateRule::AfterSinkAnswer),
        (Cancelled, false, true, UpdateRule::StaysCancelled),
        (Tombstone, false, true, UpdateRule::StaysCancelled),
        (Shadow, false, true, UpdateRule::StaysShadow),
    ];
    assert_eq!(rows.len(), OrderState::ALL.len());
    for (state, reserves, is_final, update) in rows {
        assert_eq!(state.reserves(), reserves, "{state}");
        assert_eq!(state.is_final(), is_final, "{state}");
        assert_eq!(state.on_update(), update, "{state}");
    }
}

#[test]
fn a_refusal_says_where_it_stands() {
    assert_eq!(
        Accepted.submit().unwrap_err().to_string(),
        "order in state 'accepted' cannot become 'submitting'"
    );
}

#[test]
fn actors_are_stored_as_text() {
    let actors = [
        (Actor::Gateway, "gateway"),
        (Actor::Buyer, "buyer"),
        (Actor::Erp, "erp"),
        (
            Actor::Operator("dana: credit".to_owned()),
            "operator:dana: credit",
        ),
        (Actor::Job("submit_order".to_owned()), "job:submit_order"),
    ];
    for (actor, text) in actors {
        assert_eq!(actor.to_string(), text);
        assert_eq!(Actor::parse(text), Ok(actor));
    }
    for text in ["", "operator", "robot:x", "gateway:x"] {
        assert!(Actor::parse(text).is_err(), "{text}");
    }
}
