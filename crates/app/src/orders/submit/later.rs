//! Questions and withdrawals after an order went to its sink.

use punchgate_connector::orders::{CancelOutcome, OrderKey, PlacedOrder};
use punchgate_domain::{ids::SupplierId, order::OrderState, policy::OrderSink};
use punchgate_storage::{
    order::{self, OrderRow},
    order_submission::{self, SubmissionRow},
};

use super::{
    Submit, SubmitError,
    ask::said,
    claim::{Going, Leave},
    draft,
    record::{self, Outcome},
    state_of,
};
use crate::{
    clock::micros,
    connectors::Connected,
    orders::carry::{self, CancelJob, OrderJob},
    work::{Claimed, Ending},
};

/// An order and what the sink has of it.
struct Asked {
    row: OrderRow,
    submissions: Vec<SubmissionRow>,
    found: Vec<PlacedOrder>,
}

impl Asked {
    fn live(&self) -> Vec<PlacedOrder> {
        let live = self.found.iter().filter(|order| order.state.is_live());
        live.cloned().collect()
    }
}

impl Submit {
    /// The job `ask-sink`: where does an order that the sink has (or may have) stand?
    pub async fn ask_sink(&self, claimed: &Claimed) -> Ending {
        match claimed.payload(1) {
            Ok(job) => self
                .ask_where(claimed, &job)
                .await
                .unwrap_or_else(SubmitError::ending),
            Err(why) => Ending::Dead(why),
        }
    }

    async fn ask_where(&self, claimed: &Claimed, job: &OrderJob) -> Result<Ending, SubmitError> {
        let Some(asked) = self.asked(claimed, job).await? else {
            return Ok(Ending::Done("there is nothing to ask".to_owned()));
        };
        match state_of(&asked.row)? {
            OrderState::Cancelled if asked.live().is_empty() => return self.let_go(claimed, asked).await,
            OrderState::Cancelled => {
                return Ok(Ending::Done("its withdrawal waits for a person".to_owned()));
            }
            OrderState::HeldByErp | OrderState::Unknown | OrderState::Accepted => {}
            state => return Ok(Ending::Done(format!("nothing to ask in state '{state}'"))),
        }
        let relationships = self
            .redecide
            .relationships(&asked.row.supplier_id, std::slice::from_ref(&asked.row))
            .await?;
        let Some(relationship) = relationships.get(&asked.row.relationship_id).cloned() else {
            return Ok(Ending::Done("the relationship is gone".to_owned()));
        };
        let going = Going {
            row: asked.row,
            relationship,
            submissions: asked.submissions,
            leave: Leave::Search,
            after_unseen: false,
            beyond: Vec::new(),
            restored: None,
            copied: false,
        };
        let here = going.row.sink_order_id.clone();
        let Some(said) = said(asked.found, going.reference(), here.as_deref()) else {
            return Ok(Ending::Done("the sink has no such order".to_owned()));
        };
        let opened = self
            .opened(&SupplierId::new(going.row.supplier_id.clone()), &going.row)
            .await?;
        let surplus = self.cancel_surplus(claimed, &opened, &said.surplus).await;
        let outcome = Outcome::of(said, surplus);
        record::record(&self.surroundings, claimed, &going, &outcome, self.settle).await?;
        Ok(Ending::Concluded)
    }

    /// The job `withdrawal-due`: the buyer withdrew an order that the sink had accepted.
    pub async fn withdrawal(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        let ended = async {
            match self.asked(claimed, &job).await? {
                Some(asked) => self.let_go(claimed, asked).await,
                None => self.by_hand(&claimed.entry.supplier_id, &job).await,
            }
        };
        ended.await.unwrap_or_else(SubmitError::ending)
    }

    /// A withdrawn order keeps what it takes of the limit until the sink has let go of it.
    async fn let_go(&self, claimed: &Claimed, asked: Asked) -> Result<Ending, SubmitError> {
        let live = asked.live();
        if live.is_empty() {
            record::withdrawn(&self.surroundings, claimed, &asked.row, &[]).await?;
            return Ok(Ending::Done("the sink has let go of it".to_owned()));
        }
        let numbers: Vec<&str> = live.iter().map(|order| order.order_number.as_str()).collect();
        Err(SubmitError::Setup(format!(
            "the buyer withdrew order {}, which the sink had accepted as {}: cancel it there, then replay this; or have \
             the gateway cancel it there (cancel-at-sink of the order)",
            asked.row.order_number,
            numbers.join(", ")
        )))
    }

    /// What a person has entered, a person cancels: nobody else can say that it is done.
    async fn by_hand(&self, supplier: &str, job: &OrderJob) -> Result<Ending, SubmitError> {
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier, &job.order).await?;
        tx.rollback().await?;
        let entered = row.as_ref().and_then(|row| row.sink_order_id.as_deref());
        let (Some(row), Some(number)) = (&row, entered) else {
            return Ok(Ending::Done("there is nothing to ask".to_owned()));
        };
        Err(SubmitError::Setup(format!(
            "the buyer withdrew order {}, which was entered as {number} by hand: cancel it there, then skip this: \
             it takes up no credit from then on",
            row.order_number
        )))
    }

    /// The job `cancel-at-sink`: the buyer withdrew the order while it was on its way.
    pub async fn withdraw(&self, claimed: &Claimed) -> Ending {
        let job: OrderJob = match claimed.payload(1) {
            Ok(job) => job,
            Err(why) => return Ending::Dead(why),
        };
        match self.withdraw_order(claimed, &job).await {
            Ok(detail) => Ending::Done(detail),
            Err(error) => error.ending(),
        }
    }

    async fn withdraw_order(&self, claimed: &Claimed, job: &OrderJob) -> Result<String, SubmitError> {
        let Some(asked) = self.asked(claimed, job).await? else {
            return Ok("there is nothing to withdraw".to_owned());
        };
        let supplier = SupplierId::new(asked.row.supplier_id.clone());
        let opened = self.opened(&supplier, &asked.row).await?;
        let live = asked.live();
        self.cancel_all(claimed, &opened, &live, "withdrawn by the buyer")
            .await?;
        if live.is_empty() && self.may_yet_come(&asked.submissions) {
            let why = "the sink may still create the order of a request whose outcome nobody saw";
            return Err(SubmitError::Later(why.to_owned()));
        }
        record::withdrawn(&self.surroundings, claimed, &asked.row, &live).await?;
        Ok(format!("{} order(s) of the sink cancelled", live.len()))
    }

    /// Cancels these orders of the sink, up to the first that it keeps.
    async fn cancel_all(
        &self,
        claimed: &Claimed,
        opened: &Connected,
        live: &[PlacedOrder],
        why: &str,
    ) -> Result<(), SubmitError> {
        for order in live {
            let there = (order.order_id.as_str(), order.reference.as_str());
            let Some(outcome) = self.cancel_there(claimed, opened, there, why).await? else {
                return Err(SubmitError::Setup(format!(
                    "cancel order {} in the shop by hand",
                    order.order_number
                )));
            };
            if let CancelOutcome::Refused { message, .. } = outcome {
                let text = format!(
                    "order {} was withdrawn, but the sink keeps it: {message}",
                    order.order_number
                );
                return Err(SubmitError::Setup(text));
            }
        }
        Ok(())
    }

    /// The job `cancel-accepted`: a person has the sink cancel what the buyer withdrew.
    pub async fn cancel_accepted(&self, claimed: &Claimed) -> Ending {
        match claimed.payload(1) {
            Ok(job) => self
                .cancel_by_word(claimed, &job)
                .await
                .unwrap_or_else(SubmitError::ending),
            Err(why) => Ending::Dead(why),
        }
    }

    /// What the sink refuses is told with the order and ends the job: the person decides anew. The withdrawal goes on
    /// waiting, and the order keeps what it takes of the limit.
    async fn cancel_by_word(&self, claimed: &Claimed, job: &CancelJob) -> Result<Ending, SubmitError> {
        let order = OrderJob {
            order: job.order.clone(),
            version: 0,
        };
        let Some(asked) = self.asked(claimed, &order).await? else {
            return Ok(Ending::Done("there is nothing to cancel".to_owned()));
        };
        if state_of(&asked.row)? != OrderState::Cancelled {
            return Ok(Ending::Done("the order is not withdrawn".to_owned()));
        }
        let supplier = SupplierId::new(asked.row.supplier_id.clone());
        let opened = self.opened(&supplier, &asked.row).await?;
        let live = asked.live();
        let kept = match self.cancel_all(claimed, &opened, &live, &job.reason).await {
            Ok(()) => None,
            Err(SubmitError::Setup(why)) => Some(why),
            Err(SubmitError::Sink(error)) if error.surely_unchanged() && !error.retryable() => {
                Some(error.to_string())
            }
            Err(error) => return Err(error),
        };
        if let Some(why) = kept {
            let why = format!("{why}; cancel it there, then replay {}", carry::WITHDRAWAL_DUE);
            record::kept(&self.surroundings, claimed, &asked.row, &why).await?;
            return Ok(Ending::Done(why));
        }
        record::withdrawn(&self.surroundings, claimed, &asked.row, &live).await?;
        Ok(Ending::Done(format!(
            "{} order(s) of the sink cancelled",
            live.len()
        )))
    }

    fn may_yet_come(&self, submissions: &[SubmissionRow]) -> bool {
        let settle = i64::try_from(self.settle.as_micros()).unwrap_or(i64::MAX);
        let now = micros(self.surroundings.now());
        submissions
            .iter()
            .any(|one| one.outcome == "asked" && one.asked_at.saturating_add(settle) > now)
    }

    /// Everything that the sink has of an order; none if there is no order or no sink to ask.
    async fn asked(&self, claimed: &Claimed, job: &OrderJob) -> Result<Option<Asked>, SubmitError> {
        let supplier = SupplierId::new(claimed.entry.supplier_id.clone());
        let mut tx = self.surroundings.db.read().await?;
        let row = order::get(&mut tx, supplier.as_str(), &job.order).await?;
        let submissions = order_submission::of_order(&mut tx, supplier.as_str(), &job.order).await?;
        let customer = match &row {
            Some(row) => draft::customer(&mut tx, row).await?,
            None => None,
        };
        tx.rollback().await?;
        let Some(row) = row.filter(|row| row.sink_connector_id.is_some()) else {
            return Ok(None);
        };
        let opened = self.opened(&supplier, &row).await?;
        let sink = OrderSink::parse(&row.sink).map_err(|error| SubmitError::Setup(error.to_string()))?;
        let key = OrderKey {
            reference: row.order_id.clone(),
            customer: customer.map(|known| known.external_id).unwrap_or_default(),
            purchase_order_number: row.order_number.clone(),
        };
        let found = self.search(claimed, &opened, sink, key, &submissions).await?;
        Ok(Some(Asked {
            row,
            submissions,
            found,
        }))
    }
}
