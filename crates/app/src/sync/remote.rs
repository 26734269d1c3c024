//! Between a connector's account and what is merged. Pure.

use std::collections::BTreeMap;

use punchgate_connector::accounts::{Account, AccountHold};
use punchgate_domain::{Instant, customer::Terms, hold::PermissionSet, money::Currency};

use super::{HoldValue, Snapshot, TermsValue, limit_value, snapshot::LimitValue};
use crate::clock::{from_micros, micros};

/// An account as the ERP told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub external_id: String,
    pub version: String,
    pub snapshot: Snapshot,
    pub changed_at: Option<Instant>,
    pub changed_by: Option<String>,
}

impl Remote {
    /// Takes an account over; one that names no currency is counted in the connection's.
    pub(crate) fn of(account: Account, default_currency: Currency) -> Self {
        let other = |id: Option<String>| id.filter(|id| *id != account.id && !id.is_empty());
        let snapshot = Snapshot {
            code: account.code,
            name: account.name,
            active: account.active,
            payer: other(account.payer),
            head_office: other(account.head_office),
            currency: account.currency.unwrap_or(default_currency).to_string(),
            terms: account.terms.map(terms_value),
            limit: limit_value(account.limit),
            holds: account
                .holds
                .into_iter()
                .map(|hold| (hold.code.clone(), hold_value(hold)))
                .collect(),
        };
        Self {
            external_id: account.id,
            version: account.version,
            snapshot: snapshot.with_reckonable_limit(),
            changed_at: account.changed_at,
            changed_by: account.changed_by,
        }
    }

    /// An account that is gone: as it was, but it may not trade.
    pub(crate) fn gone(external_id: String, base: &Snapshot, version: &str) -> Self {
        Self {
            external_id,
            version: version.to_owned(),
            snapshot: Snapshot {
                active: false,
                ..base.clone()
            },
            changed_at: None,
            changed_by: None,
        }
    }
}

/// Of several states of one account in a page the last one counts; the order of first mention stays.
pub(crate) fn last_of_each(remotes: Vec<Remote>) -> Vec<Remote> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut kept: Vec<Remote> = Vec::with_capacity(remotes.len());
    for remote in remotes {
        match places.get(&remote.external_id) {
            Some(place) => kept[*place] = remote,
            None => {
                places.insert(remote.external_id.clone(), kept.len());
                kept.push(remote);
            }
        }
    }
    kept
}

fn terms_value(terms: Terms) -> TermsValue {
    TermsValue {
        code: terms.code,
        label: terms.label,
        net_days: Some(terms.net_days),
    }
}

fn hold_value(hold: AccountHold) -> HoldValue {
    let text = |text: Option<String>| {
        text.map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    HoldValue {
        removes: hold.removes.map(PermissionSet::bits),
        since: hold.since.map(micros),
        internal: text(hold.internal),
        accounts_payable: text(hold.accounts_payable),
        shopper: text(hold.shopper),
        until: hold.until.map(micros),
    }
}

/// A hold as it is written to the ERP.
pub(crate) fn account_hold(code: &str, value: &HoldValue) -> AccountHold {
    AccountHold {
        code: code.to_owned(),
        removes: value.removes.and_then(PermissionSet::from_bits),
        internal: value.internal.clone(),
        accounts_payable: value.accounts_payable.clone(),
        shopper: value.shopper.clone(),
        since: value.since.map(from_micros),
        until: value.until.map(from_micros),
    }
}

/// A limit as the domain knows it; one that cannot be read is unknown, never unlimited.
pub(crate) fn credit_limit(value: &LimitValue) -> punchgate_domain::customer::CreditLimit {
    use punchgate_domain::{customer::CreditLimit, money::Money};
    match value {
        LimitValue::Unknown => CreditLimit::Unknown,
        LimitValue::Unlimited => CreditLimit::Unlimited,
        LimitValue::Amount { minor, currency } => Currency::parse(currency)
            .map_or(CreditLimit::Unknown, |currency| {
                CreditLimit::Amount(Money::from_minor(*minor, currency))
            }),
    }
}
