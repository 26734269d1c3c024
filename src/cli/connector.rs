//! `punchgate connector`: asks a shop or an ERP whether all is well, and tries it out.

mod conformance;
mod people;

use std::{process::ExitCode, sync::Arc, time::Duration};

use punchgate_app::{
    Surroundings,
    connectors::{Connected, ConnectorSource},
    directory::Directory,
};
use punchgate_connector::{CheckReport, Context};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::opening;
use crate::{config::Config, connectors, out};

/// How long one call may take.
const CALL: Duration = Duration::from_secs(30);

/// Commands on connectors.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ConnectorCommand {
    /// Asks the other side: reachable, known, allowed, clocks together, settings true; exits 1 if it cannot work so
    Check {
        #[command(flatten)]
        which: Which,
    },
    /// Tries out what the other side must do, on one customer of it; exits 1 if a case fails
    Conformance(Box<conformance::ConformanceArgs>),
}

/// Which connector, and how it is shown.
#[derive(Debug, clap::Args)]
pub(super) struct Which {
    /// The connector's id
    #[arg(value_name = "ID")]
    id: String,
    /// Its supplier [default: the only one]
    #[arg(long)]
    supplier: Option<String>,
    /// Prints the report as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, command: ConnectorCommand) -> Result<ExitCode, String> {
    let keyring = Arc::new(opening::keyring(config)?);
    let surroundings = opening::existing(config).await?;
    let registry = connectors::registry().with_roots(config.folders.roots.clone());
    let bench = Bench {
        directory: Directory::new(surroundings.clone(), Arc::clone(&keyring)),
        source: ConnectorSource::new(surroundings.clone(), keyring, registry),
        surroundings,
    };
    let outcome = match command {
        ConnectorCommand::Check { which } => bench.check(&which).await,
        ConnectorCommand::Conformance(args) => Box::pin(bench.conformance(&args)).await,
    };
    bench.surroundings.db.close().await;
    outcome.map(|fit| if fit { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

struct Bench {
    directory: Directory,
    source: ConnectorSource,
    surroundings: Surroundings,
}

impl Bench {
    async fn connected(&self, which: &Which) -> Result<Arc<Connected>, String> {
        let supplier = match &which.supplier {
            Some(supplier) => opening::supplier(&self.surroundings, supplier).await?,
            None => self.only_supplier().await?,
        };
        let id = ConnectorId::from(which.id.as_str());
        let found = self.source.connector(&supplier, &id).await;
        found.map_err(|error| error.to_string())
    }

    async fn only_supplier(&self) -> Result<SupplierId, String> {
        let suppliers = self
            .directory
            .suppliers()
            .await
            .map_err(|error| error.to_string())?;
        match suppliers.as_slice() {
            [one] => Ok(one.id.clone()),
            [] => Err("there is no supplier yet: punchgate apply FILE makes them".to_owned()),
            several => {
                let ids: Vec<&str> = several.iter().map(|supplier| supplier.id.as_str()).collect();
                Err(format!(
                    "there are several suppliers: add --supplier, one of {}",
                    ids.join(", ")
                ))
            }
        }
    }

    fn context(&self, connected: &Connected, operation: String) -> Context {
        connected.context(operation, self.surroundings.now(), CALL, CancellationToken::new())
    }

    async fn check(&self, which: &Which) -> Result<bool, String> {
        let connected = self.connected(which).await?;
        let context = self.context(&connected, format!("check-{}", self.surroundings.new_id()));
        let checked = connected.connector.check(&context).await;
        let report = checked.map_err(|error| format!("connector {}: {error}", which.id))?;
        let has = connected.connector.spec().names();
        match which.json {
            true => out::json(&check_json(&report, &has)),
            false => show_check(&report, &has),
        }
        Ok(report.is_fit())
    }
}

fn show_check(report: &CheckReport, has: &[&str]) {
    let software = report.software.as_deref().unwrap_or("software unknown");
    out::line(format_args!("{} ({software})", report.name));
    out::line(format_args!(
        "has {}; its clock is {} off",
        has.join(", "),
        report.clock_skew
    ));
    for finding in &report.findings {
        let weight = if finding.fatal { "stops" } else { "notice" };
        out::line(format_args!("{weight:<8} {}", finding.message));
    }
    out::line(match (report.is_fit(), report.findings.is_empty()) {
        (true, true) => "All is well.",
        (true, false) => "It works; look at the notices.",
        (false, _) => "It cannot work so.",
    });
}

fn check_json(report: &CheckReport, has: &[&str]) -> serde_json::Value {
    let findings: Vec<_> = report
        .findings
        .iter()
        .map(|finding| json!({ "fatal": finding.fatal, "message": finding.message }))
        .collect();
    json!({
        "name": report.name,
        "software": report.software,
        "has": has,
        "clock_skew_milliseconds": i64::try_from(report.clock_skew.as_millis()).unwrap_or(i64::MAX),
        "findings": findings,
        "fit": report.is_fit(),
    })
}
