//! `punchgate mapping`: what a buyer calls customers, ship-tos, units, parts and users, and what the supplier calls them. What the
//! file of `apply` declares is shown, too, and changed there.

use std::{fs, path::PathBuf, process::ExitCode, sync::Arc};

use punchgate_app::{
    accounts::Author,
    directory::{
        Directory, MappingKind,
        entries::{Entered, MappingEntry, MappingError, MappingProblem},
        parse_path_text,
    },
};
use punchgate_domain::{
    ids::{RelationshipId, SupplierId},
    policy::ContactPolicy,
    purchase_order::Address,
};

use super::opening;
use crate::{config::Config, mapping_table::MappingTable, out};

/// Commands on mappings. Which relationship: SUPPLIER.RELATIONSHIP, such as acme.borealis
#[derive(Debug, clap::Subcommand)]
pub(super) enum MappingCommand {
    /// Lists what is mapped, and whether the file of apply or a person says so
    List {
        /// Whose
        #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
        relationship: String,
        /// Only this kind
        #[arg(long, value_parser = KINDS)]
        kind: Option<String>,
    },
    /// Enters one; a gateway that runs knows it within two seconds, and orders that waited for it go on
    Put {
        /// Whose
        #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
        relationship: String,
        /// What is mapped
        #[arg(value_parser = KINDS)]
        kind: String,
        /// What the buyer calls it
        source: String,
        /// What the supplier calls it; of a unit also how many: '12 EA'
        target: String,
        #[command(flatten)]
        said: Said,
    },
    /// Takes one away
    Remove {
        /// Whose
        #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
        relationship: String,
        /// What is mapped
        #[arg(value_parser = KINDS)]
        kind: String,
        /// What the buyer calls it
        source: String,
        #[command(flatten)]
        said: Said,
    },
    /// Says what becomes of an address, a unit, a part or a user of this buyer's
    Test {
        /// Whose
        #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
        relationship: String,
        /// The buyer's id of an address
        #[arg(long)]
        address_id: Option<String>,
        /// An address written out: "12 Mill Road, 45402 Dayton OH, US"
        #[arg(long)]
        address: Option<String>,
        /// A unit of measure
        #[arg(long)]
        unit: Option<String>,
        /// A part number
        #[arg(long)]
        part: Option<String>,
        /// A user: what an extrinsic or the e-mail of a contact says
        #[arg(long)]
        user: Option<String>,
    },
    /// Prints all as CSV: kind, source, target, origin
    Export {
        /// Whose
        #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
        relationship: String,
    },
    /// Enters all lines of a CSV file with the columns kind, source, target, or none of them; an empty target takes the
    /// entry away. What the file does not name stays
    Import {
        /// Whose
        #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
        relationship: String,
        /// The file
        file: PathBuf,
        /// Only says what would come of it
        #[arg(long)]
        dry_run: bool,
        #[command(flatten)]
        said: Said,
    },
}

/// Who says so, and why.
#[derive(Debug, clap::Args)]
pub(super) struct Said {
    /// Who says so
    #[arg(long, env = "USER")]
    by: String,
    /// Why; kept in the history
    #[arg(long)]
    reason: String,
}

/// Of one entry there is no line to name.
fn told(problem: &MappingProblem) -> String {
    problem.details.clone()
}

/// The kinds as the command line knows them.
const KINDS: [&str; 5] = ["customer", "ship_to", "unit", "part", "contact"];

pub(super) async fn run(config: &Config, command: MappingCommand) -> Result<ExitCode, String> {
    let surroundings = opening::existing(config).await?;
    let keyring = Arc::new(opening::keyring(config)?);
    let directory = Directory::new(surroundings.clone(), keyring);
    let outcome = act(&directory, command).await;
    surroundings.db.close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn act(directory: &Directory, command: MappingCommand) -> Result<(), String> {
    match command {
        MappingCommand::List { relationship, kind } => list(directory, &relationship, kind.as_deref()).await,
        MappingCommand::Put {
            relationship,
            kind,
            source,
            target,
            said,
        } => {
            let entry = entry(&kind, source, Some(target))?;
            enter(directory, &relationship, &[entry], &said, false, told).await
        }
        MappingCommand::Remove {
            relationship,
            kind,
            source,
            said,
        } => {
            let entry = entry(&kind, source, None)?;
            enter(directory, &relationship, &[entry], &said, false, told).await
        }
        MappingCommand::Test {
            relationship,
            address_id,
            address,
            unit,
            part,
            user,
        } => {
            let place = Address {
                address_id,
                street: address.into_iter().collect(),
                ..Address::default()
            };
            test(directory, &relationship, &place, (unit, part, user)).await
        }
        MappingCommand::Export { relationship } => export(directory, &relationship).await,
        MappingCommand::Import {
            relationship,
            file,
            dry_run,
            said,
        } => {
            let named = |what: String| format!("{}: {what}", file.display());
            let content = fs::read_to_string(&file).map_err(|error| named(error.to_string()))?;
            let table = MappingTable::read(&content).map_err(|lines| named(lines.join("\n")))?;
            let told = |problem: &MappingProblem| table.told(problem);
            enter(directory, &relationship, &table.entries, &said, dry_run, told)
                .await
                .map_err(named)
        }
    }
}

fn named(relationship: &str) -> Result<(SupplierId, RelationshipId), String> {
    parse_path_text(relationship)
        .ok_or_else(|| format!("'{relationship}': write SUPPLIER.RELATIONSHIP, such as acme.borealis"))
}

fn entry(kind: &str, source: String, target: Option<String>) -> Result<MappingEntry, String> {
    let kind = MappingKind::parse(kind).ok_or_else(|| format!("'{kind}' is none of {}", KINDS.join(", ")))?;
    Ok(MappingEntry { kind, source, target })
}

async fn list(directory: &Directory, relationship: &str, kind: Option<&str>) -> Result<(), String> {
    let (supplier, id) = named(relationship)?;
    let all = directory.mappings(&supplier, &id).await;
    let mut any = false;
    for one in all.map_err(|error| error.to_string())? {
        if kind.is_some_and(|kind| kind != one.kind.as_str()) {
            continue;
        }
        any = true;
        let origin = if one.declared { "declared" } else { "entered" };
        out::line(format_args!(
            "{:<9} {} → {}  ({origin})",
            one.kind.as_str(),
            one.source,
            one.target
        ));
    }
    if !any {
        out::notice("Nothing is mapped: what the buyer writes is taken as it stands.");
    }
    Ok(())
}

async fn test(
    directory: &Directory,
    relationship: &str,
    place: &Address,
    (unit, part, user): (Option<String>, Option<String>, Option<String>),
) -> Result<(), String> {
    let (supplier, id) = named(relationship)?;
    let known = directory
        .relationship(&supplier, &id)
        .await
        .map_err(|error| error.to_string())?;
    let say = |what: &str, source: &str, target: Option<&str>, else_: &str| match target {
        Some(target) => out::line(format_args!("{what:<9} {source} → {target}")),
        None => out::line(format_args!("{what:<9} {source}: not mapped; {else_}")),
    };
    let shown = place.address_id.clone().unwrap_or_else(|| place.line());
    if !shown.is_empty() {
        let own = match &known.customer_external_id {
            Some(own) => format!("the relationship's own customer {own} counts"),
            None => "an order waits for a person".to_owned(),
        };
        say(
            "customer",
            &shown,
            known.mappings.of_address(MappingKind::Customer, place),
            &own,
        );
        let as_it_is = "it goes to the ERP as the buyer writes it";
        say(
            "ship_to",
            &shown,
            known.mappings.of_address(MappingKind::ShipTo, place),
            as_it_is,
        );
    }
    for (kind, text) in [(MappingKind::Unit, unit), (MappingKind::Part, part)] {
        let Some(text) = text else { continue };
        let target = known.mappings.target(kind, &text);
        say(
            kind.as_str(),
            &text,
            target,
            "it goes to the ERP as the buyer writes it",
        );
    }
    if let Some(user) = user {
        let else_ = match known.users.contact {
            ContactPolicy::Required => "an order waits for a person",
            ContactPolicy::Optional => "an order goes on without a contact",
        };
        say("contact", &user, known.mappings.contact(&user), else_);
    }
    Ok(())
}

async fn enter(
    directory: &Directory,
    relationship: &str,
    entries: &[MappingEntry],
    said: &Said,
    dry_run: bool,
    told: impl Fn(&MappingProblem) -> String,
) -> Result<(), String> {
    let (supplier, id) = named(relationship)?;
    let author = Author::new(format!("cli:{}", said.by), said.reason.as_str());
    let author = author.map_err(|error| error.to_string())?;
    let entered = directory
        .enter_mappings((&supplier, &id), entries, &author, dry_run)
        .await;
    match entered {
        Ok(entered) => {
            out::line(words(entered, dry_run));
            Ok(())
        }
        Err(MappingError::Refused(problems)) => {
            let lines: Vec<String> = problems.iter().map(told).collect();
            Err(format!("nothing was entered\n{}", lines.join("\n")))
        }
        Err(error) => Err(error.to_string()),
    }
}

fn words(entered: Entered, dry_run: bool) -> String {
    let Entered {
        added,
        changed,
        removed,
        unchanged,
    } = entered;
    let would = if dry_run {
        "Nothing was entered; it would be: "
    } else {
        ""
    };
    format!("{would}{added} added, {changed} changed, {removed} removed, {unchanged} as they were.")
}

async fn export(directory: &Directory, relationship: &str) -> Result<(), String> {
    let (supplier, id) = named(relationship)?;
    let all = directory.mappings(&supplier, &id).await;
    let bytes = all
        .map_err(|error| error.to_string())
        .and_then(|all| MappingTable::write(&all).map_err(|error| error.to_string()))?;
    out::line(String::from_utf8_lossy(&bytes).trim_end());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_knows_every_kind() {
        let kinds: Vec<&str> = MappingKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(kinds, KINDS);
    }
}
