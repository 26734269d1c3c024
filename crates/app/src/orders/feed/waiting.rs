//! Documents that came before their order was known here: the sink had created it, and its answer was under way or
//! lost. They wait until the order is known, or until no order that is under way is older than they are.

use punchgate_domain::ids::{ConnectorId, SupplierId};
use punchgate_storage::{
    StorageError, StorageResult, Tx, document, erp_document,
    waiting_document::{self, WaitingDocumentRow},
};

use super::{
    FeedError, OrderFeed, Read, Run,
    effect::{Effect, OrderKey},
    find,
};
use crate::{clock::micros, orders::carry};

/// Documents of one transaction; the next run goes on.
const A_TRANSACTION: i64 = 100;

impl OrderFeed {
    /// Acts on what has found its order, forgets what cannot find one any more.
    pub(super) async fn rematch(&self, run: &Run<'_>) -> Result<(), FeedError> {
        let (supplier, connector) = (&run.connected.supplier, &run.connected.id);
        let mut tx = self.surroundings.db.read().await?;
        if !waiting_document::any(&mut tx, supplier.as_str(), connector.as_str()).await? {
            tx.rollback().await?;
            return Ok(());
        }
        // Asked first: an order that comes to its end after this question is found by the next one.
        let oldest = waiting_document::oldest_under_way(&mut tx, supplier.as_str()).await?;
        tx.rollback().await?;
        let oldest = oldest.unwrap_or_else(|| micros(self.surroundings.now()));
        let mut tx = self.surroundings.db.read().await?;
        let found =
            waiting_document::known_by_now(&mut tx, supplier.as_str(), connector.as_str(), A_TRANSACTION)
                .await?;
        tx.rollback().await?;
        let keys: Vec<OrderKey> = found.iter().map(key_of).collect();
        let relationships = self.relationships(supplier, connector, keys.iter()).await?;
        let mut tx = self.sync.begin_fenced(run.lease).await?;
        for row in &found {
            if let Some(order) = find(&mut tx, supplier, connector, &key_of(row)).await? {
                let effect: Effect = serde_json::from_str(&row.effect)
                    .map_err(|error| StorageError::corrupt("waiting_document.effect", error))?;
                self.act_on(
                    &mut tx,
                    (&order, connector, &key_of(row)),
                    &row.detail,
                    &effect,
                    &relationships,
                )
                .await?;
                document::attach_order(&mut tx, &row.document_id, &order).await?;
                let (sink_order, id) = (&row.sink_order_id, &order.order_id);
                let (supplier, connector) = (supplier.as_str(), connector.as_str());
                erp_document::link_sink_order(&mut tx, supplier, connector, sink_order, id).await?;
            }
            waiting_document::forget(&mut tx, row).await?;
        }
        if found.is_empty() {
            waiting_document::forget_before(&mut tx, supplier.as_str(), connector.as_str(), oldest).await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Notes what a document does to an order that nobody here knows, if the sink names one.
    pub(super) async fn wait(
        &self,
        tx: &mut Tx,
        (supplier, connector): (&SupplierId, &ConnectorId),
        id: &str,
        read: &Read<'_>,
        unknown: &[(&OrderKey, &Effect)],
    ) -> StorageResult<()> {
        let now = micros(self.surroundings.now());
        let rows: Vec<WaitingDocumentRow> = unknown
            .iter()
            .filter_map(|(key, effect)| {
                Some(WaitingDocumentRow {
                    supplier_id: supplier.to_string(),
                    connector_id: connector.to_string(),
                    sink_order_id: key.sink_order.clone()?,
                    document_id: id.to_owned(),
                    effect: carry::json(effect),
                    detail: read.detail.clone(),
                    recorded_at: now,
                })
            })
            .collect();
        waiting_document::insert_many(tx, &rows).await
    }
}

fn key_of(row: &WaitingDocumentRow) -> OrderKey {
    OrderKey {
        reference: None,
        sink_order: Some(row.sink_order_id.clone()),
        buyers: None,
    }
}
