//! Carts of punchout sessions, read and written server to server.

use async_trait::async_trait;
use punchgate_domain::{
    cart::Cart,
    money::StatedAmount,
    quantity::{Quantity, Unit},
};

use crate::{ConnectorResult, Context, sessions::SessionMode};

/// A cart in the shop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopCart {
    /// The shop's key of the session.
    pub storefront_session: String,
    /// Our key of the session.
    pub session: String,
    /// What the shopper may do.
    pub mode: SessionMode,
    /// Where it stands.
    pub state: CartState,
    /// Grows with every change.
    pub revision: u64,
    /// What is in it.
    pub cart: Cart,
}

/// Where a cart stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CartState {
    /// The shopper fills it.
    Open,
    /// Nobody can change it.
    Locked,
    /// It went back to the suite.
    Returned,
    /// The shopper left without it.
    Cancelled,
    /// Its time is over.
    Expired,
}

impl CartState {
    /// Every state.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Locked,
        Self::Returned,
        Self::Cancelled,
        Self::Expired,
    ];

    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Locked => "locked",
            Self::Returned => "returned",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

/// To what a cart can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CartMove {
    /// Nobody can change it any more, until it is opened again.
    Lock,
    /// The hand-over was called off.
    Unlock,
    /// It went back to the suite.
    Return,
    /// The shopper left without it.
    Cancel,
}

impl CartMove {
    /// The state that follows.
    pub fn target(self) -> CartState {
        match self {
            Self::Lock => CartState::Locked,
            Self::Unlock => CartState::Open,
            Self::Return => CartState::Returned,
            Self::Cancel => CartState::Cancelled,
        }
    }
}

/// A line to put into a cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FillLine {
    /// The caller's number of it, unique in the call.
    pub line: u32,
    /// The supplier's part number.
    pub part_id: String,
    /// The line's key; stays the line's.
    pub auxiliary_id: Option<String>,
    /// How many.
    pub quantity: Quantity,
    /// In which unit.
    pub unit: Option<Unit>,
    /// A wish, unless the shop takes prices.
    pub unit_price: Option<StatedAmount>,
}

/// A line that the shop could not take; the others are in the cart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedLine {
    /// The caller's number.
    pub line: u32,
    /// `unknown_part`, `not_available`, `unit`, `quantity`, `price`.
    pub code: String,
    /// For people.
    pub message: String,
}

/// A cart after it was filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilledCart {
    /// As it is now.
    pub cart: ShopCart,
    /// What is not in it.
    pub refused: Vec<RefusedLine>,
}

/// The shop's carts.
#[async_trait]
pub trait Carts: Send + Sync {
    /// The cart of a session.
    async fn read(&self, ctx: &Context, storefront_session: &str) -> ConnectorResult<ShopCart>;

    /// Replaces all lines. May be repeated.
    async fn fill(
        &self,
        ctx: &Context,
        storefront_session: &str,
        lines: &[FillLine],
    ) -> ConnectorResult<FilledCart>;

    /// Moves the cart; answers it as it is afterwards. May be repeated.
    async fn close(&self, ctx: &Context, storefront_session: &str, to: CartMove)
    -> ConnectorResult<ShopCart>;
}
