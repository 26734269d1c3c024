//! Events to other systems. Key: one stream a system and subject; the event's id is the same at every attempt.

use punchgate_app::work::{Claimed, Ending};

use crate::gateway::Gateway;

/// Tells one system of one event.
pub(super) async fn tell(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.tell.run(claimed).await
}
