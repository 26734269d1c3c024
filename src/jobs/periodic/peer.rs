//! Whom is asked over and over, for what, and how often.

use std::time::Duration;

use punchgate_app::hooks::HintedFeed;
use punchgate_domain::ids::{ConnectorId, SupplierId};

use crate::gateway::Gateway;

/// How often all accounts are read, which alone shows what a cursor has missed and what is gone.
pub(super) const SWEEP: Duration = Duration::from_secs(6 * 3600);

/// An ERP or a shop that a supplier has connected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Peer {
    pub supplier: SupplierId,
    pub connector: ConnectorId,
    pub is_shop: bool,
}

impl Peer {
    /// What is read of it.
    pub(super) fn feeds(&self) -> &'static [Feed] {
        match self.is_shop {
            true => &[Feed::ShopOrders],
            false => &[Feed::Accounts, Feed::AllAccounts, Feed::Exposure, Feed::Documents],
        }
    }

    /// What people call it.
    pub(super) fn noun(&self) -> &'static str {
        if self.is_shop { "shop" } else { "ERP" }
    }
}

/// What an ERP or a shop is asked for, over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Feed {
    /// Changed customers, limits, holds.
    Accounts,
    /// All of them.
    AllAccounts,
    /// What is owed.
    Exposure,
    /// What became of orders.
    Documents,
    /// Where the orders stand that a shop has taken.
    ShopOrders,
}

impl Feed {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::AllAccounts => "all accounts",
            Self::Exposure => "exposure",
            Self::Documents => "documents",
            Self::ShopOrders => "orders",
        }
    }

    /// As hints name it.
    pub(super) fn hinted(self) -> Option<HintedFeed> {
        match self {
            Self::Accounts => Some(HintedFeed::Accounts),
            Self::AllAccounts => None,
            Self::Exposure => Some(HintedFeed::Exposure),
            Self::Documents | Self::ShopOrders => Some(HintedFeed::Documents),
        }
    }

    pub(super) fn every(self, gateway: &Gateway) -> Duration {
        match self {
            Self::Accounts | Self::Documents | Self::ShopOrders => gateway.config.sync.accounts,
            Self::Exposure => gateway.config.sync.exposure,
            Self::AllAccounts => SWEEP,
        }
    }
}

impl Feed {
    /// A full read that failed goes on soon where it stopped.
    pub(super) fn when_failed(self, gateway: &Gateway) -> Duration {
        match self {
            Self::AllAccounts => gateway.config.sync.accounts,
            _ => self.every(gateway),
        }
    }
}
