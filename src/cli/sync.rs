//! `punchgate sync`: how far the ERPs were read, conflicts that wait for a person, and a reading now.

mod run;

use std::process::ExitCode;

use punchgate_app::{
    Surroundings,
    accounts::{Accounts, ConflictView},
    clock::from_micros,
    sync::attention_text,
};

use super::opening;
use crate::{config::Config, out};

/// Commands on the synchronisation with ERPs.
#[derive(Debug, clap::Subcommand)]
pub(super) enum SyncCommand {
    /// Reads ERPs now and says what came of it; exits 1 if something could not be read
    Run(run::RunArgs),
    /// Shows how far every feed was read, and what went wrong last
    Status {
        /// The supplier
        #[arg(long)]
        supplier: String,
    },
    /// Lists conflicts, newest first
    Conflicts {
        /// The supplier
        #[arg(long)]
        supplier: String,
        /// Where they stand
        #[arg(long, default_value = "open", value_parser = ["open", "resolved"])]
        state: String,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
}

pub(super) async fn run(config: &Config, command: SyncCommand) -> Result<ExitCode, String> {
    if let SyncCommand::Run(args) = &command {
        return Box::pin(run::run(config, args)).await;
    }
    let surroundings = opening::existing(config).await?;
    let outcome = act(&surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(surroundings: &Surroundings, command: SyncCommand) -> Result<ExitCode, String> {
    let accounts = Accounts::new(surroundings.clone());
    match command {
        SyncCommand::Run(_) => {}
        SyncCommand::Status { supplier } => {
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let feeds = accounts
                .sync_status(supplier.as_str())
                .await
                .map_err(|error| error.to_string())?;
            let at =
                |micros: Option<i64>| micros.map_or("never".to_owned(), |it| from_micros(it).to_string());
            let attention = accounts
                .sync_attention(supplier.as_str())
                .await
                .map_err(|error| error.to_string())?;
            let none = feeds.is_empty();
            for feed in feeds {
                let mut line = format!(
                    "{}/{}  {}  begun {}  finished {}  failed {}  {} rows",
                    feed.connector_id,
                    feed.scope,
                    feed.feed,
                    at(feed.started_at),
                    at(feed.finished_at),
                    at(feed.failed_at),
                    feed.rows_applied
                );
                if let Some(error) = feed.last_error {
                    line.push_str("  ");
                    line.push_str(&error);
                }
                out::line(line);
            }
            for row in attention {
                let since = from_micros(row.noted_at);
                out::line(format!(
                    "attention  {}/{} {}  since {since}  {}",
                    row.connector_id,
                    row.scope,
                    row.external_id,
                    attention_text(&row)
                ));
            }
            if none {
                out::notice("Nothing was read of any ERP yet.");
            }
        }
        SyncCommand::Conflicts {
            supplier,
            state,
            limit,
        } => {
            let supplier = opening::supplier(surroundings, &supplier).await?;
            let rows = accounts
                .conflicts(supplier.as_str(), Some(&state), None, limit)
                .await
                .map_err(|error| error.to_string())?;
            if rows.is_empty() {
                out::notice("No conflict stands so.");
            }
            for view in rows.into_iter().map(ConflictView::from) {
                out::line(listed(&view));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One line: id, since when, whose field, what both had and what each wants.
fn listed(view: &ConflictView) -> String {
    let words = |value: &Option<String>| value.clone().unwrap_or_else(|| "nothing".to_owned());
    format!(
        "{}  {}  {}/{} {}  {}: was {}, ours {}, theirs {}; {} counts",
        view.row.conflict_id,
        from_micros(view.row.noted_at),
        view.row.connector_id,
        view.row.scope,
        view.row.external_id,
        view.row.field,
        words(&view.base),
        words(&view.ours),
        words(&view.theirs),
        view.row.winner
    )
}
