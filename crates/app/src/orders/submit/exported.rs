//! An order that went to the shop is looked for in the ERP, where the shop passes it on: from then on the exposure may
//! show it, and what it reserves must not count beside that.

use punchgate_connector::orders::OrderKey;
use punchgate_domain::{
    Instant,
    ids::{ConnectorId, SupplierId},
    order::{Actor, Cause, SinkAnswer},
    policy::OrderSink,
};
use punchgate_storage::{Lane, order, outbox::NewEntry};

use super::{Submit, SubmitError, draft};
use crate::{
    clock::micros,
    directory::Relationship,
    orders::{
        carry::{self, OrderJob},
        load,
        working::Working,
        write,
    },
    work::{Claimed, Ending},
};

/// The entry that looks for it, once the shop has it; none where the shop keeps its orders to itself.
pub(super) fn find_in_erp(
    order: &Working,
    relationship: &Relationship,
    answer: SinkAnswer,
    now: Instant,
) -> Option<NewEntry> {
    let in_shop = order.row.sink == OrderSink::Storefront.as_str()
        && matches!(answer, SinkAnswer::Accepted | SinkAnswer::OnHold);
    let asks = in_shop
        && relationship.policies.shop_exports_to_erp
        && relationship.erp.is_some()
        && order.row.erp_created_at.is_none();
    asks.then(|| carry::find_in_erp(&order.row, now))
}

impl Submit {
    /// The job `find-in-erp`. Until the ERP has it the order goes on reserving: late, never wrong.
    pub async fn find_exported(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        self.look_in_erp(claimed, &job)
            .await
            .unwrap_or_else(SubmitError::ending)
    }

    async fn look_in_erp(&self, claimed: &Claimed, job: &OrderJob) -> Result<Ending, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        let customer = match &row {
            Some(row) => draft::customer(&mut tx, row).await?,
            None => None,
        };
        tx.rollback().await?;
        let (Some(row), Some(customer)) = (row, customer) else {
            return Ok(Ending::Done("there is nothing to look for".to_owned()));
        };
        if row.erp_created_at.is_some() || row.reserved_minor == 0 {
            return Ok(Ending::Done("it need not be looked for any more".to_owned()));
        }
        let connector = ConnectorId::new(customer.connector_id.clone());
        let opened = self
            .connectors
            .connector(&supplier, &connector)
            .await
            .map_err(|error| SubmitError::Later(error.to_string()))?;
        let Some(orders) = opened.connector.spec().orders else {
            return Ok(Ending::Dead(format!(
                "{connector} tells nothing of orders: set shop_exports_to_erp = false"
            )));
        };
        let key = OrderKey {
            reference: row.order_id.clone(),
            customer: customer.external_id,
            purchase_order_number: row.order_number.clone(),
        };
        let found = orders.find(&self.context(&opened, claimed), &key).await?;
        let Some(there) = found.into_iter().find(|order| order.state.is_live()) else {
            return Ok(Ending::Retry(format!(
                "the shop has order {}, {connector} does not have it yet",
                row.order_number
            )));
        };
        let now = self.surroundings.now();
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let locked = order::lock(&mut tx, supplier.as_str(), &row.order_id).await?;
        claimed.fence(&mut tx).await?;
        let mut working =
            load::with_numbers(&mut tx, supplier.as_str(), locked.into_iter().collect()).await?;
        for order in &mut working {
            order.row.erp_created_at = Some(there.created_at.as_microsecond());
            order.row.updated_at = micros(now);
            order.changed = true;
            let (state, from) = (order.state()?, Some(order.row.state.clone()));
            let detail = format!("the ERP has it as {}", there.order_number);
            order.note(from, state, Cause::SinkAnswered, &Actor::Erp, Some(detail), now);
        }
        write::orders(&mut tx, &working).await?;
        tx.commit().await?;
        Ok(Ending::Done(format!("the ERP has it as {}", there.order_number)))
    }
}
