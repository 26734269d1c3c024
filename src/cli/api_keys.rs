//! `punchgate api-keys`: the bearer keys of the API.

use std::{collections::BTreeSet, process::ExitCode};

use punchgate_app::{
    Surroundings,
    api_keys::{self, Scope},
};

use super::opening;
use crate::{config::Config, out};

/// Commands on API keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ApiKeysCommand {
    /// Issues a key and prints it; it is shown this once
    Issue {
        /// The supplier whose data it opens
        #[arg(long)]
        supplier: String,
        /// What operators call it
        #[arg(long)]
        name: String,
        /// What it may do, such as orders:read; several times for several scopes
        #[arg(long = "scope", required = true, value_parser = Scope::parse)]
        scopes: Vec<Scope>,
    },
    /// Lists the keys of a supplier
    List {
        /// The supplier
        #[arg(long)]
        supplier: String,
    },
    /// Revokes a key at once
    Revoke {
        /// The supplier
        #[arg(long)]
        supplier: String,
        /// The key's id: its third part
        id: String,
    },
}

pub(super) async fn run(config: &Config, command: ApiKeysCommand) -> Result<ExitCode, String> {
    let surroundings = opening::existing(config).await?;
    let outcome = act(&surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(surroundings: &Surroundings, command: ApiKeysCommand) -> Result<ExitCode, String> {
    match command {
        ApiKeysCommand::Issue {
            supplier,
            name,
            scopes,
        } => {
            let scopes: BTreeSet<Scope> = scopes.into_iter().collect();
            let (key, token) = api_keys::issue(surroundings, &supplier.into(), &name, &scopes)
                .await
                .map_err(|error| error.to_string())?;
            out::notice(format_args!("Key {} is shown this once:", key.id));
            out::line(token.expose());
        }
        ApiKeysCommand::List { supplier } => {
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let keys = api_keys::list(surroundings, &supplier)
                .await
                .map_err(|error| error.to_string())?;
            if keys.is_empty() {
                out::notice("It has no API key yet: punchgate api-keys issue makes one.");
            }
            for (key, revoked) in keys {
                let scopes: Vec<&str> = key.scopes.iter().map(|scope| scope.as_str()).collect();
                let state = if revoked { "revoked" } else { "valid" };
                out::line(format_args!(
                    "{}  {state}  {}  {}",
                    key.id,
                    key.name,
                    scopes.join(" ")
                ));
            }
        }
        ApiKeysCommand::Revoke { supplier, id } => {
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let known = api_keys::revoke(surroundings, &supplier, &id)
                .await
                .map_err(|error| error.to_string())?;
            if !known {
                return Err(format!("supplier '{supplier}' has no API key '{id}'"));
            }
            out::line(format_args!("Key {id} is revoked."));
        }
    }
    Ok(ExitCode::SUCCESS)
}
