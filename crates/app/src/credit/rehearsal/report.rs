//! What a rehearsal of credit found: order by order, and counted.

use std::collections::BTreeMap;

use jiff::Timestamp;
use punchgate_domain::{
    Instant,
    money::{Currency, Money},
    order::OrderState,
};
use punchgate_storage::order::OrderRow;
use rust_decimal::Decimal;

use super::Proposal;
use crate::clock::from_micros;

/// What the proposal would change for an order, the most important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// It went, and would not.
    WouldBeHeld,
    /// It did not go, and would.
    WouldGo,
    /// It would not go either, for other reasons.
    OtherReasons,
    /// Nothing.
    Same,
    /// Nobody can say.
    NotRehearsed,
}

impl Change {
    /// Every change, the most important first.
    pub const ALL: [Self; 5] = [
        Self::WouldBeHeld,
        Self::WouldGo,
        Self::OtherReasons,
        Self::Same,
        Self::NotRehearsed,
    ];

    /// A stable text for the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::WouldBeHeld => "would_be_held",
            Self::WouldGo => "would_go",
            Self::OtherReasons => "other_reasons",
            Self::Same => "same",
            Self::NotRehearsed => "not_rehearsed",
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::WouldBeHeld => "would be held, and went",
            Self::WouldGo => "would go, and were held",
            Self::OtherReasons => "would be held for other reasons",
            Self::Same => "as it was",
            Self::NotRehearsed => "cannot be rehearsed",
        }
    }
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedOnce {
    /// approved, held, referred, declined.
    pub state: &'static str,
    /// What stands against the order, in words.
    pub reasons: Vec<String>,
    /// The reckoning of the limit, in words with its numbers.
    pub figures: Option<String>,
    /// What the reasons are about, without their numbers.
    pub(super) marks: Vec<String>,
}

impl DecidedOnce {
    /// Whether another decision says the same, though its figures may be others.
    fn says_as(&self, other: &Self) -> bool {
        (self.state, &self.marks) == (other.state, &other.marks)
    }
}

/// What was decided of an order and what would be.
#[derive(Clone, Debug)]
pub struct Rehearsed {
    /// The code of the customer on whose account it is counted.
    pub customer: String,
    /// When it was decided.
    pub decided_at: Timestamp,
    /// What was decided then.
    pub then: DecidedOnce,
    /// What would have been decided with the proposal.
    pub proposed: DecidedOnce,
    /// What nobody knew.
    pub notes: Vec<String>,
}

/// An order of the time.
#[derive(Clone, Debug)]
pub struct RehearsedOrder {
    /// Our id.
    pub id: String,
    /// The buyer's number.
    pub number: String,
    /// With whom.
    pub relationship: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// Its total.
    pub total: Sum,
    /// What would change.
    pub change: Change,
    /// The decisions; or why they could not be made again.
    pub found: Result<Rehearsed, String>,
}

/// An amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sum {
    /// Decimal text.
    pub amount: String,
    /// ISO 4217.
    pub currency: String,
}

/// How many orders a change concerns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangeCount {
    /// Which.
    pub change: Change,
    /// How many orders.
    pub orders: usize,
    /// Their totals, by currency.
    pub totals: Vec<Sum>,
}

/// What a rehearsal found.
#[derive(Clone, Debug)]
pub struct CreditRehearsal {
    /// Orders that were received from then on.
    pub since: Instant,
    /// Orders that were received before.
    pub until: Instant,
    /// How many orders were looked at.
    pub looked_at: usize,
    /// The orders, in order of arrival.
    pub orders: Vec<RehearsedOrder>,
    /// What to bear in mind.
    pub notes: Vec<String>,
    /// What was left off.
    pub left_off: Option<String>,
    counts: BTreeMap<Change, (usize, BTreeMap<Currency, i128>)>,
}

impl CreditRehearsal {
    pub(super) fn of(proposal: &Proposal, since: Instant, until: Instant) -> Self {
        let mut notes = vec![
            "Each order is decided by itself, on its first decision: what others had reserved then counts as it was."
                .to_owned(),
        ];
        if proposal.has_rules() {
            notes.push(
                "Rules are asked about the account on which an order is counted. A hold that a person had released \
                 before counts as placed again."
                    .to_owned(),
            );
        }
        Self {
            since,
            until,
            looked_at: 0,
            orders: Vec::new(),
            notes,
            left_off: None,
            counts: BTreeMap::new(),
        }
    }

    pub(super) fn cut(&mut self, at: Instant) {
        self.left_off = Some(format!(
            "Only the first {} orders were rehearsed; the next one was received at {at}: rehearse the rest from then on.",
            self.looked_at
        ));
    }

    pub(super) fn add(&mut self, row: &OrderRow, found: Result<Rehearsed, String>, all: bool) {
        let change = change_of(found.as_ref().ok());
        self.looked_at += 1;
        let (orders, totals) = self.counts.entry(change).or_default();
        *orders += 1;
        let currency = Currency::parse(&row.currency).unwrap_or(Currency::NONE);
        *totals.entry(currency).or_default() += i128::from(row.total_minor);
        if change == Change::Same && !all {
            return;
        }
        self.orders.push(RehearsedOrder {
            id: row.order_id.clone(),
            number: row.order_number.clone(),
            relationship: row.relationship_id.clone(),
            received_at: from_micros(row.received_at),
            total: Sum::of(
                Money::from_minor(row.total_minor, currency).to_decimal(),
                currency,
            ),
            change,
            found,
        });
    }

    /// How many orders each change concerns.
    pub fn counted(&self) -> Vec<ChangeCount> {
        let count = |change: Change| {
            let found = self.counts.get(&change);
            let totals = found.into_iter().flat_map(|(_, totals)| totals);
            ChangeCount {
                change,
                orders: found.map_or(0, |(orders, _)| *orders),
                totals: totals
                    .map(|(currency, minor)| {
                        Sum::of(
                            Decimal::from_i128_with_scale(*minor, currency.exponent()),
                            *currency,
                        )
                    })
                    .collect(),
            }
        };
        Change::ALL.into_iter().map(count).collect()
    }
}

impl Sum {
    fn of(amount: Decimal, currency: Currency) -> Self {
        Self {
            amount: amount.to_string(),
            currency: currency.to_string(),
        }
    }
}

fn change_of(found: Option<&Rehearsed>) -> Change {
    let Some(found) = found else {
        return Change::NotRehearsed;
    };
    let goes = |decided: &DecidedOnce| decided.state == OrderState::Approved.as_str();
    match (goes(&found.then), goes(&found.proposed)) {
        (true, false) => Change::WouldBeHeld,
        (false, true) => Change::WouldGo,
        (true, true) => Change::Same,
        (false, false) if found.then.says_as(&found.proposed) => Change::Same,
        (false, false) => Change::OtherReasons,
    }
}
