//! The limit: how old the exposure is, what is available, what is missing.

use std::cmp::Ordering;

use super::{Case, Finding, Severity};
use crate::{
    credit::{Figures, OverLimitAction, Reason},
    customer::{CreditLimit, Exposure},
    money::{Money, MoneyError},
    policy::StaleExposure,
};

impl Case<'_> {
    pub(super) fn limit_findings(&self, total: Money) -> (Option<Figures>, Vec<Finding>) {
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
}
