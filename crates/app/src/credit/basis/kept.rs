//! The parts of a basis as they are stored, and read again.

use punchgate_domain::{
    credit::{Draw, OwnShare, PartyHold, StandingOverride, Tender, TenderUse},
    customer::{CreditLimitError, PartyRole},
    hold::{Hold, HoldSource, HoldTexts, Override, OverrideScope, PermissionSet},
    ids::{CustomerId, HoldId, OrderId, OverrideId},
    money::{Currency, Money, MoneyError},
    policy::StaleExposureError,
    stored_name::UnknownName,
};
use serde::{Deserialize, Serialize};

use crate::{
    clock::{from_micros, micros},
    credit::carrier::HoldOrigin,
};

/// What was kept cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Unreadable(pub(crate) String);

macro_rules! unreadable {
    ($($error:ty),+) => {$(
        impl From<$error> for Unreadable {
            fn from(error: $error) -> Self {
                Self(error.to_string())
            }
        }
    )+};
}
unreadable!(UnknownName, MoneyError, CreditLimitError, StaleExposureError);

pub(super) fn currency(text: &str) -> Result<Currency, Unreadable> {
    Ok(Currency::parse(text)?)
}

/// Minor units and currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Amount(i64, String);

impl From<Money> for Amount {
    fn from(money: Money) -> Self {
        Self(money.minor(), money.currency().to_string())
    }
}

impl Amount {
    pub(super) fn read(&self) -> Result<Money, Unreadable> {
        Ok(Money::from_minor(self.0, currency(&self.1)?))
    }
}

/// How the order was to be paid.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct TenderKept {
    by: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secured: Option<Amount>,
}

impl From<TenderUse> for TenderKept {
    fn from(tender: TenderUse) -> Self {
        let secured = match tender {
            TenderUse::Terms => None,
            TenderUse::Funds { secured, .. } => secured.map(Amount::from),
        };
        Self {
            by: tender.tender().as_str().to_owned(),
            secured,
        }
    }
}

impl TenderKept {
    pub(super) fn read(&self) -> Result<TenderUse, Unreadable> {
        let secured = self.secured.as_ref().map(Amount::read).transpose()?;
        Ok(match Tender::parse(&self.by)? {
            Tender::Terms => TenderUse::Terms,
            tender => TenderUse::Funds { tender, secured },
        })
    }
}

/// What the order took up already, in the account's currency.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OwnKept {
    reserved: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    drawn: Option<(String, i64)>,
}

impl From<&OwnShare> for OwnKept {
    fn from(own: &OwnShare) -> Self {
        Self {
            reserved: own.reserved.minor(),
            drawn: own
                .drawn
                .as_ref()
                .map(|drawn| (drawn.override_id.to_string(), drawn.amount.minor())),
        }
    }
}

impl OwnKept {
    pub(super) fn read(&self, currency: Currency) -> OwnShare {
        let amount = |minor| Money::from_minor(minor, currency);
        OwnShare {
            reserved: amount(self.reserved),
            drawn: self.drawn.as_ref().map(|(id, minor)| Draw {
                override_id: OverrideId::new(id.clone()),
                amount: amount(*minor),
            }),
        }
    }
}

/// A hold of a party.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HoldKept {
    pub(super) id: String,
    party: String,
    source: String,
    removes: u8,
    code: String,
    since: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    /// The rule that had placed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// Whether the table of the ERP's codes says what it takes away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) by_code: bool,
}

impl HoldKept {
    pub(super) fn of(held: &PartyHold, origin: Option<&HoldOrigin>) -> Self {
        let hold = &held.hold;
        Self {
            id: hold.id.to_string(),
            party: held.party.as_str().to_owned(),
            source: hold.source.as_str().to_owned(),
            removes: hold.removes.bits(),
            code: hold.reason_code.clone(),
            since: micros(hold.since),
            until: hold.until.map(micros),
            rule: match origin {
                Some(HoldOrigin::Rule(rule)) => Some(rule.clone()),
                Some(HoldOrigin::Code) | None => None,
            },
            by_code: origin == Some(&HoldOrigin::Code),
        }
    }

    pub(super) fn read(&self) -> Result<PartyHold, Unreadable> {
        let removes = PermissionSet::from_bits(self.removes);
        Ok(PartyHold {
            party: PartyRole::parse(&self.party)?,
            hold: Hold {
                id: HoldId::new(self.id.clone()),
                source: HoldSource::parse(&self.source)?,
                removes: removes
                    .ok_or_else(|| Unreadable(format!("hold {} removes {}", self.id, self.removes)))?,
                reason_code: self.code.clone(),
                texts: HoldTexts::default(),
                since: from_micros(self.since),
                until: self.until.map(from_micros),
            },
        })
    }
}

/// An override that might let it pass.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct OverrideKept {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    order: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    customer: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    amount: Option<Amount>,
    at: i64,
    drawn: i64,
}

impl From<&StandingOverride> for OverrideKept {
    fn from(standing: &StandingOverride) -> Self {
        let record = &standing.record;
        let kept = Self {
            id: record.id.to_string(),
            order: None,
            customer: None,
            until: None,
            amount: None,
            at: micros(record.at),
            drawn: standing.drawn.minor(),
        };
        match &record.scope {
            OverrideScope::Order(order) => Self {
                order: Some(order.to_string()),
                ..kept
            },
            OverrideScope::Customer {
                customer,
                until,
                amount,
            } => Self {
                customer: Some(customer.to_string()),
                until: until.map(micros),
                amount: amount.map(Amount::from),
                ..kept
            },
        }
    }
}

impl OverrideKept {
    pub(super) fn read(&self, currency: Currency) -> Result<StandingOverride, Unreadable> {
        let scope = match (&self.order, &self.customer) {
            (Some(order), _) => OverrideScope::Order(OrderId::new(order.clone())),
            (None, Some(customer)) => OverrideScope::Customer {
                customer: CustomerId::new(customer.clone()),
                until: self.until.map(from_micros),
                amount: self.amount.as_ref().map(Amount::read).transpose()?,
            },
            (None, None) => return Err(Unreadable(format!("override {} is of nobody", self.id))),
        };
        Ok(StandingOverride {
            record: Override {
                id: OverrideId::new(self.id.clone()),
                scope,
                reason: String::new(),
                by: String::new(),
                at: from_micros(self.at),
            },
            drawn: Money::from_minor(self.drawn, currency),
        })
    }
}
