//! `punchgate relationship`: the switch that stops a trading relationship at once.

use std::{process::ExitCode, sync::Arc};

use punchgate_app::{
    Surroundings,
    accounts::Author,
    directory::{Directory, parse_path_text},
};

use super::opening;
use crate::{config::Config, out};

/// Commands on trading relationships.
#[derive(Debug, clap::Subcommand)]
pub(super) enum RelationshipCommand {
    /// Switches a relationship on or off; a gateway that runs knows it within two seconds
    Switch {
        /// Which: SUPPLIER.RELATIONSHIP, such as acme.borealis
        #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
        relationship: String,
        /// How it is to stand
        #[arg(value_parser = ["on", "off"])]
        to: String,
        /// Who says so
        #[arg(long, env = "USER")]
        by: String,
        /// Why; kept in the history
        #[arg(long)]
        reason: String,
    },
}

pub(super) async fn run(config: &Config, command: RelationshipCommand) -> Result<ExitCode, String> {
    let surroundings = opening::existing(config).await?;
    let outcome = act(config, &surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(
    config: &Config,
    surroundings: &Surroundings,
    command: RelationshipCommand,
) -> Result<ExitCode, String> {
    let RelationshipCommand::Switch {
        relationship,
        to,
        by,
        reason,
    } = command;
    let (supplier, id) = parse_path_text(&relationship)
        .ok_or_else(|| format!("'{relationship}': write SUPPLIER.RELATIONSHIP, such as acme.borealis"))?;
    let supplier = opening::supplier(surroundings, supplier.as_str()).await?;
    let author = Author::new(format!("cli:{by}"), reason).map_err(|error| error.to_string())?;
    let directory = Directory::new(surroundings.clone(), Arc::new(opening::keyring(config)?));
    let switched = directory
        .switch(&supplier, &id, to == "on", &author)
        .await
        .map_err(|error| error.to_string())?;
    out::line(format_args!("{relationship} is {to} since {}.", switched.since));
    Ok(ExitCode::SUCCESS)
}
