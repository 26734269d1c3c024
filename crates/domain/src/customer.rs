//! The buyer as the ERP knows it, as far as a decision needs it: terms, limit, exposure, and who pays.

use std::collections::HashSet;

use crate::{Instant, ids::CustomerId, money::Money};

/// Payment terms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Terms {
    /// The ERP's code.
    pub code: String,
    /// For people: `Net 30`.
    pub label: String,
    /// Days until payment is due.
    pub net_days: u32,
    /// Whether they mean payment in advance: nothing is ordered on them.
    pub prepaid: bool,
}

stored_names! {
    /// What was agreed with whoever orders, as far as ordering on terms goes.
    pub enum AgreedTerms("agreed terms") {
        /// No terms were agreed.
        Nothing = "nothing",
        /// Payment in advance.
        Prepayment = "prepayment",
        /// Payment after delivery.
        Account = "account",
    }
}

impl AgreedTerms {
    /// By the terms of whoever orders; where the ERP has none there, by those of the payer.
    pub fn of(sold_to: Option<&Terms>, payer: Option<&Terms>) -> Self {
        match sold_to.or(payer) {
            None => Self::Nothing,
            Some(terms) if terms.prepaid => Self::Prepayment,
            Some(_) => Self::Account,
        }
    }
}

/// A credit limit. "No limit" is spelled differently by every ERP, so it is never a bare number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CreditLimit {
    /// Nobody told us: a person looks at the order.
    Unknown,
    /// The ERP says that there is none.
    Unlimited,
    /// So much. Zero means prepay only.
    Amount(Money),
}

/// A kind of limit and an amount that do not go together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a credit limit is unknown, unlimited, or 'amount' with an amount; not '{kind}' {}", if *.with_amount { "with an amount" } else { "without one" })]
pub struct CreditLimitError {
    /// The kind as stated.
    pub kind: String,
    /// Whether an amount stood beside it.
    pub with_amount: bool,
}

impl CreditLimit {
    /// The stable text of the kind: `unknown`, `unlimited` or `amount`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Unlimited => "unlimited",
            Self::Amount(_) => "amount",
        }
    }

    /// The amount, if it is one.
    pub fn amount(self) -> Option<Money> {
        match self {
            Self::Amount(amount) => Some(amount),
            Self::Unknown | Self::Unlimited => None,
        }
    }

    /// From [`CreditLimit::kind`] and [`CreditLimit::amount`].
    pub fn from_parts(kind: &str, amount: Option<Money>) -> Result<Self, CreditLimitError> {
        match (kind, amount) {
            ("unknown", None) => Ok(Self::Unknown),
            ("unlimited", None) => Ok(Self::Unlimited),
            ("amount", Some(amount)) => Ok(Self::Amount(amount)),
            _ => Err(CreditLimitError {
                kind: kind.to_owned(),
                with_amount: amount.is_some(),
            }),
        }
    }
}

/// What the credit account owes, by the ERP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Exposure {
    /// How much.
    pub amount: Money,
    /// Start of the read, by the ERP's clock less skew.
    pub as_of: Instant,
    /// Whether orders that are open in the ERP are in the amount.
    pub includes_open_orders: bool,
}

/// The customers that take part in an order; the holds of all of them count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parties {
    /// Who orders.
    pub sold_to: CustomerId,
    /// Who receives, as far as the ERP knows them as customers of their own: lines may go to several places.
    pub ship_tos: Vec<CustomerId>,
    /// Who pays.
    pub payer: CustomerId,
}

impl Parties {
    /// The customers with their roles, each customer once (its first role).
    pub fn roles(&self) -> Vec<(PartyRole, &CustomerId)> {
        let mut roles = vec![(PartyRole::SoldTo, &self.sold_to)];
        let mut known = HashSet::from([&self.sold_to]);
        let ship_tos = self.ship_tos.iter().map(|customer| (PartyRole::ShipTo, customer));
        for (role, customer) in ship_tos.chain([(PartyRole::Payer, &self.payer)]) {
            if known.insert(customer) {
                roles.push((role, customer));
            }
        }
        roles
    }
}

stored_names! {
    /// The part that a customer plays in an order.
    pub enum PartyRole("a party of an order") {
        /// Orders.
        SoldTo = "sold_to",
        /// Receives.
        ShipTo = "ship_to",
        /// Pays; carries the credit.
        Payer = "payer",
    }
}

impl PartyRole {
    /// For people: `ship-to`.
    pub fn label(self) -> &'static str {
        match self {
            Self::SoldTo => "customer",
            Self::ShipTo => "ship-to",
            Self::Payer => "payer",
        }
    }
}
