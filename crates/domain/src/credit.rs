//! The credit decision: one pure function asked at checkout, at cart return and at the purchase order.
//!
//! **Invariant:** available credit is computed from limit, exposure and reservations each time, never stored.
//! Amounts meet only in the credit account's currency.

mod decide;
mod ledger;
mod reason;
mod reservation;
mod tenders;

pub use decide::decide;
pub use ledger::{LedgerError, StandingLedger};
pub use reason::{Figures, Reason};
pub use reservation::{ReservationBasis, amount_to_reserve, reserves_charges};
pub use tenders::{TenderOffer, tenders};

use rust_decimal::Decimal;

use crate::{
    customer::{AgreedTerms, CreditLimit, Exposure, Parties, PartyRole},
    hold::{Hold, Override},
    ids::{CreditAccountId, OrderId, OverrideId},
    money::{Currency, Money, MoneyError},
    policy::{ExposureAgePolicy, PcardPolicy},
};

stored_names! {
    /// Where the decision is asked.
    pub enum CheckPoint("a check point") {
        /// The shop shows its tenders.
        Checkout = "checkout",
        /// A cart goes back to the suite.
        CartReturn = "cart_return",
        /// A purchase order is received, or decided again.
        PurchaseOrder = "purchase_order",
    }
}

stored_names! {
    /// A way to pay.
    pub enum Tender("a tender") {
        /// On the agreed terms: takes up credit.
        Terms = "terms",
        /// By card; never on terms.
        Card = "card",
        /// By bank transfer or debit, released when the funds are confirmed.
        Ach = "ach",
        /// A third party gives the credit.
        CreditProvider = "credit_provider",
        /// By points.
        Points = "points",
    }
}

/// How this order is to be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TenderUse {
    /// On terms.
    Terms,
    /// By something else than terms.
    Funds {
        /// By what. [`Tender::Terms`] here secures nothing and is judged as terms.
        tender: Tender,
        /// Captured, authorised or confirmed so far.
        secured: Option<Money>,
    },
}

impl TenderUse {
    /// The tender.
    pub fn tender(self) -> Tender {
        match self {
            Self::Terms => Tender::Terms,
            Self::Funds { tender, .. } => tender,
        }
    }
}

stored_names! {
    /// How funds are secured.
    pub enum FundsKind("a kind of funds") {
        /// Set aside by the bank, to be captured with the delivery.
        Authorised = "authorised",
        /// Charged.
        Captured = "captured",
    }
}

/// A hold with the part that its customer plays in the order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartyHold {
    /// Sold-to, ship-to or payer.
    pub party: PartyRole,
    /// The hold.
    pub hold: Hold,
}

/// What the order already takes up, when it is decided again or updated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnShare {
    /// Its reservation as it stands in [`CreditStanding::reserved`].
    pub reserved: Money,
    /// What it has drawn on an override, as it stands in [`StandingOverride::drawn`].
    pub drawn: Option<Draw>,
}

/// Use of an override by one order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draw {
    /// The override.
    pub override_id: OverrideId,
    /// How much of it, in the account's currency.
    pub amount: Money,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditRequest {
    /// Where.
    pub check_point: CheckPoint,
    /// Which order; a cart has none.
    pub order: Option<OrderId>,
    /// Who takes part.
    pub parties: Parties,
    /// The holds of the parties, in force or not.
    pub holds: Vec<PartyHold>,
    /// What was agreed about paying later.
    pub terms: AgreedTerms,
    /// What is to be paid, in the order's currency (see [`amount_to_reserve`]).
    pub total: Money,
    /// How.
    pub tender: TenderUse,
    /// What the order takes up already.
    pub own: Option<OwnShare>,
    /// The supplier's rules for this relationship.
    pub policy: CreditPolicy,
}

/// A rate with its date: one unit of `from` is `rate` units of `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DatedRate {
    /// From this currency.
    pub from: Currency,
    /// To this one.
    pub to: Currency,
    /// Units of `to` for one unit of `from`.
    pub rate: Decimal,
    /// Valid from this day on.
    pub date: jiff::civil::Date,
}

/// An override and what orders have drawn on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StandingOverride {
    /// The record.
    pub record: Override,
    /// Drawn by orders that were approved on it, in the account's currency.
    pub drawn: Money,
}

/// Where a credit account stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditStanding {
    /// Which account.
    pub account: CreditAccountId,
    /// Its currency.
    pub currency: Currency,
    /// Its limit.
    pub limit: CreditLimit,
    /// What it owes; `None` if that was never read.
    pub exposure: Option<Exposure>,
    /// Sum of the open reservations.
    pub reserved: Money,
    /// Overrides given for its customers and orders.
    pub overrides: Vec<StandingOverride>,
    /// Rates into its currency.
    pub rates: Vec<DatedRate>,
}

stored_names! {
    /// What an order beyond the limit meets.
    pub enum OverLimitAction("an action beyond the limit") {
        /// It waits for payments, and is decided again by itself.
        Hold = "hold",
        /// A person looks.
        Refer = "refer",
        /// It is refused.
        Decline = "decline",
    }
}

/// The supplier's rules for a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditPolicy {
    /// Exposure that was read too long ago.
    pub exposure_age: ExposureAgePolicy,
    /// Purchasing cards on orders.
    pub pcard: PcardPolicy,
    /// Beyond the limit.
    pub over_limit: OverLimitAction,
    /// A rate older than this many days does not count.
    pub rate_valid_days: u16,
    /// The ways to pay that the supplier takes, in the order in which they are offered.
    pub tenders: Vec<Tender>,
}

impl Default for CreditPolicy {
    fn default() -> Self {
        Self {
            exposure_age: ExposureAgePolicy::default(),
            pcard: PcardPolicy::Hold,
            over_limit: OverLimitAction::Hold,
            rate_valid_days: 7,
            tenders: vec![Tender::Terms, Tender::Card],
        }
    }
}

/// What was decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CreditOutcome {
    /// Goes on.
    Approve,
    /// Waits for something that may come by itself.
    Hold(Vec<Reason>),
    /// A person decides.
    Refer(Vec<Reason>),
    /// Refused.
    Decline(Vec<Reason>),
}

/// A decision with all that it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreditDecision {
    /// What was decided, with every reason that stands against the order.
    pub outcome: CreditOutcome,
    /// What the supplier should know although it did not decide.
    pub warnings: Vec<Reason>,
    /// The numbers, where the limit was reckoned.
    pub figures: Option<Figures>,
    /// What the order reserves in the account's currency if approved; zero for an order that is not on terms.
    pub reserve: Money,
    /// The override that let it pass.
    pub drawn: Option<Draw>,
}

impl CreditDecision {
    /// Whether the order goes on.
    pub fn is_approved(&self) -> bool {
        self.outcome == CreditOutcome::Approve
    }

    /// The reasons against; none if approved.
    pub fn reasons(&self) -> &[Reason] {
        match &self.outcome {
            CreditOutcome::Approve => &[],
            CreditOutcome::Hold(reasons)
            | CreditOutcome::Refer(reasons)
            | CreditOutcome::Decline(reasons) => reasons,
        }
    }

    /// What a shopper may read: the strictest hold's own words if there are any, else the first reason.
    pub fn shopper_text(&self) -> Option<String> {
        let reasons = self.reasons();
        reasons
            .iter()
            .find(|reason| matches!(reason, Reason::OnHold { shopper: Some(_), .. }))
            .or(reasons.first())
            .map(Reason::shopper_text)
    }

    /// The same for a person to decide, whatever else was decided: its amounts cannot be reckoned with.
    #[must_use]
    pub fn refer(self, why: Reason) -> Self {
        let mut reasons = self.reasons().to_vec();
        reasons.push(why);
        Self {
            outcome: CreditOutcome::Refer(reasons),
            drawn: None,
            ..self
        }
    }

    /// An approval whose sums cannot be entered is referred.
    fn refer_unreckonable(self, error: MoneyError) -> Self {
        if !self.is_approved() {
            return self;
        }
        Self {
            outcome: CreditOutcome::Refer(vec![Reason::Unreckonable(error.to_string())]),
            drawn: None,
            ..self
        }
    }
}

impl CreditOutcome {
    /// A stable text for history and API.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Hold(_) => "hold",
            Self::Refer(_) => "refer",
            Self::Decline(_) => "decline",
        }
    }
}
