//! `punchgate quarantine`: refused order requests, above all those of senders that belong to no supplier.

use std::process::ExitCode;

use punchgate_app::{
    Surroundings,
    clock::from_micros,
    quarantine::{self, KeptRequest},
};
use punchgate_domain::ids::SupplierId;

use super::opening;
use crate::{config::Config, out};

const STATES: [&str; 3] = ["waiting", "admitted", "discarded"];

/// Commands on refused order requests. Without `--supplier` they are about those of nobody that is known here.
#[derive(Debug, clap::Subcommand)]
pub(super) enum QuarantineCommand {
    /// Lists refused order requests, newest first
    List {
        /// Those of this supplier [default: those of senders that belong to no supplier]
        #[arg(long)]
        supplier: Option<String>,
        /// Where they stand
        #[arg(long, default_value = "waiting", value_parser = STATES)]
        state: String,
        /// How many at most
        #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=500))]
        limit: u32,
    },
    /// Prints a refused order request, secrets and cards blanked
    Show {
        /// Whose it is [default: a sender's that belongs to no supplier]
        #[arg(long)]
        supplier: Option<String>,
        /// Its id, as listed
        id: String,
    },
    /// Sets a refused order request aside for good; it stays readable
    Discard {
        /// Whose it is [default: a sender's that belongs to no supplier]
        #[arg(long)]
        supplier: Option<String>,
        /// Its id, as listed
        id: String,
        /// Who says so
        #[arg(long, env = "USER")]
        by: String,
    },
}

pub(super) async fn run(config: &Config, command: QuarantineCommand) -> Result<ExitCode, String> {
    let surroundings = opening::surroundings(config).await?;
    let outcome = act(&surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(surroundings: &Surroundings, command: QuarantineCommand) -> Result<ExitCode, String> {
    match command {
        QuarantineCommand::List {
            supplier,
            state,
            limit,
        } => {
            let rows = quarantine::list(surroundings, &owner(supplier), Some(&state), None, limit)
                .await
                .map_err(|error| error.to_string())?;
            for row in rows {
                out::line(format_args!(
                    "{}  {}  {}  from {}  {}  {}",
                    row.quarantine_id,
                    from_micros(row.received_at),
                    row.state,
                    row.remote_address,
                    row.reason,
                    row.detail
                ));
            }
        }
        QuarantineCommand::Show { supplier, id } => {
            let found = quarantine::get(surroundings, &owner(supplier), &id)
                .await
                .map_err(|error| error.to_string())?;
            show(&found.ok_or_else(|| missing(&id))?);
        }
        QuarantineCommand::Discard { supplier, id, by } => {
            let discarded = quarantine::discard(surroundings, &owner(supplier), &id, &format!("cli:{by}"))
                .await
                .map_err(|error| error.to_string())?;
            if !discarded {
                return Err(missing(&id) + " that waits");
            }
            out::line(format_args!("Request {id} is discarded."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The document is the result; what is known of it goes beside it.
fn show(found: &KeptRequest) {
    let row = &found.row;
    out::notice(format_args!(
        "{} from {}, {}: {}: {}",
        from_micros(row.received_at),
        row.remote_address,
        row.state,
        row.reason,
        row.detail
    ));
    out::notice(format_args!("claims to be {}", row.claimed));
    for part in &found.parts {
        out::notice(format_args!(
            "with a part {} ({}, {} bytes)",
            part.content_id.as_deref().unwrap_or("without Content-ID"),
            part.content_type,
            part.length
        ));
    }
    out::line(String::from_utf8_lossy(&found.bytes));
}

fn owner(supplier: Option<String>) -> SupplierId {
    SupplierId::from(supplier.unwrap_or_default())
}

fn missing(id: &str) -> String {
    format!("there is no quarantined request '{id}'")
}
