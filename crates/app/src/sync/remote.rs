//! Between a connector's account and what is merged. Pure.

use std::collections::BTreeMap;

use punchgate_connector::accounts::{Account, ErpHold};
use punchgate_domain::{
    Instant,
    customer::Terms,
    hold::{HoldTexts, PermissionSet},
    money::Currency,
};

use super::{
    HoldValue, Snapshot, TermsValue, limit_value,
    people::{people_of, places_of},
    snapshot::LimitValue,
};
use crate::clock::{from_micros, micros};

/// An account as the ERP told it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Remote {
    pub external_id: String,
    pub version: String,
    pub snapshot: Snapshot,
    pub changed_at: Option<Instant>,
    pub changed_by: Option<String>,
    pub origin: Origin,
}

/// Where the state of an account comes from. Only a reading answers requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// The ERP has told it.
    Reading,
    /// The ERP has told that it is gone.
    Gone,
    /// It is what was known of it before: the ERP was not asked.
    Memory,
}

impl Remote {
    /// Takes an account over.
    pub(crate) fn of(account: Account) -> Self {
        let other = |id: Option<String>| id.filter(|id| *id != account.external_id && !id.is_empty());
        let snapshot = Snapshot {
            code: account.code,
            name: account.name,
            active: account.active,
            payer: other(account.payer),
            head_office: other(account.head_office),
            currency: account.currency.to_string(),
            terms: account.terms.map(terms_value),
            limit: limit_value(account.credit_limit),
            holds: account
                .holds
                .into_iter()
                .map(|hold| (hold.id.clone(), hold_value(hold)))
                .collect(),
            contacts: people_of(account.contacts),
            ship_tos: places_of(account.ship_tos, &account.external_id),
        };
        Self {
            external_id: account.external_id,
            version: account.version,
            snapshot: snapshot.with_reckonable_limit(),
            changed_at: Some(account.changed_at),
            changed_by: account.changed_by,
            origin: Origin::Reading,
        }
    }

    /// An account as it was last read.
    pub(crate) fn last_read(external_id: String, snapshot: Snapshot, version: String) -> Self {
        Self {
            external_id,
            version,
            snapshot,
            changed_at: None,
            changed_by: None,
            origin: Origin::Memory,
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
            origin: Origin::Gone,
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
        prepaid: terms.prepaid,
    }
}

fn hold_value(hold: ErpHold) -> HoldValue {
    let text = |text: Option<String>| {
        text.map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty())
    };
    HoldValue {
        code: hold.code,
        removes: hold.removes.map(PermissionSet::bits),
        since: Some(micros(hold.since)),
        internal: text(hold.texts.internal),
        accounts_payable: text(hold.texts.accounts_payable),
        shopper: text(hold.texts.shopper),
        until: hold.until.map(micros),
    }
}

/// A hold as it is written to the ERP; since when it was asked for where nobody said since when.
pub(crate) fn erp_hold(id: &str, value: &HoldValue, placed_by: &str, asked_at: Instant) -> ErpHold {
    ErpHold {
        id: id.to_owned(),
        code: value.code.clone(),
        removes: value.removes.and_then(PermissionSet::from_bits),
        texts: HoldTexts {
            internal: value.internal.clone(),
            accounts_payable: value.accounts_payable.clone(),
            shopper: value.shopper.clone(),
        },
        since: value.since.map_or(asked_at, from_micros),
        until: value.until.map(from_micros),
        placed_by: Some(placed_by.to_owned()),
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
