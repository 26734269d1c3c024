//! Reports on copies: looked for every minute, made once a day has ended.

use std::time::Duration;

use crate::gateway::Gateway;

/// How often it is looked whether a day has ended.
pub(super) const LOOK: Duration = Duration::from_secs(60);

/// Makes the reports that are due.
pub(super) async fn round(gateway: &Gateway) {
    if let Err(error) = gateway.shadow.round(&gateway.holder).await {
        tracing::error!(%error, "reports on copies could not be made");
    }
}
