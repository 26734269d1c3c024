//! Why a decision went as it did: typed, with the numbers, and worded for people.

use std::fmt;

use super::Tender;
use crate::{
    Instant,
    customer::PartyRole,
    hold::PermissionSet,
    ids::HoldId,
    money::{Currency, Money},
};

/// The reckoning of a limit, all in the account's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Figures {
    /// The limit.
    pub limit: Money,
    /// What the account owes by the ERP.
    pub open: Money,
    /// As of when.
    pub open_as_of: Instant,
    /// Reserved by other orders.
    pub reserved: Money,
    /// limit − open − reserved; may be below zero.
    pub available: Money,
    /// The order's total.
    pub total: Money,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "limit {} − open {} (ERP {}) − reserved {} = available {}; order {}",
            self.limit,
            self.open,
            minute(self.open_as_of),
            self.reserved,
            self.available,
            self.total,
        )
    }
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A hold of a party takes away what the order needs, or (as a warning) something it needs later.
    OnHold {
        /// Which hold.
        hold: HoldId,
        /// Whose.
        party: PartyRole,
        /// What it removes.
        removes: PermissionSet,
        /// The code of its reason.
        reason_code: String,
        /// Its text for the supplier's people.
        internal: Option<String>,
        /// Its text for the shopper.
        shopper: Option<String>,
    },
    /// Limit, exposure and reservations leave too little.
    OverLimit {
        /// The reckoning.
        figures: Figures,
        /// How much is missing.
        missing: Money,
    },
    /// The limit is zero.
    PrepayOnly {
        /// The limit as the ERP states it.
        limit: Money,
    },
    /// The ERP has no payment terms for the customer.
    NoTerms,
    /// The customer's payment terms are payment in advance.
    PrepaidTerms,
    /// Nobody told us the limit.
    LimitUnknown,
    /// The exposure was never read.
    ExposureUnknown,
    /// The exposure was read too long ago.
    ExposureStale {
        /// When it was read.
        as_of: Instant,
        /// Its age in minutes.
        age_minutes: i64,
        /// Up to which amount that is tolerated, if at all.
        allowed_up_to: Option<Money>,
    },
    /// Amounts in two currencies, and no rate with a date that counts.
    NoRate {
        /// From.
        from: Currency,
        /// To.
        to: Currency,
    },
    /// The order's total is below zero.
    NegativeTotal(Money),
    /// Amounts that cannot be reckoned with.
    Unreckonable(String),
    /// A purchasing card waits for a person to charge it.
    CardAwaited,
    /// The supplier takes no purchasing cards from this buyer.
    CardRefused,
    /// The funds are not secured in full.
    FundsNotSecured {
        /// The tender.
        tender: Tender,
        /// Secured so far.
        secured: Option<Money>,
        /// What must be secured.
        total: Money,
    },
    /// The supplier does not take this tender.
    TenderNotAccepted(Tender),
}

impl Reason {
    /// A stable code for history, API and metrics.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OnHold { .. } => "on-hold",
            Self::OverLimit { .. } => "over-limit",
            Self::PrepayOnly { .. } => "prepay-only",
            Self::NoTerms => "no-terms",
            Self::PrepaidTerms => "prepaid-terms",
            Self::LimitUnknown => "limit-unknown",
            Self::ExposureUnknown => "exposure-unknown",
            Self::ExposureStale { .. } => "exposure-stale",
            Self::NoRate { .. } => "no-rate",
            Self::NegativeTotal(_) => "negative-total",
            Self::Unreckonable(_) => "unreckonable",
            Self::CardAwaited => "card-awaited",
            Self::CardRefused => "card-refused",
            Self::FundsNotSecured { .. } => "funds-not-secured",
            Self::TenderNotAccepted(_) => "tender-not-accepted",
        }
    }

    /// What a shopper may read: no numbers of the account, no internal text.
    pub fn shopper_text(&self) -> String {
        let text = match self {
            Self::OnHold {
                shopper: Some(text), ..
            } => text,
            Self::OnHold { .. } => "Your company's account is on hold. Please contact us.",
            Self::OverLimit { .. } => {
                "Your company's available credit does not cover this order. Please contact us or pay another way."
            }
            Self::NoTerms => {
                "No payment terms are agreed with your company. Please contact us or pay another way."
            }
            Self::PrepayOnly { .. } | Self::PrepaidTerms => {
                "Your company pays in advance. Please choose another way to pay."
            }
            Self::LimitUnknown
            | Self::ExposureUnknown
            | Self::ExposureStale { .. }
            | Self::NoRate { .. }
            | Self::NegativeTotal(_)
            | Self::Unreckonable(_) => {
                "We will check this order against your company's account before we ship it."
            }
            Self::CardAwaited => "We will contact you about the card payment.",
            Self::CardRefused => "We do not take purchasing cards on orders. Please order on account.",
            Self::FundsNotSecured { .. } => {
                "We will start on this order as soon as the payment is confirmed."
            }
            Self::TenderNotAccepted(_) => "This way to pay is not available.",
        };
        text.to_owned()
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OnHold {
                party,
                reason_code,
                internal,
                removes,
                ..
            } => {
                let verb = if removes.is_empty() {
                    "has a warning"
                } else {
                    "is on hold"
                };
                write!(f, "the {} {verb} ({reason_code})", party.label())?;
                internal.as_ref().map_or(Ok(()), |text| write!(f, ": {text}"))
            }
            Self::OverLimit { figures, missing } => write!(
                f,
                "limit {} − open {} (ERP {}) − reserved {}; order {}, missing {missing}",
                figures.limit,
                figures.open,
                minute(figures.open_as_of),
                figures.reserved,
                figures.total,
            ),
            Self::PrepayOnly { limit } => write!(f, "prepay only: the limit is {limit}"),
            Self::NoTerms => f.write_str("no payment terms are agreed with the customer"),
            Self::PrepaidTerms => f.write_str("the customer's payment terms are payment in advance"),
            Self::LimitUnknown => f.write_str("the credit limit is not known"),
            Self::ExposureUnknown => f.write_str("what the account owes was never read from the ERP"),
            Self::ExposureStale {
                as_of,
                age_minutes,
                allowed_up_to,
            } => {
                write!(
                    f,
                    "what the account owes was read {age_minutes} minutes ago (ERP {})",
                    minute(*as_of)
                )?;
                allowed_up_to.map_or(Ok(()), |up_to| write!(f, "; orders up to {up_to} pass"))
            }
            Self::NoRate { from, to } => write!(f, "no dated rate from {from} to {to}"),
            Self::NegativeTotal(total) => write!(f, "the total is below zero: {total}"),
            Self::Unreckonable(why) => write!(f, "the amounts cannot be reckoned with: {why}"),
            Self::CardAwaited => f.write_str("paid by purchasing card: a person charges it first"),
            Self::CardRefused => f.write_str("paid by purchasing card, which this relationship refuses"),
            Self::FundsNotSecured {
                tender,
                secured,
                total,
            } => {
                write!(f, "{tender}: ")?;
                match secured {
                    Some(secured) => write!(f, "{secured} of {total} secured"),
                    None => write!(f, "nothing of {total} secured"),
                }
            }
            Self::TenderNotAccepted(tender) => write!(f, "{tender} is not accepted"),
        }
    }
}

fn minute(at: Instant) -> impl fmt::Display {
    at.strftime("%Y-%m-%d %H:%M UTC")
}
