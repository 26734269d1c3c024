//! `punchgate documents`: the archive on the command line; what was not taken is delivered again.

use std::process::ExitCode;

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use punchgate_app::{
    Surroundings,
    accounts::Author,
    clock::{from_micros, micros},
    documents::{self as archive, DocumentFilter, DocumentRow},
    jobs::{JobDesk, JobView},
};
use serde_json::{Value, json};

use super::opening;
use crate::{config::Config, jobs::KNOWN, out};

/// Commands on the archive.
#[derive(Debug, clap::Subcommand)]
pub(super) enum DocumentsCommand {
    /// Lists documents, newest first
    List(Box<ListArgs>),
    /// Prints a document as it is archived, secrets and cards blanked; what is known of it goes to standard error
    Show {
        /// The supplier
        #[arg(long)]
        supplier: String,
        /// The document's id, as listed
        id: String,
        /// Prints what is known of it as JSON instead: findings, what it says, attempts to deliver it
        #[arg(long)]
        json: bool,
    },
    /// Has a document delivered again at once, with the payloadID that it has
    Replay {
        /// The supplier
        #[arg(long)]
        supplier: String,
        /// The document's id, as listed
        id: String,
        /// Who says so
        #[arg(long, env = "USER")]
        by: String,
        /// Why; kept with the job and in the history of the order
        #[arg(long)]
        reason: String,
    },
}

/// Arguments of `documents list`.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    /// The supplier
    #[arg(long)]
    supplier: String,
    /// With whom: the relationship's id
    #[arg(long)]
    relationship: Option<String>,
    /// OrderRequest, ConfirmationRequest, PunchOutOrderMessage …
    #[arg(long)]
    kind: Option<String>,
    /// Where they stand
    #[arg(long, value_parser = archive::STATUSES)]
    status: Option<String>,
    /// Which way they went
    #[arg(long, value_parser = archive::DIRECTIONS)]
    direction: Option<String>,
    /// From then on: a day (2026-03-02, UTC) or an instant (2026-03-02T09:30:00Z)
    #[arg(long, value_parser = instant)]
    since: Option<Timestamp>,
    /// Before then: a day (2026-03-02, UTC) or an instant (2026-03-02T09:30:00Z)
    #[arg(long, value_parser = instant)]
    until: Option<Timestamp>,
    /// Only this order number, payloadID, BuyerCookie or id, whole
    #[arg(long)]
    search: Option<String>,
    /// How many at most
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
    limit: u32,
    /// Prints a JSON array
    #[arg(long)]
    json: bool,
}

/// A day begins at midnight UTC, as every time that the command line prints is UTC.
pub(super) fn instant(text: &str) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(instant);
    }
    let day = text.parse::<Date>().ok();
    let begin = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    begin.map(|begin| begin.timestamp()).ok_or_else(|| {
        "write a day such as 2026-03-02, or an instant such as 2026-03-02T09:30:00Z".to_owned()
    })
}

pub(super) async fn run(config: &Config, command: DocumentsCommand) -> Result<ExitCode, String> {
    let surroundings = opening::existing(config).await?;
    let outcome = act(&surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(surroundings: &Surroundings, command: DocumentsCommand) -> Result<ExitCode, String> {
    match command {
        DocumentsCommand::List(args) => list(surroundings, *args).await?,
        DocumentsCommand::Show { supplier, id, json } => show(surroundings, &supplier, &id, json).await?,
        DocumentsCommand::Replay {
            supplier,
            id,
            by,
            reason,
        } => {
            let author = Author::new(format!("cli:{by}"), reason).map_err(|error| error.to_string())?;
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let desk = JobDesk::new(surroundings.clone(), KNOWN);
            archive::replay(surroundings, &desk, &supplier, &id, &author)
                .await
                .map_err(|error| error.to_string())?;
            out::line(format_args!("Document {id} is delivered again."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(surroundings: &Surroundings, args: ListArgs) -> Result<(), String> {
    let supplier = opening::supplier(surroundings, &args.supplier).await?;
    let filter = DocumentFilter {
        direction: args.direction,
        kind: args.kind,
        relationship: args.relationship,
        status: args.status,
        search: args.search,
        from: args.since.map(micros),
        until: args.until.map(micros),
        ..DocumentFilter::default()
    };
    let rows = archive::list(surroundings, &supplier, &filter, None, args.limit)
        .await
        .map_err(|error| error.to_string())?;
    if args.json {
        out::json(&rows.iter().map(facts).collect::<Vec<Value>>());
        return Ok(());
    }
    for row in &rows {
        out::line(listed(row));
    }
    if rows.is_empty() {
        out::notice("No document is so: name fewer of --kind, --status, --since and the like.");
    }
    Ok(())
}

async fn show(surroundings: &Surroundings, supplier: &str, id: &str, as_json: bool) -> Result<(), String> {
    let supplier = opening::supplier(surroundings, supplier).await?;
    let found = archive::get(surroundings, &supplier, id)
        .await
        .map_err(|error| error.to_string())?
        .ok_or_else(|| {
            format!("there is no document '{id}': punchgate documents list names those that there are")
        })?;
    let job = archive::job_of(surroundings, &found.row)
        .await
        .map_err(|error| error.to_string())?;
    let view = match &job {
        Some(job) => JobDesk::new(surroundings.clone(), KNOWN)
            .get(&supplier, job)
            .await
            .map(Some)
            .map_err(|error| error.to_string())?,
        None => None,
    };
    let findings = found.row.findings.as_deref().unwrap_or("[]");
    let findings: Value = serde_json::from_str(findings).unwrap_or_default();
    if as_json {
        let mut object = facts(&found.row);
        object["findings"] = findings;
        object["read"] = found.read.unwrap_or_default();
        object["job"] = view.as_ref().map(tried).unwrap_or_default();
        out::json(&object);
        return Ok(());
    }
    out::notice(listed(&found.row));
    for finding in findings.as_array().into_iter().flatten() {
        out::notice(format_args!("finding: {finding}"));
    }
    if let Some(view) = &view {
        out::notice(format_args!("job {}, {}", view.job.id, view.job.entry.state));
        for one in &view.attempts {
            let begun = from_micros(one.started_at);
            out::notice(format_args!("  {begun}  {}  {}", one.outcome, one.detail));
        }
    }
    let raw = archive::raw(surroundings, &supplier, id)
        .await
        .map_err(|error| error.to_string())?;
    if let Some((_, bytes)) = raw {
        out::line(String::from_utf8_lossy(&bytes));
    }
    Ok(())
}

/// One line: id, when, which way, what, with whom, where it stands, which order or payloadID, what was said.
fn listed(row: &DocumentRow) -> String {
    let mut line = format!(
        "{}  {}  {:<3}  {}  {}  {}",
        row.document_id,
        from_micros(row.recorded_at),
        row.direction,
        row.kind,
        row.relationship_id.as_deref().unwrap_or("-"),
        row.status,
    );
    for (name, value) in [
        ("order", &row.order_number),
        ("payloadID", &row.payload_id),
        ("says", &row.status_text),
    ] {
        if let Some(value) = value {
            line.push_str(&format!("  {name} {value}"));
        }
    }
    line
}

/// The same names as in the API.
fn facts(row: &DocumentRow) -> Value {
    json!({
        "id": row.document_id,
        "direction": row.direction,
        "kind": row.kind,
        "relationship": row.relationship_id,
        "mode": row.mode,
        "payload_id": row.payload_id,
        "status": row.status,
        "status_code": row.status_code,
        "status_text": row.status_text,
        "order": row.order_id,
        "order_number": row.order_number,
        "session": row.session_id,
        "buyer_cookie": row.buyer_cookie,
        "in_reply_to": row.in_reply_to,
        "content_type": row.content_type,
        "length": row.raw_length,
        "recorded_at": from_micros(row.recorded_at).to_string(),
    })
}

fn tried(view: &JobView) -> Value {
    let attempts: Vec<Value> = view
        .attempts
        .iter()
        .map(|one| {
            json!({
                "attempt": one.attempt,
                "outcome": one.outcome,
                "status_code": one.status_code,
                "detail": one.detail,
                "started_at": from_micros(one.started_at).to_string(),
            })
        })
        .collect();
    json!({ "id": view.job.id.to_string(), "state": view.job.entry.state, "attempts": attempts })
}
