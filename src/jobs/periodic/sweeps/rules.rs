//! Rounds of the rules that hold: what a feed enters is looked at when it is entered; this is for what time alone changes,
//! and for rules that have changed.

use std::{collections::HashMap, sync::Arc, time::Duration};

use jiff::civil::Date;
use punchgate_app::{accounts::rules_round, directory::Supplier};
use punchgate_domain::{Instant, ids::SupplierId};
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;

/// How often it is looked whether a round is due.
const LOOK: Duration = Duration::from_secs(5);
/// How often one is due anyway, for reservations, and for readings by a gateway that did not know a new rule yet.
const AGAIN_SECONDS: i64 = 300;

/// When a supplier's last round was, and what it went by.
struct Last {
    supplier: Arc<Supplier>,
    day: Date,
    at: Instant,
}

impl Last {
    /// The directory hands out the same supplier until something of it is declared anew.
    fn is_good(&self, supplier: &Arc<Supplier>, day: Date, now: Instant) -> bool {
        Arc::ptr_eq(&self.supplier, supplier)
            && self.day == day
            && now.duration_since(self.at).as_secs() < AGAIN_SECONDS
    }
}

/// Goes round until told to stop.
pub(super) async fn run(gateway: &Arc<Gateway>, stop: &CancellationToken) {
    let mut last: HashMap<SupplierId, Last> = HashMap::new();
    loop {
        for supplier in suppliers(gateway).await {
            let now = gateway.surroundings.now();
            let day = now.to_zoned(supplier.time_zone.clone()).date();
            let known = last.get(&supplier.id);
            if stop.is_cancelled() || known.is_some_and(|last| last.is_good(&supplier, day, now)) {
                continue;
            }
            if round(gateway, &supplier).await {
                let id = supplier.id.clone();
                let at = now;
                last.insert(id, Last { supplier, day, at });
            }
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// A round for every supplier.
pub(super) async fn once(gateway: &Arc<Gateway>) {
    for supplier in suppliers(gateway).await {
        round(gateway, &supplier).await;
    }
}

async fn suppliers(gateway: &Gateway) -> Vec<Arc<Supplier>> {
    gateway.directory.suppliers().await.unwrap_or_else(|error| {
        tracing::error!(%error, "the suppliers could not be listed");
        Vec::new()
    })
}

async fn round(gateway: &Gateway, supplier: &Supplier) -> bool {
    match rules_round(&gateway.surroundings, &gateway.holder, supplier).await {
        Ok(_) => true,
        Err(error) => {
            tracing::error!(%error, supplier = %supplier.id, "the rules that hold could not be looked at");
            false
        }
    }
}
