//! What credit was decided on, kept with the decision: a rehearsal decides again from this, and guesses nothing.
//!
//! **Invariant:** written once with a step of an order's history. It holds figures, codes and ids; no text of a hold, which is
//! found when somebody reads.

mod kept;

use jiff::{SignedDuration, civil::Date};
use punchgate_domain::{
    credit::{CheckPoint, CreditPolicy, CreditRequest, CreditStanding, PartyHold},
    customer::{AgreedTerms, CreditLimit, Exposure, Parties, PartyRole},
    ids::{CreditAccountId, CustomerId, OrderId},
    money::Money,
    order::Besides,
    policy::{ExposureAgePolicy, PcardPolicy, StaleExposure},
};
use serde::{Deserialize, Serialize};

pub(crate) use self::kept::Unreadable;
use self::kept::{Amount, HoldKept, OverrideKept, OwnKept, TenderKept};
use super::Counted;
use crate::clock::{from_micros, micros};

/// The layout that this program writes.
const LAYOUT: u8 = 1;

/// All that one credit decision rested on.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Basis {
    layout: u8,
    /// Which version of the order was decided.
    pub(crate) version: i64,
    /// The ERP connection that knows the customer.
    pub(crate) erp: Option<String>,
    sold_to: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    ship_tos: Vec<String>,
    payer: String,
    terms: String,
    total: Amount,
    tender: TenderKept,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    own: Option<OwnKept>,
    policy: PolicyKept,
    account: AccountKept,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    holds: Vec<HoldKept>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<OverrideKept>,
    /// Why its amounts cannot be reckoned with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unreckonable: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    holds_besides: bool,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    confirms: bool,
    /// What else stood against the order, in words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) besides: Vec<String>,
}

/// The relationship's rules, as far as they differ between relationships.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct PolicyKept {
    max_age_seconds: i64,
    when_older: String,
    pcard: String,
}

/// Where the account stood.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct AccountKept {
    id: String,
    /// The carrier's code, terms and part in the order.
    carrier: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    carrier_terms: Option<String>,
    role: String,
    currency: String,
    limit_kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exposure: Option<ExposureKept>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    overdue: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    oldest_due: Option<Date>,
    reserved: i64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ExposureKept {
    minor: i64,
    as_of: i64,
    includes_orders: bool,
}

/// What rules look at, as it was.
#[derive(Clone, Debug)]
pub(crate) struct CarrierThen {
    pub(crate) code: String,
    pub(crate) terms: Option<String>,
    pub(crate) role: PartyRole,
    pub(crate) overdue: Option<Money>,
    pub(crate) oldest_due: Option<Date>,
}

impl Basis {
    /// What is about to be decided on.
    pub(crate) fn of(
        version: i64,
        erp: Option<&str>,
        request: &CreditRequest,
        standing: &CreditStanding,
        counted: &Counted,
    ) -> Self {
        let policy = &request.policy;
        let parties = &request.parties;
        let holds = request.holds.iter();
        let exposure = standing.exposure.map(|exposure| ExposureKept {
            minor: exposure.amount.minor(),
            as_of: micros(exposure.as_of),
            includes_orders: exposure.includes_open_orders,
        });
        Self {
            layout: LAYOUT,
            version,
            erp: erp.map(str::to_owned),
            sold_to: parties.sold_to.to_string(),
            ship_tos: parties.ship_tos.iter().map(ToString::to_string).collect(),
            payer: parties.payer.to_string(),
            terms: request.terms.as_str().to_owned(),
            total: request.total.into(),
            tender: request.tender.into(),
            own: request.own.as_ref().map(OwnKept::from),
            policy: PolicyKept {
                max_age_seconds: policy.exposure_age.max_age.as_secs(),
                when_older: policy.exposure_age.when_older.to_string(),
                pcard: policy.pcard.as_str().to_owned(),
            },
            account: AccountKept {
                id: standing.account.to_string(),
                carrier: counted.code.clone(),
                carrier_terms: counted.terms.clone(),
                role: counted.role.as_str().to_owned(),
                currency: standing.currency.to_string(),
                limit_kind: standing.limit.kind().to_owned(),
                limit: standing.limit.amount().map(Money::minor),
                exposure,
                overdue: counted.overdue.map(Money::minor),
                oldest_due: counted.oldest_due,
                reserved: standing.reserved.minor(),
            },
            holds: holds
                .map(|held| HoldKept::of(held, counted.origins.get(&held.hold.id)))
                .collect(),
            overrides: standing.overrides.iter().map(OverrideKept::from).collect(),
            unreckonable: None,
            holds_besides: false,
            confirms: false,
            besides: Vec::new(),
        }
    }

    /// What stands against the order beside that, with the words for it.
    pub(crate) fn and_besides(&mut self, besides: Besides, words: Vec<String>) {
        (self.holds_besides, self.confirms) = (besides.holds, besides.confirms);
        self.besides = words;
    }

    /// A stored one; or why it cannot be read.
    pub(crate) fn read(json: &str) -> Result<Self, Unreadable> {
        let read: Self = serde_json::from_str(json).map_err(|error| Unreadable(error.to_string()))?;
        match read.layout {
            LAYOUT => Ok(read),
            other => Err(Unreadable(format!("layout {other}"))),
        }
    }

    /// As it is stored.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// What stood against the order beside credit.
    pub(crate) fn stood_besides(&self) -> Besides {
        Besides {
            holds: self.holds_besides,
            confirms: self.confirms,
        }
    }

    /// On whom it was counted.
    pub(crate) fn account(&self) -> &str {
        &self.account.id
    }

    /// What was asked.
    pub(crate) fn request(&self, order: &str) -> Result<CreditRequest, Unreadable> {
        let holds = self.holds.iter().map(HoldKept::read);
        let ship_tos = self.ship_tos.iter().cloned().map(CustomerId::new);
        let standing = self.standing()?;
        let own = self.own.as_ref().map(|own| own.read(standing.currency));
        Ok(CreditRequest {
            check_point: CheckPoint::PurchaseOrder,
            order: Some(OrderId::from(order)),
            parties: Parties {
                sold_to: CustomerId::new(self.sold_to.clone()),
                ship_tos: ship_tos.collect(),
                payer: CustomerId::new(self.payer.clone()),
            },
            holds: holds.collect::<Result<Vec<PartyHold>, _>>()?,
            terms: AgreedTerms::parse(&self.terms)?,
            total: self.total.read()?,
            tender: self.tender.read()?,
            own,
            policy: CreditPolicy {
                exposure_age: ExposureAgePolicy {
                    max_age: SignedDuration::from_secs(self.policy.max_age_seconds),
                    when_older: StaleExposure::parse(&self.policy.when_older)?,
                },
                pcard: PcardPolicy::parse(&self.policy.pcard)?,
                ..CreditPolicy::default()
            },
        })
    }

    /// Where the account stood.
    pub(crate) fn standing(&self) -> Result<CreditStanding, Unreadable> {
        let account = &self.account;
        let currency = kept::currency(&account.currency)?;
        let amount = |minor| Money::from_minor(minor, currency);
        let overrides = self.overrides.iter().map(|given| given.read(currency));
        Ok(CreditStanding {
            account: CreditAccountId::new(account.id.clone()),
            currency,
            limit: CreditLimit::from_parts(&account.limit_kind, account.limit.map(amount))?,
            exposure: account.exposure.as_ref().map(|kept| Exposure {
                amount: amount(kept.minor),
                as_of: from_micros(kept.as_of),
                includes_open_orders: kept.includes_orders,
            }),
            reserved: amount(account.reserved),
            overrides: overrides.collect::<Result<_, _>>()?,
            rates: Vec::new(),
        })
    }

    /// Who carried the account.
    pub(crate) fn carrier(&self) -> Result<CarrierThen, Unreadable> {
        let account = &self.account;
        let currency = kept::currency(&account.currency)?;
        Ok(CarrierThen {
            code: account.carrier.clone(),
            terms: account.carrier_terms.clone(),
            role: PartyRole::parse(&account.role)?,
            overdue: account.overdue.map(|minor| Money::from_minor(minor, currency)),
            oldest_due: account.oldest_due,
        })
    }

    /// The rule that had placed a hold.
    pub(crate) fn rule_of(&self, hold: &str) -> Option<&str> {
        self.holds.iter().find(|kept| kept.id == hold)?.rule.as_deref()
    }

    /// Whether the table of the ERP's codes says what a hold takes away.
    pub(crate) fn is_by_code(&self, hold: &str) -> bool {
        self.holds.iter().any(|kept| kept.id == hold && kept.by_code)
    }
}
