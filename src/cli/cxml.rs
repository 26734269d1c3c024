//! `punchgate cxml check FILE…`: reads documents as the gateway would and says what it makes of them.

use std::{path::PathBuf, process::ExitCode};

use crate::out;

/// Commands on cXML documents.
#[derive(Debug, clap::Subcommand)]
pub(super) enum CxmlCommand {
    /// Reads documents: kind, parties, lines, totals, findings with line and column; exit 1 if one is refused
    Check(CheckArgs),
}

/// Arguments of `cxml check`.
#[derive(Debug, clap::Args)]
pub(super) struct CheckArgs {
    /// The documents
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Prints a JSON array, one object a document
    #[arg(long)]
    json: bool,
    /// Writes each document anew from what was read and compares what a second reading makes of it
    #[arg(long)]
    roundtrip: bool,
}

pub(super) fn run(command: CxmlCommand) -> ExitCode {
    let CxmlCommand::Check(args) = command;
    out::notice(format_args!(
        "{} documents cannot be checked by this build",
        args.files.len()
    ));
    let _ = (args.json, args.roundtrip);
    ExitCode::FAILURE
}
