//! What rules are judged by: loaded set by set, one statement a table, and what they say to it.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use punchgate_domain::{
    Instant,
    hold::{
        promise::{Promise, PromiseState},
        rule::{self, AccountFacts, RuleCase, RuleCondition, RuleStep},
    },
    money::{Currency, Money},
};
use punchgate_storage::{
    StorageError, StorageResult, Tx,
    credit_account::{self, CreditAccountRow},
    customer::{self, CustomerRow},
    hold::{self, HoldRow},
    hold_rule_case::{self, CaseRow},
    promise::{self, PromiseRow},
};

use super::{Reading, does_something};
use crate::{
    clock::from_micros,
    credit::{account_currency, exposure_of, limit_of, oldest_due_of, overdue_of},
    directory::Supplier,
};

/// What was said of an account by its figures is over when those are another's.
const UNUSED: &str = "what the customer owes is counted on another account now";

/// What is known of some accounts.
pub(super) struct Loaded {
    accounts: Vec<Known>,
}

/// What is known of one account.
struct Known {
    carrier: CustomerRow,
    /// Nobody is counted on it any more: who carried it has got a payer or a head office.
    is_unused: bool,
    facts: AccountFacts,
    cases: Vec<(CaseRow, Option<HoldRow>)>,
    promises: Vec<PromiseRow>,
}

/// What is to be done about one account.
pub(super) struct Judged<'a> {
    pub(super) account: &'a String,
    pub(super) carrier: &'a CustomerRow,
    /// Promises with what has become of them, and why.
    pub(super) promises: Vec<(&'a PromiseRow, PromiseState, String)>,
    pub(super) steps: Vec<RuleToDo<'a>>,
}

/// What is to be done about one rule.
pub(super) struct RuleToDo<'a> {
    pub(super) rule: String,
    pub(super) step: RuleStep,
    pub(super) case: Option<&'a CaseRow>,
    pub(super) hold: Option<&'a HoldRow>,
}

impl Loaded {
    pub(super) async fn load(
        tx: &mut Tx,
        supplier: &Supplier,
        accounts: &[String],
        now: Instant,
        reading: Reading,
    ) -> StorageResult<Self> {
        let id = supplier.id.as_str();
        let (rows, carriers) = match reading {
            Reading::Lock => (
                credit_account::lock_many(tx, id, accounts).await?,
                customer::lock_many(tx, id, accounts).await?,
            ),
            Reading::Look => (
                credit_account::many(tx, id, accounts).await?,
                customer::many(tx, id, accounts).await?,
            ),
        };
        let mut carriers: HashMap<String, CustomerRow> = carriers
            .into_iter()
            .map(|row| (row.customer_id.clone(), row))
            .collect();
        let cases = hold_rule_case::of_accounts(tx, id, accounts).await?;
        let ids: Vec<String> = cases.iter().map(|case| case.hold_id.clone()).collect();
        let holds = hold::many(tx, id, &ids).await?;
        let mut holds: HashMap<String, HoldRow> =
            holds.into_iter().map(|row| (row.hold_id.clone(), row)).collect();
        let mut promises: HashMap<String, Vec<PromiseRow>> = HashMap::new();
        for row in promise::open_of_accounts(tx, id, accounts).await? {
            promises
                .entry(row.credit_account_id.clone())
                .or_default()
                .push(row);
        }
        let reserved: HashMap<String, i64> = match counts_reservations(supplier) {
            true => credit_account::reserved(tx, id, accounts)
                .await?
                .into_iter()
                .collect(),
            false => HashMap::new(),
        };
        let elsewhere = carriers
            .values()
            .filter(|carrier| carrier.credit_account_id != carrier.customer_id);
        let elsewhere: Vec<String> = elsewhere.map(|carrier| carrier.customer_id.clone()).collect();
        let used = customer::accounts_counted_on(tx, id, &elsewhere).await?;
        let mut cases_of: HashMap<String, Vec<(CaseRow, Option<HoldRow>)>> = HashMap::new();
        for case in cases {
            let hold = holds.remove(&case.hold_id);
            cases_of
                .entry(case.credit_account_id.clone())
                .or_default()
                .push((case, hold));
        }
        let mut known = Vec::with_capacity(rows.len());
        for row in rows {
            let account = &row.credit_account_id;
            // Not read yet: the next round sees to it.
            let Some(carrier) = carriers.remove(account) else {
                continue;
            };
            let promises = promises.remove(account).unwrap_or_default();
            let reserved = reserved.get(account).copied().unwrap_or(0);
            known.push(Known {
                is_unused: elsewhere.contains(account) && !used.contains(account),
                facts: facts(supplier, &row, &carrier, reserved, now)?,
                cases: cases_of.remove(account).unwrap_or_default(),
                carrier,
                promises,
            });
        }
        Ok(Self { accounts: known })
    }

    /// What is to be done, where anything is.
    pub(super) fn judge(&self, supplier: &Supplier) -> StorageResult<Vec<Judged<'_>>> {
        let mut all = Vec::new();
        for known in &self.accounts {
            let judged = known.judge(supplier)?;
            if !judged.promises.is_empty() || !judged.steps.is_empty() {
                all.push(judged);
            }
        }
        Ok(all)
    }
}

fn counts_reservations(supplier: &Supplier) -> bool {
    supplier.holding.rules().any(|rule| {
        matches!(
            rule.when,
            RuleCondition::OverLimit {
                with_reservations: true,
                ..
            }
        )
    })
}

fn facts(
    supplier: &Supplier,
    row: &CreditAccountRow,
    carrier: &CustomerRow,
    reserved: i64,
    now: Instant,
) -> StorageResult<AccountFacts> {
    let currency = account_currency(row)?;
    let day_of = |at: Instant| at.to_zoned(supplier.time_zone.clone()).date();
    let exposure = exposure_of(row, currency);
    Ok(AccountFacts {
        customer_code: carrier.code.clone(),
        terms_code: carrier.terms_code.clone(),
        limit: limit_of(row)?,
        overdue: overdue_of(row, currency),
        oldest_due: oldest_due_of(row)?,
        read_on: exposure.map(|exposure| day_of(exposure.as_of)),
        exposure,
        reserved: Money::from_minor(reserved, currency),
        promises: Vec::new(),
        now,
        today: day_of(now),
    })
}

/// A promise as the domain knows it.
pub(crate) fn promise_of(row: &PromiseRow) -> StorageResult<Promise> {
    let currency = Currency::parse(&row.currency)
        .map_err(|error| StorageError::corrupt("promise_to_pay.currency", error))?;
    let until: Date = row
        .until
        .parse()
        .map_err(|error| StorageError::corrupt("promise_to_pay.until", error))?;
    Ok(Promise {
        amount: Money::from_minor(row.amount_minor, currency),
        until,
        deadline: from_micros(row.deadline),
        given_at: from_micros(row.given_at),
        overdue_before: row
            .overdue_before_minor
            .map(|minor| Money::from_minor(minor, currency)),
        state: PromiseState::parse(&row.state)
            .map_err(|error| StorageError::corrupt("promise_to_pay.state", error))?,
    })
}

impl Known {
    fn judge(&self, supplier: &Supplier) -> StorageResult<Judged<'_>> {
        let mut facts = self.facts.clone();
        let mut settled = Vec::new();
        for row in &self.promises {
            if self.is_unused {
                // The ERP says nothing any more of what is overdue on it.
                settled.push((row, PromiseState::Withdrawn, UNUSED.to_owned()));
                continue;
            }
            let mut promise = promise_of(row)?;
            let read_at = facts.exposure.map(|exposure| exposure.as_of);
            if let Some(state) = promise.judge(facts.overdue, read_at) {
                promise.state = state;
                let left = facts.overdue.map(|left| left.to_string()).unwrap_or_default();
                settled.push((row, state, format!("{left} overdue by the ERP")));
            }
            facts.promises.push(promise);
        }
        let mut ids: BTreeSet<&str> = supplier.holding.rules().map(|rule| rule.id.as_str()).collect();
        ids.extend(self.cases.iter().map(|(case, _)| case.rule_id.as_str()));
        let steps = ids.into_iter().map(|id| self.step(supplier, id, &facts));
        Ok(Judged {
            account: &self.carrier.customer_id,
            carrier: &self.carrier,
            promises: settled,
            steps: steps.filter(|to_do| does_something(&to_do.step)).collect(),
        })
    }

    fn step(&self, supplier: &Supplier, id: &str, facts: &AccountFacts) -> RuleToDo<'_> {
        let rule = match self.is_unused {
            true => Err(UNUSED),
            false => supplier.holding.rule(id),
        };
        let found = self.cases.iter().find(|(case, _)| case.rule_id == id);
        let (case, hold) = match found {
            Some((case, hold)) => (Some(case), hold.as_ref()),
            None => (None, None),
        };
        let hold = hold.filter(|hold| hold.released_at.is_none());
        let state = case.map(|case| match hold {
            Some(hold) => RuleCase::Holds {
                current: rule.is_ok_and(|rule| is_current(hold, case, rule)),
            },
            None => RuleCase::PassedOver,
        });
        RuleToDo {
            rule: id.to_owned(),
            step: rule::step(rule, facts, state),
            case,
            hold,
        }
    }
}

/// Whether a hold is as its rule says. What the ERP has made of one that it was told of is the ERP's: it may write the
/// code its own way, and what counts is what the rule asked for.
fn is_current(hold: &HoldRow, case: &CaseRow, rule: &rule::HoldRule) -> bool {
    let is_here_only = hold.push_state == "local";
    match (is_here_only, rule.push) {
        (true, false) => hold.code == rule.code && hold.removes == i64::from(rule.removes.bits()),
        (false, true) => case.code == rule.code,
        _ => false,
    }
}
