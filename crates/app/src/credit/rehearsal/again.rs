//! One order decided again, by the functions that decide orders: on what was kept, then with the proposal.

use jiff::civil::Date;
use punchgate_domain::{
    Instant,
    credit::{self, CreditRequest, CreditStanding, PartyHold, Reason},
    hold::{
        Hold, HoldSource, HoldTexts,
        promise::{Promise, PromiseState},
        removed_by_erp_code,
        rule::{self, AccountFacts, HoldRule, RuleAnswer, RuleCondition},
    },
    ids::{CreditAccountId, HoldId},
    order::state_after,
};
use punchgate_storage::promise::PromiseRow;

use super::{Limits, Proposal, Rehearsed, report::DecidedOnce};
use crate::{
    accounts::promise_of,
    clock::from_micros,
    credit::{Basis, basis::CarrierThen},
    directory::Supplier,
};

/// A proposal, and whose.
pub(super) struct Again<'a> {
    pub(super) supplier: &'a Supplier,
    pub(super) proposal: &'a Proposal,
    pub(super) limits: Limits,
}

/// What was kept of an order's decision.
pub(super) struct Kept<'a> {
    pub(super) order: &'a str,
    pub(super) at: Instant,
    /// The state that followed.
    pub(super) state: &'a str,
    pub(super) account: CreditAccountId,
    pub(super) basis: Basis,
    pub(super) promises: &'a [PromiseRow],
}

impl Again<'_> {
    /// What was decided and what would be; or why that cannot be said.
    pub(super) fn rehearse(&self, kept: &Kept<'_>) -> Result<Rehearsed, String> {
        let unreadable = |error| format!("what it was decided on cannot be read: {error}");
        let mut request = kept.basis.request(kept.order).map_err(unreadable)?;
        let mut standing = kept.basis.standing().map_err(unreadable)?;
        let carrier = kept.basis.carrier().map_err(unreadable)?;
        let then = kept.decide(&request, &standing);
        if then.state != kept.state {
            return Err(format!(
                "what was kept of its decision leads to {}, and not to {}, which was decided",
                then.state, kept.state
            ));
        }
        if let Some(limit) = self.limits.get(&kept.account) {
            standing.limit = limit.limit;
        } else if let Some(limit) = self.proposal.scaled(standing.limit) {
            standing.limit = limit?;
        }
        self.explain_anew(kept, &mut request);
        let notes = self.hold_by_rules(kept, &carrier, &standing, &mut request)?;
        Ok(Rehearsed {
            customer: carrier.code,
            decided_at: kept.at,
            proposed: kept.decide(&request, &standing),
            then,
            notes,
        })
    }

    /// What the ERP's holds take away by the proposed table.
    fn explain_anew(&self, kept: &Kept<'_>, request: &mut CreditRequest) {
        let erp = kept.basis.erp.as_deref();
        let Some(table) = erp.and_then(|erp| self.proposal.codes.get(erp)) else {
            return;
        };
        for held in &mut request.holds {
            if kept.basis.is_by_code(held.hold.id.as_str()) {
                let table = table.iter().map(|(code, removes)| (code.as_str(), *removes));
                held.hold.removes = removed_by_erp_code(table, &held.hold.reason_code);
            }
        }
    }

    /// Holds of the proposed rules in the place of those that rules had placed. Says of which nobody knows.
    fn hold_by_rules(
        &self,
        kept: &Kept<'_>,
        carrier: &CarrierThen,
        standing: &CreditStanding,
        request: &mut CreditRequest,
    ) -> Result<Vec<String>, String> {
        let Some(rules) = &self.proposal.rules else {
            return Ok(Vec::new());
        };
        let rule_of = |held: &PartyHold| kept.basis.rule_of(held.hold.id.as_str());
        let is_elsewhere = |held: &&PartyHold| rule_of(held).is_some() && held.party != carrier.role;
        if let Some(held) = request.holds.iter().find(is_elsewhere) {
            return Err(format!(
                "a rule held its {}, of whose account nothing was kept",
                held.party.label()
            ));
        }
        let facts = self.facts(kept, carrier, standing)?;
        let (stood, mut holds): (Vec<PartyHold>, Vec<PartyHold>) =
            request.holds.drain(..).partition(|held| rule_of(held).is_some());
        let mut notes = Vec::new();
        for rule in rules {
            if rule.when == RuleCondition::BrokenPromise && is_doubtful(kept.promises, kept.at) {
                return Err("whether a promise to pay was broken by then was not kept".to_owned());
            }
            let its = || {
                stood
                    .iter()
                    .filter(|held| rule_of(held) == Some(rule.id.as_str()))
            };
            match rule::answer(rule, &facts, its().next().is_some()) {
                RuleAnswer::Holds(why) => holds.push(placed(rule, carrier, why, kept.at)),
                RuleAnswer::Stays => holds.extend(its().cloned()),
                RuleAnswer::HoldsNot => {}
                RuleAnswer::Unknown => notes.push(format!(
                    "rule {} holds nothing: what it asks for was not known, or read too long before",
                    rule.id
                )),
            }
        }
        request.holds = holds;
        Ok(notes)
    }

    fn facts(
        &self,
        kept: &Kept<'_>,
        carrier: &CarrierThen,
        standing: &CreditStanding,
    ) -> Result<AccountFacts, String> {
        let day_of = |at: Instant| -> Date { at.to_zoned(self.supplier.time_zone.clone()).date() };
        let promises = kept.promises.iter().filter_map(|row| promise_then(row, kept.at));
        Ok(AccountFacts {
            customer_code: carrier.code.clone(),
            terms_code: carrier.terms.clone(),
            limit: standing.limit,
            exposure: standing.exposure,
            overdue: carrier.overdue,
            oldest_due: carrier.oldest_due,
            read_on: standing.exposure.map(|exposure| day_of(exposure.as_of)),
            reserved: standing.reserved,
            promises: promises.collect::<Result<_, _>>()?,
            now: kept.at,
            today: day_of(kept.at),
        })
    }
}

impl Kept<'_> {
    fn decide(&self, request: &CreditRequest, standing: &CreditStanding) -> DecidedOnce {
        let mut decision = credit::decide(request, standing, self.at);
        if let Some(why) = &self.basis.unreckonable {
            decision = decision.refer(Reason::Unreckonable(why.clone()));
        }
        let reasons = decision.reasons().iter().map(ToString::to_string);
        let reasons = reasons.chain(self.basis.besides.iter().cloned());
        DecidedOnce {
            state: state_after(&decision.outcome, self.basis.stood_besides()).as_str(),
            reasons: reasons.collect(),
            figures: decision.figures.map(|figures| figures.to_string()),
            marks: decision.reasons().iter().map(mark).collect(),
        }
    }
}

/// What a reason is about, without its numbers.
fn mark(reason: &Reason) -> String {
    match reason {
        Reason::OnHold {
            party, reason_code, ..
        } => format!("{} {party} {reason_code}", reason.code()),
        other => other.code().to_owned(),
    }
}

fn placed(rule: &HoldRule, carrier: &CarrierThen, why: String, at: Instant) -> PartyHold {
    PartyHold {
        party: carrier.role,
        hold: Hold {
            id: HoldId::new(format!("rehearsed:{}", rule.id)),
            source: HoldSource::Rule,
            removes: rule.removes,
            reason_code: rule.code.clone(),
            texts: HoldTexts {
                internal: Some(why),
                ..HoldTexts::default()
            },
            since: at,
            until: None,
        },
    }
}

/// A promise as it stood then; none if it was not given yet.
fn promise_then(row: &PromiseRow, at: Instant) -> Option<Result<Promise, String>> {
    if from_micros(row.given_at) > at {
        return None;
    }
    let read = promise_of(row).map_err(|error| format!("a promise to pay cannot be read: {error}"));
    Some(read.map(|mut promise| {
        if row.settled_at.is_some_and(|settled| from_micros(settled) > at) {
            promise.state = PromiseState::Running;
        }
        promise
    }))
}

/// Whether a promise may have been broken by then that was kept, or withdrawn, since: when that was is not kept.
fn is_doubtful(promises: &[PromiseRow], at: Instant) -> bool {
    promises.iter().any(|row| {
        let was_open = row.settled_at.is_some_and(|settled| from_micros(settled) > at);
        was_open && row.state != PromiseState::Broken.as_str() && from_micros(row.deadline) <= at
    })
}
