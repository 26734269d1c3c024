//! Orders: find, submit, change, cancel; and those of a number, whoever entered them.

use async_trait::async_trait;
use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind, Orders,
    error::Effect,
    orders::{
        CancelOutcome, ChangeOutcome, OrderChange, OrderKey, OrderSubmission, PlacedOrder, PlacedState,
        SubmitOutcome,
    },
    published::Mismatch,
};
use serde_json::{Value, json};

use super::{Search, Tryton, entry::Entered};
use crate::{
    config::Settings,
    convert::{self, sales},
    rpc::Fault,
    wire::{self, Row},
};

/// How a sale is read as an order.
type Read = fn(&Settings, Row<'_>) -> Result<PlacedOrder, Mismatch>;

const FIND: &str = "find_order";
const FIND_BY_NUMBER: &str = "find_order_by_number";
const SUBMIT: &str = "submit_order";
const CANCEL: &str = "cancel_order";

impl Tryton {
    /// Sales of the company that fit, oldest first.
    async fn sales(
        &self,
        ctx: &Context,
        operation: &'static str,
        condition: Value,
        read: Read,
    ) -> ConnectorResult<Vec<PlacedOrder>> {
        let search = Search {
            operation,
            model: "sale.sale",
            domain: &json!([self.of_company(), condition]),
            limit: None,
            fields: &sales::fields(&self.settings),
        };
        let answer = self.search(ctx, search).await?;
        let rows = wire::rows(&answer.result);
        let placed = rows.and_then(|rows| rows.into_iter().map(|row| read(&self.settings, row)).collect());
        placed.map_err(|mismatch: Mismatch| mismatch.into_error(operation, Effect::Read))
    }

    async fn of_reference(
        &self,
        ctx: &Context,
        operation: &'static str,
        reference: &str,
    ) -> ConnectorResult<Vec<PlacedOrder>> {
        self.sales(
            ctx,
            operation,
            json!([self.settings.fields.order_reference, "=", reference]),
            sales::placed,
        )
        .await
    }

    /// The sale that was just entered. That it is there is certain, how it stands is not if this fails.
    async fn entered(&self, ctx: &Context, id: i64) -> ConnectorResult<PlacedOrder> {
        let read = self
            .sales(ctx, SUBMIT, json!(["id", "=", id]), sales::placed)
            .await;
        let found = read.map_err(|error| unseen(id, &error.message))?;
        found
            .into_iter()
            .next()
            .ok_or_else(|| unseen(id, "Tryton does not show it"))
    }

    /// The sale as it is; another reference is not the order that was meant.
    pub(super) async fn sale_of(
        &self,
        ctx: &Context,
        operation: &'static str,
        (order_id, reference): (&str, &str),
    ) -> ConnectorResult<PlacedOrder> {
        let absent = || {
            let message = format!("Tryton has no sale '{order_id}' with the reference '{reference}'");
            ConnectorError::new(ErrorKind::NotFound, operation, message)
        };
        let id = convert::id(order_id).ok_or_else(absent)?;
        let found = self.of_reference(ctx, operation, reference).await?;
        found
            .into_iter()
            .find(|order| order.order_id == id.to_string())
            .ok_or_else(absent)
    }
}

fn unseen(id: i64, why: &str) -> ConnectorError {
    let message = format!("sale {id} was entered, but not read back: {why}");
    ConnectorError::new(ErrorKind::Unknown, SUBMIT, message)
}

#[async_trait]
impl Orders for Tryton {
    async fn submit(&self, ctx: &Context, submission: &OrderSubmission) -> ConnectorResult<SubmitOutcome> {
        if let Some(order) = self
            .of_reference(ctx, SUBMIT, &submission.reference)
            .await?
            .into_iter()
            .next()
        {
            return Ok(SubmitOutcome::Existing(order));
        }
        let entered = match self.prepare(ctx, submission).await? {
            Ok(sale) => self.enter(ctx, sale).await?,
            Err(refusal) => return Ok(SubmitOutcome::Rejected(refusal)),
        };
        match entered {
            Entered::Open(id) => Ok(SubmitOutcome::Created(self.entered(ctx, id).await?)),
            Entered::Held { id, code, message } => {
                let mut order = self.entered(ctx, id).await?;
                // Tryton keeps no reason with a sale that it did not confirm: here, and only here, it is known.
                if let PlacedState::OnHold { .. } = order.state {
                    order.state = PlacedState::OnHold { code, message };
                }
                Ok(SubmitOutcome::Created(order))
            }
            Entered::Refused(refusal) => {
                // Perhaps because another was quicker.
                let found = self.of_reference(ctx, SUBMIT, &submission.reference).await?;
                Ok(match found.into_iter().find(|order| order.state.is_live()) {
                    Some(order) => SubmitOutcome::Existing(order),
                    None => SubmitOutcome::Rejected(refusal),
                })
            }
        }
    }

    async fn find(&self, ctx: &Context, key: &OrderKey) -> ConnectorResult<Vec<PlacedOrder>> {
        self.company(ctx, FIND).await?;
        self.of_reference(ctx, FIND, &key.reference).await
    }

    async fn find_by_number(
        &self,
        ctx: &Context,
        customer: &str,
        purchase_order_number: &str,
    ) -> ConnectorResult<Option<Vec<PlacedOrder>>> {
        self.company(ctx, FIND_BY_NUMBER).await?;
        let Some(party) = convert::id(customer) else {
            return Ok(Some(Vec::new()));
        };
        let condition = json!([["party", "=", party], ["reference", "=", purchase_order_number]]);
        self.sales(ctx, FIND_BY_NUMBER, condition, sales::placed_by_anybody)
            .await
            .map(Some)
    }

    async fn change(&self, ctx: &Context, change: &OrderChange) -> ConnectorResult<ChangeOutcome> {
        self.change_sale(ctx, change).await
    }

    async fn cancel(
        &self,
        ctx: &Context,
        order_id: &str,
        reference: &str,
        _reason: &str,
    ) -> ConnectorResult<CancelOutcome> {
        let order = self.sale_of(ctx, CANCEL, (order_id, reference)).await?;
        if order.state == PlacedState::Cancelled {
            return Ok(CancelOutcome::Cancelled(order));
        }
        let id = convert::id(order_id);
        // A confirmed sale is a draft again before it can be cancelled; under way, Tryton lets go of nothing.
        let steps: &[&str] = match order.state {
            PlacedState::Open | PlacedState::Completed => &["draft", "cancel"],
            _ => &["cancel"],
        };
        let mut refused = None;
        for step in steps {
            let params = json!([[id], self.context()]);
            match self
                .change(ctx, CANCEL, &format!("model.sale.sale.{step}"), params)
                .await
            {
                Ok(_) => {}
                Err(Fault::Refused(said)) => {
                    refused = Some(said.message);
                    break;
                }
                Err(fault) => return Err(fault.into_error(CANCEL)),
            }
        }
        let now = self
            .sale_of(ctx, CANCEL, (order_id, reference))
            .await
            .map_err(|mut error| {
                error.kind = ErrorKind::Unknown;
                error
            })?;
        Ok(if now.state == PlacedState::Cancelled {
            CancelOutcome::Cancelled(now)
        } else {
            CancelOutcome::Refused {
                code: "under_way".to_owned(),
                message: refused.unwrap_or_else(|| "Tryton keeps the sale".to_owned()),
                order: now,
            }
        })
    }
}
