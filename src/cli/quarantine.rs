//! `punchgate quarantine`: refused order requests, above all those of senders that belong to no supplier.

use std::{process::ExitCode, sync::Arc};

use punchgate_app::{
    Surroundings,
    accounts::Author,
    clock::from_micros,
    directory::parse_path_text,
    inbound::Admission,
    quarantine::{self, KeptRequest, QuarantineFilter, QuarantineRow},
};
use punchgate_domain::ids::SupplierId;

use super::opening;
use crate::{config::Config, connectors, gateway::Gateway, out};

/// Commands on refused order requests. Without `--supplier` they are about those of nobody that is known here.
#[derive(Debug, clap::Subcommand)]
pub(super) enum QuarantineCommand {
    /// Lists refused requests, newest first
    List {
        /// Those of this supplier [default: those of senders that belong to no supplier]
        #[arg(long)]
        supplier: Option<String>,
        /// Where they stand
        #[arg(long, default_value = "waiting", value_parser = quarantine::STATES)]
        state: String,
        /// Only this order number, payloadID, BuyerCookie or id, whole
        #[arg(long)]
        search: Option<String>,
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
    /// Receives a refused order request as one of a relationship, once its cause is mended
    Admit {
        /// Whose it is [default: a sender's that belongs to no supplier]
        #[arg(long)]
        supplier: Option<String>,
        /// Its id, as listed
        id: String,
        /// As whose: SUPPLIER.RELATIONSHIP, such as acme.borealis
        #[arg(long = "as", value_name = "SUPPLIER.RELATIONSHIP")]
        taker: String,
        /// Who vouches for it
        #[arg(long, env = "USER")]
        by: String,
    },
    /// Puts back a request whose admission was cut short and of which no order came: it waits again
    PutBack {
        /// Whose it is [default: a sender's that belongs to no supplier]
        #[arg(long)]
        supplier: Option<String>,
        /// Its id, as listed
        id: String,
        /// Who says so
        #[arg(long, env = "USER")]
        by: String,
    },
    /// Sets a refused order request aside for good, where it was given to nobody; it stays readable
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
    let surroundings = opening::existing(config).await?;
    let outcome = act(config, &surroundings, command).await;
    surroundings.db.close().await;
    outcome
}

async fn act(
    config: &Config,
    surroundings: &Surroundings,
    command: QuarantineCommand,
) -> Result<ExitCode, String> {
    match command {
        QuarantineCommand::List {
            supplier,
            state,
            search,
            limit,
        } => {
            let filter = QuarantineFilter {
                state: Some(state),
                search,
            };
            let owner = owner(surroundings, supplier).await?;
            let rows = quarantine::list(surroundings, &owner, &filter, None, limit)
                .await
                .map_err(|error| error.to_string())?;
            if rows.is_empty() {
                out::notice("No refused request stands so.");
            }
            for row in rows {
                out::line(listed(&row));
            }
        }
        QuarantineCommand::Show { supplier, id } => {
            let found = quarantine::get(surroundings, &owner(surroundings, supplier).await?, &id)
                .await
                .map_err(|error| error.to_string())?;
            show(&found.ok_or_else(|| format!("there is no quarantined request '{id}'"))?);
        }
        QuarantineCommand::Admit {
            supplier,
            id,
            taker,
            by,
        } => {
            let holder = owner(surroundings, supplier).await?;
            admit(config, surroundings, &holder, &id, &taker, &by).await?;
        }
        QuarantineCommand::PutBack { supplier, id, by } => {
            let owner = owner(surroundings, supplier).await?;
            quarantine::put_back(surroundings, &owner, &id, &somebody(&by)?)
                .await
                .map_err(|error| error.to_string())?;
            out::line(format_args!("Request {id} is nobody's again and waits."));
        }
        QuarantineCommand::Discard { supplier, id, by } => {
            let owner = owner(surroundings, supplier).await?;
            quarantine::discard(surroundings, &owner, &id, &somebody(&by)?)
                .await
                .map_err(|error| error.to_string())?;
            out::line(format_args!("Request {id} is discarded."));
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// One line: id, when, where it stands and by whom, what it is, from where, what was wrong.
fn listed(row: &QuarantineRow) -> String {
    format!(
        "{}  {}  {}{}  {} {}  from {}  {}  {}",
        row.quarantine_id,
        from_micros(row.received_at),
        row.state,
        decided(row),
        row.kind,
        row.order_number
            .as_deref()
            .or(row.buyer_cookie.as_deref())
            .unwrap_or_default(),
        row.remote_address,
        row.reason,
        row.detail
    )
}

/// As whose it was admitted, by whom and when.
fn decided(row: &QuarantineRow) -> String {
    let mut text = match &row.admitted_as {
        Some(taker) => format!(" as {taker}"),
        None => String::new(),
    };
    if let (Some(by), Some(at)) = (&row.decided_by, row.decided_at) {
        text.push_str(&format!(" by {by} at {}", from_micros(at)));
    }
    text
}

/// The document is the result; what is known of it goes beside it.
fn show(found: &KeptRequest) {
    let row = &found.row;
    out::notice(format_args!(
        "{} from {}, {}{}: {}: {}",
        from_micros(row.received_at),
        row.remote_address,
        row.state,
        decided(row),
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
    out::notice(format_args!("what to do: {}", quarantine::advice(row)));
    out::line(String::from_utf8_lossy(&found.bytes));
}

/// Received by this command as by the gateway; a gateway that runs takes the order on.
async fn admit(
    config: &Config,
    surroundings: &Surroundings,
    holder: &SupplierId,
    id: &str,
    taker: &str,
    by: &str,
) -> Result<(), String> {
    let (supplier, relationship) = parse_path_text(taker)
        .ok_or_else(|| format!("--as '{taker}': write SUPPLIER.RELATIONSHIP, such as acme.borealis"))?;
    let keyring = Arc::new(opening::keyring(config)?);
    let gateway = Gateway::assemble(
        config.clone(),
        surroundings.clone(),
        keyring,
        connectors::registry(),
    )
    .map_err(|error| error.to_string())?;
    let admission = Admission {
        holder,
        id,
        supplier: &opening::supplier(surroundings, supplier.as_str()).await?,
        relationship: &relationship,
        by: &somebody(by)?,
    };
    let outcome = gateway
        .inbound
        .admit(&admission)
        .await
        .map_err(|error| error.to_string())?;
    match outcome.order {
        Some(order) => out::line(format_args!(
            "Request {id} is received as {taker}'s: order {order}, {}.",
            outcome.disposition.as_str()
        )),
        None => return Err(format!("the request was not taken: {}", outcome.answer.details)),
    }
    Ok(())
}

fn somebody(name: &str) -> Result<Author, String> {
    quarantine::somebody(format!("cli:{name}")).map_err(|error| error.to_string())
}

/// Whose requests: a supplier's, or of senders that belong to none.
async fn owner(surroundings: &Surroundings, supplier: Option<String>) -> Result<SupplierId, String> {
    match supplier {
        Some(supplier) => opening::supplier(surroundings, &supplier).await,
        None => Ok(SupplierId::from("")),
    }
}
