//! Holds and sessions whose time is over, orders whose customer is known by now, reports on days that have ended. Each sweep has a loop of its own,
//! sessions one for each supplier: closing them calls the shop, and a dead one delays nobody else.

mod rules;
mod shadow;

use std::{collections::HashMap, sync::Arc, time::Duration};

use punchgate_app::accounts::holds_expired;
use punchgate_domain::ids::SupplierId;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;

/// How often holds whose time is over, and orders without a customer, are looked for.
const HOLDS: Duration = Duration::from_secs(5);

/// Sweeps until told to stop.
pub(super) async fn run(gateway: Arc<Gateway>, stop: CancellationToken) {
    tokio::join!(
        every(HOLDS, &stop, || holds(&gateway)),
        rules::run(&gateway, &stop),
        every(HOLDS, &stop, || without_customer(&gateway)),
        every(shadow::LOOK, &stop, || shadow::round(&gateway)),
        sessions(&gateway, &stop),
    );
}

/// Each sweep once, one after the other.
pub(super) async fn once(gateway: &Arc<Gateway>) {
    holds(gateway).await;
    rules::once(gateway).await;
    for supplier in suppliers(gateway).await {
        expire_sessions(gateway, &supplier).await;
    }
    without_customer(gateway).await;
    shadow::round(gateway).await;
}

async fn every<F: Future<Output = ()>>(pause: Duration, stop: &CancellationToken, sweep: impl Fn() -> F) {
    loop {
        sweep().await;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}

async fn holds(gateway: &Gateway) {
    if let Err(error) = holds_expired(&gateway.surroundings).await {
        tracing::error!(%error, "holds whose time is over could not be looked for");
    }
}

async fn without_customer(gateway: &Gateway) {
    if let Err(error) = gateway.redecide.without_customer().await {
        tracing::error!(%error, "orders without a customer could not be looked at");
    }
}

/// Begins a supplier's sweep as often as the configuration says, unless its last one is still under way.
async fn sessions(gateway: &Arc<Gateway>, stop: &CancellationToken) {
    let mut under_way: HashMap<SupplierId, JoinHandle<()>> = HashMap::new();
    loop {
        under_way.retain(|_, task| !task.is_finished());
        for supplier in suppliers(gateway).await {
            under_way.entry(supplier.clone()).or_insert_with(|| {
                let (gateway, stop) = (Arc::clone(gateway), stop.clone());
                tokio::spawn(async move {
                    // What is over is recorded before the shop is called, so a call may be left out.
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = expire_sessions(&gateway, &supplier) => {}
                    }
                })
            });
        }
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep(gateway.config.punchout.expiry_sweep) => {}
        }
    }
    for (_, task) in under_way {
        // A task that failed has said so.
        let _ = task.await;
    }
}

async fn suppliers(gateway: &Gateway) -> Vec<SupplierId> {
    match gateway.directory.suppliers().await {
        Ok(suppliers) => suppliers
            .into_iter()
            .map(|supplier| supplier.id.clone())
            .collect(),
        Err(error) => {
            tracing::error!(%error, "the suppliers could not be listed");
            Vec::new()
        }
    }
}

async fn expire_sessions(gateway: &Gateway, supplier: &SupplierId) {
    if let Err(error) = gateway.punchout.expire_overdue(supplier).await {
        tracing::error!(%error, "sessions whose time is over could not be closed");
    }
}
