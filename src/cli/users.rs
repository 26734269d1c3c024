//! `punchgate users`: the accounts of the people who sign in to the console. No password is ever on the command line: a
//! person sets it by a link.

use std::process::ExitCode;

use punchgate_app::{
    Surroundings,
    operators::{Listed, Operators, Standing},
    seal::Secret,
};
use punchgate_domain::{operator::Role, stored_name::UnknownName};
use punchgate_storage::db;

use super::opening;
use crate::{config::Config, out};

/// Commands on accounts.
#[derive(Debug, clap::Subcommand)]
pub(super) enum UsersCommand {
    /// Makes an account and prints the link by which its password is set; it works once, for a day
    Add {
        /// The name by which the person signs in
        name: String,
        /// owner, erp_admin, support or read_only
        #[arg(long, value_parser = role, requires = "supplier")]
        role: Option<Role>,
        /// The supplier for whom the person works; left out, with the role, in a new installation: the person sets the
        /// supplier up at the console, and is its owner
        #[arg(long, requires = "role")]
        supplier: Option<String>,
        #[command(flatten)]
        by: By,
    },
    /// Lists the people of a supplier
    List {
        /// The supplier
        #[arg(long)]
        supplier: String,
    },
    /// Gives somebody a role at a supplier, or takes it away; ends the person's sessions
    Role {
        /// Whose
        name: String,
        /// The supplier
        #[arg(long)]
        supplier: String,
        /// owner, erp_admin, support or read_only
        #[arg(long, value_parser = role, required_unless_present = "none", conflicts_with = "none")]
        role: Option<Role>,
        /// Takes the role away
        #[arg(long)]
        none: bool,
        #[command(flatten)]
        by: By,
    },
    /// Switches an account off; ends the person's sessions
    Disable(Account),
    /// Switches an account on again
    Enable(Account),
    /// Takes the password away, ends the person's sessions, and prints a link for another
    Reset(Account),
}

/// Whose account.
#[derive(Debug, clap::Args)]
pub(super) struct Account {
    /// Whose
    name: String,
    #[command(flatten)]
    by: By,
}

/// Who says so.
#[derive(Debug, clap::Args)]
pub(super) struct By {
    /// Who says so
    #[arg(long, env = "USER")]
    by: String,
}

impl By {
    fn name(&self) -> String {
        format!("cli:{}", self.by)
    }
}

fn role(text: &str) -> Result<Role, UnknownName> {
    Role::parse(text)
}

pub(super) async fn run(config: &Config, command: UsersCommand) -> Result<ExitCode, String> {
    // The first account is made before `serve` ran for the first time. What is there is not brought to another version.
    let is_there =
        db::exists(config.database.url.expose()).map_err(|error| format!("database.url: {error}"))?;
    let surroundings = match command {
        UsersCommand::Add { supplier: None, .. } if !is_there => opening::surroundings(config).await?,
        _ => opening::existing(config).await?,
    };
    let outcome = act(config, &surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(
    config: &Config,
    surroundings: &Surroundings,
    command: UsersCommand,
) -> Result<ExitCode, String> {
    let operators = Operators::new(surroundings.clone(), config.console.session_life());
    let told = |error: punchgate_app::operators::AccountError| error.to_string();
    match command {
        UsersCommand::Add {
            name,
            role,
            supplier,
            by,
        } => {
            let link = match (supplier, role) {
                (Some(supplier), Some(role)) => {
                    let supplier = opening::supplier(surroundings, &supplier).await?;
                    operators.add(&name, &supplier, role, &by.name()).await
                }
                _ => operators.add_first(&name, &by.name()).await,
            };
            print_link(config, &name, &link.map_err(told)?);
        }
        UsersCommand::List { supplier } => {
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let people = operators.list(&supplier).await;
            print_people(people.map_err(|error| error.to_string())?);
        }
        UsersCommand::Role {
            name,
            supplier,
            role,
            by,
            ..
        } => {
            let supplier = opening::supplier(surroundings, &supplier).await?;
            operators
                .set_role(&name, &supplier, role, &by.name())
                .await
                .map_err(told)?;
            match role {
                Some(role) => out::line(format_args!("{name} is {role} at {supplier}.")),
                None => out::line(format_args!("{name} has no role at {supplier} any more.")),
            }
        }
        UsersCommand::Disable(Account { name, by }) => {
            operators
                .set_enabled(&name, false, &by.name())
                .await
                .map_err(told)?;
            out::line(format_args!("{name} cannot sign in any more, and is signed out."));
        }
        UsersCommand::Enable(Account { name, by }) => {
            operators
                .set_enabled(&name, true, &by.name())
                .await
                .map_err(told)?;
            out::line(format_args!("{name} can sign in again."));
        }
        UsersCommand::Reset(Account { name, by }) => {
            let link = operators.reset(&name, &by.name()).await.map_err(told)?;
            print_link(config, &name, &link);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn print_people(people: Vec<Listed>) {
    if people.is_empty() {
        out::notice("Nobody yet: punchgate users add makes an account.");
    }
    for one in people {
        let standing = match one.standing {
            Standing::Active => "active",
            Standing::WithoutPassword => "without a password",
            Standing::Disabled => "disabled",
        };
        out::line(format_args!("{}  {}  {standing}", one.name, one.role));
    }
}

/// The address by which a password is set.
fn password_address(config: &Config, link: &Secret) -> String {
    let console = config.console_url().as_str().trim_end_matches('/');
    format!("{console}/console/password/{}", link.expose())
}

fn print_link(config: &Config, name: &str, link: &Secret) {
    out::notice(format_args!(
        "{name} sets a password here; the link works once, for 24 hours, and is shown this once:"
    ));
    out::line(password_address(config, link));
}
