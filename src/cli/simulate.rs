//! `punchgate simulate`: a headless buyer goes through the whole loop and says what it found.

mod elsewhere;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use punchgate_app::{
    Surroundings,
    connectors::ConnectorSource,
    directory::{Directory, parse_path_text},
    rehearsal::{Orders, Rehearsals, Report, Wish, suites},
};
use url::Url;

use super::opening;
use crate::{config::Config, connectors, out};

/// Arguments of `simulate`.
#[derive(Debug, clap::Args)]
pub(super) struct SimulateArgs {
    /// Which suite buys
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(suites()))]
    suite: String,
    /// The gateway, such as https://gateway.example, or the whole address that the buyer has entered
    #[arg(long)]
    url: Url,
    /// As which relationship: SUPPLIER.RELATIONSHIP, such as acme.borealis
    #[arg(long = "as", value_name = "RELATIONSHIP")]
    relationship: String,
    /// For a gateway that is elsewhere: a TOML file with the buyer's identities and where its secret is; the shop is
    /// not filled then, and nothing is ordered
    #[arg(long, value_name = "FILE", conflicts_with_all = ["part", "order", "live", "ship_to"])]
    buyer: Option<PathBuf>,
    /// A further host that may be reached, such as that of the start pages; may be repeated
    #[arg(long, value_name = "HOST")]
    host: Vec<String>,
    /// A part to put into the cart; may be repeated [default: what the shop's catalogue begins with]
    #[arg(long, value_name = "PART")]
    part: Vec<String>,
    /// The buyer's id of the address where goods go
    #[arg(long, value_name = "ID")]
    ship_to: Option<String>,
    /// Where carts would be posted to [default: at a return host of the relationship]
    #[arg(long, value_name = "URL")]
    return_url: Option<String>,
    /// Orders on a production relationship, too: marked as tests, which it stores and does not submit
    #[arg(long)]
    order: bool,
    /// Orders that count as real ones: they go to the shop or the ERP
    #[arg(long, conflicts_with = "order")]
    live: bool,
    /// Prints the report as JSON, with the documents that were exchanged (secrets masked)
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, args: SimulateArgs) -> Result<ExitCode, String> {
    let surroundings = opening::existing(config).await?;
    let outcome = Box::pin(beside(config, &surroundings, &args)).await;
    surroundings.db.close().await;
    outcome.map(|report| shown(&report, args.json))
}

/// With a file instead of a database.
pub(super) async fn elsewhere(args: SimulateArgs) -> Result<ExitCode, String> {
    let Some(file) = &args.buyer else {
        return Err("--buyer names the file with the buyer's identities".to_owned());
    };
    let report = Box::pin(elsewhere::run(file, &args)).await?;
    Ok(shown(&report, args.json))
}

impl SimulateArgs {
    /// Whether the gateway is elsewhere, and no configuration of it here.
    pub(super) fn is_elsewhere(&self) -> bool {
        self.buyer.is_some()
    }
}

async fn beside(config: &Config, surroundings: &Surroundings, args: &SimulateArgs) -> Result<Report, String> {
    let (supplier, id) = parse_path_text(&args.relationship).ok_or_else(|| {
        format!(
            "'{}': write SUPPLIER.RELATIONSHIP, such as acme.borealis",
            args.relationship
        )
    })?;
    let supplier = opening::supplier(surroundings, supplier.as_str()).await?;
    let keyring = Arc::new(opening::keyring(config)?);
    let registry = connectors::registry().with_roots(config.folders.roots.clone());
    let directory = Directory::new(surroundings.clone(), Arc::clone(&keyring));
    let source = ConnectorSource::new(surroundings.clone(), keyring, registry);
    let rehearsals = Rehearsals::new(surroundings.clone(), Arc::new(directory), Arc::new(source));
    let wish = Wish {
        supplier,
        relationship: id,
        suite: args.suite.clone(),
        url: args.url.clone(),
        hosts: args.host.clone(),
        parts: args.part.clone(),
        ship_to: args.ship_to.clone(),
        return_url: args.return_url.clone(),
        orders: match (args.live, args.order) {
            (true, _) => Orders::Live,
            (false, true) => Orders::Test,
            (false, false) => Orders::AsRelationship,
        },
    };
    rehearsals.run(&wish).await.map_err(|error| error.to_string())
}

fn shown(report: &Report, as_json: bool) -> ExitCode {
    match as_json {
        true => out::json(report),
        false => out::line(report),
    }
    match report.conformant {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    }
}
