//! Holds by rule: from what is known of a credit account to the holds that it is to have. Pure.
//!
//! **Invariant:** what is not known, or was read too long ago, places nothing and releases nothing: unknown is not
//! cured. A rule looks at its own hold only, never at one that a person or the ERP has placed.

use jiff::{SignedDuration, civil::Date};

use super::{
    PermissionSet,
    promise::{Promise, PromiseState},
};
use crate::{
    Instant,
    customer::{CreditLimit, Exposure},
    money::Money,
};

/// A rule that places holds and releases them again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HoldRule {
    /// Its id at the supplier.
    pub id: String,
    /// When it holds.
    pub when: RuleCondition,
    /// Whom it concerns.
    pub concerns: RuleScope,
    /// What its holds take away.
    pub removes: PermissionSet,
    /// The code of its holds.
    pub code: String,
    /// Under which reason its texts are declared; the code where nothing is said.
    pub texts: Option<String>,
    /// A reading older than this says nothing.
    pub max_age: SignedDuration,
    /// Whether a running promise to pay keeps it from holding. Only for what is overdue.
    pub respects_promises: bool,
    /// Whether the ERP gets its holds.
    pub push: bool,
}

/// When a rule holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleCondition {
    /// Overdue for so many days, by so much, or both where both are said. Over as soon as it is below.
    Overdue {
        /// At least so many days.
        days: Option<u32>,
        /// At least so much.
        amount: Option<Money>,
    },
    /// So many percent beyond the limit. Over when the account is within its limit again: in between, a hold that is
    /// there stays, so that it does not come and go with every order.
    OverLimit {
        /// At least so many percent of the limit; zero: as soon as it is exceeded.
        percent: u32,
        /// Whether reservations count, too.
        with_reservations: bool,
    },
    /// A promise to pay was broken. Over when what was promised is paid after all, or the promise withdrawn.
    BrokenPromise,
}

/// Whom a rule concerns; nothing named is everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleScope {
    /// Only customers with these codes.
    pub customers: Vec<String>,
    /// Only customers with these terms.
    pub terms: Vec<String>,
    /// Not customers with these codes.
    pub except: Vec<String>,
}

impl RuleScope {
    fn includes(&self, code: &str, terms: Option<&str>) -> bool {
        let among = |list: &[String], text: &str| list.iter().any(|known| known == text);
        (self.customers.is_empty() || among(&self.customers, code))
            && (self.terms.is_empty() || terms.is_some_and(|terms| among(&self.terms, terms)))
            && !among(&self.except, code)
    }
}

/// What a rule is judged by: one credit account, and the customer who carries it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountFacts {
    /// The carrier's code.
    pub customer_code: String,
    /// The code of the carrier's terms.
    pub terms_code: Option<String>,
    /// The limit.
    pub limit: CreditLimit,
    /// What is owed, if it was ever read.
    pub exposure: Option<Exposure>,
    /// Part of it that is past its due date, if the ERP says so.
    pub overdue: Option<Money>,
    /// The due date of the oldest open item, if the ERP says so.
    pub oldest_due: Option<Date>,
    /// On which day at the supplier that was read.
    pub read_on: Option<Date>,
    /// What approved orders take up.
    pub reserved: Money,
    /// Promises to pay.
    pub promises: Vec<Promise>,
    /// Now.
    pub now: Instant,
    /// Today at the supplier.
    pub today: Date,
}

/// What a rule has done in a case that is not over yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleCase {
    /// Its hold stands; `current` is whether it is as the rule says now.
    Holds {
        /// Whether code and permissions are the rule's.
        current: bool,
    },
    /// Its hold was released, by a person or in the ERP: the rule leaves it at that until the case is over.
    PassedOver,
}

/// What is to be done about a rule and an account; with why, in words for the supplier's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleStep {
    /// Nothing.
    Leave,
    /// A hold is placed, and the case begins.
    Place(String),
    /// The rule says something else by now: its hold is released, and another placed.
    Replace(String),
    /// The hold is released, and the case is over.
    Release(String),
    /// The case is over; the hold was released before.
    Close,
}

/// How an account looks to a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Finding {
    /// The rule holds.
    Met(String),
    /// It does not.
    Cured(String),
    /// It does not, for as long as a promise runs.
    Suspended(String),
    /// It would not hold now, and releases nothing yet.
    Between,
    /// Not enough is known.
    Unknown,
}

/// What is to be done. A rule that is not there any more, or is switched off, is none, with the reason.
pub fn step(rule: Result<&HoldRule, &str>, facts: &AccountFacts, case: Option<RuleCase>) -> RuleStep {
    let rule = match (rule, case) {
        (Ok(rule), _) => rule,
        (Err(why), Some(RuleCase::Holds { .. })) => return RuleStep::Release(why.to_owned()),
        (Err(_), Some(RuleCase::PassedOver)) => return RuleStep::Close,
        (Err(_), None) => return RuleStep::Leave,
    };
    match (find(rule, facts), case) {
        (Finding::Met(why), None) => RuleStep::Place(why),
        (Finding::Met(why), Some(RuleCase::Holds { current: false })) => RuleStep::Replace(why),
        (Finding::Cured(why) | Finding::Suspended(why), Some(RuleCase::Holds { .. })) => {
            RuleStep::Release(why)
        }
        // What a person has passed over stays so while a promise only suspends it.
        (Finding::Cured(_), Some(RuleCase::PassedOver)) => RuleStep::Close,
        _ => RuleStep::Leave,
    }
}

/// What a rule says of an account, for whoever only asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleAnswer {
    /// Its hold is there, with why.
    Holds(String),
    /// Its hold that stands stays as it is.
    Stays,
    /// No hold of it is there.
    HoldsNot,
    /// No hold of it is there, for not enough is known.
    Unknown,
}

/// What a rule says of an account, given whether a hold of it stands there.
pub fn answer(rule: &HoldRule, facts: &AccountFacts, stands: bool) -> RuleAnswer {
    match find(rule, facts) {
        Finding::Met(why) => RuleAnswer::Holds(why),
        Finding::Between | Finding::Unknown if stands => RuleAnswer::Stays,
        Finding::Cured(_) | Finding::Suspended(_) | Finding::Between => RuleAnswer::HoldsNot,
        Finding::Unknown => RuleAnswer::Unknown,
    }
}

fn find(rule: &HoldRule, facts: &AccountFacts) -> Finding {
    if !rule
        .concerns
        .includes(&facts.customer_code, facts.terms_code.as_deref())
    {
        return Finding::Cured("the rule does not concern this customer".to_owned());
    }
    match rule.when {
        RuleCondition::BrokenPromise => broken_promise(facts),
        RuleCondition::Overdue { days, amount } => match fresh(rule, facts) {
            Some(_) => suspended(rule, facts, overdue(days, amount, facts)),
            None => Finding::Unknown,
        },
        RuleCondition::OverLimit {
            percent,
            with_reservations,
        } => match fresh(rule, facts) {
            Some(exposure) => over_limit(percent, with_reservations, exposure, facts),
            None => Finding::Unknown,
        },
    }
}

/// The exposure, if it was read lately enough.
fn fresh<'a>(rule: &HoldRule, facts: &'a AccountFacts) -> Option<&'a Exposure> {
    facts
        .exposure
        .as_ref()
        .filter(|exposure| facts.now.duration_since(exposure.as_of) <= rule.max_age)
}

fn suspended(rule: &HoldRule, facts: &AccountFacts, finding: Finding) -> Finding {
    let running = || facts.promises.iter().find(|promise| promise.runs(facts.now));
    match finding {
        Finding::Met(_) if rule.respects_promises => match running() {
            Some(promise) => {
                Finding::Suspended(format!("{} are promised until {}", promise.amount, promise.until))
            }
            None => finding,
        },
        finding => finding,
    }
}

impl AccountFacts {
    /// For how many days something is overdue; none if the ERP does not say enough.
    pub fn days_overdue(&self) -> Option<i64> {
        let nothing = self.overdue.map(|amount| amount.minor() <= 0);
        let Some(due) = self.oldest_due else {
            return nothing.filter(|nothing| *nothing).map(|_| 0);
        };
        // An amount of zero says nothing of an item that fell due after it was read.
        let was_due = self.read_on.is_some_and(|day| due < day);
        if nothing == Some(true) && was_due {
            return Some(0);
        }
        let days = self.today.since(due).map_or(0, |span| i64::from(span.get_days()));
        Some(days.max(0))
    }
}

fn overdue(days: Option<u32>, amount: Option<Money>, facts: &AccountFacts) -> Finding {
    let currency_differs = |least: Money| {
        facts
            .exposure
            .is_some_and(|exposure| exposure.amount.currency() != least.currency())
    };
    if let Some(least) = amount.filter(|least| currency_differs(*least)) {
        return Finding::Cured(format!("the rule counts in {}", least.currency()));
    }
    let enough_days = days.map(|least| facts.days_overdue().map(|days| days >= i64::from(least)));
    let enough_owed = amount.map(|least| facts.overdue.map(|owed| owed.minor() >= least.minor()));
    match (enough_days, enough_owed) {
        // One that is surely too little is enough to know.
        (Some(Some(false)), _) | (_, Some(Some(false))) => Finding::Cured(overdue_words(facts)),
        (Some(None), _) | (_, Some(None)) | (None, None) => Finding::Unknown,
        _ => Finding::Met(overdue_words(facts)),
    }
}

/// `12 days overdue, USD 4,310.00 since 2026-11-10`
fn overdue_words(facts: &AccountFacts) -> String {
    let owed = facts.overdue.filter(|owed| owed.minor() > 0);
    let mut words = match (facts.days_overdue(), owed) {
        (Some(1), _) => "1 day overdue".to_owned(),
        (Some(days), _) if days > 0 => format!("{days} days overdue"),
        (None, Some(_)) => "overdue".to_owned(),
        (Some(_), Some(_)) => "overdue for less than a day".to_owned(),
        (_, None) => return "nothing is overdue".to_owned(),
    };
    if let Some(owed) = owed {
        words.push_str(&format!(", {owed}"));
    }
    if let Some(due) = facts.oldest_due {
        words.push_str(&format!(" since {due}"));
    }
    words
}

fn over_limit(percent: u32, with_reservations: bool, exposure: &Exposure, facts: &AccountFacts) -> Finding {
    let limit = match facts.limit {
        CreditLimit::Unknown => return Finding::Unknown,
        CreditLimit::Unlimited => return Finding::Cured("the account has no limit".to_owned()),
        CreditLimit::Amount(limit) => limit,
    };
    let reserved = if with_reservations {
        facts.reserved
    } else {
        Money::zero(facts.reserved.currency())
    };
    let Ok(used) = exposure.amount.plus(reserved) else {
        return Finding::Unknown;
    };
    let Ok(beyond) = used.minus(limit) else {
        return Finding::Unknown;
    };
    let words = format!("{used} of a limit of {limit}");
    if beyond.minor() <= 0 {
        return Finding::Cured(words);
    }
    let enough = i128::from(beyond.minor()) * 100 >= i128::from(limit.minor()) * i128::from(percent);
    match enough {
        true => Finding::Met(format!("{beyond} beyond the limit: {words}")),
        false => Finding::Between,
    }
}

fn broken_promise(facts: &AccountFacts) -> Finding {
    let broken = facts
        .promises
        .iter()
        .find(|promise| promise.state == PromiseState::Broken);
    match broken {
        Some(promise) => Finding::Met(format!(
            "{} were promised until {} and not paid",
            promise.amount, promise.until
        )),
        None => Finding::Cured("no promise is broken any more".to_owned()),
    }
}
