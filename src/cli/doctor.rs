//! `punchgate doctor`: looks at everything that the gateway stands on, and says what to do.

use std::{path::Path, process::ExitCode, sync::Arc};

use punchgate_app::{
    Surroundings,
    alerts::MailTrouble,
    connectors::ConnectorSource,
    directory::Directory,
    doctor::{self, Finding, Weight, looked},
    seal::Keyring,
};
use serde_json::json;

use super::opening;
use crate::{
    config::{Config, ConfigProblem},
    connectors,
    gateway::Gateway,
    machine, out,
};

/// Arguments of `doctor`.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// Asks neither ERPs nor shops, nor the public address
    #[arg(long)]
    offline: bool,
    /// Prints the findings as JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(file: Option<&Path>, args: DoctorArgs) -> Result<ExitCode, String> {
    let problems = Config::problems(file);
    let mut found: Vec<Finding> = problems.iter().map(of_config).collect();
    match Config::load(file) {
        Ok(config) => {
            found.extend(
                config.notes().iter().map(|note| {
                    Finding::warning(note.place.clone(), note.problem.clone(), note.remedy.clone())
                }),
            );
            if found.is_empty() {
                found.push(Finding::ok("configuration", "it is valid"));
            }
            found.extend(examine(&config, args.offline).await);
        }
        // Without one nothing else can be looked at.
        Err(_) if found.is_empty() => {
            let remedy = "run punchgate check-config";
            found.push(Finding::problem("configuration", "it cannot be read", remedy));
        }
        Err(_) => {}
    }
    show(&found, args.json);
    let has_problem = found.iter().any(|one| one.weight == Weight::Problem);
    Ok(if has_problem {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn of_config(problem: &ConfigProblem) -> Finding {
    Finding::problem(
        problem.place.clone(),
        problem.problem.clone(),
        problem.remedy.clone(),
    )
}

async fn examine(config: &Config, offline: bool) -> Vec<Finding> {
    let mut found = machine::disk(config);
    if !offline {
        found.extend(machine::public_address(config).await);
    }
    let surroundings = match opening::existing(config).await {
        Ok(surroundings) => surroundings,
        Err(why) => {
            found.push(Finding::problem("database", why, "then look again"));
            return found;
        }
    };
    found.extend(within(config, &surroundings, offline).await);
    surroundings.db.close().await;
    found
}

async fn within(config: &Config, surroundings: &Surroundings, offline: bool) -> Vec<Finding> {
    let mut found = looked("database", doctor::database(surroundings).await);
    found.extend(looked("restoration", doctor::restoration(surroundings).await));
    // Told with the configuration.
    let Ok(keyring) = opening::keyring(config) else {
        return found;
    };
    let keyring: Arc<Keyring> = Arc::new(keyring);
    let directory = Directory::new(surroundings.clone(), Arc::clone(&keyring));
    let suppliers = match punchgate_app::directory::supplier_ids(surroundings).await {
        Ok(suppliers) => suppliers,
        Err(error) => {
            found.push(Finding::problem(
                "suppliers",
                error.to_string(),
                "then look again",
            ));
            return found;
        }
    };
    if !offline {
        let directory = Arc::new(Directory::new(surroundings.clone(), Arc::clone(&keyring)));
        let alerts = Gateway::alerts(config, surroundings, &directory, surroundings.new_id());
        found.extend(alerts.check().await.map(of_mail));
    }
    found.extend(looked("clock", doctor::clock(surroundings, &suppliers).await));
    found.extend(looked(
        "secrets",
        doctor::secrets(surroundings, &keyring, &suppliers).await,
    ));
    if suppliers.is_empty() {
        let remedy = "declare one and run punchgate apply FILE (docs/apply.example.toml)";
        found.push(Finding::warning("suppliers", "there is none yet", remedy));
    }
    let registry = connectors::registry().with_roots(config.folders.roots.clone());
    let source = Arc::new(ConnectorSource::new(surroundings.clone(), keyring, registry));
    for supplier in &suppliers {
        found.extend(looked("work", doctor::work(surroundings, supplier).await));
        match directory.relationships(supplier).await {
            Ok(all) if all.is_empty() => {
                let place = format!("relationships of {supplier}");
                let remedy = "declare one and run punchgate apply FILE";
                found.push(Finding::warning(place, "there is none yet", remedy));
            }
            Ok(all) => found.extend(doctor::relationships(&all)),
            Err(error) => found.push(Finding::problem(
                format!("relationships of {supplier}"),
                error.to_string(),
                "mend it and apply the file again",
            )),
        }
        if !offline {
            let asked = Box::pin(doctor::connectors(surroundings, &source, supplier)).await;
            found.extend(looked("connectors", asked));
        }
    }
    found
}

fn of_mail(checked: Result<String, MailTrouble>) -> Finding {
    let place = "alerts by e-mail";
    match checked {
        Ok(text) => Finding::ok(place, text),
        Err(trouble) => Finding::problem(
            place,
            trouble.to_string(),
            "mend [alerts.email] or the mail server, then punchgate alerts test",
        ),
    }
}

fn show(found: &[Finding], as_json: bool) {
    let count = |weight| found.iter().filter(|one| one.weight == weight).count();
    let (problems, warnings) = (count(Weight::Problem), count(Weight::Warning));
    if as_json {
        out::json(&json!({ "problems": problems, "warnings": warnings, "findings": found }));
        return;
    }
    for one in found {
        out::line(format_args!(
            "{:<8} {}: {}",
            one.weight.as_str(),
            one.place,
            one.text
        ));
        if !one.remedy.is_empty() {
            out::line(format_args!("{:<8}   {}", "", one.remedy));
        }
    }
    out::line(format_args!("{problems} problems, {warnings} warnings."));
}
