//! `punchgate shadow`: what the copies of a day came to beside the ERP.

use std::{process::ExitCode, sync::Arc};

use jiff::civil::Date;
use punchgate_app::{
    Surroundings,
    directory::{Directory, parse_path_text},
    orders::shadow::{DayReport, DifferenceGroup, report},
};

use super::opening;
use crate::{config::Config, http::api::shadow_report, out};

/// Commands on shadow runs.
#[derive(Debug, clap::Subcommand)]
pub(super) enum ShadowCommand {
    /// Shows which decisions, customers, parts, units, quantities and prices would differ
    ///
    /// A relationship in mode shadow takes copies of live orders and causes nothing. Once the supplier's day has ended, they are
    /// compared with what the ERP has under the buyer's order numbers; this shows what came of it.
    Report(ReportArgs),
}

/// Arguments of `shadow report`.
#[derive(Debug, clap::Args)]
pub(super) struct ReportArgs {
    /// Which: SUPPLIER.RELATIONSHIP, such as acme.borealis
    #[arg(value_name = "SUPPLIER.RELATIONSHIP")]
    relationship: String,
    /// A day of the supplier's calendar, such as 2026-03-02 [default: the last one of which there is a report]
    #[arg(long)]
    day: Option<Date>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

pub(super) async fn run(config: &Config, command: ShadowCommand) -> Result<ExitCode, String> {
    let ShadowCommand::Report(args) = command;
    let surroundings = opening::existing(config).await?;
    let outcome = show(config, &surroundings, args).await;
    surroundings.db.close().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

async fn show(config: &Config, surroundings: &Surroundings, args: ReportArgs) -> Result<(), String> {
    let name = &args.relationship;
    let (supplier, id) = parse_path_text(name)
        .ok_or_else(|| format!("'{name}': write SUPPLIER.RELATIONSHIP, such as acme.borealis"))?;
    let supplier = opening::supplier(surroundings, supplier.as_str()).await?;
    let directory = Directory::new(surroundings.clone(), Arc::new(opening::keyring(config)?));
    directory
        .relationship(&supplier, &id)
        .await
        .map_err(|error| error.to_string())?;
    let found = report(surroundings, (&supplier, &id), args.day)
        .await
        .map_err(|error| error.to_string())?;
    let Some(found) = found else {
        let of_day = args.day.map_or_else(String::new, |day| format!(" of {day}"));
        return Err(format!(
            "there is no report{of_day} on {name} yet: one is made when a day on which copies came has ended, while a gateway \
             runs and the relationship's mode is shadow"
        ));
    };
    if args.json {
        out::json(&shadow_report(found));
    } else {
        print(name, &found);
    }
    Ok(())
}

fn print(name: &str, found: &DayReport) {
    let report = &found.report;
    out::line(format_args!("{name}, copies of {}:", found.day));
    for (count, what) in [
        (report.agree, "agree with the ERP"),
        (report.differ, "differ"),
        (
            report.waiting,
            "not in the ERP yet; compared again with the next day's",
        ),
        (report.not_compared, "could not be compared"),
    ] {
        out::line(format_args!("{count:>6}  {what}"));
    }
    for line in report.groups.iter().flat_map(listed) {
        out::line(line);
    }
    if report.left_off > 0 {
        out::notice(format_args!(
            "{} more kinds of differences are left off",
            report.left_off
        ));
    }
    for note in &report.notes {
        out::notice(note);
    }
}

/// One line for the kind, and one for each example.
fn listed(group: &DifferenceGroup) -> Vec<String> {
    let field = group.field.replace('_', "-");
    let mut lines = vec![
        format!("{:>6}  {field}  {}", group.count, group.subject)
            .trim_end()
            .to_owned(),
    ];
    for one in &group.examples {
        let line = one
            .line_number
            .map_or_else(String::new, |line| format!(" line {line}"));
        let note = one
            .note
            .as_ref()
            .map_or_else(String::new, |note| format!(" ({note})"));
        lines.push(format!(
            "        {}{line}: here {}; ERP {}{note}",
            one.number, one.ours, one.theirs
        ));
    }
    lines
}
