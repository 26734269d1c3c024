//! Deciding again: when a person confirms first.

use crate::Instant;

/// Orders that waited longer than this are not let go without a person.
const CONFIRM_AFTER_DAYS: i64 = 5;

/// What the gate looks at. Prices are not among it: every decision compares them with the cart again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RedecisionInput {
    /// When the order was received.
    pub received_at: Instant,
    /// Its requested delivery, in the supplier's calendar.
    pub requested_delivery: Option<jiff::civil::Date>,
    /// Whether a person has looked since the cause arose.
    pub confirmed_at: Option<Instant>,
}

/// Why a person confirms before the order goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confirmation {
    /// Received so many days ago.
    TooOld {
        /// Whole days since it was received.
        days: i64,
    },
    /// The date by which the buyer wanted it is over.
    RequestedDatePast(jiff::civil::Date),
}

/// Whether an order that may now be approved goes on by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedecisionGate {
    /// It goes on.
    Open,
    /// A person confirms first.
    Confirm(Vec<Confirmation>),
}

impl RedecisionGate {
    /// Judges an order. `today` is the supplier's civil date at `now`. A person's confirmation counts for as
    /// long as an order may wait.
    pub fn judge(input: &RedecisionInput, now: Instant, today: jiff::civil::Date) -> Self {
        let limit = jiff::SignedDuration::from_hours(24 * CONFIRM_AFTER_DAYS);
        let waited = |since: Instant| now.duration_since(since);
        if input.confirmed_at.is_some_and(|at| waited(at) <= limit) {
            return Self::Open;
        }
        let mut causes = Vec::new();
        let age = waited(input.received_at);
        if age > limit {
            causes.push(Confirmation::TooOld {
                days: age.as_hours() / 24,
            });
        }
        if let Some(date) = input.requested_delivery.filter(|date| *date < today) {
            causes.push(Confirmation::RequestedDatePast(date));
        }
        if causes.is_empty() {
            Self::Open
        } else {
            Self::Confirm(causes)
        }
    }
}

impl std::fmt::Display for Confirmation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooOld { days } => write!(f, "received {days} days ago"),
            Self::RequestedDatePast(date) => write!(f, "requested for {date}, which is past"),
        }
    }
}
