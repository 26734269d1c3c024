//! `punchgate keys`: the keys that seal secrets in the database.

use std::process::ExitCode;

use punchgate_app::{
    entropy::OsEntropy,
    seal::{Keyring, rotation},
};

use super::opening;
use crate::{config::Config, out};

/// Commands on sealing keys.
#[derive(Debug, clap::Subcommand)]
pub(super) enum KeysCommand {
    /// Prints a new key: `punchgate keys new > punchgate.key`, or put it above the first line to rotate
    New,
    /// Lists the ids of the keys in the key file; the first one seals
    List,
    /// Seals everything anew with the first key of the key file
    Rotate,
}

/// Prints a new key.
pub(super) fn new() {
    out::line(Keyring::new_key(&OsEntropy).expose());
}

pub(super) async fn run(config: &Config, command: KeysCommand) -> Result<ExitCode, String> {
    let keyring = opening::keyring(config)?;
    match command {
        KeysCommand::New => new(),
        KeysCommand::List => {
            for (place, id) in keyring.ids().enumerate() {
                let role = if place == 0 { "seals" } else { "opens" };
                out::line(format_args!("{id}  {role}"));
            }
        }
        KeysCommand::Rotate => {
            let surroundings = opening::surroundings(config).await?;
            let outcome = rotation::rotate(&surroundings, &keyring).await;
            surroundings.db.close().await;
            let rotated = outcome.map_err(|error| error.to_string())?;
            out::line(format_args!(
                "{} secrets sealed anew with key {}, {} were already.",
                rotated.resealed,
                keyring.active_id(),
                rotated.unchanged
            ));
        }
    }
    Ok(ExitCode::SUCCESS)
}
