//! `punchgate rehearse`: what orders would have met with other rules, limits or hold codes, before these are activated.

use std::{fs, path::PathBuf, process::ExitCode, sync::Arc};

use jiff::Timestamp;
use punchgate_app::{
    Surroundings,
    credit::rehearsal::{
        ChangeCount, CreditRehearsal, CreditWish, MOST_ORDERS, ProposalSettings, RehearsedOrder, Sum,
        rehearse_credit,
    },
    directory::Directory,
};

use super::{documents::instant, opening};
use crate::{config::Config, http::api::rehearsed_credit, out};

/// Commands that try out, and change nothing.
#[derive(Debug, clap::Subcommand)]
pub(super) enum RehearseCommand {
    /// Decides orders of the past again with other hold rules, limits or hold codes
    ///
    /// Each order is decided on what was true when it was decided, with the proposal in the place of what it replaces. The
    /// proposal is a TOML file: [[hold_rule]] as in the file that apply reads (all of them; hold_rule = [] for none), [[limit]]
    /// with customer and amount ("5000.00 USD", or "unlimited"), limit_factor = "0.8" for all other limits, and
    /// [hold_codes.erp] with what the codes of that ERP connection remove. Nothing is written.
    Credit(CreditArgs),
}

/// Arguments of `rehearse credit`.
#[derive(Debug, clap::Args)]
pub(super) struct CreditArgs {
    /// What is proposed
    #[arg(value_name = "PROPOSAL.toml")]
    proposal: PathBuf,
    /// The supplier
    #[arg(long)]
    supplier: String,
    /// Orders received from then on: a day (2026-03-02, UTC) or an instant (2026-03-02T09:30:00Z) [default: 90 days before
    /// the end]
    #[arg(long, value_parser = instant)]
    since: Option<Timestamp>,
    /// Orders received before then [default: now]
    #[arg(long, value_parser = instant)]
    until: Option<Timestamp>,
    /// Lists orders, too, for which nothing would change
    #[arg(long)]
    all: bool,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, command: RehearseCommand) -> Result<ExitCode, String> {
    let RehearseCommand::Credit(args) = command;
    let surroundings = opening::existing(config).await?;
    let outcome = credit(config, &surroundings, args).await;
    surroundings.db.close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn credit(config: &Config, surroundings: &Surroundings, args: CreditArgs) -> Result<(), String> {
    let named = |what: String| format!("{}: {what}", args.proposal.display());
    let text = fs::read_to_string(&args.proposal).map_err(|error| named(error.to_string()))?;
    let settings: ProposalSettings = toml::from_str(&text).map_err(|error| named(error.to_string()))?;
    let proposal = settings.read().map_err(|problems| named(problems.join("\n")))?;
    let supplier = opening::supplier(surroundings, &args.supplier).await?;
    let directory = Directory::new(surroundings.clone(), Arc::new(opening::keyring(config)?));
    let supplier = directory
        .supplier(&supplier)
        .await
        .map_err(|error| error.to_string())?;
    let wish = CreditWish {
        proposal,
        since: args.since,
        until: args.until,
        all: args.all,
        most: MOST_ORDERS,
    };
    let found = rehearse_credit(surroundings, &supplier, &wish)
        .await
        .map_err(|error| error.to_string())?;
    if args.json {
        out::json(&rehearsed_credit(found));
    } else {
        print(&found);
    }
    Ok(())
}

fn print(found: &CreditRehearsal) {
    for order in &found.orders {
        for line in listed(order) {
            out::line(line);
        }
    }
    out::line(format_args!(
        "{} orders received from {} until {}:",
        found.looked_at, found.since, found.until
    ));
    for count in found.counted() {
        out::line(format_args!("  {}", counted(&count)));
    }
    for note in found.notes.iter().chain(&found.left_off) {
        out::notice(note);
    }
}

/// One line for the order, and one for each decision.
fn listed(order: &RehearsedOrder) -> Vec<String> {
    let head = format!(
        "{}  {}  {} {}  {}",
        order.number, order.relationship, order.total.currency, order.total.amount, order.received_at
    );
    match &order.found {
        Err(why) => vec![format!("{head}  cannot be rehearsed: {why}")],
        Ok(found) => {
            let mut lines = vec![format!(
                "{head}  {}: {} → {}",
                found.customer, found.then.state, found.proposed.state
            )];
            let decisions = [("then", &found.then), ("proposed", &found.proposed)];
            for (when, decided) in decisions {
                lines.extend(
                    decided
                        .reasons
                        .iter()
                        .map(|reason| format!("    {when}: {reason}")),
                );
            }
            lines.extend(found.notes.iter().map(|note| format!("    {note}")));
            lines
        }
    }
}

fn counted(count: &ChangeCount) -> String {
    let totals: Vec<String> = count
        .totals
        .iter()
        .map(|Sum { amount, currency }| format!("{currency} {amount}"))
        .collect();
    match totals.is_empty() {
        true => format!("{:>6}  {}", count.orders, count.change.label()),
        false => format!(
            "{:>6}  {} ({})",
            count.orders,
            count.change.label(),
            totals.join(", ")
        ),
    }
}
