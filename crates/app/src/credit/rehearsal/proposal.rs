//! What would be otherwise: rules, limits, what hold codes mean. Read with every problem named at once.

use std::collections::{BTreeMap, HashMap};

use punchgate_domain::{
    customer::CreditLimit,
    hold::{PermissionSet, rule::HoldRule},
    ids::CreditAccountId,
    money::{Currency, Money, StatedAmount, parse_decimal},
};
use punchgate_storage::{
    StorageResult, Tx, credit_account,
    customer::{self, CustomerFilter},
};
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::Limits;
use crate::{
    credit::account_currency,
    directory::holding::{HoldingSettings, RuleSettings},
    sync::SyncSettings,
};

/// Largest factor of limits.
const FACTOR_MOST: u32 = 100;
/// Most limits of one proposal.
const LIMITS_MOST: usize = 1_000;

/// A proposal as it is written, in the words of the file that `apply` reads.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ProposalSettings {
    /// All rules, in the place of the supplier's; none: the supplier's rules stay as they were.
    #[serde(alias = "hold_rule")]
    pub hold_rules: Option<Vec<Map<String, Value>>>,
    /// Limits of single customers.
    #[serde(alias = "limit")]
    pub limits: Vec<LimitSettings>,
    /// What all other limits are multiplied with: `0.8`.
    pub limit_factor: Option<String>,
    /// By ERP connection: hold code → the permissions that it removes, in the place of its whole table.
    pub hold_codes: BTreeMap<String, BTreeMap<String, Vec<String>>>,
}

/// The limit of one customer.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LimitSettings {
    /// Its code, its id in the ERP, or ours.
    pub customer: String,
    /// `5000.00 USD`, or `unlimited`.
    pub amount: String,
}

/// A proposal, read.
#[derive(Clone, Debug, Default)]
pub struct Proposal {
    pub(super) rules: Option<Vec<HoldRule>>,
    limits: Vec<(String, CreditLimit)>,
    pub(super) factor: Option<Decimal>,
    pub(super) codes: BTreeMap<String, BTreeMap<String, PermissionSet>>,
}

/// A limit that is proposed for an account.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) limit: CreditLimit,
    customer: String,
}

impl ProposalSettings {
    /// The proposal; every problem that it has otherwise.
    pub fn read(self) -> Result<Proposal, Vec<String>> {
        let mut problems = Vec::new();
        let is_empty = self.hold_rules.is_none()
            && self.limits.is_empty()
            && self.limit_factor.is_none()
            && self.hold_codes.is_empty();
        if is_empty {
            problems.push(
                "it proposes nothing: name hold rules, limits, a limit_factor or hold_codes".to_owned(),
            );
        }
        let rules = self.hold_rules.map(|rules| read_rules(rules, &mut problems));
        if self.limits.len() > LIMITS_MOST {
            problems.push(format!(
                "limits: {} are more than {LIMITS_MOST}",
                self.limits.len()
            ));
        }
        let mut limits = Vec::with_capacity(self.limits.len());
        for LimitSettings { customer, amount } in self.limits {
            match read_limit(&amount) {
                Some(limit) => limits.push((customer, limit)),
                None => problems.push(format!(
                    "limit of {customer}: '{amount}' is no limit; write for example \"5000.00 USD\", or \"unlimited\""
                )),
            }
        }
        let factor = self.limit_factor.as_deref().and_then(|text| {
            let factor = parse_decimal(text.trim());
            let factor = factor.filter(|it| *it >= Decimal::ZERO && *it <= Decimal::from(FACTOR_MOST));
            if factor.is_none() {
                problems.push(format!(
                    "limit_factor: '{text}' is no number from 0 to {FACTOR_MOST}, such as 0.8"
                ));
            }
            factor
        });
        let mut codes = BTreeMap::new();
        for (erp, hold_codes) in self.hold_codes {
            let settings = SyncSettings {
                hold_codes,
                ..SyncSettings::default()
            };
            match settings.read() {
                Ok(policy) => _ = codes.insert(erp, policy.hold_codes),
                Err(found) => problems.extend(found.iter().map(|problem| format!("{erp}: {problem}"))),
            }
        }
        if problems.is_empty() {
            return Ok(Proposal {
                rules,
                limits,
                factor,
                codes,
            });
        }
        Err(problems)
    }
}

fn read_rules(rules: Vec<Map<String, Value>>, problems: &mut Vec<String>) -> Vec<HoldRule> {
    let mut settings = HoldingSettings::default();
    for (place, mut rule) in rules.into_iter().enumerate() {
        let Some(Value::String(id)) = rule.remove("id") else {
            problems.push(format!("hold_rule {}: names no id", place + 1));
            continue;
        };
        match serde_json::from_value::<RuleSettings>(Value::Object(rule)) {
            Ok(read) => {
                if settings.hold_rules.insert(id.clone(), read).is_some() {
                    problems.push(format!("hold_rule {id}: is there twice"));
                }
            }
            Err(error) => problems.push(format!("hold_rule {id}: {error}")),
        }
    }
    match settings.read() {
        Ok(holding) => holding.rules().cloned().collect(),
        Err(found) => {
            problems.extend(found.iter().map(ToString::to_string));
            Vec::new()
        }
    }
}

fn read_limit(text: &str) -> Option<CreditLimit> {
    if text.trim() == "unlimited" {
        return Some(CreditLimit::Unlimited);
    }
    let (amount, currency) = text.trim().split_once(' ')?;
    let currency = Currency::parse(currency).ok()?;
    let amount = StatedAmount::parse(amount, currency).ok()?.to_money().ok()?;
    (amount.minor() >= 0).then_some(CreditLimit::Amount(amount))
}

impl Proposal {
    /// Whether rules are proposed.
    pub(super) fn has_rules(&self) -> bool {
        self.rules.is_some()
    }

    /// The limits by the accounts on which the named customers are counted; every name that means none otherwise.
    pub(super) async fn limits_by_account(
        &self,
        tx: &mut Tx,
        supplier: &str,
    ) -> StorageResult<Result<Limits, Vec<String>>> {
        let (mut limits, mut problems) = (HashMap::new(), Vec::new());
        for (name, limit) in &self.limits {
            match find_account(tx, supplier, name, *limit).await? {
                Ok(account) => {
                    let named = Named {
                        limit: *limit,
                        customer: name.clone(),
                    };
                    if let Some(before) = limits.insert(account, named) {
                        problems.push(format!(
                            "limit of {name}: what it owes is counted on the account of {}, whose limit is proposed, too",
                            before.customer
                        ));
                    }
                }
                Err(problem) => problems.push(format!("limit of {name}: {problem}")),
            }
        }
        Ok(if problems.is_empty() {
            Ok(limits)
        } else {
            Err(problems)
        })
    }

    /// An account's limit by the factor; none where it stays as it was.
    pub(super) fn scaled(&self, limit: CreditLimit) -> Option<Result<CreditLimit, String>> {
        let (factor, amount) = (self.factor?, limit.amount()?);
        let scaled = amount.to_decimal().checked_mul(factor);
        let scaled = scaled.and_then(|scaled| Money::from_decimal(scaled, amount.currency()).ok());
        let too_large = || format!("its limit {amount} by {factor} is more than can be counted");
        Some(scaled.map(CreditLimit::Amount).ok_or_else(too_large))
    }
}

async fn find_account(
    tx: &mut Tx,
    supplier: &str,
    name: &str,
    limit: CreditLimit,
) -> StorageResult<Result<CreditAccountId, String>> {
    let filter = CustomerFilter {
        search: Some(name.to_owned()),
        ..CustomerFilter::default()
    };
    let found = customer::list(tx, supplier, &filter, None, 2).await?;
    let customer = match found.as_slice() {
        [] => return Ok(Err("there is no such customer".to_owned())),
        [one] => one,
        _ => {
            return Ok(Err(
                "several customers are called so: name our id of one".to_owned()
            ));
        }
    };
    let accounts =
        credit_account::many(tx, supplier, std::slice::from_ref(&customer.credit_account_id)).await?;
    let Some(account) = accounts.first() else {
        return Ok(Err("its credit account is not known yet".to_owned()));
    };
    let currency = account_currency(account)?;
    if limit.amount().is_some_and(|amount| amount.currency() != currency) {
        return Ok(Err(format!("what it owes is counted in {currency}")));
    }
    Ok(Ok(CreditAccountId::new(account.credit_account_id.clone())))
}
