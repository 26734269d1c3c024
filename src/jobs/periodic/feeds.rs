//! The feeds of an ERP or a shop, turn by turn. Every turn reads the connector's settings anew: a change counts with the
//! next one.

use std::{sync::Arc, time::Duration};

use punchgate_app::{
    connectors::Connected,
    orders::feed::FeedError,
    sync::{PullMode, PullReport, Sync, SyncError, SyncScope},
};
use punchgate_storage::{StorageResult, connector_instance};
use tokio_util::sync::CancellationToken;

use super::{
    peer::{Feed, Peer, SWEEP},
    trouble::{CODE, Matters, Trouble, Troubles},
};
use crate::gateway::Gateway;

/// Until a feed that another gateway reads is looked at again: that one may have died.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Between two readings that are hinted at.
const HINTED_APART: Duration = Duration::from_secs(1);

/// How a turn ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    /// All is read.
    Done,
    /// All is read, but for what came to nothing on the way.
    Broken,
    /// Another gateway reads it.
    Elsewhere,
    /// The next slice waits.
    More,
    /// There are no accounts yet: they come with the next turn of another feed.
    Early,
    /// All of it was read not so long ago, here or elsewhere.
    NotDue(Duration),
    /// The ERP is asked again more slowly.
    Failed,
}

/// One feed of one ERP, with what its loop remembers.
struct Tended<'a> {
    gateway: &'a Arc<Gateway>,
    peer: &'a Peer,
    feed: Feed,
    stop: &'a CancellationToken,
    /// The version of the connector's settings under which its hold codes were last explained.
    explained: Option<i64>,
    troubles: Troubles,
    /// Whether a run has begun that has not ended; what it answers, if it was hinted at before it began.
    run: Option<Option<i64>>,
}

/// Takes turns until told to stop, or until the connector is gone.
pub(super) async fn tend(
    gateway: Arc<Gateway>,
    peer: Peer,
    (feed, matters): (Feed, Arc<Matters>),
    stop: CancellationToken,
) {
    let mut tended = Tended::new(&gateway, &peer, feed, &stop);
    tended.troubles = Troubles::of(matters);
    let mut pause = Duration::ZERO;
    loop {
        if !tended.wait(pause).await {
            return;
        }
        pause = match tended.turn_if_due().await {
            Ok(Some(Turn::NotDue(left))) => left,
            Ok(Some(Turn::Done | Turn::Broken)) => feed.every(&gateway),
            // It may have begun before the hint.
            Ok(Some(Turn::Elsewhere)) if tended.is_due().await => HINTED_APART,
            Ok(Some(Turn::Elsewhere)) => feed.every(&gateway).min(LOOK_AGAIN),
            Ok(Some(Turn::More)) => Duration::ZERO,
            Ok(Some(Turn::Early)) => gateway.config.sync.accounts,
            Ok(Some(Turn::Failed)) => tended.troubles.pause(feed.when_failed(&gateway)),
            Ok(None) => return,
            Err(error) => {
                tracing::error!(%error, "a connector's settings could not be read");
                gateway.config.sync.accounts * 3
            }
        };
    }
}

/// One turn of every feed but the full read, each until nothing is left.
pub(super) async fn once(gateway: &Arc<Gateway>, peer: &Peer) {
    let stop = CancellationToken::new();
    for feed in peer.feeds().iter().filter(|feed| **feed != Feed::AllAccounts) {
        let mut tended = Tended::new(gateway, peer, *feed, &stop);
        while let Ok(Some(Turn::More)) = tended.turn().await {}
    }
}

impl<'a> Tended<'a> {
    fn new(gateway: &'a Arc<Gateway>, peer: &'a Peer, feed: Feed, stop: &'a CancellationToken) -> Self {
        Self {
            gateway,
            peer,
            feed,
            stop,
            explained: None,
            troubles: Troubles::default(),
            run: None,
        }
    }

    /// Waits so long, or until the feed is hinted at; false if there is nothing more to do. A hint shortens no pause of a
    /// feed that is in trouble: it is answered by the turn after it.
    async fn wait(&self, pause: Duration) -> bool {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        let bell = self
            .feed
            .hinted()
            .map(|feed| self.gateway.hooks.bell(supplier, connector, feed));
        let over = tokio::time::sleep(pause);
        tokio::pin!(over);
        loop {
            let hint = async {
                tokio::time::sleep(HINTED_APART).await;
                match &bell {
                    Some(bell) => bell.notified().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = self.stop.cancelled() => return false,
                () = &mut over => return true,
                () = hint, if !self.troubles.last() => {
                    // A reading that began in the meantime may have answered it.
                    if self.is_due().await {
                        return true;
                    }
                }
            }
        }
    }

    /// Whether it is hinted at; if that cannot be seen, a turn says why.
    async fn is_due(&self) -> bool {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        match self.feed.hinted() {
            Some(feed) => self
                .gateway
                .hooks
                .is_due(supplier, connector, feed)
                .await
                .unwrap_or(true),
            None => false,
        }
    }

    /// Notes which hints the run that begins now answers. A run of many turns answers those before its first.
    async fn begin(&mut self) -> StorageResult<()> {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        if let (None, Some(feed)) = (self.run, self.feed.hinted()) {
            self.run = Some(self.gateway.hooks.begin(supplier, connector, feed).await?);
        }
        Ok(())
    }

    /// The run has ended; whether well.
    async fn end(&mut self, well: bool) -> StorageResult<()> {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        if let (Some(Some(answers)), Some(feed), true) = (self.run.take(), self.feed.hinted(), well) {
            self.gateway
                .hooks
                .serve(supplier, connector, feed, answers)
                .await?;
        }
        Ok(())
    }

    /// A turn, unless everything was read only lately. None if the connector is gone or switched off.
    async fn turn_if_due(&mut self) -> StorageResult<Option<Turn>> {
        if self.feed == Feed::AllAccounts {
            let Some(scope) = self.scope().await? else {
                return Ok(None);
            };
            let left = sync(self.gateway).until_sweep(&scope, SWEEP).await?;
            if !left.is_zero() {
                return Ok(Some(Turn::NotDue(left)));
            }
        }
        self.turn().await
    }

    /// None if the connector is gone or switched off.
    async fn turn(&mut self) -> StorageResult<Option<Turn>> {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        let Some(scope) = self.scope().await? else {
            return Ok(None);
        };
        let begins = self.run.is_none();
        self.begin().await?;
        let noun = self.peer.noun();
        let is_hinted = begins && matches!(self.run, Some(Some(_)));
        match self.read(&scope, is_hinted).await {
            Ok(turn) => {
                match turn {
                    Turn::Done | Turn::Early => {
                        if self.troubles.ended() {
                            tracing::info!(%supplier, %connector, what = self.feed.name(), "the {noun} is read again");
                        }
                    }
                    Turn::Broken | Turn::More => self.troubles.eased(),
                    Turn::Elsewhere => self.troubles.given_away(),
                    Turn::Failed | Turn::NotDue(_) => {}
                }
                if turn != Turn::More {
                    self.end(turn != Turn::Elsewhere).await?;
                }
                Ok(Some(turn))
            }
            // Called off in the middle is no trouble.
            Err(_) if self.stop.is_cancelled() => Ok(Some(Turn::Failed)),
            Err(trouble) => {
                self.end(false).await?;
                let (what, error) = (self.feed.name(), trouble.text());
                match self.troubles.failed(&trouble) {
                    true => {
                        tracing::warn!(%supplier, %connector, what, error, "the {noun} could not be read")
                    }
                    false => {
                        tracing::debug!(%supplier, %connector, what, error, "the {noun} still cannot be read")
                    }
                }
                Ok(Some(Turn::Failed))
            }
        }
    }

    async fn read(&mut self, scope: &SyncScope, is_hinted: bool) -> Result<Turn, Trouble> {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        let connected = self.gateway.connectors.connector(supplier, connector).await?;
        let explained = self.explain(&connected, scope).await;
        let turn = match self.feed {
            Feed::Accounts => self.accounts(&connected, scope, PullMode::Changes).await,
            Feed::AllAccounts => self.accounts(&connected, scope, PullMode::Sweep).await,
            Feed::Exposure => self.exposure(&connected, scope).await,
            Feed::Documents => self.documents().await,
            Feed::ShopOrders => self.shop_orders(is_hinted).await,
        }?;
        explained.map(|()| turn)
    }

    /// Company, sales area or credit segment, as the connector's settings have it now.
    async fn scope(&self) -> StorageResult<Option<SyncScope>> {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        let mut tx = self.gateway.surroundings.db.read().await?;
        let row = connector_instance::find(&mut tx, supplier.as_str(), connector.as_str()).await?;
        tx.rollback().await?;
        Ok(row.filter(|row| row.enabled != 0).map(|row| SyncScope {
            supplier: supplier.to_string(),
            connector: connector.to_string(),
            scope: scope_of(&row.settings),
        }))
    }

    /// What the connector's hold codes mean, where its settings have changed.
    async fn explain(&mut self, connected: &Connected, scope: &SyncScope) -> Result<(), Trouble> {
        if self.feed != Feed::Accounts || self.explained == Some(connected.version) {
            return Ok(());
        }
        sync(self.gateway).explain_holds(scope, &connected.sync).await?;
        self.explained = Some(connected.version);
        Ok(())
    }

    async fn accounts(
        &mut self,
        connected: &Connected,
        scope: &SyncScope,
        mode: PullMode,
    ) -> Result<Turn, Trouble> {
        let Some(accounts) = connected.spec().accounts else {
            return Ok(Turn::Done);
        };
        let calls = |operation: &str| context(self.gateway, connected, operation, self.stop);
        let result = sync(self.gateway)
            .pull_accounts(scope, &connected.sync, accounts, &calls, mode)
            .await;
        match result {
            Ok(report) => {
                self.tell(connected, report);
                Ok(Turn::Done)
            }
            Err(error) => another_gateway_s(error),
        }
    }

    /// What a reading has found that somebody should look at, each once.
    fn tell(&mut self, connected: &Connected, report: PullReport) {
        let (supplier, connector) = (&connected.supplier, &connected.id);
        let codes = self.troubles.untold(CODE, report.unknown_codes);
        if !codes.is_empty() {
            tracing::warn!(
                %supplier,
                %connector,
                %codes,
                "the ERP has hold codes that nobody has explained: they remove everything; add them to sync.hold_codes of the connector"
            );
        }
        if report.withheld > 0 {
            let count = report.withheld;
            let told = self.troubles.untold("withheld", [count.to_string()].into());
            if !told.is_empty() {
                tracing::warn!(
                    %supplier,
                    %connector,
                    count,
                    "a full read of the ERP lacked so many accounts that it is not believed: they stay as they were; if they really are gone, set sync.shrink_percent of the connector higher"
                );
            }
        }
        let accounts = self.troubles.untold("unreadable", report.unreadable);
        if !accounts.is_empty() {
            tracing::warn!(
                %supplier,
                %connector,
                %accounts,
                "accounts of the ERP cannot be read: they stay as they were; correct them in the ERP"
            );
        }
        let accounts = self.troubles.untold("negative", report.negative_limits);
        if !accounts.is_empty() {
            tracing::warn!(
                %supplier,
                %connector,
                %accounts,
                "the ERP tells negative limits, which nobody means: the last ones count; correct them in the ERP"
            );
        }
    }

    async fn exposure(&self, connected: &Connected, scope: &SyncScope) -> Result<Turn, Trouble> {
        let Some(exposures) = connected.spec().exposure else {
            return Ok(Turn::Done);
        };
        let calls = |operation: &str| context(self.gateway, connected, operation, self.stop);
        let report = match sync(self.gateway).pull_exposure(scope, exposures, &calls).await {
            Ok(report) => report,
            Err(error) => return another_gateway_s(error),
        };
        let first = report.unreadable.first().map(|row| row.problem.clone());
        let names = report.unreadable.into_iter().map(|row| row.external_id);
        let accounts = self.troubles.untold("unreadable exposure", names.collect());
        if !accounts.is_empty() {
            tracing::warn!(
                supplier = %connected.supplier,
                connector = %connected.id,
                %accounts,
                problem = first.unwrap_or_default(),
                "what accounts owe cannot be read: it stays as it was; correct it in the ERP"
            );
        }
        Ok(match (report.more, report.broken, report.asked) {
            (true, _, _) => Turn::More,
            (_, true, _) => Turn::Broken,
            (_, _, 0) => Turn::Early,
            _ => Turn::Done,
        })
    }

    async fn documents(&mut self) -> Result<Turn, Trouble> {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        match self.gateway.feed.pull(supplier, connector, self.stop).await {
            Ok(report) => {
                let documents = self.troubles.untold("unreadable document", report.unreadable);
                if !documents.is_empty() {
                    tracing::warn!(
                        %supplier,
                        %connector,
                        %documents,
                        "documents of the ERP cannot be read and were passed over: see to it that it tells them again, corrected"
                    );
                }
                Ok(if report.more { Turn::More } else { Turn::Done })
            }
            Err(FeedError::Sync(error)) => another_gateway_s(error),
            Err(error) => Err(error.into()),
        }
    }

    async fn shop_orders(&mut self, is_hinted: bool) -> Result<Turn, Trouble> {
        let Peer {
            supplier, connector, ..
        } = self.peer;
        let looked = self.gateway.feed.look(supplier, connector, is_hinted, self.stop);
        match looked.await {
            Ok(report) => {
                let orders = self.troubles.untold("unreadable order", report.unreadable);
                if !orders.is_empty() {
                    tracing::warn!(
                        %supplier,
                        %connector,
                        %orders,
                        "what the shop says of orders cannot be read: they stay as they were, and are asked after again"
                    );
                }
                Ok(if report.more { Turn::More } else { Turn::Done })
            }
            Err(FeedError::Sync(error)) => another_gateway_s(error),
            Err(error) => Err(error.into()),
        }
    }
}

/// That another gateway reads the feed is no failure.
fn another_gateway_s(error: SyncError) -> Result<Turn, Trouble> {
    match error {
        SyncError::Busy => Ok(Turn::Elsewhere),
        error => Err(error.into()),
    }
}

/// Company, sales area or credit segment, as a connector's settings have it.
pub(crate) fn scope_of(settings: &str) -> String {
    let settings: Option<serde_json::Value> = serde_json::from_str(settings).ok();
    settings.map_or_else(String::new, |settings| {
        punchgate_connector::settings::scope(&settings)
    })
}

pub(super) fn sync(gateway: &Gateway) -> Sync {
    Sync::new(gateway.surroundings.clone(), gateway.holder.clone()).with_rules(Arc::clone(&gateway.directory))
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
