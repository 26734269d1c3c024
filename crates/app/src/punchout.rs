//! Punchout sessions: opened by a setup request, redeemed by a browser, returned with a cart.
//!
//! **Invariant:** the browser only says 'done'; the cart is read from the shop, server to server. Start link,
//! browser and return address are stored as hashes. Nothing is posted to a host that the relationship does not
//! allow, nothing after a session's time, and no lines after inspect.

mod customer;
pub mod expiring;
pub mod opening;
pub mod read;
pub mod redeem;
pub mod refusal;
pub mod returning;
mod setup;
pub mod shop;
pub mod snapshot;
mod token;

use std::{sync::Arc, time::Duration};

use punchgate_domain::{
    catalogue::Problem,
    ids::{RelationshipId, SupplierId},
};
use punchgate_storage::session::SessionRow;
use url::Url;

use crate::{
    Surroundings,
    connectors::ConnectorSource,
    directory::{Directory, DirectoryError, Relationship},
    group_commit::Bounds,
};

pub use opening::Opening;
pub use redeem::Redeemed;
pub use refusal::{Parties, Refusal};
pub use returning::{Answer, Closing, ClosingReason, PostBack, Question, QuestionKind};
pub use setup::{Missing, cookie_key};
pub use shop::{ConnectedShop, Shop, ShopError};

/// How a shopper who came by a start page leaves the shop again.
#[derive(Debug)]
pub(crate) struct WayBack {
    pub(crate) supplier: SupplierId,
    /// What the session is found by.
    pub(crate) hash: [u8; 32],
    pub(crate) return_page: Url,
    pub(crate) cancel_page: Url,
}

/// The way back for whoever has the start page and knows what the browser knows that went through it: a simulated buyer,
/// which stands in for the shop that was told.
pub(crate) fn way_back(start_page: &Url, nonce: &str) -> Option<WayBack> {
    let (_, link) = start_page.path().rsplit_once('/')?;
    let browser = token::BrowserNonce::read(nonce)?;
    let link = token::Link::parse(link)?.return_link(&browser);
    let page = |what: &str| start_page.join(&format!("../{what}/{}", link.text())).ok();
    Some(WayBack {
        hash: link.hash(),
        return_page: page("return")?,
        cancel_page: page("cancel")?,
        supplier: link.supplier,
    })
}

/// What punchout needs to know of this installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The public address of its pages, without a slash at its end: `https://gateway.example/punchout`.
    pub address: String,
    /// Right side of the payloadIDs that we make.
    pub host: String,
    /// How many setup requests may wait to be stored, and how many are stored together.
    pub intake: Bounds,
}

/// The use cases of the shopper's browser.
#[derive(Debug, Clone)]
pub struct Punchout {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    shop: Arc<dyn Shop>,
    opening: Opening,
    settings: Arc<Settings>,
}

impl Punchout {
    /// Punchout into the shops behind configured connectors; `shop_timeout` is for one call to a shop.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        connectors: Arc<ConnectorSource>,
        settings: Settings,
        shop_timeout: Duration,
    ) -> Self {
        let shop = ConnectedShop::new(surroundings.clone(), connectors, shop_timeout);
        Self::with_shop(surroundings, directory, Arc::new(shop), settings)
    }

    /// Punchout into this shop.
    pub fn with_shop(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        shop: Arc<dyn Shop>,
        settings: Settings,
    ) -> Self {
        let settings = Arc::new(settings);
        let opening = Opening::start(surroundings.clone(), Arc::clone(&settings));
        Self {
            surroundings,
            directory,
            shop,
            opening,
            settings,
        }
    }

    /// What opens sessions: for the way in of documents.
    pub fn opening(&self) -> Opening {
        self.opening.clone()
    }

    /// The relationship of a session; refused where it is switched off.
    async fn relationship_of(&self, row: &SessionRow) -> Result<Arc<Relationship>, Refusal> {
        let supplier = row.supplier_id.as_str().into();
        let id = RelationshipId::from(row.relationship_id.as_str());
        let relationship = match self.directory.relationship(&supplier, &id).await {
            Ok(relationship) => relationship,
            Err(DirectoryError::Storage(error)) => return Err(error.into()),
            Err(error) => {
                tracing::error!(%error, session = row.session_id, "the relationship of a session cannot be read");
                return Err(Refusal::of(Problem::Internal));
            }
        };
        if !relationship.enabled {
            return Err(Refusal::of(Problem::RelationshipDisabled).between(&relationship));
        }
        Ok(relationship)
    }
}

impl Settings {
    fn start_url(&self, link: &str) -> String {
        format!("{}/start/{link}", self.address)
    }

    fn return_url(&self, link: &str) -> String {
        format!("{}/return/{link}", self.address)
    }

    fn cancel_url(&self, link: &str) -> String {
        format!("{}/cancel/{link}", self.address)
    }
}
