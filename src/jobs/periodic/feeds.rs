//! The feeds of an ERP, turn by turn. Every turn reads the connector's settings anew: a change counts with the
//! next one.

use std::{sync::Arc, time::Duration};

use punchgate_app::{
    connectors::Connected,
    orders::feed::FeedError,
    sync::{PullMode, Sync, SyncError, SyncScope},
};
use punchgate_domain::ids::{ConnectorId, SupplierId};
use punchgate_storage::{StorageResult, connector_instance};
use tokio_util::sync::CancellationToken;

use crate::gateway::Gateway;

/// How often all accounts are read, which alone shows what a cursor has missed and what is gone.
const SWEEP: Duration = Duration::from_secs(6 * 3600);

/// An ERP that a supplier has connected.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Erp {
    pub supplier: SupplierId,
    pub connector: ConnectorId,
}

/// What an ERP is asked for, over and over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Feed {
    /// Changed customers, limits, holds.
    Accounts,
    /// All of them.
    AllAccounts,
    /// What is owed.
    Exposure,
    /// What became of orders.
    Documents,
}

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// All is read.
    Done,
    /// The next slice waits.
    More,
    /// There are no accounts yet: they come with the next turn of another feed.
    Early,
    /// The ERP is asked again more slowly.
    Failed,
}

/// One feed of one ERP, with what its loop remembers.
struct Tended<'a> {
    gateway: &'a Arc<Gateway>,
    erp: &'a Erp,
    feed: Feed,
    stop: &'a CancellationToken,
    /// The version of the connector's settings under which its hold codes were last explained.
    explained: Option<i64>,
}

impl Feed {
    pub(super) const ALL: [Self; 4] = [Self::Accounts, Self::AllAccounts, Self::Exposure, Self::Documents];

    fn name(self) -> &'static str {
        match self {
            Self::Accounts => "accounts",
            Self::AllAccounts => "all accounts",
            Self::Exposure => "exposure",
            Self::Documents => "documents",
        }
    }

    fn every(self, gateway: &Gateway) -> Duration {
        match self {
            Self::Accounts | Self::Documents => gateway.config.sync.accounts,
            Self::Exposure => gateway.config.sync.exposure,
            Self::AllAccounts => SWEEP,
        }
    }
}

/// Takes turns until told to stop, or until the connector is gone.
pub(super) async fn tend(gateway: Arc<Gateway>, erp: Erp, feed: Feed, stop: CancellationToken) {
    let mut tended = Tended::new(&gateway, &erp, feed, &stop);
    let mut pause = match feed {
        // A first read without a cursor reads everything anyway.
        Feed::AllAccounts => SWEEP,
        _ => Duration::ZERO,
    };
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
        pause = match tended.turn().await {
            Ok(Some(Turn::Done)) => feed.every(&gateway),
            Ok(Some(Turn::More)) => Duration::ZERO,
            Ok(Some(Turn::Early)) => gateway.config.sync.accounts,
            Ok(Some(Turn::Failed)) => gateway.config.sync.accounts * 3,
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "a connector's settings could not be read");
                gateway.config.sync.accounts * 3
            }
        };
    }
}

/// One turn of every feed but the full read, each until nothing is left.
pub(super) async fn once(gateway: &Arc<Gateway>, erp: &Erp) {
    let stop = CancellationToken::new();
    for feed in [Feed::Accounts, Feed::Exposure, Feed::Documents] {
        let mut tended = Tended::new(gateway, erp, feed, &stop);
        while let Ok(Some(Turn::More)) = tended.turn().await {}
    }
}

impl<'a> Tended<'a> {
    fn new(gateway: &'a Arc<Gateway>, erp: &'a Erp, feed: Feed, stop: &'a CancellationToken) -> Self {
        Self {
            gateway,
            erp,
            feed,
            stop,
            explained: None,
        }
    }

    /// None if the connector is gone or switched off.
    async fn turn(&mut self) -> StorageResult<Option<Turn>> {
        let Erp { supplier, connector } = self.erp;
        let Some(scope) = self.scope().await? else {
            return Ok(None);
        };
        let connected = match self.gateway.connectors.connector(supplier, connector).await {
            Ok(connected) => connected,
            Err(error) => {
                tracing::warn!(%supplier, %connector, %error, "a connector cannot be called");
                return Ok(Some(Turn::Failed));
            }
        };
        let explained = self.explain(&connected, &scope).await;
        let read = match self.feed {
            Feed::Accounts => self.accounts(&connected, &scope, PullMode::Changes).await,
            Feed::AllAccounts => self.accounts(&connected, &scope, PullMode::Sweep).await,
            Feed::Exposure => self.exposure(&connected, &scope).await,
            Feed::Documents => self.documents().await,
        };
        Ok(Some(match read {
            Ok(_) if !explained => Turn::Failed,
            Ok(turn) => turn,
            Err(error) => {
                let what = self.feed.name();
                tracing::warn!(%supplier, %connector, what, %error, "the ERP could not be read");
                Turn::Failed
            }
        }))
    }

    /// Company, sales area or credit segment, as the connector's settings have it now.
    async fn scope(&self) -> StorageResult<Option<SyncScope>> {
        let Erp { supplier, connector } = self.erp;
        let mut tx = self.gateway.surroundings.db.read().await?;
        let row = connector_instance::find(&mut tx, supplier.as_str(), connector.as_str()).await?;
        tx.rollback().await?;
        Ok(row.filter(|row| row.enabled != 0).map(|row| SyncScope {
            supplier: supplier.to_string(),
            connector: connector.to_string(),
            scope: scope_of(&row.settings),
        }))
    }

    /// What the connector's hold codes mean, where its settings have changed. Whether all went well.
    async fn explain(&mut self, connected: &Connected, scope: &SyncScope) -> bool {
        if self.feed != Feed::Accounts || self.explained == Some(connected.version) {
            return true;
        }
        match sync(self.gateway).explain_holds(scope, &connected.sync).await {
            Ok(_) => {
                self.explained = Some(connected.version);
                true
            }
            Err(error) => {
                let Erp { supplier, connector } = self.erp;
                tracing::warn!(%supplier, %connector, %error, "the ERP's hold codes could not be explained");
                false
            }
        }
    }

    async fn accounts(
        &self,
        connected: &Connected,
        scope: &SyncScope,
        mode: PullMode,
    ) -> Result<Turn, String> {
        let Some(accounts) = connected.spec().accounts else {
            return Ok(Turn::Done);
        };
        let calls = |operation: &str| context(self.gateway, connected, operation, self.stop);
        let result = sync(self.gateway)
            .pull_accounts(scope, &connected.sync, accounts, &calls, mode)
            .await;
        match result {
            Ok(report) if report.unknown_codes.is_empty() => Ok(Turn::Done),
            Ok(report) => {
                tracing::warn!(
                    supplier = %connected.supplier,
                    connector = %connected.id,
                    codes = ?report.unknown_codes,
                    "the ERP has hold codes that nobody has explained: they remove everything; add them to sync.hold_codes of the connector"
                );
                Ok(Turn::Done)
            }
            Err(error) => another_gateway_s(error),
        }
    }

    async fn exposure(&self, connected: &Connected, scope: &SyncScope) -> Result<Turn, String> {
        let Some(exposures) = connected.spec().exposure else {
            return Ok(Turn::Done);
        };
        let calls = |operation: &str| context(self.gateway, connected, operation, self.stop);
        match sync(self.gateway).pull_exposure(scope, exposures, &calls).await {
            Ok(report) if report.more => Ok(Turn::More),
            Ok(report) if report.asked == 0 => Ok(Turn::Early),
            Ok(_) => Ok(Turn::Done),
            Err(error) => another_gateway_s(error),
        }
    }

    async fn documents(&self) -> Result<Turn, String> {
        let Erp { supplier, connector } = self.erp;
        match self.gateway.feed.pull(supplier, connector, self.stop).await {
            Ok(_) => Ok(Turn::Done),
            Err(FeedError::Sync(error)) => another_gateway_s(error),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// That another gateway reads the feed is no failure.
fn another_gateway_s(error: SyncError) -> Result<Turn, String> {
    match error {
        SyncError::Busy => Ok(Turn::Done),
        error => Err(error.to_string()),
    }
}

fn scope_of(settings: &str) -> String {
    let settings: Option<serde_json::Value> = serde_json::from_str(settings).ok();
    let scope = settings
        .as_ref()
        .and_then(|settings| settings.get("scope"))
        .and_then(|scope| scope.as_str());
    scope.unwrap_or_default().to_owned()
}

pub(super) fn sync(gateway: &Gateway) -> Sync {
    Sync::new(gateway.surroundings.clone(), gateway.holder.clone())
}

/// The context of a call, which ends when `stop` is called.
pub(super) fn context(
    gateway: &Gateway,
    connected: &Connected,
    operation: &str,
    stop: &CancellationToken,
) -> punchgate_connector::Context {
    connected.context(
        operation,
        gateway.surroundings.now(),
        gateway.config.sync.call,
        stop.clone(),
    )
}
