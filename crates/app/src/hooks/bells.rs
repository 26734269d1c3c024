//! What wakes the loops that read feeds, in this gateway.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use punchgate_connector::hint::HintedFeed;
use punchgate_domain::ids::{ConnectorId, SupplierId};
use tokio::sync::Notify;

/// One for each feed of each connector; one that rang while nobody listened is heard later, once.
#[derive(Debug, Default)]
pub(super) struct Bells(Mutex<HashMap<(SupplierId, ConnectorId, HintedFeed), Arc<Notify>>>);

impl Bells {
    pub(super) fn of(
        &self,
        (supplier, connector): &(SupplierId, ConnectorId),
        feed: HintedFeed,
    ) -> Arc<Notify> {
        let key = (supplier.clone(), connector.clone(), feed);
        Arc::clone(super::lock(&self.0).entry(key).or_default())
    }
}
