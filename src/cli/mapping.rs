//! `punchgate mapping`: what a buyer calls customers, ship-tos, units and parts, and what the supplier calls them. What the
//! file of `apply` declares is shown, too, and changed there.

use std::{fs, path::PathBuf, process::ExitCode, sync::Arc};

use punchgate_app::{
    accounts::Author,
    directory::{
        Directory, MappingKind,
        entries::{Entered, MappingEntry, MappingError},
        parse_path_text,
    },
};
use punchgate_domain::{
    ids::{RelationshipId, SupplierId},
    purchase_order::Address,
};

use super::opening;
use crate::{config::Config, out};

/// The columns of a file, and what an export says beside them.
const COLUMNS: [&str; 3] = ["kind", "source", "target"];
const ORIGIN: &str = "origin";

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
    /// Says what becomes of an address, a unit or a part of this buyer's
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

/// The kinds as the command line knows them.
const KINDS: [&str; 4] = ["customer", "ship_to", "unit", "part"];

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
            enter(directory, &relationship, &[entry], &said, false).await
        }
        MappingCommand::Remove {
            relationship,
            kind,
            source,
            said,
        } => {
            let entry = entry(&kind, source, None)?;
            enter(directory, &relationship, &[entry], &said, false).await
        }
        MappingCommand::Test {
            relationship,
            address_id,
            address,
            unit,
            part,
        } => {
            let place = Address {
                address_id,
                street: address.into_iter().collect(),
                ..Address::default()
            };
            test(directory, &relationship, &place, (unit, part)).await
        }
        MappingCommand::Export { relationship } => export(directory, &relationship).await,
        MappingCommand::Import {
            relationship,
            file,
            dry_run,
            said,
        } => {
            let content = fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
            let entries = read(&content).map_err(|error| format!("{}: {error}", file.display()))?;
            enter(directory, &relationship, &entries, &said, dry_run).await
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
    (unit, part): (Option<String>, Option<String>),
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
    Ok(())
}

async fn enter(
    directory: &Directory,
    relationship: &str,
    entries: &[MappingEntry],
    said: &Said,
    dry_run: bool,
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
        Err(error @ MappingError::Refused(_)) => Err(format!("nothing was entered\n{error}")),
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
    let mut writer = csv::Writer::from_writer(Vec::new());
    let [kind, source, target] = COLUMNS;
    writer
        .write_record([kind, source, target, ORIGIN])
        .map_err(|error| error.to_string())?;
    for one in all.map_err(|error| error.to_string())? {
        let origin = if one.declared { "declared" } else { "entered" };
        writer
            .write_record([one.kind.as_str(), &one.source, &one.target, origin])
            .map_err(|error| error.to_string())?;
    }
    let bytes = writer.into_inner().map_err(|error| error.to_string())?;
    out::line(String::from_utf8_lossy(&bytes).trim_end());
    Ok(())
}

/// The entries of a file; a byte order mark and further columns are passed over.
fn read(content: &[u8]) -> Result<Vec<MappingEntry>, String> {
    let content = content.strip_prefix("\u{feff}".as_bytes()).unwrap_or(content);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(content);
    let header = reader.headers().map_err(|error| error.to_string())?.clone();
    let column = |name: &str| {
        let found = header
            .iter()
            .position(|cell| cell.trim().eq_ignore_ascii_case(name));
        found.ok_or_else(|| {
            format!(
                "there is no column '{name}': the first line names {}",
                COLUMNS.join(", ")
            )
        })
    };
    let [kind, source, target] = COLUMNS;
    let (kind, source, target) = (column(kind)?, column(source)?, column(target)?);
    let mut entries = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let cell = |column: usize| record.get(column).unwrap_or_default().trim().to_owned();
        let target = cell(target);
        let entry = entry(&cell(kind), cell(source), (!target.is_empty()).then_some(target));
        entries.push(entry.map_err(|error| format!("line {line}: {error}"))?);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_as_tables_write_them() {
        let good = "\u{feff}Kind,Source,Target,Note\r\nunit, PCE ,EA,pieces\r\nship_to,\"DOCK, 7\",C-1\r\npart,X,\r\n";
        let entries = read(good.as_bytes()).unwrap();
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| {
                (
                    entry.kind.as_str(),
                    entry.source.as_str(),
                    entry.target.as_deref(),
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("unit", "PCE", Some("EA")),
                ("ship_to", "DOCK, 7", Some("C-1")),
                ("part", "X", None)
            ]
        );
        for (bad, problem) in [
            ("kind,source\nunit,PCE\n", "there is no column 'target'"),
            (
                "kind,source,target\nunit,PCE,EA\nunits,BX,BOX\n",
                "line 3: 'units' is none of",
            ),
        ] {
            let found = read(bad.as_bytes()).unwrap_err();
            assert!(found.starts_with(problem), "{found}");
        }
    }

    #[test]
    fn the_command_line_knows_every_kind() {
        let kinds: Vec<&str> = MappingKind::ALL.iter().map(|kind| kind.as_str()).collect();
        assert_eq!(kinds, KINDS);
    }
}
