//! The decision itself. Everything that stands against an order is collected first, so that a person reads
//! all of it at once; overrides are looked at last.

mod exchange;
mod limit;
mod passing;

use std::cmp::Ordering;

use super::{
    CheckPoint, CreditDecision, CreditOutcome, CreditRequest, CreditStanding, Draw, Figures, PartyHold,
    Reason, Tender, TenderUse,
};
use crate::{
    Instant,
    customer::{AgreedTerms, PartyRole},
    hold::{self, Permission},
    money::Money,
    policy::PcardPolicy,
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
                let against = match self.request.terms {
                    _ if !policy.tenders.contains(&Tender::Terms) => Reason::TenderNotAccepted(Tender::Terms),
                    AgreedTerms::Nothing => Reason::NoTerms,
                    AgreedTerms::Prepayment => Reason::PrepaidTerms,
                    AgreedTerms::Account => return None,
                };
                Some(Finding::order_only(Severity::Hold, against))
            }
            TenderUse::Funds {
                tender: Tender::Card, ..
            } if policy.pcard == PcardPolicy::Refuse => {
                Some(Finding::never(Severity::Decline, Reason::CardRefused))
            }
            // Before the order there is nothing to secure yet; the order itself is asked again.
            TenderUse::Funds { .. } if self.request.check_point != CheckPoint::PurchaseOrder => None,
            TenderUse::Funds { secured, .. } if self.is_secured(secured) => None,
            TenderUse::Funds {
                tender: Tender::Card,
                secured: None,
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
}

fn on_hold(hold: &hold::Hold, holds: &[PartyHold]) -> Reason {
    let party = holds
        .iter()
        .find(|h| h.hold.id == hold.id)
        .map_or(PartyRole::SoldTo, |h| h.party);
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
