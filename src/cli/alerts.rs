//! `punchgate alerts`: whether people who are told of what needs them can be written to.

use std::{process::ExitCode, sync::Arc};

use punchgate_app::{alerts::Alerts, directory::Directory};

use super::opening;
use crate::{config::Config, gateway::Gateway, out};

/// What is done with alerts.
#[derive(Debug, clap::Subcommand)]
pub(super) enum AlertsCommand {
    /// Writes a mail to everybody who is told of anything, and says what the mail server made of each; exits 1 if one was not taken
    ///
    /// Where one was taken, mails with alerts that were given up or wait are sent at once by the gateway that runs.
    Test,
}

pub(super) async fn run(config: &Config, command: AlertsCommand) -> Result<ExitCode, String> {
    let AlertsCommand::Test = command;
    if !config.alerts.email.is_on() {
        return Err("no mail server is configured: name one in alerts.email.host".to_owned());
    }
    let surroundings = opening::existing(config).await?;
    let directory = Arc::new(Directory::new(
        surroundings.clone(),
        Arc::new(opening::keyring(config)?),
    ));
    let alerts = Gateway::alerts(config, &surroundings, &directory, surroundings.new_id());
    let outcome = try_out(&alerts).await;
    surroundings.db.close().await;
    outcome
}

async fn try_out(alerts: &Alerts) -> Result<ExitCode, String> {
    let tried = alerts.try_out().await.map_err(|error| error.to_string())?;
    if tried.is_empty() {
        return Err(
            "nobody is told: name somebody in alerts.email.to, or in alerts_to of a supplier".to_owned(),
        );
    }
    for one in &tried {
        let of = match one.of.as_slice() {
            [] => "the installation".to_owned(),
            names => names.join(", "),
        };
        match &one.said {
            Ok(said) => out::line(format_args!("taken    {} ({of}): {said}", one.to)),
            Err(trouble) => out::line(format_args!("failed   {} ({of}): {trouble}", one.to)),
        }
    }
    if tried.iter().any(|one| one.said.is_ok()) {
        let freed = alerts
            .send_what_waits()
            .await
            .map_err(|error| error.to_string())?;
        if freed > 0 {
            out::line(format_args!(
                "{freed} mails that waited are sent now by the gateway that runs."
            ));
        }
    }
    match tried.iter().all(|one| one.said.is_ok()) {
        true => Ok(ExitCode::SUCCESS),
        false => Ok(ExitCode::FAILURE),
    }
}
