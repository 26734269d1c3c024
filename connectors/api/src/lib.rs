//! What a connector is: one small trait a capability group, errors that say what the caller does, the
//! context of a call, and the conformance suites that say whether a connector is right.
//!
//! **Invariant:** connectors are stateless. Retries, rates, persistence and secrets belong to the core; a
//! connector converts, calls and tells apart what surely did not happen from what nobody knows.
#![warn(missing_docs)]

pub mod accounts;
pub mod context;
pub mod error;
pub mod orders;
pub mod storefront;

pub use context::Context;
pub use error::{ConnectorError, ErrorKind, Operation};

use accounts::{Accounts, Exposures};
use orders::{Documents, Orders};
use storefront::{Carts, Items, Sessions, ShopOrders};

/// A connector instance: what it can do is which traits it hands out.
pub trait Connector: Send + Sync + std::fmt::Debug {
    /// What it is and what it can do.
    fn spec(&self) -> Spec<'_>;
}

/// What a connector is and can do. Having a capability is having the trait; flags say only how well.
#[derive(Clone, Copy)]
pub struct Spec<'a> {
    /// The kind, such as `erp-http`.
    pub kind: &'static str,
    /// How well.
    pub qualities: Qualities,
    /// Reads and writes accounts: terms, limits, holds.
    pub accounts: Option<&'a dyn Accounts>,
    /// Tells what accounts owe.
    pub exposures: Option<&'a dyn Exposures>,
    /// Takes orders.
    pub orders: Option<&'a dyn Orders>,
    /// Tells of confirmations, shipments, invoices, payments.
    pub documents: Option<&'a dyn Documents>,
    /// Opens shopping sessions.
    pub sessions: Option<&'a dyn Sessions>,
    /// Reads and fills carts.
    pub carts: Option<&'a dyn Carts>,
    /// Finds items.
    pub items: Option<&'a dyn Items>,
    /// Takes orders into the shop.
    pub shop_orders: Option<&'a dyn ShopOrders>,
}

impl<'a> Spec<'a> {
    /// A connector of this kind that can do nothing yet.
    pub fn of(kind: &'static str, qualities: Qualities) -> Self {
        Self {
            kind,
            qualities,
            accounts: None,
            exposures: None,
            orders: None,
            documents: None,
            sessions: None,
            carts: None,
            items: None,
            shop_orders: None,
        }
    }
}

impl std::fmt::Debug for Spec<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Spec")
            .field("kind", &self.kind)
            .field("qualities", &self.qualities)
            .finish_non_exhaustive()
    }
}

/// How well a connector can do what it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Qualities {
    /// How a conditional write is made.
    pub conditional_write: ConditionalWrite,
    /// How deletions are told.
    pub deletions: Deletions,
    /// Whether the system itself refuses a second order with the same reference.
    pub reference_is_unique: bool,
    /// Whether the exposure contains open orders.
    pub exposure_includes_orders: bool,
    /// Most rows of one page.
    pub page_size: u32,
    /// Most calls at once.
    pub calls_at_once: u32,
}

impl Default for Qualities {
    fn default() -> Self {
        Self {
            conditional_write: ConditionalWrite::None,
            deletions: Deletions::Sweep,
            reference_is_unique: false,
            exposure_includes_orders: false,
            page_size: 200,
            calls_at_once: 4,
        }
    }
}

/// How a conditional write is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConditionalWrite {
    /// By the system, with a version.
    Native,
    /// Read, compare, write, read back.
    ReadBack,
    /// Not at all.
    None,
}

/// How deletions are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletions {
    /// The feed names them.
    Tombstones,
    /// Only a full sweep shows them.
    Sweep,
}
