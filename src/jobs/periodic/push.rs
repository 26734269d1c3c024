//! The job `push-account`: what was asked for here goes to the ERP. Key: the account's expected version.

use std::sync::Arc;

use punchgate_app::{
    accounts::PushJob,
    sync::{PushOutcome, SyncScope},
    work::{Claimed, Ending},
};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use tokio_util::sync::CancellationToken;

use super::feeds::{context, sync};
use crate::gateway::Gateway;

/// Writes what waits for the account.
pub(in crate::jobs) async fn push_account(gateway: &Arc<Gateway>, claimed: &Claimed) -> Ending {
    let job: PushJob = match claimed.payload(1) {
        Ok(job) => job,
        Err(why) => return Ending::Dead(why),
    };
    let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
    let connector = ConnectorId::new(job.connector.clone());
    let connected = match gateway.connectors.connector(&supplier, &connector).await {
        Ok(connected) => connected,
        Err(error) => return Ending::Retry(error.to_string()),
    };
    let spec = connected.spec();
    let Some(accounts) = spec.accounts else {
        return Ending::Dead(format!("connector {connector} keeps no accounts"));
    };
    // Work under way is finished: an order to stop ends no write.
    let stop = CancellationToken::new();
    let calls = |operation: &str| context(gateway, &connected, operation, &stop);
    let scope = SyncScope {
        supplier: supplier.to_string(),
        connector: job.connector,
        scope: job.scope,
    };
    let writer = (accounts, spec.capabilities.writable);
    match sync(gateway)
        .push_account(&scope, &connected.sync, writer, &calls, &job.external_id)
        .await
    {
        Ok(PushOutcome::Nothing) => Ending::Done("nothing was left to write".to_owned()),
        Ok(PushOutcome::Written { refused }) if refused.is_empty() => Ending::Done("written".to_owned()),
        Ok(PushOutcome::Written { refused }) => Ending::Done(format!("written but for {refused:?}")),
        Ok(PushOutcome::Parked) => Ending::Done("parked as a conflict: a person decides".to_owned()),
        // Whoever has been told of it sees to it: until then it is looked at now and then, without limit.
        Ok(PushOutcome::Waiting { what, is_long: true }) => Ending::Wait(what),
        Ok(PushOutcome::Waiting { what, is_long: false }) => Ending::Retry(what),
        Err(error) if error.is_retryable() => Ending::Retry(error.to_string()),
        Err(error) => Ending::Dead(error.to_string()),
    }
}
