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

use std::sync::Arc;

use punchgate_domain::{catalogue::Problem, ids::RelationshipId};
use punchgate_storage::session::SessionRow;

use crate::{
    Surroundings,
    directory::{Directory, DirectoryError, Relationship},
};

pub use redeem::Redeemed;
pub use refusal::{Parties, Refusal};
pub use returning::{Answer, Closing, ClosingReason, PostBack, Question, QuestionKind};
pub use setup::Missing;
pub use shop::{ConnectedShop, Shop, ShopError};

/// What punchout needs to know of this installation.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The public address of the gateway, without a slash at its end: `https://gateway.example`.
    pub public_url: String,
    /// Right side of the payloadIDs that we make.
    pub host: String,
    /// Name and version, as documents state them.
    pub user_agent: String,
}

/// The use cases of the shopper's browser.
#[derive(Debug, Clone)]
pub struct Punchout {
    surroundings: Surroundings,
    directory: Arc<Directory>,
    shop: Arc<dyn Shop>,
    settings: Arc<Settings>,
}

impl Punchout {
    /// Puts the parts together.
    pub fn new(
        surroundings: Surroundings,
        directory: Arc<Directory>,
        shop: Arc<dyn Shop>,
        settings: Arc<Settings>,
    ) -> Self {
        Self {
            surroundings,
            directory,
            shop,
            settings,
        }
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
        format!("{}/punchout/start/{link}", self.public_url)
    }

    fn return_url(&self, link: &str) -> String {
        format!("{}/punchout/return/{link}", self.public_url)
    }

    fn cancel_url(&self, link: &str) -> String {
        format!("{}/punchout/cancel/{link}", self.public_url)
    }
}
