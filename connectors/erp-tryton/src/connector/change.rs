//! Changing a sale: it is a draft again, gets the lines that it shall have, and is taken as far as a new one would be.
//!
//! With the module that is one transaction. Without it, it is calls of their own: a sale on which somebody gave up in between is
//! a draft or a quotation, on hold for the gateway, and the same change carries on.

use punchgate_connector::{
    ConnectorError, ConnectorResult, Context, ErrorKind,
    error::Effect,
    orders::{ChangeOutcome, OrderChange, PlacedState},
    published::Mismatch,
};
use serde_json::{Value, json};

use super::{
    Search, Tryton,
    entry::{self, Sale, Step},
};
use crate::{config::Target, convert, rpc::Fault, wire};

const CHANGE: &str = "change_order";

const UNDER_WAY: &str =
    "the sale is under way in Tryton: change what is left of it there, by shipments and returns";

/// What keeps its value: who orders, in which company, under which reference.
const KEPT: [&str; 4] = ["company", "party", "currency", "sale_date"];

impl Tryton {
    pub(super) async fn change_sale(
        &self,
        ctx: &Context,
        change: &OrderChange,
    ) -> ConnectorResult<ChangeOutcome> {
        let key = (change.order_id.as_str(), change.submission.reference.as_str());
        let order = self.sale_of(ctx, CHANGE, key).await?;
        if order.revision >= Some(change.revision) {
            return Ok(ChangeOutcome::Changed(order));
        }
        let refused = |order, code: &str, message: String| {
            let code = code.to_owned();
            Ok(ChangeOutcome::Refused { code, message, order })
        };
        match order.state {
            PlacedState::Cancelled => {
                return refused(order, "cancelled", "the sale is cancelled in Tryton".to_owned());
            }
            PlacedState::Completed => return refused(order, "under_way", UNDER_WAY.to_owned()),
            PlacedState::Draft | PlacedState::Open | PlacedState::OnHold { .. } => {}
        }
        if order.customer != change.submission.customer {
            let message = format!("the sale is of party {}", order.customer);
            return refused(order, "customer", message);
        }
        let sale = match self.prepare(ctx, &change.submission).await? {
            Ok(sale) => sale,
            Err(refusal) => return refused(order, &refusal.code, refusal.message),
        };
        let Some(id) = convert::id(&change.order_id) else {
            return refused(order, "other", "the sale has no id of Tryton's".to_owned());
        };
        let ended = match self.settings.module {
            true => self.change_at_once(ctx, id, change.revision, sale).await?,
            false => self.change_in_steps(ctx, id, sale).await?,
        };
        let mut now = self.sale_of(ctx, CHANGE, key).await.map_err(unseen)?;
        Ok(match ended {
            Ended::Changed => ChangeOutcome::Changed(now),
            Ended::Held { code, message } => {
                // As of a new sale: Tryton keeps no reason with one that it did not confirm.
                if let PlacedState::OnHold { .. } = now.state {
                    now.state = PlacedState::OnHold { code, message };
                }
                ChangeOutcome::Changed(now)
            }
            Ended::Refused { code, message } => ChangeOutcome::Refused {
                code,
                message,
                order: now,
            },
        })
    }

    async fn change_at_once(
        &self,
        ctx: &Context,
        id: i64,
        revision: u32,
        sale: Sale,
    ) -> ConnectorResult<Ended> {
        let values = changing(sale.values);
        let params = json!([id, revision, values, entry::name(sale.target), self.context()]);
        match self
            .change(ctx, CHANGE, "model.sale.sale.punchgate_change", params)
            .await
        {
            Ok(_) => Ok(Ended::Changed),
            Err(Fault::Refused(refused)) if refused.detail == "sale-under-way" => Ok(Ended::refused(
                "under_way",
                format!("{}; {UNDER_WAY}", refused.message),
            )),
            Err(Fault::Refused(refused)) => Ok(Ended::refused(entry::code(&refused), refused.message)),
            Err(fault) => Err(fault.into_error(CHANGE)),
        }
    }

    async fn change_in_steps(&self, ctx: &Context, id: i64, sale: Sale) -> ConnectorResult<Ended> {
        let under_way = || Ok(Ended::refused("under_way", UNDER_WAY.to_owned()));
        // A draft is one already, perhaps since a change that came no further: it has no button for that.
        match self.lines(ctx, id).await?.as_ref().map(|(state, _)| &**state) {
            Some("draft") => {}
            Some("quotation" | "confirmed") => match self.step(ctx, "draft", id).await {
                Step::Done => {}
                Step::Refused(refused) => return Ok(Ended::refused("under_way", refused.message)),
                Step::Unclear(message) => return Err(unknown(message)),
            },
            _ => return under_way(),
        }
        let lines = match self.lines(ctx, id).await.map_err(unseen)? {
            Some((state, lines)) if state == "draft" => lines,
            // Tryton passes over in silence what it does not let go of.
            _ => return under_way(),
        };
        let mut values = changing(sale.values);
        if let Some(written) = values.get_mut("lines").and_then(Value::as_array_mut) {
            written.insert(0, json!(["delete", lines]));
        }
        let params = json!([[id], values, self.context()]);
        match self.change(ctx, CHANGE, "model.sale.sale.write", params).await {
            Ok(_) => {}
            Err(Fault::Refused(refused)) => {
                // It goes back to where a sale of ours should be, with the lines that it had.
                self.take_on(ctx, id, sale.target).await;
                return Ok(Ended::refused(entry::code(&refused), refused.message));
            }
            Err(fault) => {
                let error = fault.into_error(CHANGE);
                return Err(unknown(error.message));
            }
        }
        Ok(self.take_on(ctx, id, sale.target).await)
    }

    async fn take_on(&self, ctx: &Context, id: i64, target: Target) -> Ended {
        let steps: &[&str] = match target {
            Target::Draft => &[],
            Target::Quotation => &["quote"],
            Target::Confirmed => &["quote", "confirm"],
        };
        for step in steps {
            match self.step(ctx, step, id).await {
                Step::Done => {}
                Step::Refused(refused) => {
                    return Ended::Held {
                        code: entry::code(&refused).to_owned(),
                        message: refused.message,
                    };
                }
                Step::Unclear(message) => {
                    return Ended::Held {
                        code: "not_confirmed".to_owned(),
                        message,
                    };
                }
            }
        }
        Ended::Changed
    }

    /// The sale's state, and its lines that are the order's: what the company has added has no number of the buyer's.
    async fn lines(&self, ctx: &Context, id: i64) -> ConnectorResult<Option<(String, Vec<i64>)>> {
        let number = &self.settings.fields.line_number;
        let search = Search {
            operation: CHANGE,
            model: "sale.sale",
            domain: &json!([self.of_company(), ["id", "=", id]]),
            limit: Some(1),
            fields: &["state".to_owned(), format!("lines.{number}")],
        };
        let answer = self.search(ctx, search).await?;
        let read = || -> Result<_, Mismatch> {
            let rows = wire::rows(&answer.result)?;
            let Some(row) = rows.first() else {
                return Ok(None);
            };
            let mut lines = Vec::new();
            for line in row.related_rows("lines")? {
                if line.integer(number)?.is_some() {
                    lines.push(line.id("id")?);
                }
            }
            Ok(Some((row.required_text("state")?, lines)))
        };
        read().map_err(|mismatch| mismatch.into_error(CHANGE, Effect::Read))
    }
}

/// How a change ended.
enum Ended {
    Changed,
    /// The sale has the lines; a rule did not let it be confirmed.
    Held {
        code: String,
        message: String,
    },
    Refused {
        code: String,
        message: String,
    },
}

impl Ended {
    fn refused(code: &str, message: String) -> Self {
        Self::Refused {
            code: code.to_owned(),
            message,
        }
    }
}

/// What is written into a sale that is there.
fn changing(values: Value) -> Value {
    let Value::Object(mut values) = values else {
        return values;
    };
    for kept in KEPT {
        values.remove(kept);
    }
    Value::Object(values)
}

fn unknown(message: String) -> ConnectorError {
    ConnectorError::new(ErrorKind::Unknown, CHANGE, message)
}

/// It was told; how the sale stands is not known.
fn unseen(mut error: ConnectorError) -> ConnectorError {
    error.kind = ErrorKind::Unknown;
    error
}
