//! `punchgate sync run`: reads an ERP or a shop now, under the leases by which gateways take turns: nothing is read
//! twice at once, whoever else is at it.

use std::{process::ExitCode, sync::Arc, time::Duration};

use punchgate_app::{
    Surroundings,
    connectors::{Connected, ConnectorSource, is_erp, is_shop},
    directory::Directory,
    orders::feed::{FeedError, FeedReport, OrderFeed},
    sync::{ExposureReport, PullMode, PullReport, Sync, SyncError, SyncScope},
};
use punchgate_connector::Context;
use punchgate_domain::ids::{ConnectorId, SupplierId};
use punchgate_storage::connector_instance;
use tokio_util::sync::CancellationToken;

use crate::{cli::opening, config::Config, connectors, jobs::periodic::scope_of, out};

/// How long a turn that another has is waited for between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Arguments of `sync run`.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RunArgs {
    /// The connector of an ERP or a shop [default: all of the supplier]
    #[arg(value_name = "CONNECTOR")]
    connector: Option<String>,
    /// The supplier
    #[arg(long)]
    supplier: String,
    /// Reads all accounts, not only what has changed: shows what a cursor has missed, and what is gone
    #[arg(long)]
    full: bool,
    /// Reads only this [default: all that the connector has]
    #[arg(long, value_enum)]
    feed: Option<FeedName>,
    /// So many seconds it waits for a gateway that reads the same at the moment
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    wait: u32,
}

/// What is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum FeedName {
    /// Customers, terms, limits, holds, people, places
    Accounts,
    /// What customers owe
    Exposure,
    /// What became of orders, as an ERP tells it
    Documents,
    /// Where orders stand that a shop has taken: those that moved last, and all that are due
    ShopOrders,
}

impl FeedName {
    const ALL: [Self; 4] = [Self::Accounts, Self::Exposure, Self::Documents, Self::ShopOrders];

    fn as_str(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::Exposure => "exposure",
            Self::Documents => "documents",
            Self::ShopOrders => "shop-orders",
        }
    }
}

pub(super) async fn run(config: &Config, args: &RunArgs) -> Result<ExitCode, String> {
    let keyring = Arc::new(opening::keyring(config)?);
    let surroundings = opening::existing(config).await?;
    let directory = Arc::new(Directory::new(surroundings.clone(), Arc::clone(&keyring)));
    let source = ConnectorSource::new(
        surroundings.clone(),
        keyring,
        connectors::registry().with_roots(config.folders.roots.clone()),
    );
    // A name of its own: a lease that a gateway holds is not this command's.
    let holder = surroundings.new_id();
    let source = Arc::new(source);
    let runner = Runner {
        sync: Sync::new(surroundings.clone(), holder.clone()).with_rules(Arc::clone(&directory)),
        orders: OrderFeed::new(surroundings.clone(), directory, Arc::clone(&source), holder),
        source,
        surroundings,
        call: config.sync.call,
        stop: CancellationToken::new(),
    };
    let stop = runner.stop.clone();
    // Who is called off gives the turn back.
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let outcome = runner.run(args).await;
    runner.surroundings.db.close().await;
    outcome.map(|well| {
        if well {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    })
}

struct Runner {
    surroundings: Surroundings,
    source: Arc<ConnectorSource>,
    sync: Sync,
    orders: OrderFeed,
    call: Duration,
    stop: CancellationToken,
}

/// One feed of one connector.
struct Turn<'a> {
    connected: &'a Connected,
    scope: &'a SyncScope,
    full: bool,
}

impl Runner {
    /// Whether all went well.
    async fn run(&self, args: &RunArgs) -> Result<bool, String> {
        let supplier = opening::supplier(&self.surroundings, &args.supplier).await?;
        let found = self.peers(&supplier, args.connector.as_deref()).await?;
        let mut well = true;
        for (connector, scope) in found {
            let connected = match self.source.connector(&supplier, &connector).await {
                Ok(connected) => connected,
                Err(error) => {
                    out::line(format!("{connector}  failed: {error}"));
                    well = false;
                    continue;
                }
            };
            let turn = Turn {
                connected: &connected,
                scope: &scope,
                full: args.full,
            };
            let wanted = FeedName::ALL
                .into_iter()
                .filter(|feed| args.feed.is_none_or(|only| only == *feed));
            for feed in wanted {
                if !has(&connected, feed) {
                    if args.feed.is_some() {
                        out::line(format!("{connector}  {}  the connector has none", feed.as_str()));
                    }
                    continue;
                }
                let lines = self.in_turn(&turn, feed, args.wait).await;
                well &= lines.is_ok();
                let lines = lines.unwrap_or_else(|error| vec![format!("failed: {error}")]);
                for line in lines {
                    out::line(format!("{connector}/{}  {}  {line}", scope.scope, feed.as_str()));
                }
            }
        }
        Ok(well)
    }

    /// The ERPs and shops that are meant, each with its scope.
    async fn peers(
        &self,
        supplier: &SupplierId,
        only: Option<&str>,
    ) -> Result<Vec<(ConnectorId, SyncScope)>, String> {
        let read = async {
            let mut tx = self.surroundings.db.read().await?;
            let rows = connector_instance::of_supplier(&mut tx, supplier.as_str()).await?;
            tx.rollback().await?;
            Ok::<_, punchgate_storage::StorageError>(rows)
        };
        let rows = read.await.map_err(|error| error.to_string())?;
        let is_asked = |kind: &str| is_erp(kind) || is_shop(kind);
        let peers = rows.into_iter().filter(|row| is_asked(&row.kind));
        let meant: Vec<_> = peers
            .filter(|row| only.is_none_or(|id| row.connector_id == id))
            .collect();
        match (only, meant.first()) {
            (Some(id), None) => return Err(format!("supplier {supplier} has no ERP and no shop '{id}'")),
            (Some(id), Some(row)) if row.enabled == 0 => {
                return Err(format!(
                    "connector '{id}' is switched off: set enabled, and apply"
                ));
            }
            _ => {}
        }
        let scope = |row: connector_instance::ConnectorInstanceRow| {
            let scope = SyncScope {
                supplier: supplier.to_string(),
                connector: row.connector_id.clone(),
                scope: scope_of(&row.settings),
            };
            (ConnectorId::new(row.connector_id), scope)
        };
        Ok(meant
            .into_iter()
            .filter(|row| row.enabled != 0)
            .map(scope)
            .collect())
    }

    /// Reads a feed as soon as nobody else does.
    async fn in_turn(&self, turn: &Turn<'_>, feed: FeedName, wait: u32) -> Result<Vec<String>, SyncRunError> {
        let patience = tokio::time::Instant::now() + Duration::from_secs(wait.into());
        loop {
            let outcome = match feed {
                FeedName::Accounts => self.accounts(turn).await,
                FeedName::Exposure => self.exposure(turn).await,
                FeedName::Documents => self.documents(turn).await,
                FeedName::ShopOrders => self.shop_orders(turn).await,
            };
            match outcome {
                Err(error) if error.is_busy() && tokio::time::Instant::now() < patience => {
                    tokio::select! {
                        () = self.stop.cancelled() => return Err(error),
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                    }
                }
                outcome => return outcome,
            }
        }
    }

    fn context(&self, connected: &Connected, operation: &str) -> Context {
        connected.context(operation, self.surroundings.now(), self.call, self.stop.clone())
    }

    async fn accounts(&self, turn: &Turn<'_>) -> Result<Vec<String>, SyncRunError> {
        let Some(accounts) = turn.connected.spec().accounts else {
            return Ok(Vec::new());
        };
        let policy = &turn.connected.sync;
        self.sync.explain_holds(turn.scope, policy).await?;
        let mode = if turn.full {
            PullMode::Sweep
        } else {
            PullMode::Changes
        };
        let calls = |operation: &str| self.context(turn.connected, operation);
        let report = self
            .sync
            .pull_accounts(turn.scope, policy, accounts, &calls, mode)
            .await?;
        Ok(of_accounts(&report))
    }

    async fn exposure(&self, turn: &Turn<'_>) -> Result<Vec<String>, SyncRunError> {
        let Some(exposures) = turn.connected.spec().exposure else {
            return Ok(Vec::new());
        };
        let calls = |operation: &str| self.context(turn.connected, operation);
        let mut all = ExposureReport::default();
        loop {
            let part = self.sync.pull_exposure(turn.scope, exposures, &calls).await?;
            let more = part.more;
            all.add(part);
            if !more {
                return Ok(of_exposure(&all));
            }
        }
    }

    async fn documents(&self, turn: &Turn<'_>) -> Result<Vec<String>, SyncRunError> {
        let (supplier, connector) = (&turn.connected.supplier, &turn.connected.id);
        let mut all = FeedReport::default();
        loop {
            let part = self.orders.pull(supplier, connector, &self.stop).await?;
            all.new += part.new;
            all.unreadable.extend(part.unreadable);
            if !part.more {
                return Ok(of_documents(&all));
            }
        }
    }

    async fn shop_orders(&self, turn: &Turn<'_>) -> Result<Vec<String>, SyncRunError> {
        let (supplier, connector) = (&turn.connected.supplier, &turn.connected.id);
        let mut all = FeedReport::default();
        let mut is_first = true;
        loop {
            let part = self
                .orders
                .look(supplier, connector, is_first, &self.stop)
                .await?;
            is_first = false;
            all.new += part.new;
            all.unreadable.extend(part.unreadable);
            if !part.more {
                return Ok(of_documents(&all));
            }
        }
    }
}

fn has(connected: &Connected, feed: FeedName) -> bool {
    let spec = connected.spec();
    match feed {
        FeedName::Accounts => spec.accounts.is_some(),
        FeedName::Exposure => spec.exposure.is_some(),
        FeedName::Documents => spec.documents.is_some(),
        FeedName::ShopOrders => spec.shop_orders.is_some(),
    }
}

/// Why a feed was not read.
#[derive(Debug, thiserror::Error)]
enum SyncRunError {
    #[error(transparent)]
    Sync(#[from] SyncError),
    #[error(transparent)]
    Feed(#[from] FeedError),
}

impl SyncRunError {
    fn is_busy(&self) -> bool {
        matches!(
            self,
            Self::Sync(SyncError::Busy) | Self::Feed(FeedError::Sync(SyncError::Busy))
        )
    }
}

fn of_accounts(report: &PullReport) -> Vec<String> {
    let mut lines = vec![format!(
        "{} rows in {} pages, {} changed, {} gone, {} conflicts, {} left out",
        report.seen,
        report.pages,
        report.changed,
        report.gone,
        report.conflicts,
        report.unreadable.len()
    )];
    lines.extend(report.unreadable.iter().map(|row| left_out(row)));
    if report.withheld > 0 {
        lines.push(format!(
            "{} accounts were lacking, more than sync.shrink_percent allows: they stay as they were",
            report.withheld
        ));
    }
    let codes = report.unknown_codes.iter();
    lines.extend(codes.map(|code| format!("hold code '{code}' is in no table: see sync status")));
    let accounts = report.negative_limits.iter();
    lines.extend(accounts.map(|id| format!("'{id}' has a negative limit: the last one counts")));
    lines
}

fn of_exposure(report: &ExposureReport) -> Vec<String> {
    let mut lines = vec![format!(
        "{} rows, {} changed, {} not known there, {} left out",
        report.asked,
        report.entered,
        report.missing.len(),
        report.unreadable.len()
    )];
    let unreadable = report.unreadable.iter();
    lines.extend(unreadable.map(|row| left_out(&format!("'{}': {}", row.external_id, row.problem))));
    lines
}

fn of_documents(report: &FeedReport) -> Vec<String> {
    let head = format!("{} new, {} left out", report.new, report.unreadable.len());
    std::iter::once(head)
        .chain(report.unreadable.iter().map(|row| left_out(row)))
        .collect()
}

fn left_out(row: &str) -> String {
    format!("left out: {row}")
}
