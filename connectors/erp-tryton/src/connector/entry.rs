//! Entering an order: what it needs is read, then the sale is created and taken as far as it is to go.

use punchgate_connector::{
    ConnectorError, ConnectorResult, Context,
    error::Effect,
    orders::{OrderSubmission, Refusal},
    published::Mismatch,
};
use serde_json::{Value, json};

use super::{Search, Tryton};
use crate::{
    config::{Target, UnknownShipTo},
    convert::{
        self,
        orders::{self, Buyer, Records},
        ship_to,
    },
    rpc::{Fault, Refused},
    wire,
};

const OPERATION: &str = "submit_order";

/// A sale to be entered.
#[derive(Debug)]
pub(super) struct Sale {
    pub(super) values: Value,
    pub(super) target: Target,
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Entered {
    /// It is there, as far as it was to go.
    Open(i64),
    /// It is there as a quotation; a rule did not let it be confirmed.
    Held { id: i64, code: String, message: String },
    /// It is not there, or cancelled.
    Refused(Refusal),
}

/// What became of a step.
#[derive(Debug)]
pub(super) enum Step {
    Done,
    /// A rule refuses.
    Refused(Refused),
    /// No answer that tells. The sale is there all the same, and reading it says how it stands: Tryton gives up
    /// a confirmation, for one, when others are under way at the same time.
    Unclear(String),
}

fn read(mismatch: Mismatch) -> ConnectorError {
    mismatch.into_error(OPERATION, Effect::Read)
}

fn refusal(code: &str, message: impl Into<String>) -> Refusal {
    Refusal {
        code: code.to_owned(),
        message: message.into(),
        fields: Vec::new(),
    }
}

/// As Tryton calls it.
pub(super) fn name(target: Target) -> &'static str {
    match target {
        Target::Draft => "draft",
        Target::Quotation => "quotation",
        Target::Confirmed => "confirmed",
    }
}

/// In words of the interface.
pub(super) fn code(refused: &Refused) -> &'static str {
    let credit =
        |name: &String| name.ends_with(".credit_limit_amount") || name.ends_with(".credit_limit_dunning");
    match &refused.warning {
        Some(name) if credit(name) => "credit",
        _ if refused.detail == "customer-on-hold" => "hold",
        _ => "other",
    }
}

impl Tryton {
    /// Reads what the sale needs. Nothing of the order is written yet.
    pub(super) async fn prepare(
        &self,
        ctx: &Context,
        submission: &OrderSubmission,
    ) -> ConnectorResult<Result<Sale, Refusal>> {
        if let Err(refusal) = orders::preflight(submission) {
            return Ok(Err(refusal));
        }
        self.company(ctx, OPERATION).await?;
        let Some(buyer) = self.buyer(ctx, &submission.customer).await? else {
            let message = format!("Tryton has no active customer '{}'", submission.customer);
            return Ok(Err(refusal("customer", message)));
        };
        let currency = submission.order.total.currency().to_string();
        let Some(currency_id) = self.by_code(ctx, "currency.currency", &currency).await? else {
            return Ok(Err(refusal(
                "price",
                format!("Tryton has no currency {currency}"),
            )));
        };
        let codes: Vec<&str> = submission
            .order
            .lines
            .iter()
            .map(|line| line.part_id.as_str())
            .collect();
        let mut records = Records {
            products: self.products(ctx, OPERATION, &codes).await?,
            units: self.units(ctx, OPERATION).await?,
            currency: currency_id,
            shipment_address: None,
            buyer,
        };
        // Judged once before an address is entered for it.
        if let Err(refusal) = orders::sale_values(&self.settings, submission, &records) {
            return Ok(Err(refusal));
        }
        match self.shipment_address(ctx, submission, &records.buyer).await? {
            Ok(address) => records.shipment_address = address,
            Err(refusal) => return Ok(Err(refusal)),
        }
        let target = if submission.test || records.buyer.has_tax_rule {
            Target::Draft
        } else {
            self.settings.target
        };
        Ok(orders::sale_values(&self.settings, submission, &records).map(|values| Sale { values, target }))
    }

    async fn buyer(&self, ctx: &Context, key: &str) -> ConnectorResult<Option<Buyer>> {
        let Some(id) = convert::id(key) else {
            return Ok(None);
        };
        let fields = orders::buyer_fields(&self.settings);
        let answer = self.parties(ctx, OPERATION, &[id], &fields).await?;
        match wire::rows(&answer.result).map_err(read)?.first() {
            Some(row) => orders::buyer(&self.settings, *row).map_err(read),
            None => Ok(None),
        }
    }

    async fn by_code(&self, ctx: &Context, model: &'static str, code: &str) -> ConnectorResult<Option<i64>> {
        let search = Search {
            operation: OPERATION,
            model,
            domain: &json!([["code", "=", code]]),
            limit: Some(1),
            fields: &["code".to_owned()],
        };
        let answer = self.search(ctx, search).await?;
        let rows = wire::rows(&answer.result).map_err(read)?;
        rows.first().map(|row| row.id("id")).transpose().map_err(read)
    }

    /// The address that the order means, entered if need be; none if the order names none.
    async fn shipment_address(
        &self,
        ctx: &Context,
        submission: &OrderSubmission,
        buyer: &Buyer,
    ) -> ConnectorResult<Result<Option<i64>, Refusal>> {
        let Some(wanted) = &submission.order.ship_to else {
            return Ok(Ok(None));
        };
        if let Some(known) = ship_to::matching(&buyer.addresses, wanted) {
            return Ok(Ok(Some(known.id)));
        }
        if self.settings.ship_to == UnknownShipTo::Refuse {
            let message = format!(
                "the ship-to '{}' is no address of the customer in Tryton",
                wanted.name
            );
            return Ok(Err(refusal("address", message)));
        }
        let mut country = None;
        if let Some(code) = &wanted.country_code {
            country = self.by_code(ctx, "country.country", code).await?;
            if country.is_none() {
                let message = format!("Tryton has no country {code}: import its countries");
                return Ok(Err(refusal("address", message)));
            }
        }
        let params = json!([[ship_to::values(buyer.id, wanted, country)], self.context()]);
        match self
            .change(ctx, OPERATION, "model.party.address.create", params)
            .await
        {
            Ok(result) => {
                let ids =
                    wire::ids(&result).map_err(|mismatch| mismatch.into_error(OPERATION, Effect::Change))?;
                Ok(Ok(ids.first().copied()))
            }
            Err(Fault::Refused(refused)) => Ok(Err(refusal("address", refused.message))),
            Err(fault) => Err(fault.into_error(OPERATION)),
        }
    }

    /// Creates the sale and takes it on.
    pub(super) async fn enter(&self, ctx: &Context, sale: Sale) -> ConnectorResult<Entered> {
        if self.settings.module {
            self.enter_at_once(ctx, sale).await
        } else {
            self.enter_in_steps(ctx, sale).await
        }
    }

    /// One transaction for all of it: after a cut it is there as it should be, or not at all.
    async fn enter_at_once(&self, ctx: &Context, sale: Sale) -> ConnectorResult<Entered> {
        let first = match self.submit_as(ctx, &sale.values, sale.target).await? {
            Ok(id) => return Ok(Entered::Open(id)),
            Err(refused) => refused,
        };
        if sale.target == Target::Confirmed
            && let Ok(id) = self.submit_as(ctx, &sale.values, Target::Quotation).await?
        {
            return Ok(Entered::Held {
                id,
                code: code(&first).to_owned(),
                message: first.message,
            });
        }
        Ok(Entered::Refused(refusal(code(&first), first.message)))
    }

    async fn submit_as(
        &self,
        ctx: &Context,
        values: &Value,
        target: Target,
    ) -> ConnectorResult<Result<i64, Refused>> {
        let params = json!([values, name(target), self.context()]);
        match self
            .change(ctx, OPERATION, "model.sale.sale.punchgate_submit", params)
            .await
        {
            Ok(result) => result
                .as_i64()
                .map(Ok)
                .ok_or_else(|| Mismatch::new("result", "is no id").into_error(OPERATION, Effect::Change)),
            Err(Fault::Refused(refused)) => Ok(Err(refused)),
            Err(fault) => Err(fault.into_error(OPERATION)),
        }
    }

    /// Calls of their own: after a cut the sale may stand anywhere between, and
    /// [`punchgate_connector::Orders::find`] tells where.
    async fn enter_in_steps(&self, ctx: &Context, sale: Sale) -> ConnectorResult<Entered> {
        let params = json!([[sale.values], self.context()]);
        let id = match self
            .change(ctx, OPERATION, "model.sale.sale.create", params)
            .await
        {
            Ok(result) => {
                let mismatch = |mismatch: Mismatch| mismatch.into_error(OPERATION, Effect::Change);
                let ids = wire::ids(&result).map_err(mismatch)?;
                ids.first()
                    .copied()
                    .ok_or_else(|| mismatch(Mismatch::new("result", "has no id")))?
            }
            Err(Fault::Refused(refused)) => {
                return Ok(Entered::Refused(refusal(code(&refused), refused.message)));
            }
            Err(fault) => return Err(fault.into_error(OPERATION)),
        };
        let held = |code: &str, message: String| Entered::Held {
            id,
            code: code.to_owned(),
            message,
        };
        if sale.target >= Target::Quotation {
            match self.step(ctx, "quote", id).await {
                Step::Done => {}
                Step::Unclear(message) => return Ok(held("not_confirmed", message)),
                Step::Refused(refused) => {
                    // Something is missing that a quotation must have: nobody waits for such a draft.
                    let cancelled = self.step(ctx, "cancel", id).await;
                    let (code, message) = (code(&refused), refused.message);
                    return Ok(match cancelled {
                        Step::Done => Entered::Refused(refusal(code, message)),
                        Step::Refused(_) | Step::Unclear(_) => held(code, message),
                    });
                }
            }
        }
        if sale.target == Target::Confirmed {
            return Ok(match self.step(ctx, "confirm", id).await {
                Step::Done => Entered::Open(id),
                Step::Unclear(message) => held("not_confirmed", message),
                Step::Refused(refused) => held(code(&refused), refused.message),
            });
        }
        Ok(Entered::Open(id))
    }

    /// Takes a sale one step on.
    pub(super) async fn step(&self, ctx: &Context, step: &str, id: i64) -> Step {
        let params = json!([[id], self.context()]);
        match self
            .change(ctx, OPERATION, &format!("model.sale.sale.{step}"), params)
            .await
        {
            Ok(_) => Step::Done,
            Err(Fault::Refused(refused)) => Step::Refused(refused),
            Err(fault) => {
                let error = fault.into_error(OPERATION);
                Step::Unclear(format!("sale {id} is there, but not taken on: {}", error.message))
            }
        }
    }
}
