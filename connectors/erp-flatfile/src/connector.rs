//! The connector.

mod accounts;
mod books;
mod check;
mod documents;
mod exposure;
mod orders;
mod prices;

use async_trait::async_trait;
use punchgate_connector::{
    Accounts, Capabilities, CheckReport, Connector, ConnectorResult, Context, Documents, EgressRules,
    Exposures, Files, Orders, Prices, Spec, folder::Place,
};

use crate::{
    config::{KIND, OrdersOut},
    feed::{Feed, FeedKind},
    intake::{Directories, Intake},
};

/// An ERP behind a drop folder.
#[derive(Debug)]
pub(crate) struct FlatFiles {
    pub(crate) id: String,
    pub(crate) capabilities: Capabilities,
    pub(crate) place: Place,
    pub(crate) directories: Directories,
    pub(crate) feeds: Vec<Feed>,
    pub(crate) orders: Option<OrdersOut>,
}

impl FlatFiles {
    fn feed(&self, kind: FeedKind) -> Option<&Feed> {
        self.feeds.iter().find(|feed| feed.kind == kind)
    }

    fn intake<'a>(&'a self, files: Files<'a>, feed: &'a Feed) -> Intake<'a> {
        Intake {
            files,
            feed,
            directories: &self.directories,
        }
    }

    /// The feed that tells what customers owe: one of its own, or that of the customers.
    fn exposure_feed(&self) -> Option<&Feed> {
        self.feed(FeedKind::Exposure).or_else(|| {
            self.feed(FeedKind::Customers)
                .filter(|feed| feed.columns.states("open_items"))
        })
    }
}

#[async_trait]
impl Connector for FlatFiles {
    fn spec(&self) -> Spec<'_> {
        Spec {
            kind: KIND,
            id: &self.id,
            capabilities: self.capabilities.clone(),
            accounts: self.feed(FeedKind::Customers).map(|_| self as &dyn Accounts),
            exposure: self.exposure_feed().map(|_| self as &dyn Exposures),
            orders: self.orders.as_ref().map(|_| self as &dyn Orders),
            documents: (!self.capabilities.document_kinds.is_empty()).then_some(self as &dyn Documents),
            prices: self.feed(FeedKind::Prices).map(|_| self as &dyn Prices),
            ..Spec::default()
        }
    }

    /// None: what it reaches, it reaches by its folder.
    fn egress_rules(&self) -> EgressRules {
        EgressRules::default()
    }

    fn folder(&self) -> Option<Place> {
        Some(self.place.clone())
    }

    async fn check(&self, ctx: &Context) -> ConnectorResult<CheckReport> {
        check::report(self, ctx).await
    }
}
