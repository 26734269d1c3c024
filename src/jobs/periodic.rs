//! Work that comes round: what every ERP tells of accounts, exposure and documents, and what every shop says of the orders
//! that it has taken, each in a loop of its own, so that a slow one keeps no other waiting; and the sweeps. Of several gateways one at a time reads a feed:
//! the use case takes the lease.

mod feeds;
mod peer;
mod push;
mod sweeps;
mod trouble;

use std::{collections::HashMap, sync::Arc, time::Duration};

use punchgate_app::connectors::{is_erp, is_shop};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use punchgate_storage::{StorageError, StorageResult, connector_instance};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;

pub(crate) use feeds::scope_of;
use peer::{Feed, Peer};
pub(super) use push::push_account;
use trouble::Matters;

/// How often the list of connectors is read again.
const LOOK_AROUND: Duration = Duration::from_secs(2);

/// Tends every connector and sweeps, until told to stop.
pub async fn run(gateway: Arc<Gateway>, stop: CancellationToken) {
    let mut tended: HashMap<(Peer, Feed), JoinHandle<()>> = HashMap::new();
    let mut matters: HashMap<Peer, Arc<Matters>> = HashMap::new();
    let sweeps = tokio::spawn(sweeps::run(Arc::clone(&gateway), stop.clone()));
    loop {
        tended.retain(|_, task| !task.is_finished());
        matters.retain(|peer, _| tended.keys().any(|(tended, _)| tended == peer));
        match peers(&gateway).await {
            Ok(found) => {
                for key in found
                    .iter()
                    .flat_map(|peer| peer.feeds().iter().map(|feed| (peer.clone(), *feed)))
                {
                    let (peer, feed) = key.clone();
                    let (gateway, stop) = (Arc::clone(&gateway), stop.clone());
                    let matters = Arc::clone(matters.entry(peer.clone()).or_default());
                    tended
                        .entry(key)
                        .or_insert_with(|| tokio::spawn(feeds::tend(gateway, peer, (feed, matters), stop)));
                }
            }
            Err(error) => tracing::error!(%error, "the connectors could not be listed"),
        }
        if let Err(error) = gateway.hooks.ring_due().await {
            tracing::error!(%error, "it could not be seen which feeds are hinted at");
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
    for peer in peers(gateway).await? {
        feeds::once(gateway, &peer).await;
    }
    sweeps::once(gateway).await;
    Ok(())
}

async fn peers(gateway: &Gateway) -> StorageResult<Vec<Peer>> {
    let suppliers = gateway
        .directory
        .suppliers()
        .await
        .map_err(|error| StorageError::Other(error.to_string()))?;
    let mut found = Vec::new();
    let mut tx = gateway.surroundings.db.read().await?;
    for supplier in suppliers {
        for row in connector_instance::of_supplier(&mut tx, supplier.id.as_str()).await? {
            if row.enabled != 0 && (is_erp(&row.kind) || is_shop(&row.kind)) {
                found.push(Peer {
                    supplier: SupplierId::new(row.supplier_id),
                    connector: ConnectorId::new(row.connector_id),
                    is_shop: is_shop(&row.kind),
                });
            }
        }
    }
    tx.rollback().await?;
    Ok(found)
}
