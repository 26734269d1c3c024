//! `punchgate connector`: asks a shop or an ERP whether all is well, and tries it out.

use std::{process::ExitCode, sync::Arc, time::Duration};

use jiff::tz::TimeZone;
use punchgate_app::{
    Surroundings,
    connectors::{Connected, ConnectorSource},
    directory::Directory,
};
use punchgate_connector::{
    CheckReport, Context,
    conformance::{ErpFixture, OrderFixture, Report, StorefrontFixture, run_erp, run_storefront},
};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    money::{Currency, StatedAmount},
    quantity::Unit,
};
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
    Conformance(Box<ConformanceArgs>),
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

/// Arguments of `connector conformance`.
#[derive(Debug, clap::Args)]
pub(super) struct ConformanceArgs {
    #[command(flatten)]
    which: Which,
    /// A customer that may order and may be changed, by the other side's id
    #[arg(long)]
    customer: String,
    /// A part that this customer can order
    #[arg(long)]
    part: String,
    /// Its unit, such as EA
    #[arg(long)]
    unit: String,
    /// Its net price for this customer, such as 12.40
    #[arg(long)]
    price: String,
    /// The price's currency, such as USD
    #[arg(long, value_parser = Currency::parse)]
    currency: Currency,
    /// A customer whose orders the ERP holds or rejects
    #[arg(long)]
    held_customer: Option<String>,
    /// A customer that was deleted in the ERP
    #[arg(long)]
    deleted_customer: Option<String>,
    /// Makes orders that count as real ones: only in an installation that is for tests. Else they are marked as
    /// tests, and what only real orders do is not tried
    #[arg(long)]
    live: bool,
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

    async fn conformance(&self, args: &ConformanceArgs) -> Result<bool, String> {
        let order = self.order(args)?;
        let connected = self.connected(&args.which).await?;
        let make = |operation: String| self.context(&connected, operation);
        let spec = connected.connector.spec();
        let (is_erp, is_shop) = (
            spec.accounts.is_some()
                || spec.exposure.is_some()
                || spec.orders.is_some()
                || spec.documents.is_some(),
            spec.sessions.is_some() || spec.catalogue.is_some() || spec.shop_orders.is_some(),
        );
        let mut reports = Vec::new();
        if is_erp {
            let fixture = ErpFixture {
                run_id: self.run_id(),
                context: &make,
                customer: args.customer.clone(),
                held_customer: args.held_customer.clone(),
                deleted_customer: args.deleted_customer.clone(),
                order: order.clone(),
                people: None,
                wrong_scope: None,
            };
            reports.push(run_erp(connected.connector.as_ref(), &fixture).await);
        }
        if is_shop {
            let fixture = StorefrontFixture {
                run_id: self.run_id(),
                context: &make,
                customer: args.customer.clone(),
                order,
            };
            reports.push(run_storefront(connected.connector.as_ref(), &fixture).await);
        }
        for report in &reports {
            match args.which.json {
                true => out::json(&report_json(report)),
                false => out::line(report),
            }
        }
        if reports.is_empty() {
            return Err(format!("{} has nothing that a suite could try", spec.id));
        }
        Ok(reports.iter().all(Report::is_conformant))
    }

    fn order(&self, args: &ConformanceArgs) -> Result<OrderFixture, String> {
        let unit_price = StatedAmount::parse(&args.price, args.currency)
            .map_err(|error| format!("--price {}: {error}", args.price))?;
        Ok(OrderFixture {
            part_id: args.part.clone(),
            unit: Unit::new(&args.unit),
            unit_price,
            date: self.surroundings.now().to_zoned(TimeZone::UTC).date(),
            live: args.live,
        })
    }

    /// Of the last digits of an id, which are random: references are made of it, and they are short.
    fn run_id(&self) -> String {
        let id = self.surroundings.new_id();
        format!("run-{}", id.rsplit('-').next().unwrap_or(&id))
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

fn report_json(report: &Report) -> serde_json::Value {
    let cases: Vec<_> = report
        .cases
        .iter()
        .map(|case| json!({ "case": case.case, "verdict": case.verdict.as_str(), "detail": case.detail }))
        .collect();
    json!({ "cases": cases, "conformant": report.is_conformant() })
}
