//! Questions and withdrawals after an order went to its sink.

use punchgate_connector::orders::{CancelOutcome, PlacedOrder};
use punchgate_domain::{
    ids::{ConnectorId, SupplierId},
    order::OrderState,
    policy::OrderSink,
};
use punchgate_storage::order;

use super::{Submit, SubmitError, find, record, said, state_of};
use crate::{
    orders::carry::OrderJob,
    work::{Claimed, Ending},
};

impl Submit {
    /// The job `ask-sink`: where does an order that the sink has (or may have) stand?
    pub async fn ask_sink(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        match self.ask_where(claimed, &job).await {
            Ok(ending) => ending,
            Err(SubmitError::Setup(why)) => Ending::Dead(why),
            Err(error) => Ending::Retry(error.to_string()),
        }
    }

    async fn ask_where(&self, claimed: &Claimed, job: &OrderJob) -> Result<Ending, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        tx.rollback().await?;
        let Some(row) = row else {
            return Ok(Ending::Done("the order is gone".to_owned()));
        };
        let state = state_of(&row)?;
        if !matches!(
            state,
            OrderState::HeldByErp | OrderState::Unknown | OrderState::Accepted
        ) {
            return Ok(Ending::Done(format!("nothing to ask in state '{state}'")));
        }
        let Some(connector) = row.sink_connector_id.clone() else {
            return Ok(Ending::Done("the order has no sink".to_owned()));
        };
        let relationships = self
            .redecide
            .relationships(supplier.as_str(), std::slice::from_ref(&row))
            .await?;
        let Some(relationship) = relationships.get(&row.relationship_id) else {
            return Ok(Ending::Done("the relationship is gone".to_owned()));
        };
        let opened = self
            .connectors
            .connector(&supplier, &ConnectorId::new(connector))
            .await
            .map_err(|error| SubmitError::Setup(error.to_string()))?;
        let (context, key) = (self.context(&opened, claimed), self.key(&row).await?);
        let found = find(relationship.order_sink, &opened, &context, &key).await?;
        if found.is_empty() {
            return Ok(Ending::Done("the sink has no such order".to_owned()));
        }
        let said = said(found, None);
        self.cancel_surplus(claimed, &opened, &said).await;
        record::record(&self.surroundings, claimed, &row, relationship, &said).await?;
        Ok(Ending::Concluded)
    }

    /// The job `cancel-at-sink`: the buyer withdrew the order while it was on its way.
    pub async fn withdraw(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        match self.withdraw_order(claimed, &job).await {
            Ok(detail) => Ending::Done(detail),
            Err(SubmitError::Setup(why)) => Ending::Dead(why),
            Err(error) => Ending::Retry(error.to_string()),
        }
    }

    async fn withdraw_order(&self, claimed: &Claimed, job: &OrderJob) -> Result<String, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        tx.rollback().await?;
        let Some(row) = row else {
            return Ok("the order is gone".to_owned());
        };
        let Some(connector) = row.sink_connector_id.clone() else {
            return Ok("it has no sink".to_owned());
        };
        let opened = self
            .connectors
            .connector(&supplier, &ConnectorId::new(connector))
            .await
            .map_err(|error| SubmitError::Setup(error.to_string()))?;
        let sink = OrderSink::parse(&row.sink).map_err(|error| SubmitError::Setup(error.to_string()))?;
        let (context, key) = (self.context(&opened, claimed), self.key(&row).await?);
        let found = find(sink, &opened, &context, &key).await?;
        let live: Vec<PlacedOrder> = found.into_iter().filter(|order| order.state.is_live()).collect();
        for order in &live {
            let Some(orders) = opened.connector.spec().orders else {
                return Err(SubmitError::Setup(format!(
                    "cancel order {} in the shop by hand",
                    order.order_number
                )));
            };
            let why = "withdrawn by the buyer";
            if let CancelOutcome::Refused { message, .. } = orders
                .cancel(&context, &order.order_id, &order.reference, why)
                .await?
            {
                let text = format!(
                    "order {} was withdrawn, but the sink keeps it: {message}",
                    order.order_number
                );
                return Err(SubmitError::Setup(text));
            }
        }
        record::withdrawn(&self.surroundings, &row, &live).await?;
        Ok(format!("{} order(s) of the sink cancelled", live.len()))
    }
}
