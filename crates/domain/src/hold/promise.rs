//! Promises to pay: what a customer has said that it pays, by when, and whether it did. Pure.

use jiff::civil::Date;

use crate::{Instant, money::Money};

stored_names! {
    /// What became of a promise to pay.
    pub enum PromiseState("a state of a promise") {
        /// Its time is not over.
        Running = "running",
        /// Paid.
        Kept = "kept",
        /// Its time is over, and it was not paid.
        Broken = "broken",
        /// Taken back by a person, or without meaning: the account on which it was given is counted no more.
        Withdrawn = "withdrawn",
    }
}

/// A promise to pay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Promise {
    /// How much.
    pub amount: Money,
    /// By the end of which day.
    pub until: Date,
    /// When it is broken unless it was paid: after that day and the days of grace.
    pub deadline: Instant,
    /// When it was given.
    pub given_at: Instant,
    /// What was overdue then, if that was known.
    pub overdue_before: Option<Money>,
    /// What became of it so far.
    pub state: PromiseState,
}

impl Promise {
    /// Whether it keeps rules from holding.
    pub fn runs(&self, now: Instant) -> bool {
        self.state == PromiseState::Running && now < self.deadline
    }

    /// What becomes of it by a reading of what is overdue; none if it stays as it is. Only a reading that is younger than
    /// the promise says anything, and only one from after the deadline says that it was not kept.
    pub fn judge(&self, overdue: Option<Money>, read_at: Option<Instant>) -> Option<PromiseState> {
        let read_at = read_at.filter(|at| *at > self.given_at)?;
        let overdue = overdue?;
        if overdue.currency() != self.amount.currency() {
            return None;
        }
        // Without a figure from before, only nothing at all is surely paid.
        let left = match self.overdue_before {
            Some(before) => before.minus(self.amount).map_or(0, Money::minor).max(0),
            None => 0,
        };
        let is_paid = overdue.minor() <= left;
        match self.state {
            PromiseState::Running | PromiseState::Broken if is_paid => Some(PromiseState::Kept),
            PromiseState::Running if read_at >= self.deadline => Some(PromiseState::Broken),
            _ => None,
        }
    }
}
