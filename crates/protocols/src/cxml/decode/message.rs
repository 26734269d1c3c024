//! PunchOutOrderMessage: the cart as it goes back to the suite.

use punchgate_domain::{cart::Cart, money::StatedAmount};

use super::setup::BuyerCookie;

/// The highest operation that the buyer may ask for later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OperationAllowed {
    /// Neither inspect nor edit.
    Create,
    /// Inspect.
    Inspect,
    /// Inspect and edit.
    Edit,
}

/// A returned cart. A Status 204 in the envelope means 'cancelled, change nothing'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderMessage {
    /// As the setup request brought it.
    pub buyer_cookie: BuyerCookie,
    /// What the buyer may do later.
    pub operation_allowed: OperationAllowed,
    /// `quoteStatus="pending"`: not orderable yet.
    pub is_pending: bool,
    /// The Total as stated.
    pub total: Option<StatedAmount>,
    /// The lines, freight and tax.
    pub cart: Cart,
}
