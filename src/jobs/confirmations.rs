//! Confirmations to buyers. Key: the payloadID, made of the document's id that the payload fixes, and the
//! confirmation number.

use punchgate_app::work::{Claimed, Ending};

use crate::gateway::Gateway;

/// Delivers a confirmation.
pub(super) async fn deliver(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.deliver.run(claimed).await
}
