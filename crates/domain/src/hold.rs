//! Holds and overrides: what a hold takes away, how several combine, who may pass one.
//!
//! **Invariant:** an override is a record of its own; it changes neither a hold nor the ERP.

pub mod promise;
pub mod rule;
pub mod text;

use std::{cmp::Reverse, fmt};

use crate::{
    Instant,
    ids::{CustomerId, HoldId, OrderId, OverrideId},
    money::Money,
};

stored_names! {
    /// What a hold can take away.
    pub enum Permission("a permission") {
        /// To order and pay later.
        OrderOnTerms = "order_on_terms",
        /// To order at all.
        Order = "order",
        /// To have goods shipped.
        Ship = "ship",
        /// To be invoiced.
        Invoice = "invoice",
    }
}

impl Permission {
    const fn bit(self) -> u8 {
        match self {
            Self::OrderOnTerms => 1,
            Self::Order => 2,
            Self::Ship => 4,
            Self::Invoice => 8,
        }
    }
}

/// A set of permissions. Stored as its bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct PermissionSet(u8);

impl PermissionSet {
    /// None: a hold that removes nothing only warns.
    pub const EMPTY: Self = Self(0);
    /// Every permission: the strictest hold.
    pub const ALL: Self = Self(1 | 2 | 4 | 8);

    /// A set of these.
    pub fn of(permissions: &[Permission]) -> Self {
        Self(permissions.iter().fold(0, |bits, p| bits | p.bit()))
    }

    /// From stored bits; `None` if a bit is set that we do not know.
    pub fn from_bits(bits: u8) -> Option<Self> {
        (bits & !Self::ALL.0 == 0).then_some(Self(bits))
    }

    /// The bits to store.
    pub fn bits(self) -> u8 {
        self.0
    }

    /// Whether the permission is in the set.
    pub fn contains(self, permission: Permission) -> bool {
        self.0 & permission.bit() != 0
    }

    /// Both sets together.
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether nothing is in it.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The permissions in it.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.iter().copied().filter(move |p| self.contains(*p))
    }

    /// How much a set takes away, for ordering holds: no order at all, then no terms, then no shipping.
    fn severity(self) -> u8 {
        let weights = [
            (Permission::Order, 8),
            (Permission::OrderOnTerms, 4),
            (Permission::Ship, 2),
            (Permission::Invoice, 1),
        ];
        weights
            .into_iter()
            .filter(|(p, _)| self.contains(*p))
            .map(|(_, weight)| weight)
            .sum()
    }
}

impl fmt::Debug for PermissionSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

stored_names! {
    /// Where a hold comes from.
    pub enum HoldSource("the source of a hold") {
        /// An operator placed it here.
        Manual = "manual",
        /// The ERP says so.
        Erp = "erp",
        /// A rule of ours placed it (overdue invoices and the like).
        Rule = "rule",
    }
}

/// The three texts of a hold; an ERP connector says which field may leave the house.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldTexts {
    /// For the supplier's people only.
    pub internal: Option<String>,
    /// For the buyer's accounts payable.
    pub accounts_payable: Option<String>,
    /// For the shopper.
    pub shopper: Option<String>,
}

/// A hold on a customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// Its identity.
    pub id: HoldId,
    /// Where it comes from.
    pub source: HoldSource,
    /// What it takes away; nothing means that it only warns.
    pub removes: PermissionSet,
    /// The code of the reason, ours or the ERP's.
    pub reason_code: String,
    /// What is said to whom.
    pub texts: HoldTexts,
    /// In force from here on.
    pub since: Instant,
    /// In force until just before this, or until released.
    pub until: Option<Instant>,
}

impl Hold {
    /// Whether it counts at this instant.
    pub fn in_force(&self, now: Instant) -> bool {
        self.since <= now && self.until.is_none_or(|until| now < until)
    }
}

/// What the holds in force amount to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EffectiveHolds<'a> {
    /// Union of what they take away.
    pub removed: PermissionSet,
    /// The holds in force, strictest first, of equals the oldest first.
    pub holds: Vec<&'a Hold>,
}

impl EffectiveHolds<'_> {
    /// Whether the permission is gone.
    pub fn removes(&self, permission: Permission) -> bool {
        self.removed.contains(permission)
    }

    /// The strictest text for the shopper.
    pub fn shopper_text(&self) -> Option<&str> {
        self.holds.iter().find_map(|h| h.texts.shopper.as_deref())
    }

    /// The strictest text for accounts payable.
    pub fn accounts_payable_text(&self) -> Option<&str> {
        self.holds
            .iter()
            .find_map(|h| h.texts.accounts_payable.as_deref())
    }

    /// The strictest text for the supplier's people.
    pub fn internal_text(&self) -> Option<&str> {
        self.holds.iter().find_map(|h| h.texts.internal.as_deref())
    }
}

/// Combines holds by union. A hold given twice (one customer in two roles) counts once.
pub fn effective<'a>(holds: impl IntoIterator<Item = &'a Hold>, now: Instant) -> EffectiveHolds<'a> {
    let mut in_force: Vec<&Hold> = Vec::new();
    for hold in holds {
        if hold.in_force(now) && !in_force.iter().any(|known| known.id == hold.id) {
            in_force.push(hold);
        }
    }
    in_force.sort_by(|a, b| {
        let key = |h: &Hold| (Reverse(h.removes.severity()), h.since);
        key(a).cmp(&key(b)).then_with(|| a.id.cmp(&b.id))
    });
    EffectiveHolds {
        removed: in_force
            .iter()
            .fold(PermissionSet::EMPTY, |set, h| set.union(h.removes)),
        holds: in_force,
    }
}

/// What an ERP's hold code removes by the operator's code table. A code that the table does not know removes
/// everything: an unknown hold must not let an order through.
pub fn removed_by_erp_code<'a>(
    table: impl IntoIterator<Item = (&'a str, PermissionSet)>,
    code: &str,
) -> PermissionSet {
    table
        .into_iter()
        .find(|(known, _)| *known == code)
        .map_or(PermissionSet::ALL, |(_, removes)| removes)
}

/// A person's decision to let orders pass in spite of holds or limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    /// Its identity.
    pub id: OverrideId,
    /// What it lets pass.
    pub scope: OverrideScope,
    /// Why, in the person's words.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When it was given.
    pub at: Instant,
}

/// What an override lets pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OverrideScope {
    /// One order.
    Order(OrderId),
    /// Orders of a customer, until a date, an amount over all of them, or both.
    Customer {
        /// Whose orders.
        customer: CustomerId,
        /// Until just before this.
        until: Option<Instant>,
        /// Up to this over all orders together.
        amount: Option<Money>,
    },
}

/// An override of a customer needs an end.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OverrideError {
    /// Neither date nor amount.
    #[error("an override for a customer needs an end: state a date, an amount or both")]
    Endless,
    /// An amount of zero or less.
    #[error("the amount of an override must be above zero, not {0}")]
    Amount(Money),
}

impl OverrideScope {
    /// For a customer's orders; a date, an amount or both must bound it.
    pub fn customer(
        customer: CustomerId,
        until: Option<Instant>,
        amount: Option<Money>,
    ) -> Result<Self, OverrideError> {
        match (until, amount) {
            (None, None) => Err(OverrideError::Endless),
            (_, Some(amount)) if amount.minor() <= 0 => Err(OverrideError::Amount(amount)),
            _ => Ok(Self::Customer {
                customer,
                until,
                amount,
            }),
        }
    }
}

impl Override {
    /// Whether it counts at this instant. One for a customer without any end never does.
    pub fn in_force(&self, now: Instant) -> bool {
        match &self.scope {
            OverrideScope::Order(_) => self.at <= now,
            OverrideScope::Customer { until, amount, .. } => {
                self.at <= now
                    && (until.is_some() || amount.is_some())
                    && until.is_none_or(|until| now < until)
            }
        }
    }
}
