//! A decision as it is stored and shown.

use punchgate_domain::{
    credit::{Figures, Reason},
    ids::HoldId,
    order::{Confirmation, OrderReason, Verdict},
};
use serde::{Deserialize, Serialize};

use super::Judged;

/// The code of a price that stands against an order.
const PRICE_DIFFERS: &str = "price-differs";

/// The decision as it is stored and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecisionRecord {
    /// The state that followed.
    pub state: String,
    /// What stood against the order.
    pub reasons: Vec<ReasonRecord>,
    /// What the supplier should know although it did not decide.
    pub warnings: Vec<ReasonRecord>,
    /// The reckoning of the limit, in words with its numbers.
    pub figures: Option<String>,
    /// What it rests on, without when that was read: a decision that says the same again is not written again.
    #[serde(default)]
    pub rests_on: Vec<String>,
}

/// One reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRecord {
    /// Stable code.
    pub code: String,
    /// For people. Without the words of a hold, which may be others by the time that they are read.
    pub text: String,
    /// The hold that it is about: its words are added when somebody reads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<String>,
}

impl ReasonRecord {
    fn of(reason: &OrderReason) -> Self {
        Self {
            code: reason.code().to_owned(),
            text: bare(reason).to_string(),
            hold: hold_of(reason).map(ToString::to_string),
        }
    }
}

impl DecisionRecord {
    pub(super) fn of(judged: &Judged) -> Self {
        let verdict = &judged.verdict;
        let list = |reasons: &[OrderReason]| reasons.iter().map(ReasonRecord::of).collect();
        let figures = judged.credit.as_ref().and_then(|credit| credit.figures.as_ref());
        // What a person has confirmed stands no longer against the order: that is not the same said again.
        let warned = verdict
            .warnings
            .iter()
            .map(|warning| format!("warning {}", lasting(warning)));
        let said = verdict.reasons.iter().map(lasting).chain(warned);
        Self {
            state: verdict.state.as_str().to_owned(),
            reasons: list(&verdict.reasons),
            warnings: list(&verdict.warnings),
            figures: figures.map(Figures::to_string),
            rests_on: said.chain(figures.map(amounts)).collect(),
        }
    }

    /// A stored decision.
    pub(in crate::orders) fn read(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// Whether a price stands against the order.
    pub(in crate::orders) fn is_about_prices(&self) -> bool {
        self.reasons.iter().any(|reason| reason.code == PRICE_DIFFERS)
    }

    /// Whether a stored decision says the same, though what it rests on was read again since.
    pub(super) fn says_what(&self, stored: Option<&str>) -> bool {
        let stored = stored.and_then(|json| serde_json::from_str::<Self>(json).ok());
        stored.is_some_and(|stored| stored.state == self.state && stored.rests_on == self.rests_on)
    }

    /// What stood against the order, and what was only warned of.
    pub(in crate::orders) fn reasons_mut(&mut self) -> impl Iterator<Item = &mut ReasonRecord> {
        self.reasons.iter_mut().chain(&mut self.warnings)
    }

    /// What would have become of an order that is only judged, in one line.
    pub(super) fn would_be(&self) -> String {
        match self.sentence() {
            Some(why) => format!("would be {}: {why}", self.state),
            None => format!("would be {}", self.state),
        }
    }

    /// All reasons in one line; none if nothing stood against the order.
    pub fn sentence(&self) -> Option<String> {
        let texts: Vec<&str> = self.reasons.iter().map(|reason| reason.text.as_str()).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}

/// A reason without what becomes another with the time alone.
fn lasting(reason: &OrderReason) -> String {
    match reason {
        OrderReason::Credit(Reason::OverLimit { figures, missing }) => {
            format!("{} {} {missing}", reason.code(), amounts(figures))
        }
        OrderReason::Credit(Reason::ExposureStale { .. })
        | OrderReason::Confirm(Confirmation::TooOld { .. }) => reason.code().to_owned(),
        other => match hold_of(other) {
            Some(hold) => format!("{} {hold} {}", other.code(), bare(other)),
            None => format!("{} {other}", other.code()),
        },
    }
}

/// What stands against an order beside credit, in words.
pub(super) fn words_besides(verdict: &Verdict) -> Vec<String> {
    let besides = verdict.reasons.iter();
    besides
        .filter(|reason| !matches!(reason, OrderReason::Credit(_)))
        .map(ToString::to_string)
        .collect()
}

fn hold_of(reason: &OrderReason) -> Option<&HoldId> {
    match reason {
        OrderReason::Credit(Reason::OnHold { hold, .. }) => Some(hold),
        _ => None,
    }
}

/// A reason without the words of a hold.
pub(super) fn bare(reason: &OrderReason) -> OrderReason {
    let mut reason = reason.clone();
    if let OrderReason::Credit(Reason::OnHold {
        internal, shopper, ..
    }) = &mut reason
    {
        (*internal, *shopper) = (None, None);
    }
    reason
}

fn amounts(figures: &Figures) -> String {
    format!(
        "{} {} {} {}",
        figures.limit, figures.open, figures.reserved, figures.total
    )
}
