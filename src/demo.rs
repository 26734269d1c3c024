//! `punchgate demo`: a buyer's suite, the gateway, a shop and an ERP in one process, speaking over HTTP.
//!
//! It binds ports, prepares a data folder, provisions and starts. What the four systems do is their own:
//! the gateway is the very one that `serve` runs, the other three are `punchgate-demo`'s.

mod banner;
mod console;
mod data;
mod peers;
mod ports;
mod provision;
mod record;
mod seed;
mod storefront;

use std::{path::PathBuf, process::ExitCode};

use punchgate_demo::auto::{self, Systems};
use punchgate_storage::db::SoleUse;
use serde::Serialize;

use crate::{out, serve};
pub use seed::{SeedArgs, seed};

/// What the demo is told.
#[derive(Debug, Clone, clap::Args)]
pub struct DemoArgs {
    /// The suite's port; gateway, shop and ERP take the three after it. 0 takes free ones
    #[arg(long, default_value_t = 8080, value_name = "PORT", value_parser = clap::value_parser!(u16).range(0..=65_532))]
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
    /// Prints the addresses, or with --auto the transcript, as JSON: one object a line
    #[arg(long)]
    pub json: bool,
    /// The shop
    #[command(flatten)]
    pub storefront: storefront::StorefrontArgs,
}

/// Where the four systems answer.
#[derive(Debug, Clone, Serialize)]
struct Addresses {
    suite: String,
    gateway: String,
    shop: String,
    erp: String,
}

/// What the demo says when it is ready.
#[derive(Debug, Serialize)]
struct Ready<'a> {
    #[serde(flatten)]
    addresses: &'a Addresses,
    console: &'a console::Console,
}

/// Runs the demo.
pub async fn demo(args: DemoArgs) -> ExitCode {
    match Box::pin(run(args)).await {
        Ok(code) => code,
        Err(problem) => {
            out::notice(format_args!("punchgate demo: {problem}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: DemoArgs) -> Result<ExitCode, String> {
    let storefront = storefront::Storefront::of(args.storefront.clone(), args.auto)?;
    let ports = ports::Ports::bind(args.port).await?;
    let addresses = storefront.among(ports.addresses());
    let (data, sole) = data::DataFolder::open(args.data.as_deref(), args.fresh)?;
    let outcome = start(args, ports, (&addresses, &storefront), (&data, sole)).await;
    data.close()?;
    outcome
}

async fn start(
    args: DemoArgs,
    ports: ports::Ports,
    (addresses, storefront): (&Addresses, &storefront::Storefront),
    (data, sole): (&data::DataFolder, SoleUse),
) -> Result<ExitCode, String> {
    let config = provision::config(addresses, data)?;
    provision::apply(&config, addresses, storefront).await?;
    let console = console::open(&config, addresses).await?;
    let running = peers::start(ports, (addresses, storefront), (data, sole), config).await?;
    let recorder = args
        .record
        .map(|folder| record::Recorder::begin(folder, running.wire()))
        .transpose();
    let code = match &recorder {
        Err(_) => ExitCode::FAILURE,
        Ok(_) if args.auto => walk(addresses, args.json).await,
        Ok(_) => serve(addresses, &console, args.json).await,
    };
    running.stop().await;
    // After the end, so that the last answers are among the documents.
    if let Some(recorder) = recorder? {
        let written = recorder.end().await?;
        out::notice(format_args!(
            "{} documents are in {}",
            written.count,
            written.folder.display()
        ));
    }
    Ok(code)
}

/// Serves until the process is told to stop.
async fn serve(addresses: &Addresses, console: &console::Console, json: bool) -> ExitCode {
    match json {
        true => json_line(&Ready { addresses, console }),
        false => out::line(banner::banner(addresses, console)),
    }
    serve::told_to_stop().await;
    out::notice("The demo ends.");
    ExitCode::SUCCESS
}

/// The click path without a browser.
async fn walk(addresses: &Addresses, json: bool) -> ExitCode {
    let systems = Systems {
        suite: addresses.suite.clone(),
        gateway: addresses.gateway.clone(),
        shop: addresses.shop.clone(),
        erp: addresses.erp.clone(),
        api_key: provision::LOOKER_KEY.to_owned(),
    };
    let mut steps = 0;
    let mut report = |step: &auto::Step| {
        steps += 1;
        match json {
            true => json_line(step),
            false => out::line(step),
        }
    };
    let walked = auto::walk(systems, &mut report).await;
    match walked {
        Ok(()) if json => {
            json_line(&serde_json::json!({ "outcome": "as expected", "steps": steps }));
            ExitCode::SUCCESS
        }
        Ok(()) => {
            out::line(format_args!("\n{steps} steps, all as expected."));
            ExitCode::SUCCESS
        }
        Err(deviation) => {
            match json {
                true => json_line(&serde_json::json!({ "outcome": "deviation", "deviation": deviation })),
                false => out::line(&deviation),
            }
            ExitCode::FAILURE
        }
    }
}

/// One object on one line, so that a program reads it as soon as it is there.
fn json_line(value: &impl Serialize) {
    match serde_json::to_string(value) {
        Ok(text) => out::line(text),
        Err(error) => out::notice(format_args!("the result cannot be written as JSON: {error}")),
    }
}
