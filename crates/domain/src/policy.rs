//! What a supplier agrees with a buyer, relationship by relationship, as values that cannot be misspelled.

mod agreement;
mod cart_check;
mod charges;
mod contract;
mod price;
mod total;
mod unmapped;

pub use agreement::{AgreementFinding, agreement_check};
pub use cart_check::{CartCheck, OfferedLine, OrderedLine, Words, cart_check};
pub use charges::{CartCharges, ChargePlacement, ChargeRule};
pub use contract::{ContractPrice, ContractPrices, contract_check};
pub use price::{PriceAction, PriceFinding, PriceFindingKind, PricePolicy, PriceTolerance};
pub use total::{TotalFinding, total_check};
pub use unmapped::Unmapped;

use jiff::SignedDuration;

use crate::money::{Currency, Money, StatedAmount};

stored_names! {
    /// The same document once more.
    pub enum DuplicatePolicy("a duplicate policy") {
        /// A repeated payloadID with the same content answers what was answered; other content is refused.
        ByPayloadId = "by_payload_id",
        /// The payloadID is not looked at: the sender uses a constant one. Order identity still counts.
        Ignore = "ignore",
    }
}

stored_names! {
    /// A known order number with other content, sent as a new order.
    pub enum KnownOrderPolicy("a policy for known orders") {
        /// Stored and answered 200; an operator looks.
        Review = "review",
        /// Taken as an update.
        Change = "change",
        /// Refused with 409.
        Conflict409 = "409",
    }
}

stored_names! {
    /// Units and ship-tos that no mapping knows, where the relationship maps others of their kind.
    pub enum UnmappedPolicy("a policy for what is not mapped") {
        /// Held until it is mapped, or a person has confirmed it.
        Hold = "hold",
        /// Noted, and passed on as the buyer writes it.
        Warn = "warn",
        /// Passed on as the buyer writes it.
        Pass = "pass",
    }
}

stored_names! {
    /// The ERP's contact of an order: who, of the customer's people, has ordered.
    pub enum ContactPolicy("a policy for contacts") {
        /// An order whose user no mapping knows goes on without one.
        Optional = "optional",
        /// Such an order is held until the user is mapped, or a person has confirmed that it goes without.
        Required = "required",
    }
}

stored_names! {
    /// A purchasing card on an order; never paid on terms.
    pub enum PcardPolicy("a purchasing card policy") {
        /// Tokenised at the payment provider; the order goes on when the full amount is authorised.
        Tokenise = "tokenise",
        /// Held until a person has charged the card.
        Hold = "hold",
        /// Declined.
        Refuse = "refuse",
    }
}

stored_names! {
    /// When an order confirmation goes out.
    pub enum ConfirmationPolicy("a confirmation policy") {
        /// When the ERP acknowledges the order.
        OnErpAcknowledgement = "on_erp_acknowledgement",
        /// As soon as the ERP has it.
        OnErpOrderCreated = "on_erp_order_created",
        /// When an operator sends it.
        Manual = "manual",
        /// Never.
        Never = "never",
    }
}

stored_names! {
    /// A cart that its order could not follow.
    pub enum CartBlocking("a policy for returning carts") {
        /// Goes back with a warning to the shopper.
        Warn = "warn",
        /// Does not go back.
        Block = "block",
    }
}

impl CartBlocking {
    /// Whether a cart stays, given whether its order would be approved.
    pub fn stops(self, would_be_approved: bool) -> bool {
        self == Self::Block && !would_be_approved
    }
}

stored_names! {
    /// Where approved orders go; each relationship has exactly one.
    pub enum OrderSink("an order sink") {
        /// The ERP.
        Erp = "erp",
        /// The shop.
        Storefront = "storefront",
        /// An operator or a file.
        None = "none",
    }
}

/// What to make of exposure that was read too long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExposureAgePolicy {
    /// Older than this is too old.
    pub max_age: SignedDuration,
    /// What then.
    pub when_older: StaleExposure,
}

/// What an order meets when the exposure is too old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleExposure {
    /// It waits for a fresh reading.
    Block,
    /// It is decided on the old reading, with a warning.
    Warn,
    /// Orders up to this amount are decided on the old reading, with a warning; larger ones wait.
    AllowUpTo(Money),
}

/// A text that is no [`StaleExposure`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' does not say what to do with old exposure: expected block, warn or allow_up_to:500.00 USD")]
pub struct StaleExposureError(pub String);

impl Default for ExposureAgePolicy {
    /// A day; older readings wait for a fresh one.
    fn default() -> Self {
        Self {
            max_age: SignedDuration::from_hours(24),
            when_older: StaleExposure::Block,
        }
    }
}

impl StaleExposure {
    /// Reads `block`, `warn` or `allow_up_to:500.00 USD`.
    pub fn parse(text: &str) -> Result<Self, StaleExposureError> {
        let refuse = || StaleExposureError(text.to_owned());
        match text {
            "block" => Ok(Self::Block),
            "warn" => Ok(Self::Warn),
            _ => {
                let (amount, currency) = text
                    .strip_prefix("allow_up_to:")
                    .and_then(|rest| rest.trim().split_once(' '))
                    .ok_or_else(refuse)?;
                Currency::parse(currency)
                    .and_then(|currency| StatedAmount::parse(amount, currency)?.to_money())
                    .map(Self::AllowUpTo)
                    .map_err(|_| refuse())
            }
        }
    }
}

impl std::fmt::Display for StaleExposure {
    /// What [`StaleExposure::parse`] reads.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Block => f.write_str("block"),
            Self::Warn => f.write_str("warn"),
            Self::AllowUpTo(money) => {
                write!(f, "allow_up_to:{} {}", money.to_decimal(), money.currency())
            }
        }
    }
}
