//! Passing by override: whose counts for this order, and how much of it the order draws.

use std::cmp::Ordering;

use super::{Case, Finding, Passable, Severity};
use crate::{
    credit::{Draw, Reason, StandingOverride},
    hold::OverrideScope,
    money::Money,
};

impl Case<'_> {
    /// Lets pass what an override covers: its findings become warnings. It is drawn on only if nothing else
    /// stands against the order.
    pub(super) fn pass_by_override(&self, findings: &mut [Finding], total: Option<Money>) -> Option<Draw> {
        let blocking = || findings.iter().filter(|f| f.stands_against());
        let wanted = draw_amount(blocking().map(|f| &f.reason), total);
        let own_order = self.account.overrides.iter().find(|o| self.is_for_this_order(o));
        let chosen = own_order.or_else(|| {
            self.account
                .overrides
                .iter()
                .find(|o| self.covers_for_customer(o, wanted))
        })?;
        let passes = |f: &Finding| match f.passable {
            Passable::ByAnyOverride => true,
            Passable::ByOrderOverride => own_order.is_some(),
            Passable::Never => false,
        };
        let mut passed = false;
        for finding in findings.iter_mut().filter(|f| f.stands_against()) {
            if passes(finding) {
                finding.severity = Severity::Warn;
                passed = true;
            }
        }
        let clear = !findings.iter().any(Finding::stands_against);
        (passed && clear).then(|| Draw {
            override_id: chosen.record.id.clone(),
            amount: wanted.unwrap_or(Money::zero(self.account.currency)),
        })
    }

    fn is_for_this_order(&self, standing: &StandingOverride) -> bool {
        let OverrideScope::Order(order) = &standing.record.scope else {
            return false;
        };
        standing.record.in_force(self.now) && self.request.order.as_ref() == Some(order)
    }

    fn covers_for_customer(&self, standing: &StandingOverride, wanted: Option<Money>) -> bool {
        let OverrideScope::Customer { customer, amount, .. } = &standing.record.scope else {
            return false;
        };
        let parties = &self.request.parties;
        let concerns = *customer == parties.sold_to || *customer == parties.payer;
        let own = self.request.own.as_ref().and_then(|own| own.drawn.as_ref());
        let own = own.filter(|own| own.override_id == standing.record.id);
        // What was approved in time stays approved when it is asked again on its way to the sink.
        if !concerns || !(own.is_some() || standing.record.in_force(self.now)) {
            return false;
        }
        let Some(amount) = amount else { return true };
        let after_this = || -> Option<bool> {
            let mut drawn = standing.drawn;
            if let Some(own) = own {
                drawn = drawn.minus(own.amount).ok()?;
            }
            let drawn = drawn.plus(wanted?).ok()?;
            let amount = self.in_account_currency(*amount).ok()?;
            drawn.compare(amount).ok().map(Ordering::is_le)
        };
        after_this().unwrap_or(false)
    }
}

/// What an order takes of an override: all of it; or, if only the limit stands against it, what is missing,
/// but no more than all of it: the rest was drawn by those before. `None` if that cannot be reckoned.
fn draw_amount<'a>(reasons: impl Iterator<Item = &'a Reason>, total: Option<Money>) -> Option<Money> {
    let mut only_missing = None;
    for reason in reasons {
        match reason {
            Reason::OverLimit { missing, .. } => only_missing = Some(*missing),
            _ => return total,
        }
    }
    match (only_missing, total) {
        (Some(missing), Some(total)) if missing.compare(total).is_ok_and(Ordering::is_lt) => Some(missing),
        _ => total,
    }
}
