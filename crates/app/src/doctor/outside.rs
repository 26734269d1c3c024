//! The systems that connectors speak to.

use std::{sync::Arc, time::Duration};

use punchgate_domain::ids::SupplierId;
use punchgate_storage::StorageResult;
use tokio_util::sync::CancellationToken;

use super::Finding;
use crate::{
    Surroundings,
    connectors::{ConnectorSource, ConnectorView, SecretsView},
};

/// How long one may take to answer.
const CALL: Duration = Duration::from_secs(20);
/// Clocks that are further apart make leases and readings doubtful.
const APART: Duration = Duration::from_secs(60);

/// Every connector of a supplier, asked by its own check.
pub async fn connectors(
    surroundings: &Surroundings,
    source: &Arc<ConnectorSource>,
    supplier: &SupplierId,
) -> StorageResult<Vec<Finding>> {
    let mut found = Vec::new();
    for view in source.overview(supplier).await? {
        // Told with the secrets.
        if !matches!(view.secrets, SecretsView::Closed) {
            found.extend(connector(surroundings, source, supplier, &view).await);
        }
    }
    Ok(found)
}

/// One connector, asked by its own check.
pub(super) async fn connector(
    surroundings: &Surroundings,
    source: &ConnectorSource,
    supplier: &SupplierId,
    view: &ConnectorView,
) -> Vec<Finding> {
    let place = format!("connector {supplier}.{}", view.id);
    if !view.enabled {
        let remedy = "switch it on at the console where it should be asked";
        return vec![Finding::warning(place, "it is switched off", remedy)];
    }
    let opened = match source.connector(supplier, &view.id).await {
        Ok(opened) => opened,
        Err(error) => {
            let remedy = "mend its settings and apply the file again";
            return vec![Finding::problem(place, error.to_string(), remedy)];
        }
    };
    let id = format!("doctor-{}", surroundings.new_id());
    let context = opened.context(id, surroundings.now(), CALL, CancellationToken::new());
    let report = match opened.connector.check(&context).await {
        Ok(report) => report,
        Err(error) => {
            let remedy = format!(
                "see that it answers: punchgate connector check {} --supplier {supplier}",
                view.id
            );
            return vec![Finding::problem(place, error.to_string(), remedy)];
        }
    };
    let mut found = Vec::new();
    for finding in &report.findings {
        let make = if finding.fatal {
            Finding::problem
        } else {
            Finding::warning
        };
        let remedy = "mend it there, or in its settings";
        found.push(make(place.clone(), finding.message.clone(), remedy.to_owned()));
    }
    if report.clock_skew.unsigned_abs() > APART {
        let text = format!("its clock is {} from ours", report.clock_skew);
        found.push(Finding::warning(
            place.clone(),
            text,
            "have both machines keep time by NTP",
        ));
    }
    if found.is_empty() {
        found.push(Finding::ok(place, format!("{} answers", report.name)));
    }
    found
}
