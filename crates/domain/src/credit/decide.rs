//! The decision itself. Everything that stands against an order is collected first, so that a person reads
//! all of it at once; overrides are looked at last.

use std::cmp::Ordering;

use super::{
    CheckPoint, CreditDecision, CreditOutcome, CreditRequest, CreditStanding, DatedRate, Draw, Figures,
    OverLimitAction, PartyHold, Reason, StandingOverride, Tender, TenderUse,
};
use crate::{
    Instant,
    customer::{CreditLimit, Exposure},
    hold::{self, OverrideScope, Permission},
    money::{Money, MoneyError},
    policy::{PcardPolicy, StaleExposure},
};

/// Decides one order or cart.
pub fn decide(request: &CreditRequest, account: &CreditStanding, now: Instant) -> CreditDecision {
    let case = Case {
        request,
        account,
        now,
    };
    let total = case.in_account_currency(request.total);
    let mut findings = case.hold_findings();
    findings.extend(case.tender_finding());
    findings.extend(case.negative_finding());
    let mut figures = None;
    if case.on_terms() {
        match &total {
            Ok(total) => {
                let (reckoned, found) = case.limit_findings(*total);
                figures = reckoned;
                findings.extend(found);
            }
            Err(reason) => findings.push(Finding::never(Severity::Refer, reason.clone())),
        }
    }
    let drawn = case.pass_by_override(&mut findings, total.as_ref().ok().copied());
    let reserve = match total {
        Ok(total) if case.on_terms() && total.minor() > 0 => total,
        _ => Money::zero(account.currency),
    };
    conclude(findings, figures, reserve, drawn)
}

/// How much a finding weighs. A hold outweighs a referral: while it stands, a person's yes to the rest must
/// not let the order through; once it is gone the order is decided again and referred then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Severity {
    Decline,
    Hold,
    Refer,
    Warn,
}

/// Who can let an order pass in spite of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Passable {
    ByAnyOverride,
    ByOrderOverride,
    Never,
}

struct Finding {
    severity: Severity,
    passable: Passable,
    reason: Reason,
}

impl Finding {
    fn new(severity: Severity, reason: Reason) -> Self {
        Self {
            severity,
            passable: Passable::ByAnyOverride,
            reason,
        }
    }

    fn order_only(severity: Severity, reason: Reason) -> Self {
        Self {
            severity,
            passable: Passable::ByOrderOverride,
            reason,
        }
    }

    fn never(severity: Severity, reason: Reason) -> Self {
        Self {
            severity,
            passable: Passable::Never,
            reason,
        }
    }

    fn stands_against(&self) -> bool {
        self.severity != Severity::Warn
    }
}

struct Case<'a> {
    request: &'a CreditRequest,
    account: &'a CreditStanding,
    now: Instant,
}

impl Case<'_> {
    fn on_terms(&self) -> bool {
        self.request.tender.tender() == Tender::Terms
    }

    fn hold_findings(&self) -> Vec<Finding> {
        let holds = &self.request.holds;
        hold::effective(holds.iter().map(|h| &h.hold), self.now)
            .holds
            .into_iter()
            .map(|hold| {
                let stops = hold.removes.contains(Permission::Order)
                    || (self.on_terms() && hold.removes.contains(Permission::OrderOnTerms));
                let severity = if stops { Severity::Hold } else { Severity::Warn };
                Finding::new(severity, on_hold(hold, holds))
            })
            .collect()
    }

    fn tender_finding(&self) -> Option<Finding> {
        let policy = &self.request.policy;
        match self.request.tender {
            TenderUse::Terms
            | TenderUse::Funds {
                tender: Tender::Terms,
                ..
            } => {
                let accepted = policy.tenders.contains(&Tender::Terms);
                (!accepted)
                    .then(|| Finding::order_only(Severity::Hold, Reason::TenderNotAccepted(Tender::Terms)))
            }
            // Before the order there is nothing to secure yet; the order itself is asked again.
            TenderUse::Funds { .. } if self.request.check_point != CheckPoint::PurchaseOrder => None,
            TenderUse::Funds {
                tender: Tender::Card, ..
            } if policy.pcard == PcardPolicy::Refuse => {
                Some(Finding::never(Severity::Decline, Reason::CardRefused))
            }
            TenderUse::Funds { secured, .. } if self.is_secured(secured) => None,
            TenderUse::Funds {
                tender: Tender::Card, ..
            } if policy.pcard == PcardPolicy::Hold => {
                Some(Finding::never(Severity::Hold, Reason::CardAwaited))
            }
            TenderUse::Funds { tender, secured } => Some(Finding::never(
                Severity::Hold,
                Reason::FundsNotSecured {
                    tender,
                    secured,
                    total: self.request.total,
                },
            )),
        }
    }

    fn negative_finding(&self) -> Option<Finding> {
        let total = self.request.total;
        (total.minor() < 0).then(|| Finding::order_only(Severity::Refer, Reason::NegativeTotal(total)))
    }

    /// In full, and in the currency that is to be paid: a bank's conversion is not ours to guess.
    fn is_secured(&self, secured: Option<Money>) -> bool {
        let total = self.request.total;
        let secured = secured.unwrap_or(Money::zero(total.currency()));
        secured
            .compare(total)
            .is_ok_and(|ordering| ordering != Ordering::Less)
    }

    fn limit_findings(&self, total: Money) -> (Option<Figures>, Vec<Finding>) {
        if total.minor() <= 0 {
            return (None, Vec::new());
        }
        let limit = match self.account.limit {
            CreditLimit::Unlimited => return (None, Vec::new()),
            CreditLimit::Unknown => {
                return (None, vec![Finding::new(Severity::Refer, Reason::LimitUnknown)]);
            }
            CreditLimit::Amount(limit) if limit.minor() <= 0 => {
                return (
                    None,
                    vec![Finding::new(Severity::Hold, Reason::PrepayOnly { limit })],
                );
            }
            CreditLimit::Amount(limit) => limit,
        };
        let Some(exposure) = self.account.exposure else {
            return (None, vec![Finding::new(Severity::Refer, Reason::ExposureUnknown)]);
        };
        let mut findings = Vec::new();
        findings.extend(self.age_finding(&exposure, total));
        match self.figures(limit, &exposure, total) {
            Ok((figures, missing)) => {
                findings.extend(missing.map(|missing| self.over_limit(figures, missing)));
                (Some(figures), findings)
            }
            Err(reason) => {
                findings.push(Finding::never(Severity::Refer, reason));
                (None, findings)
            }
        }
    }

    fn over_limit(&self, figures: Figures, missing: Money) -> Finding {
        let severity = match self.request.policy.over_limit {
            OverLimitAction::Hold => Severity::Hold,
            OverLimitAction::Refer => Severity::Refer,
            OverLimitAction::Decline => Severity::Decline,
        };
        Finding::new(severity, Reason::OverLimit { figures, missing })
    }

    fn age_finding(&self, exposure: &Exposure, total: Money) -> Option<Finding> {
        let policy = self.request.policy.exposure_age;
        let age = self.now.duration_since(exposure.as_of);
        if age <= policy.max_age {
            return None;
        }
        let (severity, allowed_up_to) = match policy.when_older {
            StaleExposure::Block => (Severity::Hold, None),
            StaleExposure::Warn => (Severity::Warn, None),
            StaleExposure::AllowUpTo(up_to) => {
                let within = self
                    .in_account_currency(up_to)
                    .is_ok_and(|up_to| total.compare(up_to).is_ok_and(Ordering::is_le));
                let severity = if within { Severity::Warn } else { Severity::Hold };
                (severity, Some(up_to))
            }
        };
        Some(Finding::new(
            severity,
            Reason::ExposureStale {
                as_of: exposure.as_of,
                age_minutes: age.as_mins(),
                allowed_up_to,
            },
        ))
    }

    /// The reckoning, and what is missing if the order does not fit.
    fn figures(
        &self,
        limit: Money,
        exposure: &Exposure,
        total: Money,
    ) -> Result<(Figures, Option<Money>), Reason> {
        let limit = self.in_account_currency(limit)?;
        let open = self.in_account_currency(exposure.amount)?;
        let reckon = || -> Result<(Figures, Option<Money>), MoneyError> {
            let reserved = match &self.request.own {
                Some(own) => self.account.reserved.minus(own.reserved)?,
                None => self.account.reserved,
            };
            let available = limit.minus(open)?.minus(reserved)?;
            let missing = total.minus(available)?;
            let figures = Figures {
                limit,
                open,
                open_as_of: exposure.as_of,
                reserved,
                available,
                total,
            };
            Ok((figures, (missing.minor() > 0).then_some(missing)))
        };
        reckon().map_err(|error| Reason::Unreckonable(error.to_string()))
    }

    fn in_account_currency(&self, money: Money) -> Result<Money, Reason> {
        let (from, to) = (money.currency(), self.account.currency);
        if from == to {
            return Ok(money);
        }
        let rate = self.rate(from).ok_or(Reason::NoRate { from, to })?;
        money
            .to_decimal()
            .checked_mul(rate.rate)
            .ok_or_else(|| Reason::Unreckonable(format!("{money} at {} is out of range", rate.rate)))
            .and_then(|value| {
                Money::from_decimal(value, to).map_err(|error| Reason::Unreckonable(error.to_string()))
            })
    }

    /// The newest rate that has begun and is not too old.
    fn rate(&self, from: crate::money::Currency) -> Option<&DatedRate> {
        let today = jiff::tz::TimeZone::UTC.to_datetime(self.now).date();
        let valid_days = i64::from(self.request.policy.rate_valid_days);
        self.account
            .rates
            .iter()
            .filter(|rate| rate.from == from && rate.to == self.account.currency)
            .filter(|rate| rate.rate > rust_decimal::Decimal::ZERO && rate.date <= today)
            .filter(|rate| today.duration_since(rate.date).as_hours() / 24 <= valid_days)
            .max_by_key(|rate| rate.date)
    }

    /// Lets pass what an override covers: its findings become warnings. It is drawn on only if nothing else
    /// stands against the order.
    fn pass_by_override(&self, findings: &mut [Finding], total: Option<Money>) -> Option<Draw> {
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
        if !concerns || !standing.record.in_force(self.now) {
            return false;
        }
        let Some(amount) = amount else { return true };
        let own = self.request.own.as_ref().and_then(|own| own.drawn.as_ref());
        let after_this = || -> Option<bool> {
            let mut drawn = standing.drawn;
            if let Some(own) = own.filter(|own| own.override_id == standing.record.id) {
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

fn on_hold(hold: &hold::Hold, holds: &[PartyHold]) -> Reason {
    let party = holds
        .iter()
        .find(|h| h.hold.id == hold.id)
        .map_or(crate::customer::PartyRole::SoldTo, |h| h.party);
    Reason::OnHold {
        hold: hold.id.clone(),
        party,
        removes: hold.removes,
        reason_code: hold.reason_code.clone(),
        internal: hold.texts.internal.clone(),
        shopper: hold.texts.shopper.clone(),
    }
}

fn conclude(
    mut findings: Vec<Finding>,
    figures: Option<Figures>,
    reserve: Money,
    drawn: Option<Draw>,
) -> CreditDecision {
    // Stable: of equal weight the holds come first, strictest first.
    findings.sort_by_key(|f| f.severity);
    let worst = findings.first().map_or(Severity::Warn, |f| f.severity);
    let (against, warnings): (Vec<Finding>, Vec<Finding>) =
        findings.into_iter().partition(Finding::stands_against);
    let reasons: Vec<Reason> = against.into_iter().map(|f| f.reason).collect();
    CreditDecision {
        outcome: match worst {
            Severity::Decline => CreditOutcome::Decline(reasons),
            Severity::Hold => CreditOutcome::Hold(reasons),
            Severity::Refer => CreditOutcome::Refer(reasons),
            Severity::Warn => CreditOutcome::Approve,
        },
        warnings: warnings.into_iter().map(|f| f.reason).collect(),
        figures,
        reserve,
        drawn,
    }
}
