//! `punchgate demo`: a buyer's suite, the gateway, a shop and an ERP in one process, speaking over HTTP.

use std::{path::PathBuf, process::ExitCode};

use crate::out;

/// What the demo is told.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// The suite's port; gateway, shop and ERP take the three after it
    #[arg(long, default_value_t = 8080, value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..=65_532))]
    pub port: u16,
    /// Where the demo keeps its data [default: a temporary folder that goes with it]
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Begins anew: removes what an earlier demo left in the data folder
    #[arg(long)]
    pub fresh: bool,
    /// Runs the whole loop without a browser, prints a transcript, exits 1 at the first deviation
    #[arg(long)]
    pub auto: bool,
    /// Writes every document that crossed into this folder
    #[arg(long, value_name = "DIR")]
    pub record: Option<PathBuf>,
    /// Prints the transcript as JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the demo.
pub async fn demo(args: DemoArgs) -> ExitCode {
    out::notice(format_args!(
        "this build cannot serve the demo at {} yet",
        args.port
    ));
    ExitCode::FAILURE
}
