//! A connector and what it hands out.

use std::{fmt, path::PathBuf};

use async_trait::async_trait;
use jiff::SignedDuration;
use punchgate_child::Program;
use punchgate_egress::EgressRules;
use punchgate_folder::Place;

use crate::{
    Accounts, Capabilities, Carts, Catalogue, ConnectorError, ConnectorResult, Context, Documents, ErrorKind,
    Events, Exposures, Orders, Prices, Sessions, ShopOrders, Stock,
};

/// A configured connector: made from settings and secrets by its crate's `from_config`.
#[async_trait]
pub trait Connector: Send + Sync + fmt::Debug {
    /// What it is and can do: from its settings alone, or, of one that runs a program, from what that says.
    fn spec(&self) -> Spec<'_>;

    /// The hosts and addresses that it needs to reach; the caller builds its HTTP client from them.
    fn egress_rules(&self) -> EgressRules;

    /// The program that it runs, if it does: the caller starts it and hands it over with every context.
    fn program(&self) -> Option<Program> {
        None
    }

    /// The folder that it uses, if it does: the caller opens it and hands it over with every context.
    fn folder(&self) -> Option<Place> {
        None
    }

    /// Files and sockets of this machine that it opens by itself, each with the key of its setting: the caller sees to it
    /// that they lie where connectors may be.
    fn paths(&self) -> Vec<(&'static str, PathBuf)> {
        Vec::new()
    }

    /// This connector with the capabilities that its program says it has, in its answer to the greeting.
    fn introduced(&self, _greeting: &[u8]) -> ConnectorResult<Box<dyn Connector>> {
        Err(ConnectorError::new(
            ErrorKind::Unsupported,
            "hello",
            "this connector runs no program",
        ))
    }

    /// Asks the other side: reachable, known, allowed, clocks together, settings true.
    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport>;
}

/// What a connector is and can do. A capability that is `None` does not exist.
#[derive(Clone, Default)]
pub struct Spec<'a> {
    /// The kind in configuration: `erp-http` …
    pub kind: &'static str,
    /// The instance's id in configuration.
    pub id: &'a str,
    /// How well it does what it can.
    pub capabilities: Capabilities,
    /// Customers with terms, limits and holds.
    pub accounts: Option<&'a dyn Accounts>,
    /// What customers owe.
    pub exposure: Option<&'a dyn Exposures>,
    /// Orders in an ERP.
    pub orders: Option<&'a dyn Orders>,
    /// What became of orders.
    pub documents: Option<&'a dyn Documents>,
    /// Prices of an ERP.
    pub prices: Option<&'a dyn Prices>,
    /// What an ERP has in stock.
    pub stock: Option<&'a dyn Stock>,
    /// Punchout sessions of a shop.
    pub sessions: Option<&'a dyn Sessions>,
    /// Carts of a shop.
    pub carts: Option<&'a dyn Carts>,
    /// Assortment of a shop.
    pub catalogue: Option<&'a dyn Catalogue>,
    /// Orders in a shop.
    pub shop_orders: Option<&'a dyn ShopOrders>,
    /// Hears of what happens here.
    pub events: Option<&'a dyn Events>,
}

impl Spec<'_> {
    /// The capabilities that it has, by name.
    pub fn names(&self) -> Vec<&'static str> {
        let all = [
            ("accounts", self.accounts.is_some()),
            ("exposure", self.exposure.is_some()),
            ("orders", self.orders.is_some()),
            ("documents", self.documents.is_some()),
            ("prices", self.prices.is_some()),
            ("stock", self.stock.is_some()),
            ("sessions", self.sessions.is_some()),
            ("carts", self.carts.is_some()),
            ("catalogue", self.catalogue.is_some()),
            ("shop_orders", self.shop_orders.is_some()),
            ("events", self.events.is_some()),
        ];
        all.into_iter()
            .filter_map(|(name, has)| has.then_some(name))
            .collect()
    }
}

impl fmt::Debug for Spec<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec")
            .field("kind", &self.kind)
            .field("id", &self.id)
            .field("has", &self.names())
            .field("capabilities", &self.capabilities)
            .finish()
    }
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckReport {
    /// The system's name for itself.
    pub name: String,
    /// Its software, if it tells.
    pub software: Option<String>,
    /// What it says of its qualities.
    pub capabilities: Capabilities,
    /// Its clock less ours.
    pub clock_skew: SignedDuration,
    /// What an operator should look at; empty if all is well.
    pub findings: Vec<CheckFinding>,
}

impl CheckReport {
    /// Whether nothing stands in the way of working.
    pub fn is_fit(&self) -> bool {
        self.findings.iter().all(|finding| !finding.fatal)
    }
}

/// One thing that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckFinding {
    /// Whether the connector cannot work so.
    pub fatal: bool,
    /// What and what to do.
    pub message: String,
}
