//! The command line: one file a command. A command reads its arguments, calls a use case, prints, and returns
//! an exit code: 0 done, 1 refused or problems found, 2 wrong use of the command line.

mod alerts;
mod api_keys;
mod apply;
mod backup;
mod check_config;
mod connector;
mod cxml;
mod doctor;
mod documents;
mod jobs;
mod keys;
mod mapping;
pub(crate) mod opening;
mod quarantine;
mod rehearse;
mod relationship;
mod restore;
mod shadow;
mod simulate;
mod sync;
mod users;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

use crate::{
    config::Config,
    demo::{DemoArgs, SeedArgs},
    out,
};

/// Punchout, purchase orders, credit and holds: a gateway between procurement suites, shops and ERPs.
#[derive(Debug, Parser)]
#[command(name = "punchgate", version, about, arg_required_else_help = true)]
struct Cli {
    /// The configuration file [default: punchgate.toml, where it exists]
    #[arg(
        long,
        short,
        global = true,
        value_name = "FILE",
        env = "PUNCHGATE_CONFIG",
        hide_env = true
    )]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Runs the gateway
    Serve,
    /// Runs everything embedded: a buyer's suite, the gateway, a shop and an ERP
    Demo(DemoArgs),
    /// Brings the database's schema up to date
    Migrate,
    /// Reads configuration and environment and names every problem at once
    CheckConfig,
    /// Provisions suppliers, relationships, credentials, connectors and mappings from a file
    Apply(apply::ApplyArgs),
    /// Tries whether people can be told of what needs them
    #[command(subcommand)]
    Alerts(alerts::AlertsCommand),
    /// Copies a SQLite database into a file, beside a gateway that runs
    Backup(backup::BackupArgs),
    /// Puts a backup in the place of the database; nothing that it knows is sent twice
    Restore(restore::RestoreArgs),
    /// Tells the gateway that its database is an older copy, restored by other means
    Reconcile(restore::ReconcileArgs),
    /// Asks shops and ERPs whether all is well, and tries them out
    #[command(subcommand)]
    Connector(connector::ConnectorCommand),
    /// Reads cXML documents
    #[command(subcommand)]
    Cxml(cxml::CxmlCommand),
    /// Looks at everything, and says for each what is wrong and what to do; exits 1 if there is a problem
    Doctor(doctor::DoctorArgs),
    /// Lists and shows archived documents, and has one delivered again
    #[command(subcommand)]
    Documents(documents::DocumentsCommand),
    /// Makes, lists and rotates the keys that seal secrets in the database
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Issues, lists and revokes the bearer keys of the API
    #[command(subcommand)]
    ApiKeys(api_keys::ApiKeysCommand),
    /// Lists durable work, tries it again, passes over it
    #[command(subcommand)]
    Jobs(jobs::JobsCommand),
    /// Lists and enters what a buyer calls customers, ship-tos, units, parts and users, and what the supplier does
    #[command(subcommand)]
    Mapping(mapping::MappingCommand),
    /// Lists, shows, admits and discards refused order requests
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    /// Tries out on orders of the past what is to be activated, and changes nothing
    #[command(subcommand)]
    Rehearse(rehearse::RehearseCommand),
    /// Switches a trading relationship on or off
    #[command(subcommand)]
    Relationship(relationship::RelationshipCommand),
    /// Fills a database of its own with documents, as weeks of trade leave them
    ///
    /// For trying out how console, API and database bear much: the demo's buyers send orders and requests to shop, which go
    /// through intake, decision, the demo's ERP and confirmation; a few are on hold. Takes a database without suppliers,
    /// beside which no gateway runs. About five minutes for 100,000 documents.
    Seed(SeedArgs),
    /// Shows what copies of live orders would have come to
    #[command(subcommand)]
    Shadow(shadow::ShadowCommand),
    /// Plays a buyer on a suite against a gateway, and checks every answer
    ///
    /// The buyer asks what is taken, asks to shop (with a wrong secret, too), goes through the start page, fills a cart in
    /// the shop through its connector, transfers it, edits it, gives up an edit, looks at it; orders it, orders the same
    /// again, changes and withdraws it. Each answer is checked against cXML and the relationship's dialect. Identities,
    /// secret and dialect are those of the relationship in the configured database, beside which the gateway runs. Nothing
    /// is ordered on a production relationship unless --order or --live says so. Exits 1 if a case failed. The report
    /// holds no secret, and may be handed to the buyer.
    Simulate(Box<simulate::SimulateArgs>),
    /// Reads ERPs now, shows how far they were read, and conflicts that wait for a person
    #[command(subcommand)]
    Sync(sync::SyncCommand),
    /// Makes and changes the accounts of the people who sign in to the console
    #[command(subcommand)]
    Users(users::UsersCommand),
}

/// Reads the arguments of the process and runs the command.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            out::notice(format_args!("punchgate cannot start its threads: {error}"));
            return ExitCode::FAILURE;
        }
    };
    match runtime.block_on(Box::pin(run(cli))) {
        Ok(code) => code,
        Err(error) => {
            out::notice(error);
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> Result<ExitCode, String> {
    match cli.command {
        Command::Serve => {
            let config = read_config(cli.config.clone())?;
            crate::log::start(&config.log);
            crate::serve::serve(config, || read_config(cli.config.clone()))
                .await
                .map_err(|error| error.to_string())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Demo(args) => Ok(crate::demo::demo(args).await),
        Command::Seed(args) => {
            let count = crate::demo::seed(read_config(cli.config)?, &args).await?;
            out::line(format_args!(
                "{count} documents are there. punchgate users add NAME --role owner --supplier ironquay \
                                    lets somebody look at them."
            ));
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate => {
            opening::database(&read_config(cli.config)?).await?;
            out::line("The schema is up to date.");
            Ok(ExitCode::SUCCESS)
        }
        Command::CheckConfig => Ok(check_config::run(cli.config.as_deref())),
        Command::Apply(args) => apply::run(&read_config(cli.config)?, args).await,
        Command::Alerts(command) => alerts::run(&read_config(cli.config)?, command).await,
        Command::Backup(args) => backup::run(&read_config(cli.config)?, args).await,
        Command::Restore(args) => restore::run(&read_config(cli.config)?, args).await,
        Command::Reconcile(args) => restore::reconcile(&read_config(cli.config)?, args).await,
        Command::Connector(command) => connector::run(&read_config(cli.config)?, command).await,
        Command::Cxml(command) => Ok(cxml::run(command)),
        Command::Keys(keys::KeysCommand::New) => {
            keys::new();
            Ok(ExitCode::SUCCESS)
        }
        Command::Keys(command) => keys::run(&read_config(cli.config)?, command).await,
        Command::ApiKeys(command) => api_keys::run(&read_config(cli.config)?, command).await,
        Command::Doctor(args) => doctor::run(cli.config.as_deref(), args).await,
        Command::Documents(command) => documents::run(&read_config(cli.config)?, command).await,
        Command::Jobs(command) => jobs::run(&read_config(cli.config)?, command).await,
        Command::Mapping(command) => mapping::run(&read_config(cli.config)?, command).await,
        Command::Quarantine(command) => quarantine::run(&read_config(cli.config)?, command).await,
        Command::Rehearse(command) => rehearse::run(&read_config(cli.config)?, command).await,
        Command::Relationship(command) => relationship::run(&read_config(cli.config)?, command).await,
        Command::Shadow(command) => shadow::run(&read_config(cli.config)?, command).await,
        Command::Simulate(args) if args.is_elsewhere() => simulate::elsewhere(*args).await,
        Command::Simulate(args) => simulate::run(&read_config(cli.config)?, *args).await,
        Command::Sync(command) => sync::run(&read_config(cli.config)?, command).await,
        Command::Users(command) => users::run(&read_config(cli.config)?, command).await,
    }
}

fn read_config(file: Option<PathBuf>) -> Result<Config, String> {
    Config::load(file.as_deref()).map_err(|problems| check_config::listed(&problems))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    const GOOD: &[&str] = &[
        "serve",
        "serve --config a.toml",
        "-c a.toml migrate",
        "check-config",
        "apply a.toml --dry-run",
        "alerts test",
        "connector check erp --json",
        "connector conformance erp --supplier s --customer c --part p --unit EA --price 12.40 --currency USD",
        "connector conformance erp --customer c --part p --unit EA --price 1 --currency USD --wrong-scope x --people p.toml",
        "cxml check a.xml b.xml --json --roundtrip",
        "backup a.db",
        "doctor --json --offline",
        "restore a.db --by sam --reason disk",
        "restore a.db --replace --by sam --reason disk",
        "reconcile --taken-at 2026-03-02T09:30:00Z --by sam --reason snapshot",
        "documents list --supplier acme",
        "documents list --supplier acme --relationship r --kind OrderRequest --status accepted --direction in --limit 9",
        "documents list --supplier acme --since 2026-03-02 --until 2026-03-02T12:00:00Z --search 4500001 --json",
        "documents show --supplier acme d1 --json",
        "documents replay --supplier acme d1 --by sam --reason mended",
        "keys new",
        "keys list",
        "keys rotate",
        "api-keys issue --supplier acme --name bridge --scope orders:read --scope holds:write",
        "api-keys list --supplier acme",
        "api-keys revoke --supplier acme k1",
        "jobs list --supplier acme",
        "jobs list --supplier acme --state pending --kind submit-order --order 7 --limit 5",
        "jobs show --supplier acme j1",
        "jobs replay --supplier acme j1 --by sam --reason mended",
        "jobs skip --supplier acme j1 --by sam --reason entered-by-hand",
        "quarantine list",
        "quarantine list --supplier acme --state discarded",
        "quarantine show q1",
        "quarantine list --search 4500001",
        "quarantine admit q1 --as acme.borealis --by sam",
        "quarantine discard q1 --by sam",
        "quarantine put-back q1 --by sam",
        "relationship switch acme.borealis off --by sam --reason leak",
        "rehearse credit p.toml --supplier acme",
        "rehearse credit p.toml --supplier acme --since 2026-03-02 --until 2026-03-02T12:00:00Z --all --json",
        "shadow report acme.borealis",
        "shadow report acme.borealis --day 2026-03-02 --json",
        "simulate ariba --url https://gw.example --as acme.borealis",
        "simulate coupa --url https://gw.example/cxml --as acme.borealis --live --json --part TL-1 --part TL-2",
        "simulate coupa --url https://gw.example --as acme.borealis --order --ship-to DOCK-7 --host pages.example",
        "simulate coupa --url https://gw.example --as acme.borealis --buyer buyer.toml",
        "sync status --supplier acme",
        "sync conflicts --supplier acme --state resolved",
        "mapping list acme.borealis --kind unit",
        "mapping put acme.borealis unit PCE EA --by sam --reason asked",
        "mapping remove acme.borealis ship_to DOCK-7 --by sam --reason moved",
        "mapping test acme.borealis --address-id DOCK-7 --unit PCE --part X-1",
        "mapping export acme.borealis",
        "mapping import acme.borealis units.csv --dry-run --by sam --reason asked",
        "sync run --supplier acme",
        "sync run erp --supplier acme --full --feed accounts --wait 5",
        "sync run shop --supplier acme --feed shop-orders",
        "users add sam --role support --supplier acme --by kim",
        "users list --supplier acme",
        "users role sam --supplier acme --role owner --by kim",
        "users role sam --supplier acme --none --by kim",
        "users disable sam --by kim",
        "users enable sam --by kim",
        "users reset sam --by kim",
        "demo --port 9000 --data d --fresh --auto --record r --json",
    ];
    const WRONG: &[&str] = &[
        "",
        "simulate",
        "simulate oracle9 --url https://gw.example --as acme.borealis",
        "simulate ariba --url gw.example --as acme.borealis",
        "simulate ariba --url https://gw.example",
        "simulate ariba --url https://gw.example --as acme.borealis --order --live",
        "simulate ariba --url https://gw.example --as acme.borealis --secret hush",
        "simulate ariba --url https://gw.example --as acme.borealis --buyer b.toml --order",
        "apply",
        "connector conformance erp",
        "cxml check",
        "demo --port 70000",
        "api-keys issue --supplier acme",
        "sync run erp --supplier acme --feed orders",
        "jobs list",
        "backup",
        "restore a.db --by sam",
        "reconcile --taken-at yesterday --by sam --reason snapshot",
        "documents list",
        "documents list --supplier acme --direction sideways",
        "documents list --supplier acme --since yesterday",
        "documents replay --supplier acme d1 --by sam",
        "users add sam --supplier acme --by kim",
        "users add sam --role emperor --supplier acme --by kim",
        "users add sam --role owner --supplier acme --password secret",
        "users role sam --supplier acme --by kim",
        "users role sam --supplier acme --role owner --none --by kim",
        "jobs list --supplier acme --state lost",
        "jobs skip --supplier acme j1 --by sam",
        "rehearse credit --supplier acme",
        "rehearse credit p.toml",
        "rehearse credit p.toml --supplier acme --since yesterday",
        "shadow report",
        "shadow report acme.borealis --day yesterday",
        "relationship switch acme.borealis off --by sam",
        "relationship switch acme.borealis down --by sam --reason leak",
    ];

    #[test]
    fn commands_that_are_understood() {
        let words = |line: &'static str| {
            let words = line.split(' ').filter(|word| !word.is_empty());
            std::iter::once("punchgate").chain(words)
        };
        for line in GOOD {
            assert!(Cli::try_parse_from(words(line)).is_ok(), "{line}");
        }
        for line in WRONG {
            assert!(Cli::try_parse_from(words(line)).is_err(), "{line}");
        }
    }
}
