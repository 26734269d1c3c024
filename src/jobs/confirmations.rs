//! Confirmations to buyers. Key: the payloadID and the confirmation number, fixed in the payload.

use punchgate_app::work::{Claimed, Ending};

use crate::gateway::Gateway;

/// Delivers a confirmation.
pub(super) async fn deliver(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.deliver.run(claimed).await
}
