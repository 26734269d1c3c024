//! Use cases of the gateway: what happens when a document, a shopper, an operator or a job arrives.
//!
//! **Invariant:** no web framework, no SQL text, no XML parsing of its own (it calls the pure functions of
//! `punchgate-protocols`), and no network inside a transaction.
#![warn(missing_docs)]

pub mod accounts;
pub mod alerts;
pub mod api_keys;
pub mod attention;
pub mod authentication;
pub mod backup;
pub mod clock;
pub mod connectors;
pub mod credit;
pub mod declaration;
pub mod delivery;
pub mod directory;
pub mod doctor;
pub mod documents;
pub mod entropy;
pub mod erp_documents;
pub mod events;
pub mod evidence;
pub mod figures;
pub mod group_commit;
pub mod health;
pub mod hooks;
pub mod inbound;
pub mod jobs;
pub mod nearest;
pub mod offers;
pub mod operators;
pub mod orders;
pub mod provisioning;
pub mod punchout;
pub mod quarantine;
mod rate_limit;
pub mod rehearsal;
pub mod restoration;
pub mod seal;
pub mod sync;
pub mod throttle;
pub mod work;

/// What a use case returns where the database gives no answer.
pub use punchgate_storage::StorageError as DatabaseError;

use std::sync::Arc;

use punchgate_domain::Instant;
use punchgate_storage::Db;

/// What every use case is handed: the database, the clock and the source of randomness.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The database.
    pub db: Db,
    /// The clock.
    pub clock: Arc<dyn clock::Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn entropy::Entropy>,
}

impl Surroundings {
    /// Now.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// A new id.
    pub fn new_id(&self) -> String {
        entropy::new_id(self.now(), &*self.entropy)
    }
}
