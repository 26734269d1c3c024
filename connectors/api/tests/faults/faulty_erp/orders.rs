//! Its orders and documents.

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, Cursor, Documents, ErrorKind, Orders, Page,
    documents::{DocumentKind, ErpDocument},
    error::Effect,
    orders::{
        CancelOutcome, ChangeOutcome, OrderChange, OrderKey, OrderSubmission, PlacedOrder, PlacedState,
        Refusal, SubmitOutcome,
    },
};
use punchgate_domain::money::StatedAmount;

use super::{
    super::{ledger::usd, line},
    Fault, FaultyErp,
};

impl FaultyErp {
    /// An order that has arrived.
    fn taken(&self, what: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        self.scoped(Fault::OrdersInAnyScope)?;
        let is_known = what.order.lines.iter().all(|line| line.part_id.is_ascii());
        if self.has(Fault::ChokesOnUnknownParts) && !is_known {
            return Err(ConnectorError::new(ErrorKind::Schema, "submit", "Größe?"));
        }
        if self.ledger.is_beyond_the_limit(what) && !self.has(Fault::ForgetsTheLimit) {
            return Ok(SubmitOutcome::Rejected(Refusal {
                code: "credit".to_owned(),
                message: "beyond the limit".to_owned(),
                fields: Vec::new(),
            }));
        }
        let outcome = self
            .ledger
            .submit(what, self.has(Fault::ForgetsSearchBeforeCreate));
        Ok(match outcome {
            SubmitOutcome::Created(_) if self.has(Fault::DoublesOrders) => self.ledger.submit(what, true),
            SubmitOutcome::Rejected(_) if self.has(Fault::SwallowsAnOrderRefusal) => {
                SubmitOutcome::Created(PlacedOrder {
                    order_id: "0".to_owned(),
                    order_number: "0".to_owned(),
                    reference: what.reference.clone(),
                    purchase_order_number: None,
                    customer: what.customer.clone(),
                    state: PlacedState::Draft,
                    total: None,
                    created_at: jiff::Timestamp::UNIX_EPOCH,
                    revision: None,
                })
            }
            outcome => outcome,
        })
    }
}

#[async_trait]
impl Orders for FaultyErp {
    async fn submit(&self, ctx: &Context, what: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        let outcome = line::over(ctx, "submit", Effect::Change, || self.taken(what)).await;
        match outcome {
            Err(error) if error.kind == ErrorKind::Unknown && self.has(Fault::TriesAgainBlindly) => {
                Ok(self.ledger.submit(what, true))
            }
            outcome => outcome.map_err(|error| self.told_wrong(error)),
        }
    }

    async fn find(&self, _: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        self.scoped(Fault::DropsTheScope)?;
        if self.has(Fault::FindsByPrefix) {
            // Every reference of a run begins alike.
            let page = self.ledger.documents(None, &[], 500).items;
            let first = page.into_iter().next().and_then(|document| document.reference);
            return Ok(first.map_or_else(Vec::new, |reference| self.ledger.find(&reference)));
        }
        Ok(self.ledger.find(&key.reference))
    }

    async fn find_by_number(
        &self,
        _: &Context,
        customer: &str,
        number: &str,
    ) -> ConnectorResult<Option<Vec<PlacedOrder>>> {
        self.scoped(Fault::DropsTheScope)?;
        let mut found = self.ledger.of_number(number);
        if self.has(Fault::FindsNumbersOfAnybody) {
            // It answers what was asked for, whoever ordered it.
            for order in &mut found {
                customer.clone_into(&mut order.customer);
            }
        }
        found.retain(|order| order.customer == customer);
        if self.has(Fault::HidesCancelledOrders) {
            found.retain(|order| order.state.is_live());
        }
        Ok(Some(found))
    }

    async fn change(&self, _: &Context, change: &OrderChange) -> ConnectorResult<ChangeOutcome> {
        self.scoped(Fault::DropsTheScope)?;
        let known = self.ledger.find(&change.submission.reference);
        let before = known.into_iter().find(|order| order.order_id == change.order_id);
        let anyway = self.has(Fault::LetsAnOlderChangeWin);
        let order = match self.ledger.change(change, anyway)? {
            ChangeOutcome::Changed(order) => order,
            ChangeOutcome::Refused { order, .. } if self.has(Fault::ChangesWhatIsCancelled) => {
                return Ok(ChangeOutcome::Changed(order));
            }
            refused => return Ok(refused),
        };
        let Some(before) = before else {
            return Ok(ChangeOutcome::Changed(order));
        };
        if self.has(Fault::ChangesByWordOnly) {
            self.ledger.set_total(&order.order_id, before.total.unwrap());
        }
        if self.has(Fault::AppliesAChangeTwice) && before.revision == Some(change.revision) {
            // It adds what it should set.
            let (now, more) = (order.total.clone().unwrap(), &change.submission.order.total);
            let sum = StatedAmount::from_decimal(now.value() + more.value(), usd());
            self.ledger.set_total(&order.order_id, sum);
        }
        if self.has(Fault::ChangesByASecondOrder) {
            self.ledger.submit(&change.submission, true);
        }
        Ok(ChangeOutcome::Changed(order))
    }

    async fn cancel(
        &self,
        _: &Context,
        id: &str,
        reference: &str,
        _: &str,
    ) -> ConnectorResult<CancelOutcome> {
        self.scoped(Fault::DropsTheScope)?;
        let order = self.ledger.find(reference).into_iter().next();
        match order.filter(|_| self.has(Fault::CancelsByWordOnly)) {
            Some(order) => Ok(CancelOutcome::Cancelled(PlacedOrder {
                state: PlacedState::Cancelled,
                ..order
            })),
            None => self.ledger.cancel(id),
        }
    }
}

#[async_trait]
impl Documents for FaultyErp {
    async fn pull_documents(
        &self,
        _: &Context,
        cursor: Option<&Cursor>,
        kinds: &[DocumentKind],
        limit: u32,
    ) -> ConnectorResult<Page<ErpDocument>> {
        self.scoped(Fault::DropsTheScope)?;
        let kinds = if self.has(Fault::IgnoresTheKinds) {
            &[]
        } else {
            kinds
        };
        let cursor = cursor.filter(|_| !self.has(Fault::LosesTheDocumentCursor));
        let mut page = self.ledger.documents(cursor, kinds, limit);
        page.more &= !self.has(Fault::LosesTheDocumentCursor);
        Ok(page)
    }
}
