//! Alerts: what there is to tell is looked for in rounds; mails go out as jobs. Key: the mail's id, which the payload fixes.

use std::{sync::Arc, time::Duration};

use punchgate_app::{
    alerts::MachineTrouble,
    work::{Claimed, Ending},
};
use punchgate_domain::Instant;
use tokio_util::sync::CancellationToken;

use crate::{gateway::Gateway, machine};

/// How often it is looked what there is to tell.
const LOOK: Duration = Duration::from_secs(20);
/// How often the certificates of the public addresses are looked at.
const CERTIFICATES_SECONDS: i64 = 3_600;

/// Sends a mail.
pub(super) async fn send(gateway: &Gateway, claimed: &Claimed) -> Ending {
    gateway.alerts.send(claimed).await
}

/// Looks until told to stop.
pub async fn run(gateway: Arc<Gateway>, stop: CancellationToken) {
    let mut certificates: Option<(Instant, Vec<MachineTrouble>)> = None;
    loop {
        let now = gateway.surroundings.now();
        let is_good = |at: &Instant| now.duration_since(*at).as_secs() < CERTIFICATES_SECONDS;
        let known = certificates.take().filter(|(at, _)| is_good(at));
        let (at, troubles) = match known {
            Some(known) => known,
            None => tokio::select! {
                () = stop.cancelled() => return,
                found = machine::certificates(&gateway.config, now) => (now, found),
            },
        };
        let mut machine = machine::full_disk(&gateway.config);
        machine.extend(troubles.iter().cloned());
        certificates = Some((at, troubles));
        if let Err(error) = gateway.alerts.round(&machine).await {
            tracing::error!(%error, "it could not be seen what people are to be told of");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}
