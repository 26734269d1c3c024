//! Orders whose sink is a shop, which tells nothing by itself: it is asked for each until that has come to its end. What
//! it says becomes documents, and these go the way of an ERP's.
//!
//! Where the shop passes its orders on to the ERP, only their state is the shop's to tell: the ERP tells the rest.
//! What the shop said is noted in the transaction that acts on it, order by order: a run that breaks off has lost
//! nothing and repeats nothing.

mod rest;
mod told;

use punchgate_connector::{
    ConnectorError, ErrorKind, ShopOrders, documents::DocumentContent, shop_orders::ShopOrder,
};
use punchgate_domain::{
    Instant,
    ids::{ConnectorId, RelationshipId, SupplierId},
    order::OrderState,
};
use punchgate_storage::{
    StorageError, Tx,
    shop_order::{self, Answer, DueOrder},
    sync::{
        self, CursorRow,
        attention::{self, AttentionRow, GONE_FROM_SHOP, PAID_EARLY},
    },
};
use tokio_util::sync::CancellationToken;

use self::{
    rest::rest,
    told::{News, Told},
};
use super::{CALL, FeedError, FeedReport, OrderFeed, Read, Run};
use crate::{
    accounts::crossing::run_again_if_crossed,
    clock::micros,
    events,
    orders::carry,
    sync::{SyncScope, outage},
};

/// The name of the feed.
const FEED: &str = "shop-orders";
/// Orders of one turn; the next one goes on.
const A_TURN: usize = 50;
/// Most orders that are asked after because of a hint: those that moved last. Which of them it is about is not known.
const HINTED: i64 = 100;
/// How often it is noted that there was nothing to ask.
const NOTED_EVERY: i64 = 30_000_000;

/// One question about an order, and what is known beside the answer.
struct Asked<'a> {
    due: &'a DueOrder,
    before: Told,
    answer: Option<ShopOrder>,
    at: Instant,
}

impl OrderFeed {
    /// One turn over the orders that a shop has. One that is hinted at begins with those that moved last. Calls end when
    /// `stop` is called.
    pub async fn look(
        &self,
        supplier: &SupplierId,
        connector: &ConnectorId,
        is_hinted: bool,
        stop: &CancellationToken,
    ) -> Result<FeedReport, FeedError> {
        let connected = self.connectors.connector(supplier, connector).await?;
        let spec = connected.spec();
        let Some(orders) = spec.shop_orders else {
            return Ok(FeedReport::default());
        };
        let scope = SyncScope {
            supplier: supplier.to_string(),
            connector: connector.to_string(),
            scope: connected.scope.clone(),
        };
        if !is_hinted && self.has_nothing_to_ask(&scope).await? {
            return Ok(FeedReport::default());
        }
        let lease = self.sync.take_lease(&scope, FEED).await?;
        let run = Run {
            scope: &scope,
            lease: &lease,
            connected: &connected,
            stop,
        };
        let result = self.ask_those_due(&run, orders, is_hinted).await;
        if let Err(error) = &result {
            self.sync.note_failure(&scope, FEED, &error.to_string()).await?;
        }
        self.sync.give_lease_back(&lease).await?;
        result
    }

    /// Whether no order is due, and that was said not so long ago.
    async fn has_nothing_to_ask(&self, scope: &SyncScope) -> Result<bool, FeedError> {
        let now = micros(self.surroundings.now());
        let mut tx = self.surroundings.db.read().await?;
        let due = shop_order::due(&mut tx, &scope.supplier, &scope.connector, now, 1).await?;
        let cursor = self.sync.cursor(&mut tx, scope, FEED).await?;
        tx.rollback().await?;
        let noted = cursor
            .finished_at
            .is_some_and(|at| (at..at.saturating_add(NOTED_EVERY)).contains(&now));
        Ok(due.is_empty() && noted)
    }

    async fn ask_those_due(
        &self,
        run: &Run<'_>,
        orders: &dyn ShopOrders,
        is_hinted: bool,
    ) -> Result<FeedReport, FeedError> {
        let (supplier, connector) = (&run.scope.supplier, &run.scope.connector);
        let began = micros(self.surroundings.now());
        if is_hinted {
            let mut tx = self.sync.begin_fenced(run.lease).await?;
            shop_order::wake(&mut tx, supplier, connector, began, HINTED).await?;
            tx.commit().await?;
        }
        let mut tx = self.surroundings.db.read().await?;
        let limit = i64::try_from(A_TURN + 1).unwrap_or(i64::MAX);
        let due = shop_order::due(&mut tx, supplier, connector, began, limit).await?;
        tx.rollback().await?;
        let mut report = FeedReport {
            more: due.len() > A_TURN,
            ..FeedReport::default()
        };
        for due in due.iter().take(A_TURN) {
            match self.ask(run, orders, due).await {
                Ok(asked) => report.new += run_again_if_crossed!(self.take_up(run, &asked))?,
                Err(error) if is_of_one_order(&error) => {
                    let place = format!("'{}': {error}", due.sink_order_id);
                    report.unreadable.insert(place);
                    let now = micros(self.surroundings.now());
                    self.put_off(run, due, now.saturating_add(rest(now - due.changed_at, false)))
                        .await?;
                }
                Err(error) => {
                    // Another one begins the next turn: perhaps this one alone is in trouble.
                    self.put_off(run, due, micros(self.surroundings.now())).await?;
                    return Err(error.into());
                }
            }
        }
        self.end_turn(run, began, &report, !due.is_empty()).await?;
        Ok(report)
    }

    async fn ask<'a>(
        &self,
        run: &Run<'_>,
        orders: &dyn ShopOrders,
        due: &'a DueOrder,
    ) -> Result<Asked<'a>, ConnectorError> {
        let at = self.surroundings.now();
        let context = run
            .connected
            .context(self.surroundings.new_id(), at, CALL, run.stop.clone());
        let answer = orders.status(&context, &due.sink_order_id).await?;
        let known = due
            .said
            .as_deref()
            .and_then(|said| serde_json::from_str(said).ok());
        let state = OrderState::parse(&due.state).unwrap_or(OrderState::Accepted);
        Ok(Asked {
            due,
            before: known.unwrap_or_else(|| Told::of_order(state)),
            answer,
            at,
        })
    }

    /// Acts on what the shop says, and notes it, in one transaction. How many documents were new.
    async fn take_up(&self, run: &Run<'_>, asked: &Asked<'_>) -> Result<usize, FeedError> {
        let News {
            mut told,
            mut documents,
        } = match &asked.answer {
            Some(order) => told::news(&asked.before, order, asked.at),
            None => News {
                told: asked.before.clone(),
                documents: Vec::new(),
            },
        };
        let has_moved = !documents.is_empty();
        if self.is_passed_on(&run.connected.supplier, asked.due).await? {
            documents.retain(|one| matches!(one.content, DocumentContent::Status { .. }));
        }
        let read: Vec<Read<'_>> = documents.iter().map(Read::of).collect();
        let relationships = self.relationships_of(run, &read).await?;
        let mut tx = self.sync.begin_fenced(run.lease).await?;
        let applied = self.enter(&mut tx, run, &read, &relationships).await?;
        self.see_to(&mut tx, run, asked, &mut told).await?;
        let now = micros(asked.at);
        let changed_at = if has_moved { now } else { asked.due.changed_at };
        let pause = rest(now.saturating_sub(changed_at), told.is_on_hold());
        shop_order::answered(
            &mut tx,
            &Answer {
                supplier: &run.scope.supplier,
                order: &asked.due.order_id,
                sink_order: &asked.due.sink_order_id,
                said: Some(&carry::json(&told)),
                changed_at,
                asked_at: now,
                due_at: (!told.is_at_its_end()).then(|| now.saturating_add(pause)),
            },
        )
        .await?;
        tx.commit().await?;
        Ok(applied)
    }

    /// Whether the ERP tells what becomes of it: what is confirmed, shipped and invoiced would be told twice.
    async fn is_passed_on(&self, supplier: &SupplierId, due: &DueOrder) -> Result<bool, FeedError> {
        let id = RelationshipId::new(due.relationship_id.clone());
        let relationship = self.directory.relationship(supplier, &id).await?;
        Ok(relationship.policies.shop_exports_to_erp && relationship.erp.is_some())
    }

    /// What a person is to look at is noted once, and taken back when it is over.
    async fn see_to(
        &self,
        tx: &mut Tx,
        run: &Run<'_>,
        asked: &Asked<'_>,
        told: &mut Told,
    ) -> Result<(), StorageError> {
        let order = asked.answer.as_ref();
        let is_on_terms = asked.due.tender == "terms";
        let stands = [
            (PAID_EARLY, is_on_terms && order.is_some_and(told::is_paid_early)),
            (GONE_FROM_SHOP, order.is_none()),
        ];
        let (supplier, connector) = (&run.scope.supplier, &run.scope.connector);
        for (matter, stands) in stands {
            let stood = told.matters.iter().any(|known| known == matter);
            // Of one that was asked for the first time a matter may stand from the order whose place it took.
            let may_stand = stood || asked.due.said.is_none();
            if stands && stood || !stands && !may_stand {
                continue;
            }
            if !stands {
                told.matters.retain(|known| known != matter);
                attention::end(tx, supplier, connector, matter, &asked.due.order_id).await?;
                continue;
            }
            told.matters.push(matter.to_owned());
            let row = AttentionRow {
                supplier_id: supplier.clone(),
                connector_id: connector.clone(),
                matter: matter.to_owned(),
                name: asked.due.order_id.clone(),
                attention_id: self.surroundings.new_id(),
                scope: run.scope.scope.clone(),
                external_id: asked.due.order_number.clone(),
                noted_at: micros(asked.at),
            };
            if attention::note(tx, &row).await? {
                events::announce_attention(tx, &[row]).await?;
            }
        }
        Ok(())
    }

    async fn put_off(&self, run: &Run<'_>, due: &DueOrder, until: i64) -> Result<(), FeedError> {
        let mut tx = self.sync.begin_fenced(run.lease).await?;
        shop_order::put_off(&mut tx, &run.scope.supplier, &due.order_id, until).await?;
        tx.commit().await?;
        Ok(())
    }

    /// A shop that was asked, and has answered, is there. One that was asked nothing may be away.
    async fn end_turn(
        &self,
        run: &Run<'_>,
        began: i64,
        report: &FeedReport,
        has_answered: bool,
    ) -> Result<(), FeedError> {
        let mut tx = self.sync.begin_fenced(run.lease).await?;
        if has_answered {
            outage::end(&mut tx, run.scope, FEED, self.surroundings.now()).await?;
        }
        let cursor = self.sync.cursor(&mut tx, run.scope, FEED).await?;
        let new = i64::try_from(report.new).unwrap_or(i64::MAX);
        let first = report.unreadable.first();
        let unreadable = first.map(|first| {
            let count = report.unreadable.len();
            format!("{count} orders cannot be read and stay as they were: {first}")
        });
        let cursor = CursorRow {
            started_at: Some(began),
            finished_at: Some(micros(self.surroundings.now())),
            last_error: unreadable,
            rows_applied: cursor.rows_applied.saturating_add(new),
            ..cursor
        };
        sync::put_cursor(&mut tx, &cursor).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Whether an answer says nothing against the shop as a whole.
fn is_of_one_order(error: &ConnectorError) -> bool {
    matches!(
        error.kind,
        ErrorKind::NotFound | ErrorKind::Conflict | ErrorKind::Rejected | ErrorKind::Schema
    )
}
