//! `punchgate jobs`: durable work that waits for a person, tried again or passed over.

use std::process::ExitCode;

use punchgate_app::{
    Surroundings,
    accounts::Author,
    clock::from_micros,
    jobs::{Job, JobDesk, JobFilter, JobId, JobView, STATES},
};
use punchgate_domain::ids::SupplierId;

use super::opening;
use crate::{config::Config, jobs::KNOWN, out};

/// Commands on durable work.
#[derive(Debug, clap::Subcommand)]
pub(super) enum JobsCommand {
    /// Lists jobs, newest first
    List {
        /// The supplier
        #[arg(long)]
        supplier: String,
        /// Where they stand
        #[arg(long, default_value = "dead", value_parser = STATES)]
        state: String,
        /// Which job, such as submit-order
        #[arg(long)]
        kind: Option<String>,
        /// Our id of the order that they are about
        #[arg(long)]
        order: Option<String>,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
    /// Shows a job with its attempts
    Show {
        /// The supplier
        #[arg(long)]
        supplier: String,
        /// The job's id, as listed
        id: String,
    },
    /// Has a job tried again at once
    Replay(Move),
    /// Passes over a job; what waits behind it goes on
    Skip(Move),
}

/// Which job is moved, by whom and why.
#[derive(Debug, clap::Args)]
pub(super) struct Move {
    /// The supplier
    #[arg(long)]
    supplier: String,
    /// The job's id, as listed
    id: String,
    /// Who says so
    #[arg(long, env = "USER")]
    by: String,
    /// Why; kept with the job, and in the history of its order
    #[arg(long)]
    reason: String,
}

pub(super) async fn run(config: &Config, command: JobsCommand) -> Result<ExitCode, String> {
    let surroundings = opening::existing(config).await?;
    let outcome = act(&surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(surroundings: &Surroundings, command: JobsCommand) -> Result<ExitCode, String> {
    let desk = JobDesk::new(surroundings.clone(), KNOWN);
    match command {
        JobsCommand::List {
            supplier,
            state,
            kind,
            order,
            limit,
        } => {
            let filter = JobFilter {
                state: Some(state),
                kind,
                order,
                ..JobFilter::default()
            };
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let jobs = desk
                .list(&supplier, &filter, None, limit)
                .await
                .map_err(|error| error.to_string())?;
            for job in &jobs {
                out::line(listed(job));
            }
            if jobs.is_empty() {
                out::notice("No job stands so.");
            }
        }
        JobsCommand::Show { supplier, id } => {
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let view = async { desk.get(&supplier, &id.parse()?).await };
            show(&view.await.map_err(|error| error.to_string())?);
        }
        JobsCommand::Replay(word) => {
            let (supplier, id, author) = word.read(surroundings).await?;
            desk.replay(&supplier, &id, &author)
                .await
                .map_err(|error| error.to_string())?;
            out::line(format_args!("Job {id} is tried again."));
        }
        JobsCommand::Skip(word) => {
            let (supplier, id, author) = word.read(surroundings).await?;
            desk.skip(&supplier, &id, &author)
                .await
                .map_err(|error| error.to_string())?;
            out::line(format_args!("Job {id} is skipped."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

impl Move {
    async fn read(self, surroundings: &Surroundings) -> Result<(SupplierId, JobId, Author), String> {
        let id: JobId = self
            .id
            .parse()
            .map_err(|error: punchgate_app::jobs::JobError| error.to_string())?;
        let author =
            Author::new(format!("cli:{}", self.by), self.reason).map_err(|error| error.to_string())?;
        Ok((opening::supplier(surroundings, &self.supplier).await?, id, author))
    }
}

/// One line: id, state, job, stream, attempts, since when, what went wrong last.
fn listed(job: &Job) -> String {
    let entry = &job.entry;
    let unknown = if job.known { "" } else { " (unknown here)" };
    let mut line = format!(
        "{}  {}  {}/{}{unknown}  {}#{}  attempts {}  since {}",
        job.id,
        entry.state,
        entry.kind,
        entry.payload_version,
        entry.stream,
        entry.seq,
        entry.attempts,
        from_micros(entry.created_at),
    );
    if let Some(error) = &entry.last_error {
        line.push_str("  ");
        line.push_str(error);
    }
    line
}

fn show(view: &JobView) {
    out::line(listed(&view.job));
    for attempt in &view.attempts {
        out::line(format_args!(
            "  {}  attempt {}  {}  {}",
            from_micros(attempt.started_at),
            attempt.attempt,
            attempt.outcome,
            attempt.detail
        ));
    }
    for word in &view.words {
        out::line(format_args!(
            "  {}  {} by {}: {}",
            from_micros(word.changed_at),
            word.to_value.as_deref().unwrap_or_default(),
            word.who,
            word.why
        ));
    }
}
