//! The states of an order and the only ways between them.
//!
//! **Invariant:** nothing that the sink has accepted is undone automatically; a cancel always wins; an order
//! in [`OrderState::Unknown`] moves only to what the sink says; from [`OrderState::Shadow`] no way leads to a sink.

mod event;
pub mod progress;
mod redecision;
mod verdict;

pub use event::{Actor, Cause, OrderEvent};
pub use redecision::{Confirmation, RedecisionGate, RedecisionInput};
pub use verdict::{Besides, NeedsPerson, OrderReason, Review, Verdict, needs_person, state_after, verdict};

/// A state does not lead to the one asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} in state '{from}' cannot become '{to}'")]
pub struct InvalidTransition {
    /// Order, session …
    pub what: &'static str,
    /// Where it stands.
    pub from: &'static str,
    /// Where it was to go.
    pub to: &'static str,
}

stored_names! {
    /// Where an order stands. The state belongs to its newest version; an update begins again at `received`.
    pub enum OrderState("an order state") {
        /// Stored and acknowledged, not yet decided.
        Received = "received",
        /// May go to the sink.
        Approved = "approved",
        /// Waits for something that may come by itself: a released hold, a payment, a card.
        Held = "held",
        /// Waits for a person's decision.
        Referred = "referred",
        /// A person said no (or a policy that a person set).
        Declined = "declined",
        /// A worker is on its way to the sink.
        Submitting = "submitting",
        /// The sink has it.
        Accepted = "accepted",
        /// The sink has it and holds it.
        HeldByErp = "held_by_erp",
        /// The sink refused it; a person mends the cause and sends it back to `received`.
        Rejected = "rejected",
        /// The sink did not answer: somebody asks again, nobody guesses.
        Unknown = "unknown",
        /// Withdrawn.
        Cancelled = "cancelled",
        /// A delete came before its order: the order, should it come, is cancelled.
        Tombstone = "tombstone",
        /// A copy of an order that goes another way: it is judged and compared, and goes nowhere.
        Shadow = "shadow",
    }
}

/// What the order sink says of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SinkAnswer {
    /// It has the order, open or as a draft.
    Accepted,
    /// It has the order and holds it.
    OnHold,
    /// It refused the order; there is none.
    Rejected,
    /// It certainly has no such order: the request never arrived, or a search found nothing.
    Absent,
    /// No answer, or none that can be trusted.
    Unknown,
}

/// What a cancel still asks of somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CancelDuty {
    /// Nothing: the sink never had the order.
    Nothing,
    /// A request may be under way: ask the sink, and cancel there what is found.
    FindAtSink,
    /// The sink has the order: a person (or the sink, where it can) cancels it there.
    CancelAtSink,
}

impl CancelDuty {
    /// Whether the order's reservation stands until the duty is done: the sink may still have the order, and
    /// an exposure without open orders would not show it.
    pub fn keeps_reservation(self) -> bool {
        self != Self::Nothing
    }
}

/// A cancelled order and what is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Cancellation {
    /// Always [`OrderState::Cancelled`].
    pub state: OrderState,
    /// What is left to do.
    pub duty: CancelDuty,
}

/// What an update of the buyer meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UpdateRule {
    /// The next version starts at `received` and is decided.
    Replaces,
    /// The sink's answer comes first; the version waits.
    AfterSinkAnswer,
    /// The sink has the order: the version is stored, a person carries it over.
    ByPerson,
    /// The order is withdrawn: the version is stored and stays cancelled.
    StaysCancelled,
    /// The next version is judged like the one before, and goes nowhere either.
    StaysShadow,
}

impl OrderState {
    /// A decision found nothing against the order.
    pub fn approve(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Approved)
    }

    /// A decision found something that may pass by itself.
    pub fn hold(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Held)
    }

    /// A decision needs a person.
    pub fn refer(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Referred)
    }

    /// It will not be delivered.
    pub fn decline(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Declined)
    }

    /// A worker takes it to the sink.
    pub fn submit(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Submitting)
    }

    /// A person has entered it where no worker goes: the order of a relationship without a sink.
    pub fn take_over(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Approved => Ok(Self::Accepted),
            _ => Err(self.refuse(Self::Accepted)),
        }
    }

    /// The sink has spoken, or has not. Asked of a cancelled order this is an error: see
    /// [`OrderState::late_answer`].
    pub fn sink_says(self, answer: SinkAnswer) -> Result<Self, InvalidTransition> {
        let next = match answer {
            SinkAnswer::Accepted => Self::Accepted,
            SinkAnswer::OnHold => Self::HeldByErp,
            SinkAnswer::Rejected => Self::Rejected,
            SinkAnswer::Absent => Self::Approved,
            SinkAnswer::Unknown => Self::Unknown,
        };
        let asked = matches!(
            (self, next),
            (Self::Submitting, _)
                | (Self::Unknown, _)
                | (Self::HeldByErp, Self::Accepted | Self::Rejected | Self::HeldByErp)
                | (Self::Accepted, Self::Accepted | Self::HeldByErp | Self::Rejected)
        );
        if asked { Ok(next) } else { Err(self.refuse(next)) }
    }

    /// What is left to do when the sink answers for an order that was cancelled meanwhile.
    pub fn late_answer(self, answer: SinkAnswer) -> Result<CancelDuty, InvalidTransition> {
        if self != Self::Cancelled {
            return Err(self.refuse(Self::Cancelled));
        }
        Ok(match answer {
            SinkAnswer::Accepted | SinkAnswer::OnHold => CancelDuty::CancelAtSink,
            SinkAnswer::Rejected | SinkAnswer::Absent => CancelDuty::Nothing,
            SinkAnswer::Unknown => CancelDuty::FindAtSink,
        })
    }

    /// A person has mended the cause of a rejection: the order is decided again from the start.
    pub fn reopen(self) -> Result<Self, InvalidTransition> {
        self.to(Self::Received)
    }

    /// Withdraws the order. A cancel always wins and may come twice.
    pub fn cancel(self) -> Cancellation {
        let duty = match self {
            Self::Submitting | Self::Unknown => CancelDuty::FindAtSink,
            Self::Accepted | Self::HeldByErp => CancelDuty::CancelAtSink,
            Self::Received
            | Self::Approved
            | Self::Held
            | Self::Referred
            | Self::Declined
            | Self::Rejected
            | Self::Cancelled
            | Self::Tombstone
            | Self::Shadow => CancelDuty::Nothing,
        };
        Cancellation {
            state: Self::Cancelled,
            duty,
        }
    }

    /// What an update by the buyer does to an order in this state.
    pub fn on_update(self) -> UpdateRule {
        match self {
            Self::Received
            | Self::Approved
            | Self::Held
            | Self::Referred
            | Self::Declined
            | Self::Rejected => UpdateRule::Replaces,
            Self::Submitting | Self::Unknown => UpdateRule::AfterSinkAnswer,
            Self::Accepted | Self::HeldByErp => UpdateRule::ByPerson,
            Self::Cancelled | Self::Tombstone => UpdateRule::StaysCancelled,
            Self::Shadow => UpdateRule::StaysShadow,
        }
    }

    /// Whether the order takes up credit. An order that the ERP holds does: its release does not pass by us.
    pub fn reserves(self) -> bool {
        matches!(
            self,
            Self::Approved | Self::Submitting | Self::Unknown | Self::Accepted | Self::HeldByErp
        )
    }

    /// Whether only a cancel or the buyer's next version leads out of it.
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Declined | Self::Cancelled | Self::Tombstone | Self::Shadow
        )
    }

    /// Whether a changed hold, limit or exposure may change the decision. Approved ones are asked once more
    /// when a worker claims them.
    pub fn may_be_decided_again(self) -> bool {
        matches!(
            self,
            Self::Received | Self::Approved | Self::Held | Self::Referred
        )
    }

    fn to(self, next: Self) -> Result<Self, InvalidTransition> {
        use OrderState as S;
        let decided = matches!(next, S::Approved | S::Held | S::Referred | S::Declined);
        let allowed = match self {
            S::Received | S::Held | S::Referred => decided,
            S::Approved => decided || next == S::Submitting,
            S::Rejected => matches!(next, S::Received | S::Declined),
            S::Declined
            | S::Submitting
            | S::Accepted
            | S::HeldByErp
            | S::Unknown
            | S::Cancelled
            | S::Tombstone
            | S::Shadow => false,
        };
        if allowed { Ok(next) } else { Err(self.refuse(next)) }
    }

    fn refuse(self, next: Self) -> InvalidTransition {
        InvalidTransition {
            what: "order",
            from: self.as_str(),
            to: next.as_str(),
        }
    }
}
