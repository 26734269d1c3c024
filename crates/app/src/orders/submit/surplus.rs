//! Orders that a sink has beside the one that counts: cancelled at once, and where that does not work, as work of its
//! own until it does.

use punchgate_connector::orders::{CancelOutcome, PlacedOrder};
use punchgate_domain::{ids::SupplierId, order::Cause};
use punchgate_storage::{Lane, order};

use super::{Submit, SubmitError};
use crate::{
    connectors::Connected,
    orders::{carry::SurplusJob, load, write},
    work::{Claimed, Ending},
};

const WHY: &str = "doubled: another order for the same purchase order counts";

/// A surplus order, and whether it is gone.
pub(super) struct Surplus {
    pub order: PlacedOrder,
    pub cancelled: bool,
}

impl Submit {
    /// Tries at once; what fails is said to whoever records it.
    pub(super) async fn cancel_surplus(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        surplus: &[PlacedOrder],
    ) -> Vec<Surplus> {
        let mut tried = Vec::with_capacity(surplus.len());
        for order in surplus {
            let result = self
                .cancel_one(claimed, opened, &order.order_id, &order.reference)
                .await;
            match &result {
                Ok(()) => {
                    tracing::error!(order = %order.order_id, "the sink had a second order; it was cancelled")
                }
                Err(error) => {
                    tracing::error!(order = %order.order_id, %error, "the sink has a second order; it is still there");
                }
            }
            tried.push(Surplus {
                order: order.clone(),
                cancelled: result.is_ok(),
            });
        }
        tried
    }

    async fn cancel_one(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        order_id: &str,
        reference: &str,
    ) -> Result<(), SubmitError> {
        match self
            .cancel_there(claimed, opened, (order_id, reference), WHY)
            .await?
        {
            None => Err(SubmitError::Setup(format!(
                "the shop has order {order_id} twice and cannot be told: cancel that one there, then skip this"
            ))),
            Some(CancelOutcome::Cancelled(_)) => Ok(()),
            Some(CancelOutcome::Refused { message, .. }) => Err(SubmitError::Setup(format!(
                "the sink has order {order_id} twice and keeps it ({message}): cancel that one there, then skip this"
            ))),
        }
    }

    /// Has the sink cancel one of its orders. None if nobody but a person can.
    pub(super) async fn cancel_there(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        (order_id, reference): (&str, &str),
        why: &str,
    ) -> Result<Option<CancelOutcome>, SubmitError> {
        let (spec, context) = (opened.connector.spec(), self.context(opened, claimed));
        let shop = spec.shop_orders.filter(|_| spec.capabilities.order_cancel);
        Ok(match (spec.orders, shop) {
            (Some(orders), _) => Some(orders.cancel(&context, order_id, reference, why).await?),
            (None, Some(shop)) => Some(shop.cancel(&context, order_id, reference, why).await?),
            (None, None) => None,
        })
    }

    /// The job `cancel-surplus`.
    pub async fn surplus(&self, claimed: &Claimed) -> Ending {
        let job: SurplusJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        self.end_surplus(claimed, &job)
            .await
            .unwrap_or_else(SubmitError::ending)
    }

    async fn end_surplus(&self, claimed: &Claimed, job: &SurplusJob) -> Result<Ending, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        tx.rollback().await?;
        let Some(row) = row else {
            return Ok(Ending::Done("the order is gone".to_owned()));
        };
        let opened = self.opened(&supplier, &row).await?;
        self.cancel_one(claimed, &opened, &job.sink_order, &job.reference)
            .await?;
        let mut tx = self.surroundings.db.begin(Lane::Background).await?;
        let locked = order::lock(&mut tx, supplier.as_str(), &job.order).await?;
        claimed.fence(&mut tx).await?;
        let mut working =
            load::with_numbers(&mut tx, supplier.as_str(), locked.into_iter().collect()).await?;
        for order in &mut working {
            let (state, from) = (order.state()?, Some(order.row.state.clone()));
            let detail = format!("the sink's second order {} is cancelled", job.number);
            let now = self.surroundings.now();
            order.note(
                from,
                state,
                Cause::SinkAnswered,
                &order.sink_actor(),
                Some(detail),
                now,
            );
        }
        write::orders(&mut tx, &working).await?;
        tx.commit().await?;
        Ok(Ending::Done(format!(
            "order {} of the sink cancelled",
            job.number
        )))
    }
}
