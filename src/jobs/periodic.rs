//! Work that comes round: accounts, exposure and documents of every ERP; sessions and holds whose time is
//! over. One gateway at a time does it for a connector; the lease is taken by the use case.

use std::{collections::HashMap, sync::Arc, time::Duration};

use punchgate_app::{
    accounts::{PushJob, holds_expired},
    connectors::Connected,
    sync::{PullMode, PushOutcome, Sync, SyncScope},
    work::{Claimed, Ending},
};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use punchgate_storage::{StorageResult, connector_instance};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;

/// How often the list of connectors is read again.
const LOOK_AROUND: Duration = Duration::from_secs(2);
/// How often all accounts are read, which alone shows what a cursor has missed and what is gone.
const SWEEP: Duration = Duration::from_secs(6 * 3600);
/// How often holds whose time is over are looked for.
const HOLDS: Duration = Duration::from_secs(5);

/// Tends every connector and sweeps, until told to stop.
pub async fn run(gateway: Arc<Gateway>, stop: CancellationToken) {
    let mut tended: HashMap<(String, String), JoinHandle<()>> = HashMap::new();
    let sweeps = tokio::spawn(sweep(Arc::clone(&gateway), stop.clone()));
    loop {
        tended.retain(|_, task| !task.is_finished());
        match connectors(&gateway).await {
            Ok(found) => {
                for (supplier, connector, scope) in found {
                    let key = (supplier.to_string(), connector.to_string());
                    let gateway = &gateway;
                    tended.entry(key).or_insert_with(|| {
                        tokio::spawn(tend(
                            Arc::clone(gateway),
                            supplier,
                            connector,
                            scope,
                            stop.clone(),
                        ))
                    });
                }
            }
            Err(error) => tracing::error!(%error, "the connectors could not be listed"),
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(LOOK_AROUND) => {}
        }
    }
    for (_, task) in tended {
        // A task that failed has said so.
        let _ = task.await;
    }
    let _ = sweeps.await;
}

/// One round over every connector and every sweep: for tests and commands.
pub async fn once(gateway: &Arc<Gateway>) -> StorageResult<()> {
    for (supplier, connector, scope) in connectors(gateway).await? {
        let mut explained = None;
        let what = (PullMode::Changes, true);
        round(gateway, &supplier, &connector, &scope, what, &mut explained).await;
    }
    sweep_once(gateway).await;
    Ok(())
}

async fn connectors(gateway: &Gateway) -> StorageResult<Vec<(SupplierId, ConnectorId, String)>> {
    let suppliers = gateway
        .directory
        .suppliers()
        .await
        .map_err(|error| punchgate_storage::StorageError::Other(error.to_string()))?;
    let mut found = Vec::new();
    let mut tx = gateway.surroundings.db.read().await?;
    for supplier in suppliers {
        for row in connector_instance::of_supplier(&mut tx, supplier.id.as_str()).await? {
            if row.enabled != 0 && row.kind.starts_with("erp-") {
                let connector = ConnectorId::new(row.connector_id.clone());
                found.push((supplier.id.clone(), connector, scope_of(&row.settings)));
            }
        }
    }
    tx.rollback().await?;
    Ok(found)
}

/// Company, sales area or credit segment: chosen once in the connector's settings.
fn scope_of(settings: &str) -> String {
    let settings: Option<serde_json::Value> = serde_json::from_str(settings).ok();
    let scope = settings
        .as_ref()
        .and_then(|settings| settings.get("scope"))
        .and_then(|scope| scope.as_str());
    scope.unwrap_or_default().to_owned()
}

async fn tend(
    gateway: Arc<Gateway>,
    supplier: SupplierId,
    connector: ConnectorId,
    scope: String,
    stop: CancellationToken,
) {
    let mut exposure_due = Instant::now();
    let mut sweep_due = Instant::now() + SWEEP;
    let mut explained = None;
    loop {
        let with_exposure = Instant::now() >= exposure_due;
        if with_exposure {
            exposure_due = Instant::now() + gateway.config.sync.exposure;
        }
        let mode = if Instant::now() >= sweep_due {
            sweep_due = Instant::now() + SWEEP;
            PullMode::Sweep
        } else {
            PullMode::Changes
        };
        let what = (mode, with_exposure);
        let fine = round(&gateway, &supplier, &connector, &scope, what, &mut explained).await;
        // An ERP that is away is asked again more slowly.
        let pause = if fine {
            gateway.config.sync.accounts
        } else {
            gateway.config.sync.accounts * 3
        };
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        match connectors(&gateway).await {
            Ok(found) if !found.iter().any(|(s, c, _)| *s == supplier && *c == connector) => return,
            _ => {}
        }
    }
}

/// Accounts, documents, and exposure when it is due; before them, where the connector's settings have changed
/// since `explained`, what its hold codes mean. Whether all went well.
async fn round(
    gateway: &Arc<Gateway>,
    supplier: &SupplierId,
    connector: &ConnectorId,
    scope: &str,
    (mode, with_exposure): (PullMode, bool),
    explained: &mut Option<i64>,
) -> bool {
    let connected = match gateway.connectors.connector(supplier, connector).await {
        Ok(connected) => connected,
        Err(error) => {
            tracing::warn!(%supplier, %connector, %error, "a connector cannot be called");
            return false;
        }
    };
    let mut fine = true;
    if *explained != Some(connected.version) {
        let scope = scope_name(&connected, scope);
        match sync(gateway).explain_holds(&scope, &connected.sync).await {
            Ok(_) => *explained = Some(connected.version),
            Err(error) => {
                tracing::warn!(%supplier, %connector, %error, "the ERP's hold codes could not be explained");
                fine = false;
            }
        }
    }
    for (what, result) in [
        ("accounts", pull_accounts(gateway, &connected, scope, mode).await),
        (
            "exposure",
            if with_exposure {
                pull_exposure(gateway, &connected, scope).await
            } else {
                Ok(())
            },
        ),
        ("documents", pull_documents(gateway, supplier, connector).await),
    ] {
        if let Err(error) = result {
            tracing::warn!(%supplier, %connector, what, %error, "the ERP could not be read");
            fine = false;
        }
    }
    fine
}

async fn pull_accounts(
    gateway: &Arc<Gateway>,
    connected: &Connected,
    scope: &str,
    mode: PullMode,
) -> Result<(), String> {
    let Some(accounts) = connected.spec().accounts else {
        return Ok(());
    };
    let calls = |operation: &str| context(gateway, connected, operation);
    let result = sync(gateway)
        .pull_accounts(
            &scope_name(connected, scope),
            &connected.sync,
            accounts,
            &calls,
            mode,
        )
        .await;
    match result {
        Ok(report) if report.unknown_codes.is_empty() => Ok(()),
        Ok(report) => {
            tracing::warn!(
                supplier = %connected.supplier,
                connector = %connected.id,
                codes = ?report.unknown_codes,
                "the ERP has hold codes that nobody has explained: they remove everything; add them to sync.hold_codes of the connector"
            );
            Ok(())
        }
        Err(error) => Err(error.to_string()),
    }
}

async fn pull_exposure(gateway: &Arc<Gateway>, connected: &Connected, scope: &str) -> Result<(), String> {
    let Some(exposures) = connected.spec().exposure else {
        return Ok(());
    };
    let calls = |operation: &str| context(gateway, connected, operation);
    let result = sync(gateway)
        .pull_exposure(&scope_name(connected, scope), exposures, &calls)
        .await;
    result.map(|_| ()).map_err(|error| error.to_string())
}

async fn pull_documents(
    gateway: &Arc<Gateway>,
    supplier: &SupplierId,
    connector: &ConnectorId,
) -> Result<(), String> {
    gateway
        .feed
        .pull(supplier, connector)
        .await
        .map(|_| ())
        .map_err(|error| error.to_string())
}

/// The job `push-account`: what was asked for here goes to the ERP. Key: the account's expected version.
pub(super) async fn push_account(gateway: &Arc<Gateway>, claimed: &Claimed) -> Ending {
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
    let calls = |operation: &str| context(gateway, &connected, operation);
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
        Err(error) if error.is_retryable() => Ending::Retry(error.to_string()),
        Err(error) => Ending::Dead(error.to_string()),
    }
}

fn sync(gateway: &Gateway) -> Sync {
    Sync::new(gateway.surroundings.clone(), gateway.holder.clone())
}

fn scope_name(connected: &Connected, scope: &str) -> SyncScope {
    SyncScope {
        supplier: connected.supplier.to_string(),
        connector: connected.id.to_string(),
        scope: scope.to_owned(),
    }
}

fn context(gateway: &Gateway, connected: &Connected, operation: &str) -> punchgate_connector::Context {
    connected.context(
        operation,
        gateway.surroundings.now(),
        gateway.config.sync.call,
        CancellationToken::new(),
    )
}

async fn sweep(gateway: Arc<Gateway>, stop: CancellationToken) {
    loop {
        sweep_once(&gateway).await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(HOLDS.min(gateway.config.punchout.expiry_sweep)) => {}
        }
    }
}

async fn sweep_once(gateway: &Arc<Gateway>) {
    if let Err(error) = holds_expired(&gateway.surroundings).await {
        tracing::error!(%error, "holds whose time is over could not be looked for");
    }
    match gateway.directory.suppliers().await {
        Ok(suppliers) => {
            for supplier in suppliers {
                if let Err(error) = gateway.punchout.expire_overdue(&supplier.id).await {
                    tracing::error!(%error, "sessions whose time is over could not be closed");
                }
            }
        }
        Err(error) => tracing::error!(%error, "the suppliers could not be listed"),
    }
    if let Err(error) = gateway.redecide.without_customer().await {
        tracing::error!(%error, "orders without a customer could not be looked at");
    }
}
